"""The capabilities of each package: its uses, joined with the grants of the policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from compartment_mapper.authority.table import Effect, Part, has_effect
from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.diff import authority_of_grant, grant_text, policy_entries
from compartment_mapper.policy.model import Grant, Policy
from compartment_mapper.policy.outside import Outside, outside_of
from compartment_mapper.report.model import ReviewedCapability, Status, by_severity
from compartment_mapper.text import Position

_ByPackage = dict[CanonicalName, tuple[ReviewedCapability, ...]]
_Key = tuple[CanonicalName, Part, str]


def granted_capabilities(policy: Policy) -> _ByPackage:
    """Return what *policy* grants and denies, without looking at code."""
    return _by_package([*_outside(policy), *_of_policy(policy, used=None)])


def capabilities_of(
    uses: Iterable[CapabilityUse], policy: Policy, place_of: Callable[[CapabilityUse], Place]
) -> _ByPackage:
    """Return the capabilities that packages use or are granted.

    Args:
        uses: The first use of each capability.
        policy: The effective policy.
        place_of: The place of a use.
    """
    used = {
        (use.package, use.part, use.path): found
        for use in uses
        if (found := _of_use(use, policy, place_of)) is not None
    }
    of_policy = (*_of_policy(policy, used=False), *_outside(policy))
    stated = {_key(each): each for each in of_policy}
    for key, each in used.items():
        grant = stated[key].grant if key in stated else each.grant
        stated[key] = replace(each, grant=grant)
    return _by_package(_with_used_members(stated))


def _by_package(found: Iterable[ReviewedCapability]) -> _ByPackage:
    by_package: dict[CanonicalName, list[ReviewedCapability]] = {}
    for each in sorted(found, key=by_severity):
        by_package.setdefault(each.package, []).append(each)
    return {name: tuple(own) for name, own in by_package.items()}


def _key(capability: ReviewedCapability) -> _Key:
    return capability.package, capability.part, capability.path


def _of_policy(policy: Policy, *, used: bool | None) -> Iterator[ReviewedCapability]:
    """Yield the grants and denials of globals and builtins; links are shown as dependencies."""
    for name, own, part, path, grant in policy_entries(policy):
        if part == "packages":
            continue
        authority = authority_of_grant(part, path, grant)
        yield ReviewedCapability(
            package=name,
            part=part,
            path=path,
            severity=authority.severity,
            reason=authority.reason,
            status="denied" if grant is False else "granted",
            grant=_details(grant),
            used=used,
            place=_place(own.reasons.get((part, path), "")),
        )


def _outside(policy: Policy) -> Iterator[ReviewedCapability]:
    """Yield what runs outside of compartments, by package and capability."""
    files: dict[tuple[CanonicalName, str], list[Outside]] = {}
    for each in outside_of(policy):
        files.setdefault((each.package, each.capability), []).append(each)
    for (package, capability), found in files.items():
        yield ReviewedCapability(
            package=package,
            part="globals",
            path=capability,
            severity=found[0].authority.severity,
            reason=found[0].authority.reason,
            status="granted",
            grant=", ".join(each.file for each in found),
        )


def _details(grant: Grant) -> str:
    return "" if isinstance(grant, bool) else grant_text(grant)


def _place(reason: str) -> Place | None:
    """Return the place that a policy names as the reason of a grant: ``lib/file.js:12``."""
    file, _, line = reason.rpartition(":")
    if not (file and line.isdecimal()):
        return None
    return Place(file=file, position=Position(int(line), 1))


def _of_use(
    use: CapabilityUse, policy: Policy, place_of: Callable[[CapabilityUse], Place]
) -> ReviewedCapability | None:
    """Return a use, or None for a harmless one, and for a builtin's form without capabilities."""
    if use.load or use.harmless:
        return None
    own = policy.of(use.package)
    is_granted = own.allows(use.part, use.path, write=use.write)
    if use.has_form and not is_granted and not own.denies(use.part, use.path):
        return None
    status: Status = "granted" if is_granted else "denied"
    return ReviewedCapability(
        package=use.package,
        part=use.part,
        path=use.path,
        severity=use.severity,
        reason=use.authority.reason,
        status=status,
        grant="write" if use.write and is_granted else "",
        used=True,
        uncertain=use.uncertain,
        place=place_of(use),
    )


def _with_used_members(found: Mapping[_Key, ReviewedCapability]) -> Iterator[ReviewedCapability]:
    """Yield *found*; a granted object counts as used if one of its members is used."""
    used: dict[tuple[CanonicalName, Part], list[str]] = {}
    for (package, part, path), each in found.items():
        if each.used:
            used.setdefault((package, part), []).append(path)
    for (package, part, path), each in found.items():
        members = used.get((package, part), ())
        is_whole = path == "any" and bool(members)
        is_used = is_whole or any(member.startswith(f"{path}.") for member in members)
        yield replace(each, used=True) if is_used else each


def leak_of(
    capabilities: Iterable[ReviewedCapability],
) -> tuple[ReviewedCapability, ReviewedCapability] | None:
    """Return the capabilities with which a dependency can leak secrets, or None."""
    granted = [
        each
        for each in capabilities
        if each.status == "granted" and each.package != ROOT_NAME and each.used is not False
    ]
    reads, sends = (_first(granted, effect) for effect in ("reads secrets", "reaches the network"))
    return None if reads is None or sends is None else (reads, sends)


def _first(granted: Iterable[ReviewedCapability], effect: Effect) -> ReviewedCapability | None:
    return next((each for each in granted if has_effect(effect, each.part, each.path)), None)
