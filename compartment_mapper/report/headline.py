"""One line that summarizes a review, or its changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from compartment_mapper.authority.table import SEVERITIES, Severity
from compartment_mapper.policy.diff import PolicyDifference
from compartment_mapper.report.model import Comparison, Review
from compartment_mapper.report.text import counts_text, summary_text
from compartment_mapper.text import size_text


def headline(review: Review) -> str:
    """Return the size of the application, and its capabilities by severity."""
    files = sum(len(package.files) for package in review.packages)
    parts = [summary_text(len(review.packages), files, review.size)]
    parts.append(counts_text(review.count("granted"), "granted"))
    denied = review.count("denied")
    if denied:
        parts.append(counts_text(denied, "denied"))
    leaks = sum(package.leak is not None for package in review.packages)
    if leaks:
        verb = "package reads" if leaks == 1 else "packages read"
        parts.append(f"{leaks} {verb} secrets and can reach the network")
    return "; ".join(parts)


def changes_text(comparison: Comparison) -> str:
    """Return the number of changes, and of bytes."""
    text = difference_summary(comparison.difference)
    if comparison.size_before is None:
        return text
    return f"{text}, before {size_text(comparison.size_before)}"


def difference_summary(difference: PolicyDifference) -> str:
    """Return the number of changes by kind, or that there are none."""
    verbs = {"added": "added", "wanted": "used but denied", "removed": "removed"}
    parts = []
    for kind, verb in verbs.items():
        counts = _counts(c.severity for c in difference.authority if c.kind == kind)
        if counts:
            parts.append(counts_text(counts, verb))
    kinds = Counter(change.kind for change in difference.packages)
    for change, number in sorted(kinds.items()):
        parts.append(f"{number} {'package' if number == 1 else 'packages'} {change}")
    return ", ".join(parts) or "no difference in capabilities"


def _counts(severities: Iterable[Severity]) -> Mapping[Severity, int]:
    found = Counter(severities)
    return {severity: found[severity] for severity in SEVERITIES if found[severity]}
