"""Compare the capabilities of two policies, most severe first."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from compartment_mapper.authority.scopes import STARTS_OWN_MODULES
from compartment_mapper.authority.table import (
    SEVERITIES,
    Authority,
    Part,
    Severity,
    authority_of,
)
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.model import PARTS, Attenuation, Grant, PackagePolicy, Policy
from compartment_mapper.policy.outside import outside_beyond
from compartment_mapper.policy.scope import Scope

#: ``wanted``: the package uses the capability, but the policy denies it.
ChangeKind = Literal["added", "wanted", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityChange:
    """A capability that a package gained or lost."""

    kind: ChangeKind
    package: CanonicalName
    part: Part
    path: str
    severity: Severity
    reason: str
    #: Details of the grant: ``write``, ``attenuated``.
    grant: str = ""
    #: The place of its first use; empty if unknown.
    place: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {
            "kind": self.kind,
            "package": self.package,
            "part": self.part,
            "capability": self.path,
            "severity": self.severity,
            "reason": self.reason,
            "grant": self.grant,
            "place": self.place,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """A package that was added, removed or changed."""

    kind: Literal["added", "removed", "changed"]
    package: CanonicalName
    before: str = ""
    after: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {
            "kind": self.kind,
            "package": self.package,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDifference:
    """The differences between two policies."""

    #: Sorted by severity, most severe first, then by package and path.
    authority: tuple[AuthorityChange, ...]
    packages: tuple[PackageChange, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {
            "capabilities": [change.to_dict() for change in self.authority],
            "packages": [change.to_dict() for change in self.packages],
        }


def diff_policies(old: Policy, new: Policy) -> PolicyDifference:
    """Return the grants of *new* that *old* lacks, and vice versa.

    Harmless grants are omitted, and so are members of an object that the other policy grants as a
    whole.
    """
    changes = [*_gained(old, new), *_lost(old, new)]
    changes += [*_outside("added", new, old), *_outside("removed", old, new)]
    return PolicyDifference(
        authority=tuple(
            sorted(changes, key=lambda c: (SEVERITIES.index(c.severity), c.package, c.part, c.path))
        ),
        packages=tuple(_package_changes(old, new)),
    )


def _outside(kind: ChangeKind, one: Policy, other: Policy) -> Iterator[AuthorityChange]:
    """Yield what *one* lets run outside of compartments and *other* does not."""
    for found in outside_beyond(one, other):
        yield AuthorityChange(
            kind=kind,
            package=found.package,
            part="globals",
            path=found.capability,
            severity=found.authority.severity,
            reason=found.authority.reason,
            grant=found.file,
            place="",
        )


def _gained(old: Policy, new: Policy) -> Iterator[AuthorityChange]:
    for name, policy, part, path, grant in policy_entries(new):
        before = old.of(name)
        if grant is False:
            found = before.decision(part, path)
            if found is None or (found[1] is not False and not before.allows(part, path)):
                yield _change("wanted", name, part, path, grant, policy)
        elif not _covers(before, part, path, grant):
            yield _change("added", name, part, path, grant, policy)
    for name, policy, part, path in _refused_below(old, new):  # the grant of its object includes it
        yield _change("added", name, part, path, _ALL, policy)
    for name, part, path, grant in _restricted_below(old, new):
        yield _change("added", name, part, path, grant, new.of(name))


def _refused_below(
    one: Policy, other: Policy
) -> Iterator[tuple[CanonicalName, PackagePolicy, Part, str]]:
    """Yield the paths that *one* denies and *other* grants with their object."""
    for name, policy, part, path, grant in policy_entries(one):
        against = other.of(name)
        if grant is False and against.allows(part, path) and path not in _names(against, part):
            yield name, policy, part, path


_ALL: Grant = True


def _restricted_below(
    one: Policy, other: Policy
) -> Iterator[tuple[CanonicalName, Part, str, Grant]]:
    """Yield the paths to which *one* gives a scope, and *other* more by the grant of an object."""
    for name, policy, part, path, grant in policy_entries(one):
        against = other.of(name)
        if not isinstance(grant, Scope) or path in _names(against, part):
            continue
        found = against.decision(part, path)
        wider = _ALL if against.grants_of(part) == "any" else found and found[1]
        if wider and wider != "load" and not _covers(policy, part, path, wider):
            yield name, part, path, wider


def _covers(policy: PackagePolicy, part: Part, path: str, grant: Grant) -> bool:
    """Return whether *policy* includes *grant* of *path*; attenuated grants must be equal."""
    whole = policy.grants_of(part)
    found = policy.decision(part, path)
    known = whole if isinstance(whole, Attenuation) else found and found[1]
    if isinstance(known, Attenuation):
        return known == grant
    if isinstance(known, Scope):
        return isinstance(grant, Scope) and known.covers(grant)
    return policy.allows(part, path, write=grant == "write")


def _names(policy: PackagePolicy, part: Part) -> Container[str]:
    grants = policy.grants_of(part)
    return grants if isinstance(grants, Mapping) else ()


def _lost(old: Policy, new: Policy) -> Iterator[AuthorityChange]:
    for name, policy, part, path, grant in policy_entries(old):
        is_left = _is_restricted(new.of(name), part, path)
        if grant is not False and not is_left and not _covers(new.of(name), part, path, grant):
            yield _change("removed", name, part, path, grant, policy)
    for name, policy, part, path in _refused_below(new, old):
        yield _change("removed", name, part, path, _ALL, policy)
    for name, part, path, grant in _restricted_below(new, old):
        yield _change("removed", name, part, path, grant, old.of(name))


def _is_restricted(policy: PackagePolicy, part: Part, path: str) -> bool:
    """Return whether a scope restricts the grant: the capability is not lost."""
    found = policy.decision(part, path)
    return found is not None and isinstance(found[1], Scope)


_Entry = tuple[CanonicalName, PackagePolicy, Part, str, Grant]


def policy_entries(policy: Policy) -> Iterator[_Entry]:
    """Yield the package, its policy, and the part, path and value of each grant.

    Harmless grants are omitted. A grant of everything has the path ``any``.
    """
    for name, own in ((ROOT_NAME, policy.entry), *sorted(policy.resources.items())):
        for part in PARTS:
            grants = own.grants_of(part)
            if isinstance(grants, Mapping):
                found = sorted(grants.items())
            else:
                whole: Grant = True if isinstance(grants, str) else grants
                found = [("any", whole)]
            for path, grant in found:
                if grant != "load" and authority_of_grant(part, path, grant).severity != "harmless":
                    yield name, own, part, path, grant


def authority_of_grant(part: Part, path: str, grant: Grant) -> Authority:
    """Return the severity of a grant of *path*, or of everything, and the reason."""
    if path == "any":
        return Authority("critical" if part != "packages" else "low", "grants everything")
    if isinstance(grant, Scope) and grant.modules:
        return STARTS_OWN_MODULES
    return authority_of(part, path, write=grant == "write")


def _change(
    kind: ChangeKind,
    name: CanonicalName,
    part: Part,
    path: str,
    grant: Grant,
    policy: PackagePolicy,
) -> AuthorityChange:
    authority = authority_of_grant(part, path, grant)
    return AuthorityChange(
        kind=kind,
        package=name,
        part=part,
        path=path,
        severity=authority.severity,
        reason=authority.reason,
        grant=grant_text(grant),
        place=policy.reasons.get((part, path), ""),
    )


def grant_text(grant: Grant) -> str:
    """Return the details of *grant*: its scope, ``write``, ``attenuated``, or ``True``."""
    if isinstance(grant, Scope):
        return grant.text
    return "attenuated" if isinstance(grant, Attenuation) else str(grant or "")


def _package_changes(old: Policy, new: Policy) -> Iterator[PackageChange]:
    for name in sorted(old.resources.keys() | new.resources.keys()):
        before, after = old.resources.get(name), new.resources.get(name)
        if before is None and after is not None:
            yield PackageChange(kind="added", package=name, after=after.version or "")
        elif after is None and before is not None:
            yield PackageChange(kind="removed", package=name, before=before.version or "")
        elif before is not None and after is not None:
            yield from _other_package(name, before, after)


def _other_package(
    name: CanonicalName, before: PackagePolicy, after: PackagePolicy
) -> Iterator[PackageChange]:
    versions = (before.version, after.version)
    if before.harden != after.harden and False in {before.harden, after.harden}:
        opened = after.harden is False
        yield PackageChange(
            kind="changed",
            package=name,
            before="exports hardened" if opened else "exports not hardened",
            after="exports not hardened" if opened else "exports hardened",
        )
    if None not in versions and versions[0] != versions[1]:
        yield PackageChange(
            kind="changed", package=name, before=versions[0] or "", after=versions[1] or ""
        )
    elif None not in {before.integrity, after.integrity} and before.integrity != after.integrity:
        yield PackageChange(
            kind="changed",
            package=name,
            before=f"{before.version} {before.integrity}",
            after=f"{after.version} {after.integrity}",
        )
