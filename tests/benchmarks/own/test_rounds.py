"""The order of runs, and the handling of failures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarks.measure import Command
from benchmarks.rounds import Limits, Step, Task, run_rounds
from benchmarks.series import Key, Series

LIMITS = Limits(rounds=2, slow=60, killed=60)


def python(script: str) -> Command:
    return Command(arguments=(sys.executable, "-S", "-c", script), folder=Path.cwd())


def appending(log: Path, line: str) -> Command:
    return python(f"open({str(log)!r}, 'a').write({line!r} + ' ')")


def key(name: str) -> Key:
    return Key("cold", "s", name)


def run(*tasks: Task, limits: Limits = LIMITS) -> list[Series]:
    return list(run_rounds(tasks, limits, say=lambda _line: None).values())


def test_tools_take_turns(tmp_path: Path) -> None:
    log = tmp_path / "log"
    tasks = [Task(key=key(name), command=appending(log, name)) for name in "abc"]

    series = run(*tasks)

    assert log.read_text() == "a b c a b c "
    assert [len(each.samples) for each in series] == [2, 2, 2]


def test_what_goes_before_is_not_counted(tmp_path: Path) -> None:
    log, made = tmp_path / "log", tmp_path / "made"
    made.touch()
    first = [
        Step(command=appending(log, "first")),
        Step(command=appending(log, "made"), creates=made),
    ]
    numbers: list[int] = []

    (series,) = run(
        Task(key=key("a"), command=appending(log, "a"), first=first, before=numbers.append)
    )

    assert log.read_text() == "first a a "
    assert numbers == [0, 1]
    assert len(series.samples) == 2


def test_what_is_slow_is_run_once() -> None:
    (series,) = run(
        Task(key=key("a"), command=python("")), limits=Limits(rounds=3, slow=0, killed=60)
    )

    assert len(series.samples) == 1
    assert series.failure is None


def test_a_failure_is_recorded_and_not_repeated(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = f"open({str(log)!r}, 'a').write('x'); raise ValueError('not a module')"

    (failed, other) = run(
        Task(key=key("a"), command=python(script)), Task(key=key("b"), command=python(""))
    )

    assert failed.failure == "ValueError: not a module"
    assert failed.spread("wall") is None
    assert log.read_text() == "x"
    assert len(other.samples) == 2


@pytest.mark.parametrize(
    ("task", "failure"),
    [
        pytest.param(
            Task(key=key("a"), command=python("print(1)"), prints="2\n"),
            r"prints '1\n', not what plain Node prints",
            id="wrong-output",
        ),
        pytest.param(
            Task(key=key("a"), command=python(""), product=Path("/nowhere/app.zip")),
            "makes no app.zip",
            id="no-product",
        ),
        pytest.param(
            Task(
                key=key("a"), command=python(""), first=[Step(command=python("raise OSError('x')"))]
            ),
            "OSError: x",
            id="nothing-to-run",
        ),
    ],
)
def test_a_run_that_is_not_right_fails(task: Task, failure: str) -> None:
    (series,) = run(task)

    assert series.failure == failure
    assert series.samples == []


@pytest.mark.parametrize(
    ("script", "flaw"),
    [
        pytest.param("print('right')", None, id="right"),
        pytest.param(
            "print('wrong')", r"prints 'wrong\n', not what plain Node prints", id="wrong-output"
        ),
        pytest.param("raise KeyError('jiti')", "KeyError: 'jiti'", id="does-not-run"),
    ],
)
def test_what_was_made_is_run(script: str, flaw: str | None, tmp_path: Path) -> None:
    product = tmp_path / "bundle"

    (series,) = run(
        Task(
            key=key("a"),
            command=python(f"open({str(product)!r}, 'w').write('12345')"),
            product=product,
            product_run=python(script),
            product_prints="right\n",
        )
    )

    assert (series.size, series.flaw, series.failure) == (5, flaw, None)
    assert len(series.samples) == 2
