"""Render policies and their differences as text and Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from compartment_mapper.authority.table import (
    AUTHORITIES,
    SEVERITIES,
    Authority,
    Part,
    Severity,
    authority_of,
)
from compartment_mapper.inference.policy_file import PolicyDiagnostic, PolicyDiagnosticKind
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.diff import AuthorityChange, PackageChange, PolicyDifference
from compartment_mapper.policy.model import Policy
from compartment_mapper.policy.outside import outside_of
from compartment_mapper.report.headline import difference_summary
from compartment_mapper.text import LINE_END, printable

#: Grants without details.
_PLAIN = frozenset({"", "True"})
_SIGNS = {"added": "+", "removed": "-", "wanted": "!", "changed": "~"}


def policy_summary_text(policy: Policy) -> str:
    """Return the number of grants by severity: ``12 capabilities granted (3 high, 9 low)``."""
    granted: Counter[str] = Counter()
    refused = 0
    own_policies = (policy.entry, *policy.resources.values())
    for own in own_policies:
        for part in ("globals", "builtins"):
            grants = own.grants_of(part)
            for path, grant in grants.items() if isinstance(grants, Mapping) else ():
                refused += grant is False
                authority = authority_of(part, path, write=grant == "write")
                granted[authority.severity] += grant not in {False, "load"}
    granted.update(found.authority.severity for found in outside_of(policy))
    del granted["harmless"]
    parts = [f"{granted[level]} {level}" for level in SEVERITIES if granted[level]]
    detail = f" ({', '.join(parts)})" if parts else ""
    count = sum(granted.values())
    text = f"{count} {'capability' if count == 1 else 'capabilities'} granted{detail}"
    everything = sum("any" in (own.globals, own.builtins) for own in own_policies)
    if everything:
        text += f", everything to {everything} {'package' if everything == 1 else 'packages'}"
    return f"{text}, {refused} denied" if refused else text


def difference_text(difference: PolicyDifference) -> str:
    """Return a difference as text; ``!`` marks a denied use."""
    if not (difference.packages or difference.authority):
        return "no difference in capabilities"
    lines = [difference_summary(difference)]
    lines += [_package_line(change) for change in difference.packages]
    if difference.packages and difference.authority:
        lines.append("")
    package: CanonicalName | None = None
    for change in difference.authority:
        if change.package != package:
            package = change.package
            lines.append(called(change.package))
        lines.append(f"  {_authority_line(change)}")
    return "\n".join(lines)


def called(package: CanonicalName) -> str:
    """Return how reports name a package."""
    return "the application" if package == ROOT_NAME else package


def _package_line(change: PackageChange) -> str:
    versions = " -> ".join(filter(None, (change.before, change.after)))
    return f"{_SIGNS[change.kind]} package {change.package} {versions}".rstrip()


def _authority_line(change: AuthorityChange) -> str:
    granted = f" ({change.grant})" if change.grant not in _PLAIN else ""
    refused = " - denied" if change.kind == "wanted" else ""
    place = f"  {change.place}" if change.place else ""
    what = f"{change.part.removesuffix('s')} {change.path}{granted}"
    return f"{_SIGNS[change.kind]} {change.severity:<8} {what}{refused}{place}"


def difference_markdown(difference: PolicyDifference, *, most: int | None = None) -> str:
    """Return a difference as Markdown tables for a pull request, with *most* rows each."""
    if not difference.packages and not difference.authority:
        return "No difference in capabilities."
    lines: list[str] = []
    if difference.authority:
        lines += ["| | severity | package | capability | used at |", "|---|---|---|---|---|"]
        lines += _first([_row(change) for change in difference.authority], most)
    if difference.packages:
        lines += ["", "| | package | before | after |", "|---|---|---|---|"][not lines :]
        rows = [
            f"| {change.kind} | {code(change.package)} | {cell(change.before)} "
            f"| {cell(change.after)} |"
            for change in difference.packages
        ]
        lines += _first(rows, most)
    return "\n".join(lines)


def _first(rows: list[str], most: int | None) -> list[str]:
    if most is None or len(rows) <= most:
        return rows
    return [*rows[:most], f"| | | … and {len(rows) - most} more |"]


def _row(change: AuthorityChange) -> str:
    what = f"{change.part.removesuffix('s')} {code(change.path)}"
    grant = f" ({cell(change.grant)})" if change.grant not in _PLAIN else ""
    kind = f"**{change.kind}**" if change.kind != "removed" else change.kind
    name = called(change.package)
    return (
        f"| {kind} | {change.severity} | {code(name)} | {what}{grant}: {change.reason} "
        f"| {cell(change.place)} |"
    )


def cell(text: str) -> str:
    """Return *text* for a cell of a table, on one line and without markup."""
    return printable(LINE_END.sub(" ", text)).replace("|", "\\|")


def code(text: str) -> str:
    """Return *text* as code in a cell of a table."""
    return f"`{cell(text).replace('`', '')}`"


def findings_text(
    findings: Sequence[PolicyDiagnostic], places: Mapping[PolicyDiagnostic, str]
) -> str:
    """Return a summary, and one line for each difference between a policy and its application."""
    counts = Counter(finding.kind for finding in findings)
    summary = ", ".join(f"{counts[kind]} {text}" for kind, text in _KINDS.items() if counts[kind])
    lines = (_finding_line(finding, places.get(finding, "")) for finding in findings)
    return "\n".join([summary, *lines])


_KINDS: Mapping[PolicyDiagnosticKind, str] = {
    "missing": "not covered",
    "patched": "modified and not covered",
    "unused": "no longer used",
    "unknown": "not part of the application",
    "version": "of another version",
    "integrity": "with other files",
}


def _finding_line(finding: PolicyDiagnostic, place: str) -> str:
    name = called(finding.package)
    what = f"{(finding.part or '').removesuffix('s')} {finding.path}"
    match finding.kind:
        case "missing":
            severity = finding.use.severity if finding.use else ""
            listed = "" if finding.scope is None else f" for {finding.scope.text}"
            return f"! {name} uses {what}{listed} ({severity}), not covered  {place}"
        case "patched":
            return f"! {name} modifies the exports of {finding.path}, not covered  {place}"
        case "unused":
            return f"- {name} no longer uses {what}"
        case "unknown":
            return f"- {name} is not part of the application"
        case "version":
            return f"~ {name} is {finding.found}, the policy covers {finding.expected}"
        case "integrity":
            return f"~ {name} {finding.found} has files that differ from those in the policy"


def finding_to_dict(finding: PolicyDiagnostic, place: str) -> dict[str, object]:
    """Return the ``--json`` output for one finding."""
    return {
        "kind": finding.kind,
        "package": finding.package,
        "part": finding.part,
        "capability": finding.path or None,
        "severity": finding.use.severity if finding.use else None,
        "scope": None if finding.scope is None else finding.scope.to_json(),
        "place": place or None,
        "expected": finding.expected or None,
        "found": finding.found or None,
    }


def capabilities_text(severity: Severity | None) -> str:
    """Return the capabilities of the host as text, most severe first, or those of *severity*."""
    return "\n".join(
        f"{row.severity:<8} {part.removesuffix('s'):<7} {path}  {row.reason}"
        for part, path, row in capabilities(severity)
    )


def capabilities_markdown(severity: Severity | None) -> str:
    """Return the capabilities as a Markdown table, one row for each reason."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for part, path, row in capabilities(severity):
        rows.setdefault((row.severity, part, row.reason), []).append(code(path))
    lines = ["| severity | | capability | reason |", "|---|---|---|---|"]
    lines += [
        f"| {level} | {part} | {', '.join(paths)} | {cell(reason)} |"
        for (level, part, reason), paths in rows.items()
    ]
    return "\n".join(lines)


def capabilities(severity: Severity | None) -> Iterator[tuple[Part, str, Authority]]:
    """Yield the capabilities of the host by severity, part and path."""
    for level in SEVERITIES if severity is None else (severity,):
        for part in ("globals", "builtins"):
            for path, row in sorted(AUTHORITIES[part].items()):
                if row.severity == level:
                    yield part, path, row
