"""Alerts: what a reviewer has to see, for code scanning and annotations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from compartment_mapper.authority.table import Severity
from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.report.model import Review, ReviewedCapability, ReviewedPackage

Level = Literal["error", "warning", "note"]

LEAK_RULE = "reads-secrets-and-reaches-network"

_LEVELS: dict[Severity, Level] = {
    "critical": "error",
    "high": "warning",
    "medium": "note",
    "low": "note",
    "harmless": "note",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One capability, leak or problem."""

    rule: str
    level: Level
    message: str
    package: CanonicalName
    #: Identifies it across versions and line numbers.
    key: tuple[str, ...]
    place: Place | None = None
    #: None for a problem of the build.
    capability: ReviewedCapability | None = None
    #: Whether the other archive or policy lacks it; None without a comparison.
    is_new: bool | None = None


def alerts_of(review: Review) -> Iterator[Alert]:
    """Yield the alerts of *review*: capabilities by severity, leaks, problems."""
    changed = _changed(review)
    for each in review.capabilities:
        is_new = None if changed is None else (each.package, each.part, each.path) in changed
        yield Alert(
            rule=rule_of(each),
            level=_LEVELS[each.severity],
            message=capability_message(each),
            package=each.package,
            key=(each.package, each.part, each.path, each.status),
            place=each.place,
            capability=each,
            is_new=is_new,
        )
    yield from _leaks(review, changed)
    for problem in review.problems:
        yield Alert(
            rule=problem.code,
            level=problem.severity,
            message=problem.message,
            package=ROOT_NAME,
            key=(problem.code, problem.message),
            place=problem.place,
            is_new=None if changed is None else False,
        )


_Changed = set[tuple[CanonicalName, str, str]]


def _changed(review: Review) -> _Changed | None:
    """Return the capabilities that the other policy lacks, or None without a comparison."""
    if review.comparison is None:
        return None
    return {
        (change.package, change.part, change.path)
        for change in review.comparison.difference.authority
        if change.kind != "removed"
    }


def _leaks(review: Review, changed: _Changed | None) -> Iterator[Alert]:
    for package in review.packages:
        if package.leak is None:
            continue
        is_new = None
        if changed is not None:
            is_new = any((c.package, c.part, c.path) in changed for c in package.leak)
        yield Alert(
            rule=LEAK_RULE,
            level="warning",
            message=leak_message(package),
            package=package.canonical_name,
            key=(package.canonical_name, LEAK_RULE),
            place=package.leak[1].place,
            is_new=is_new,
        )


def rule_of(capability: ReviewedCapability) -> str:
    """Return the rule of a capability: variables of the environment share one."""
    path = capability.path
    if path.startswith("process.env."):
        path = "process.env"
    return f"{capability.part.removesuffix('s')}/{path}"


def named(package: CanonicalName) -> str:
    """Return how messages name a package."""
    return "the application" if package == ROOT_NAME else f"package '{package}'"


def capability_message(capability: ReviewedCapability) -> str:
    """Return one sentence about a capability.

    Grants and denials read alike: ``package 'a' is granted builtin fs.readFile (high): …``.
    """
    verb = "is granted" if capability.status == "granted" else _denial(capability)
    details = f", {capability.grant}" if capability.grant else ""
    unused = ", but its code does not use it" if _is_needless(capability) else ""
    return (
        f"{named(capability.package)} {verb} {capability.title} "
        f"({capability.severity}{details}): {capability.reason}{unused}"
    )


def _denial(capability: ReviewedCapability) -> str:
    return "uses, and is denied," if capability.used else "is denied"


def _is_needless(capability: ReviewedCapability) -> bool:
    return capability.used is False and capability.status == "granted"


def leak_message(package: ReviewedPackage) -> str:
    """Return the sentence about a package that can leak secrets."""
    assert package.leak is not None
    reads, sends = package.leak
    return (
        f"{named(package.canonical_name)} reads secrets ({reads.title}) and reaches the network "
        f"({sends.title})"
    )
