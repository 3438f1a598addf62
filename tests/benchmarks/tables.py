"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks import growth
from benchmarks.aims import PolicyDiagnostic, judge, verdict
from benchmarks.plan import (
    CHANGED,
    COLD,
    COMPRESSED,
    GROUPS,
    GROWTH,
    GROWTH_MEMORY,
    MEMORY,
    OURS,
    RUN,
    WARM,
)
from benchmarks.series import Key, Metric, Results, Spread
from benchmarks.targets import TARGETS

_JOBS: tuple[tuple[str, str, tuple[Metric, ...]], ...] = (
    (COLD, "Bundle, cold", ("wall", "cpu", "memory")),
    (WARM, "Bundle, warm: nothing changed", ("wall", "cpu")),
    (CHANGED, "Bundle, the entry changed", ("wall", "cpu")),
    (MEMORY, "Bundle, cold: all processes together", ("memory",)),
    (RUN, "Run, from the second on", ("cpu", "wall")),
)
_APPLICATIONS = ("s", "m", "l", "p", "xl")
_TITLES = {"wall": "wall time, ms", "cpu": "processor time, ms", "memory": "peak memory, MB"}


def markdown(results: Results, about: str) -> str:
    """Return all tables; *about* describes the machine and the conditions."""
    parts = [
        about,
        "### Targets",
        _targets(results),
        *_jobs(results),
        _archives(results),
        _growth(results),
        "### Failures",
        _failures(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table.

    >>> print(table(["a", "b"], [["1", "2|3"]]))
    | a | b |
    |---|---|
    | 1 | 2\\|3 |
    """
    lines = [head, *rows]
    written = [
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines
    ]
    return "\n".join([written[0], "|" + "---|" * len(head), *written[1:]])


def figure(found: Spread, *, unit: float = 1) -> str:
    """Return a median with its range, with up to three digits each for large numbers.

    >>> figure(Spread(120.4, 118.6, 131.2)), figure(Spread(3.14159, 3.14159, 3.14159))
    ('120 (119-131)', '3.14')
    """
    middle, least, most = (
        _digits(value / unit) for value in (found.median, found.least, found.most)
    )
    return middle if least == most else f"{middle} ({least}-{most})"


def _digits(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _targets(results: Results) -> str:
    rows = []
    for target in TARGETS:
        findings = [judge(aim, results) for aim in target.aims]
        met = verdict(findings)
        shown = f"**{met}**" if met == "no" else met
        rows.append([target.what, target.target, _measured(findings), shown])
    return table(["measurement", "target", "measured", "met"], rows)


def _measured(findings: Sequence[PolicyDiagnostic]) -> str:
    """Return the figures, and keys without figures."""
    figures = [f"{finding.label} {finding.measured}" for finding in findings if finding.measured]
    missing = [finding.label for finding in findings if not finding.measured]
    return ", ".join(figures) + (f" (not measured: {', '.join(missing)})" if missing else "")


def _jobs(results: Results) -> Iterator[str]:
    """Yield the tables of applications."""
    for group, title, metrics in _JOBS:
        if any(key.group == group for key in results):
            yield f"### {title}"
            for metric in metrics:
                yield _by_application(group, metric, results)


def _by_application(group: str, metric: Metric, results: Results) -> str:
    tools = list(dict.fromkeys(key.tool for key in results if key.group == group))
    present = {key.application for key in results if key.group == group}
    names = [name for name in _APPLICATIONS if name in present]
    rows = [
        [tool, *(_cell(Key(group, name, tool), metric, results) for name in names)]
        for tool in tools
    ]
    return table([_TITLES[metric], *(name.upper() for name in names)], rows)


def _cell(key: Key, metric: Metric, results: Results, *, unit: float = 1) -> str:
    series = results.get(key)
    if series is None:
        return ""
    found = series.spread(metric)
    if found is None:
        return "fails"
    return figure(found, unit=unit) + ("\\*" if series.flaw is not None else "")


def _archives(results: Results) -> str:
    names = [name for name in _APPLICATIONS if Key(COLD, name, OURS) in results]
    rows = []
    for title, group, tool in (
        ("stored", COLD, OURS),
        ("compressed", COMPRESSED, OURS),
        ("Endo's", COLD, "Endo"),
    ):
        cells = [_cell(Key(group, name, tool), "size", results, unit=1e3) for name in names]
        rows.append([title, *cells])
    written = table(["archive, kB", *(name.upper() for name in names)], rows)
    return f"### Archives\n\n{written}" if names else ""


def _growth(results: Results) -> str:
    rows = []
    for generated in (*growth.MODULES, *growth.PACKAGES):
        timed = Key(GROWTH, generated.name, OURS)
        if timed not in results:
            continue
        series = results[timed]
        wall = series.spread("wall")
        rows.append(
            [
                f"{generated.count:,} {generated.unit if generated.count > 1 else generated.unit[:-1]}",
                _cell(timed, "wall", results),
                f"{wall.median / generated.count:.2f}" if wall is not None else "",
                _cell(timed, "cpu", results),
                _cell(Key(GROWTH_MEMORY, generated.name, OURS), "memory", results),
                _cell(timed, "size", results, unit=1e6),
            ]
        )
    head = ["application", "wall time, ms", "ms for each", "processor time, ms"]
    written = table([*head, "peak memory, MB", "archive, MB"], rows)
    return f"### Growth\n\n{written}" if rows else ""


def _failures(results: Results) -> str:
    """Return a list of failures, and of wrong products (\\* in the tables)."""
    rows = []
    for key in sorted(
        results, key=lambda key: (GROUPS.index(key.group), key.application, key.tool)
    ):
        series = results[key]
        job = f"{key.group} {key.application.upper()}"
        if series.failure is not None:
            rows.append([key.tool, job, f"`{series.failure}`"])
        elif series.flaw is not None:
            rows.append([key.tool, f"{job}: \\* its output, when run", f"`{series.flaw}`"])
    return table(["tool", "job", "reason"], rows) if rows else "Nothing."
