"""The order of runs: every task once per round, so that slow periods affect all tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Command, Failure, Sample, measure
from benchmarks.series import Key, Results, Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command to run before a task's first run, without measuring it."""

    command: Command
    #: Skipped if this file exists.
    creates: Path | None = None


def _nothing(_round: int) -> None:
    """The preparation of most runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task to measure repeatedly."""

    key: Key
    command: Command
    #: Once, before the first run.
    first: Sequence[Step] = ()
    #: Before every run; receives its number, from 0.
    before: Callable[[int], None] = _nothing
    #: The expected output, if it matters.
    prints: str | None = None
    #: The output file.
    product: Path | None = None
    #: Runs the product, which must print `product_prints`.
    product_run: Command | None = None
    product_prints: str = ""
    #: See `measure`.
    family: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Time limits."""

    rounds: int
    #: Seconds; slower tasks only run in the first round.
    slow: float
    #: Seconds; slower tasks are killed and count as failed.
    killed: float


def run_rounds(tasks: Sequence[Task], limits: Limits, say: Callable[[str], None]) -> Results:
    """Return the results of the tasks, in order."""
    results = {task.key: Series() for task in tasks}
    for number in range(limits.rounds):
        for task in tasks:
            series = results[task.key]
            if series.failure is not None or _is_slow(series, limits):
                continue
            series.add(_run(task, number, limits))
            if number == 0 and series.failure is None:
                _look_at_product(task, series, limits)
            say(f"{number + 1}/{limits.rounds} {_described(task.key, series)}")
    return results


def _is_slow(series: Series, limits: Limits) -> bool:
    return any(sample.wall > limits.slow * 1e3 for sample in series.samples)


def _run(task: Task, number: int, limits: Limits) -> Sample | Failure:
    if number == 0:
        for step in task.first:
            failed = _prepare(step, limits)
            if failed is not None:
                return failed
    task.before(number)
    result = measure(task.command, limit=limits.killed, family=task.family)
    if isinstance(result, Sample) and task.prints is not None and result.stdout != task.prints:
        return Failure(f"prints {result.stdout[:80]!r}, not what plain Node prints")
    if isinstance(result, Sample) and task.product is not None and not task.product.is_file():
        return Failure(f"makes no {task.product.name}")
    return result


def _prepare(step: Step, limits: Limits) -> Failure | None:
    if step.creates is not None and step.creates.is_file():
        return None
    result = measure(step.command, limit=limits.killed)
    return result if isinstance(result, Failure) else None


def _look_at_product(task: Task, series: Series, limits: Limits) -> None:
    if task.product is not None:
        series.size = task.product.stat().st_size
    if task.product_run is None:
        return
    match measure(task.product_run, limit=limits.killed):
        case Failure(reason):
            series.flaw = reason
        case Sample(stdout=stdout) if stdout != task.product_prints:
            series.flaw = f"prints {stdout[:80]!r}, not what plain Node prints"
        case Sample():
            pass


def _described(key: Key, series: Series) -> str:
    name = f"{key.group} {key.application} {key.tool}"
    if series.failure is not None:
        return f"{name}: fails: {series.failure}"
    last = series.samples[-1]
    flaw = f"; its product fails: {series.flaw}" if series.flaw else ""
    return f"{name}: {last.wall:.0f} ms, CPU {last.cpu:.0f} ms, {last.memory:.0f} MB{flaw}"
