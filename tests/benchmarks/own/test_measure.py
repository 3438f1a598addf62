"""Measuring one run of one process, including failures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarks.measure import Command, Failure, Sample, measure


def python(script: str, *arguments: str | Path) -> Command:
    words = (sys.executable, "-S", "-c", script, *map(str, arguments))
    return Command(arguments=words, folder=Path.cwd())


def test_a_run_has_what_it_printed_and_what_it_took() -> None:
    result = measure(python("print('hello')"), limit=60)

    assert isinstance(result, Sample)
    assert result.stdout == "hello\n"
    assert min(result.wall, result.cpu, result.memory) > 0


def test_the_environment_and_the_folder_are_the_commands_own(tmp_path: Path) -> None:
    script = "import os; print(os.environ['COLOUR'], os.environ.get('NODE_OPTIONS'), os.getcwd())"
    arguments = (sys.executable, "-S", "-c", script)
    command = Command(arguments=arguments, folder=tmp_path, environment={"COLOUR": "teal"})

    result = measure(command, limit=60)

    assert isinstance(result, Sample)
    assert result.stdout == f"teal None {tmp_path.resolve()}\n"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        pytest.param(python("raise TypeError('no x')"), "TypeError: no x", id="an-error-is-named"),
        pytest.param(python("raise SystemExit(3)"), "exit status 3", id="silence-has-a-status"),
        pytest.param(
            python("import os; os.kill(os.getpid(), 11)"), "exit status -11", id="so-has-a-signal"
        ),
        pytest.param(
            Command(arguments=("/nowhere/tool",), folder=Path.cwd()),
            "[Errno 2] No such file or directory: '/nowhere/tool'",
            id="a-tool-may-not-be-installed",
        ),
    ],
)
def test_a_failure_has_a_reason(command: Command, reason: str) -> None:
    assert measure(command, limit=60) == Failure(reason)


def test_what_takes_too_long_is_killed() -> None:
    result = measure(python("import time; time.sleep(600)"), limit=0.5)

    assert result == Failure("not done after 0.5 s")


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc")
def test_the_memory_of_a_family_is_that_of_all_its_members() -> None:
    script = """
import subprocess, sys, time
mine = bytearray(50_000_000)
child = "import time; its = bytearray(50_000_000); time.sleep(0.5)"
subprocess.run([sys.executable, '-S', '-c', child], check=True)
"""
    alone, family = (measure(python(script), limit=60, family=whole) for whole in (False, True))

    assert isinstance(alone, Sample)
    assert isinstance(family, Sample)
    assert 50 < alone.memory < 100 < family.memory
