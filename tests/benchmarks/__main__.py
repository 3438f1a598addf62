"""Run benchmarks and write the results: see scripts/bench.py (setup) and docs/performance.md."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import growth
from benchmarks.applications import APPLICATIONS, Application
from benchmarks.measure import Failure, measure
from benchmarks.ours import find_ours
from benchmarks.pages import measured_pages, pages_table
from benchmarks.peers import mend_endo_zip, versions
from benchmarks.places import ROOT, Work
from benchmarks.plan import (
    GROUPS,
    Bench,
    application_tasks,
    growth_tasks,
    plain_output,
)
from benchmarks.record import Record, about, as_json, from_json, machine
from benchmarks.rounds import Limits, Task, run_rounds
from benchmarks.sandboxes import measured_sandboxes, sandboxes_table
from benchmarks.tables import markdown
from chromium import maybe_chromium

DOCS = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"
PAGES = "<!-- benchmark of pages: begin -->", "<!-- benchmark of pages: end -->"
SANDBOX = "<!-- benchmark of sandboxes: begin -->", "<!-- benchmark of sandboxes: end -->"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks that the command line selects."""
    options = _parser().parse_args(arguments)
    if options.pages:
        _measure_pages(options)
        return
    if options.sandbox:
        _measure_sandboxes(options)
        return
    if options.earlier is not None:
        record = from_json((ROOT / options.earlier).read_text())
    else:
        record = _measured(options)
    text = markdown(record.results, about(record))
    output = ROOT / options.output
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.json").write_text(json.dumps(as_json(record), indent=2) + "\n")
    (output / "results.md").write_text(text)
    if options.docs:
        DOCS.write_text(between_markers(DOCS.read_text(), text))
    print(f"\n{text}")


def _measure_pages(options: argparse.Namespace) -> None:
    chromium = maybe_chromium()
    if chromium is None:
        sys.exit("no Chromium: install it, or set COMPARTMENT_MAPPER_CHROMIUM to its path")
    work = Work(ROOT / options.output / "work")
    pages = measured_pages(find_ours(), work, rounds=options.runs, chromium=chromium)
    found = [dataclasses.asdict(page) for page in pages]
    _write(options, "pages.json", found, pages_table(pages), PAGES)


def _measure_sandboxes(options: argparse.Namespace) -> None:
    rows = measured_sandboxes(rounds=options.runs)
    found = [dataclasses.asdict(row) for row in rows]
    _write(options, "sandboxes.json", found, sandboxes_table(rows), SANDBOX)


def _write(
    options: argparse.Namespace, name: str, found: object, text: str, markers: tuple[str, str]
) -> None:
    output = ROOT / options.output
    output.mkdir(parents=True, exist_ok=True)
    (output / name).write_text(json.dumps(found, indent=2) + "\n")
    if options.docs:
        DOCS.write_text(between_markers(DOCS.read_text(), text + "\n", markers))
    print(f"\n{text}")


def _measured(options: argparse.Namespace) -> Record:
    work = Work(ROOT / options.output / "work")
    work.clear()
    bench = Bench(ours=find_ours(), work=work, peers=options.peers)
    if bench.peers:
        mend_endo_zip()
    limits = Limits(rounds=options.runs, slow=options.slow, killed=options.limit)
    tasks = [task for task in _tasks(options.apps, bench) if task.key.group in options.groups]
    results = run_rounds(tasks, limits, say=_say)
    peers = versions() if bench.peers else {}
    return Record(results=results, where=machine(), peers=peers, limits=limits)


def between_markers(document: str, text: str, markers: tuple[str, str] = (BEGIN, END)) -> str:
    """Return *document* with *text* between the two *markers*.

    >>> between_markers(f"a\\n{BEGIN}\\nold\\n{END}\\nb", "new\\n")
    'a\\n<!-- benchmark: begin -->\\n\\nnew\\n\\n<!-- benchmark: end -->\\nb'
    """
    before, begin, rest = document.partition(markers[0])
    _, end, after = rest.partition(markers[1])
    if not begin or not end:
        message = f"no {markers[0]} … {markers[1]}"
        raise ValueError(message)
    return f"{before}{begin}\n\n{text}\n{end}{after}"


def _tasks(names: Sequence[str], bench: Bench) -> Iterator[Task]:
    for application in APPLICATIONS:
        if application.name in names:
            _say(f"preparing {application.label}")
            yield from application_tasks(application, _expected(application), bench)
    for generated in (*growth.MODULES, *growth.PACKAGES):
        yield from growth_tasks(generated, bench)


def _expected(application: Application) -> str:
    """Return the output of plain Node; an application that fails there cannot be compared."""
    result = measure(plain_output(application), limit=60)
    if isinstance(result, Failure):
        sys.exit(f"plain Node fails at {application.label}: {result.reason}")
    return result.stdout


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _chosen(offered: Sequence[str]) -> Callable[[str], list[str]]:
    def choose(text: str) -> list[str]:
        chosen = text.split(",")
        unknown = sorted(set(chosen) - set(offered))
        if unknown:
            message = f"{', '.join(unknown)}: not of {', '.join(offered)}"
            raise argparse.ArgumentTypeError(message)
        return chosen

    return choose


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 scripts/bench.py",
        description="Measure this tool and its peers, whole processes.",
    )
    names = [application.name for application in APPLICATIONS]
    parser.add_argument("--runs", type=int, default=5, help="rounds (5)")
    parser.add_argument(
        "--apps", type=_chosen(names), default=names, help=f"of {','.join(names)} (all)"
    )
    parser.add_argument(
        "--groups",
        type=_chosen(GROUPS),
        default=list(GROUPS),
        help=f"of {','.join(GROUPS)} (all)",
    )
    parser.add_argument(
        "--pages",
        action="store_true",
        help="only how a page does, by this tool, LavaMoat, webpack and esbuild, in Chromium",
    )
    parser.add_argument(
        "--sandbox", action="store_true", help="only how `compartment_mapper.Sandbox` does"
    )
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="this tool only")
    parser.add_argument(
        "--slow", type=float, default=15, help="run once what takes more seconds (15)"
    )
    parser.add_argument(
        "--limit", type=float, default=300, help="kill what takes more seconds (300)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("build/benchmarks"),
        help="folder, below the project (build/benchmarks)",
    )
    parser.add_argument(
        "--from",
        dest="earlier",
        type=Path,
        metavar="RESULTS.JSON",
        help="measure nothing: tables from the figures of an earlier benchmark",
    )
    parser.add_argument(
        "--docs", action="store_true", help="write the tables to docs/performance.md"
    )
    return parser


if __name__ == "__main__":
    main()
