"""``run --timings`` and ``run --no-cache`` apply to both processes of a run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import write
from support import ROOT, package, until

_TOOL = [sys.executable, "-m", "compartment_mapper"]
_FILES = {"package.json": package(name="app", version="1.0.0"), "main.js": "console.log('ran')"}


@pytest.fixture
def application(tmp_path: Path) -> Path:
    return write(tmp_path / "app", _FILES)


def run(application: Path, cache: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COMPARTMENT_MAPPER_CACHE": str(cache)}
    return subprocess.run(
        [*_TOOL, "run", *options, str(application / "main.js")],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )


def test_timings_of_both_processes_are_printed(application: Path, tmp_path: Path) -> None:
    done = run(application, tmp_path / "cache", "--timings")

    assert done.stdout == "ran\n"
    bundling, running = done.stderr.splitlines()
    assert re.match(r"timings: .*scan \d+\.\d ms.*; total", bundling)
    assert re.match(r"timings: node \d+\.\d ms, ses .*; total", running)


def made_code(cache: Path) -> dict[Path, int]:
    """Return the code cache of the runtime and of the application, once it exists."""
    folder = cache / "code"
    until(lambda: len(list(folder.glob("*.v8"))) == 2, seconds=60)
    return {path: path.stat().st_mtime_ns for path in folder.glob("*.v8")}


def test_compiled_code_is_cached_and_reused(application: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = run(application, cache)
    kept = made_code(cache)
    second = run(application, cache)

    assert {path: path.stat().st_mtime_ns for path in (cache / "code").iterdir()} == kept
    assert (second.stdout, second.stderr) == (first.stdout, first.stderr) == ("ran\n", "")


def test_no_cache_stores_nothing(application: Path, tmp_path: Path) -> None:
    assert run(application, tmp_path / "cache", "--no-cache").stdout == "ran\n"
    assert not (tmp_path / "cache").exists()
