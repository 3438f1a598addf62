"""Programs with real packages print the same in compartments as in plain Node.

``COMPARTMENT_MAPPER_PACKAGES=all`` runs them all, else a sample. ``UPDATE_GOLDEN=1`` writes what plain Node
prints to ``expected/``; the difference is read before it is committed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import NODE

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"

#: From different fields, and fast: each is bundled anew every time.
SAMPLE = frozenset("connect csso hashes hono luxon mustache papaparse preact redux yargs".split())

#: Their packages read files in their own folders.
READERS = frozenset("coffeescript csso figlet typescript yargs".split())


def selected(sample: frozenset[str]) -> list[Path]:
    found = sorted((HERE / "programs").iterdir())
    everything = os.environ.get("COMPARTMENT_MAPPER_PACKAGES") == "all"
    return [path for path in found if everything or path.stem in sample]


def programs(sample: frozenset[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("program", selected(sample), ids=lambda path: path.stem)


PROGRAMS = programs(SAMPLE)


@pytest.fixture
def entry(program: Path, tmp_path: Path) -> Path:
    """Return *program* as a module of an application that declares its imports."""
    if not (MODULES / ".package-lock.json").is_file():
        pytest.fail(
            f"packages are missing: run 'npm ci --ignore-scripts' in {HERE}, as scripts/check.py does"
        )
    (tmp_path / "node_modules").symlink_to(MODULES)
    folder = tmp_path / "app"
    folder.mkdir()
    text = program.read_text()
    description = {"name": "app", "version": "1.0.0", "dependencies": imported(text)}
    (folder / "package.json").write_text(json.dumps(description))
    entry = folder / f"index{program.suffix}"
    entry.write_text(text)
    return entry


def imported(text: str) -> dict[str, str]:
    """Return the packages that a program imports, with their versions."""
    versions: dict[str, str] = json.loads((HERE / "package.json").read_text())["dependencies"]
    specifiers = re.findall(r"(?:from|import|require\() ?'([^']+)'", text)
    return {
        name: version
        for name, version in versions.items()
        if any(specifier == name or specifier.startswith(f"{name}/") for specifier in specifiers)
    }


def printed(*command: str | Path, folder: Path | None = None) -> str:
    inherited = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=folder,
        env={**inherited, "NO_COLOR": "1", "TZ": "UTC"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def expectation(program: Path) -> Path:
    return HERE / "expected" / f"{program.stem}.txt"


@PROGRAMS
def test_plain_node_prints_what_is_expected(program: Path, entry: Path) -> None:
    output = printed(NODE, entry)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        expectation(program).write_text(output)
    assert output == expectation(program).read_text()


@PROGRAMS
def test_packages_in_compartments_print_what_node_prints(program: Path, entry: Path) -> None:
    output = printed(sys.executable, "-m", "compartment_mapper", "run", "--infer", entry)
    assert output == expectation(program).read_text()


@programs(SAMPLE | READERS)
@pytest.mark.parametrize("form", ["archive", "script"])
def test_one_file_runs_where_there_is_nothing_else(
    program: Path, entry: Path, tmp_path: Path, form: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    made = elsewhere / ("app.zip" if form == "archive" else "app.js")
    mapper = (sys.executable, "-m", "compartment_mapper")
    printed(*mapper, "bundle", "--infer", entry, "--format", form, "-o", made)
    shutil.rmtree(entry.parent)
    (tmp_path / "node_modules").unlink()

    runner = (*mapper, "run") if form == "archive" else (NODE,)
    output = printed(*runner, made.name, folder=elsewhere)

    assert output == expectation(program).read_text()
