"""Render records as text and graphs; nothing here reads files or makes decisions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from compartment_mapper.authority.table import SEVERITIES, Part, Severity
from compartment_mapper.inference.risks import Leak, Risks
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import CanonicalName, Location
from compartment_mapper.policy.model import grant_to_json, policy_key
from compartment_mapper.report.summary import PackageSummary, Step, severity_of
from compartment_mapper.text import size_text


def packages_text(summaries: Sequence[PackageSummary]) -> str:
    """Return a summary, and one block for each package: its name, dependents and grants."""
    blocks = [
        "\n".join(
            [
                f"{_title(summary)}  {_summary(summary.modules, summary.size)}",
                *_lines("used by", summary.dependents),
                *_lines("uses", summary.dependencies),
                *_lines("native", summary.native),
                *_lines("shims", summary.shims),
                *_lines("globals", summary.globals),
                *_lines("builtins", summary.builtins),
                *_lines("exports", _hardened(summary.harden)),
            ]
        )
        for summary in summaries
    ]
    total = sum(summary.size for summary in summaries)
    modules = sum(summary.modules for summary in summaries)
    granted: Counter[Severity] = Counter(
        severity
        for summary in summaries
        for part, paths in _grants_of(summary)
        for path in paths
        if (severity := severity_of(part, path)) != "harmless"
    )
    granted["critical"] += sum(len(each.native) + len(each.shims) for each in summaries)
    size = summary_text(len(summaries), modules, total)
    return "\n\n".join([f"{size}; {counts_text(granted, 'granted')}", *blocks])


def _grants_of(summary: PackageSummary) -> Iterator[tuple[Part, Sequence[str]]]:
    yield "globals", summary.globals
    yield "builtins", summary.builtins


def counts_text(counts: Mapping[Severity, int], verb: str) -> str:
    """Return the number of capabilities by severity.

    >>> counts_text({"high": 2, "low": 1}, "granted"), counts_text({}, "granted")
    ('3 capabilities granted (2 high, 1 low)', 'no capabilities granted')
    """
    total = sum(counts.values())
    if not total:
        return f"no capabilities {verb}"
    detail = ", ".join(f"{counts[level]} {level}" for level in SEVERITIES if counts.get(level))
    return f"{_counted(total)} {verb} ({detail})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _counted(number: int) -> str:
    return f"{number} {'capability' if number == 1 else 'capabilities'}"


def summary_text(packages: int, modules: int, size: int, *, unused: int = 0) -> str:
    """Return the size of an application and the number of modules that tree shaking removed.

    >>> summary_text(1, 2, 2048), summary_text(1, 2, 2048, unused=3)
    ('1 package, 2 modules, 2.0 KiB', '1 package, 2 modules (3 unused removed), 2.0 KiB')
    """
    left_out = f" ({unused} unused removed)" if unused else ""
    counts = f"{_count(packages, 'package')}, {_count(modules, 'module')}{left_out}"
    return f"{counts}, {size_text(size)}"


def _summary(modules: int, size: int) -> str:
    return f"{_count(modules, 'module')}, {size_text(size)}"


def cache_text(parts: Sequence[tuple[str, int, int]]) -> str:
    """Return one line for each part of the cache: its name, files and bytes.

    >>> print(cache_text([("bundles", 2, 2048), ("code", 1, 10)]))
      bundles   2 files, 2.0 KiB
      code      1 file, 10 B
    """
    return "\n".join(
        f"  {name:<9} {_count(files, 'file')}, {size_text(size)}" for name, files, size in parts
    )


def _title(summary: PackageSummary) -> str:
    version = f"@{summary.version}" if summary.version else ""
    alias = "" if summary.canonical_name == summary.name else f" ({summary.name}{version})"
    return f"{summary.canonical_name}{alias or version}"


def _hardened(harden: object) -> list[str]:
    if harden == "code":
        return ["code hardened"]
    return ["hardened" if harden else "not hardened"]


def _lines(label: str, names: Sequence[str]) -> list[str]:
    return [f"  {label:<9} {', '.join(names)}"] if names else []


def dot(summaries: Sequence[PackageSummary]) -> str:
    """Return the package graph in Graphviz's language, with grants in the labels."""
    lines = ["digraph packages {", '  rankdir="LR"; node [shape="box"];']
    for summary in summaries:
        powers = [*summary.globals, *summary.builtins]
        label = _escaped(f"{_title(summary)}" + (f"\n{', '.join(powers)}" if powers else ""))
        lines.append(f'  "{_escaped(summary.canonical_name)}" [label="{label}"];')
    for summary in summaries:
        lines += [
            f'  "{_escaped(summary.canonical_name)}" -> "{_escaped(target)}";'
            for target in summary.dependencies
        ]
    return "\n".join([*lines, "}"])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def mermaid(summaries: Sequence[PackageSummary]) -> str:
    """Return the package graph in Mermaid's language."""
    numbers = {summary.canonical_name: f"p{n}" for n, summary in enumerate(summaries)}
    lines = ["graph LR"]
    for summary in summaries:
        title = _title(summary).replace('"', "#quot;").replace(">", "&gt;")
        lines.append(f'  {numbers[summary.canonical_name]}["{title}"]')
    for summary in summaries:
        lines += [
            f"  {numbers[summary.canonical_name]} --> {numbers[target]}"
            for target in summary.dependencies
        ]
    return "\n".join(lines)


def chain_text(chain: Sequence[Step], name: str, file_of: Callable[[Location], str]) -> str:
    """Return the import chain to a package, one request per line."""
    if not chain:
        return f"{name} is the application itself"
    lines = [
        f"{'  ' * depth}{file_of(step.module)}:{step.line}  requests '{step.specifier}'"
        for depth, step in enumerate(chain)
    ]
    return "\n".join([*lines, f"{'  ' * len(chain)}{name}"])


def denied_summary(uses: Sequence[CapabilityUse]) -> str:
    """Return one line that counts denied uses, or an empty string if there are none."""
    if not uses:
        return ""
    packages = len({use.package for use in uses})
    return (
        f"denied {_counted(len(uses))} to {_count(packages, 'package')}: "
        "`compartment-mapper bundle` lists them, `policy infer` writes them to the policy "
        "(critical "
        "ones as denied)"
    )


def denied_text(uses: Iterable[CapabilityUse], place_of: Callable[[CapabilityUse], str]) -> str:
    """Return the denied uses: package, capability, first use and how to grant it."""
    by_package: dict[CanonicalName, list[CapabilityUse]] = {}
    for use in uses:
        by_package.setdefault(use.package, []).append(use)
    if not by_package:
        return ""
    count = _counted(sum(map(len, by_package.values())))
    packages = _count(len(by_package), "package")
    how = "grant with `policy infer`, or one by one with --grant PACKAGE:CAPABILITY"
    lines = [f"denied {count} to {packages} ({how}):"]
    for package, found in by_package.items():
        lines.append(f"  {package}")
        for use in found:
            kind = use.part.removesuffix("s")
            lines.append(f"    {use.severity:<8} {kind} {use.path}  {place_of(use)}")
            grant = json.dumps(grant_to_json(use.grant))
            lines.append(f'      {policy_key(package)}.{use.part}["{use.path}"] = {grant}')
    return "\n".join(lines)


def granted_text(who: str, risks: Risks, place_of: Callable[[CapabilityUse], str]) -> str:
    """Return the grants by *who* that need review, by package, with potential leaks."""
    grave: dict[CanonicalName, list[str]] = {}
    for use in risks.grave:
        line = f"    {use.severity:<8} {_authority(use)}  {place_of(use)}"
        grave.setdefault(use.package, []).append(line)
    for leak in risks.leaks:
        grave.setdefault(leak.package, []).append(f"    {leak_text(leak, place_of)}")
    unknown: dict[CanonicalName, list[str]] = {}
    for use in risks.unknown:
        unknown.setdefault(use.package, []).append(f"    {_authority(use)}  {place_of(use)}")
    severe = f"{_counted(len(risks.grave))} of severity high or critical"
    globals_ = _count(len(risks.unknown), "global")
    blocks = {
        f"{who} grants {severe} to {_count(len(grave), 'package')}:": grave,
        f"{who} grants {globals_} that only this page may have:": unknown,
    }
    return "\n".join(
        line
        for title, packages in blocks.items()
        if packages
        for line in (title, *_listed(packages))
    )


def _listed(packages: Mapping[CanonicalName, Sequence[str]]) -> Iterator[str]:
    for name, found in packages.items():
        yield from (f"  {name}", *found)


def leak_text(leak: Leak, place_of: Callable[[CapabilityUse], str]) -> str:
    """Return the finding that a package can leak secrets."""
    uses = (f"{_authority(use)} ({place_of(use)})" for use in (leak.reads, leak.sends))
    return f"reads secrets and reaches the network: {', '.join(uses)}"


def _authority(use: CapabilityUse) -> str:
    return f"{use.part.removesuffix('s')} {use.path}"


def granted_summary(who: str, risks: Risks) -> str:
    """Return the grants that need review in one line, or an empty string if there are none."""
    if not risks:
        return ""
    packages = len({use.package for use in risks.grave} | {leak.package for leak in risks.leaks})
    worst = f"{_counted(len(risks.grave))} of severity high or critical"
    names = ", ".join(leak.package for leak in risks.leaks)
    both = f"; these read secrets and reach the network: {names}" if names else ""
    globals_ = ", ".join(sorted({use.path for use in risks.unknown}))
    unknown = f"globals that only this page may have: {globals_}" if globals_ else ""
    to_packages = f"{worst} to {_count(packages, 'package')}{both}" if packages else ""
    granted = "; ".join(part for part in (to_packages, unknown) if part)
    return f"{who} grants {granted}: `compartment-mapper bundle {who}` lists them"
