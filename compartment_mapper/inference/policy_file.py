"""Infer, update and check the policy file of an application.

``compartment-policy.json`` lists the uses of each package that are not harmless, granted or denied,
with the version of the package and a hash of its files. A change requires a new decision.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from compartment_mapper.authority.table import (
    Part,
    holders_of,
    is_global,
    is_harmless,
)
from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.graph.package_graph import Package, PackageGraph
from compartment_mapper.inference.hardening import Patch, patches_of, unchanging_packages
from compartment_mapper.inference.scopes import scope_shown
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME, CanonicalName, relative_path
from compartment_mapper.policy.diff import authority_of_grant
from compartment_mapper.policy.model import PARTS, Attenuation, Grant, Grants, PackagePolicy, Policy
from compartment_mapper.policy.scope import Scope

POLICY_FILE = "compartment-policy.json"
OVERRIDE_FILE = "compartment-policy-override.json"

_NODE_MODULES = "/node_modules/"


def policy_from_uses(
    uses: Iterable[CapabilityUse],
    modules: ModuleGraph,
    packages: PackageGraph,
    place_of: Callable[[CapabilityUse], str],
    *,
    scopes: bool = True,
) -> Policy:
    """Return the policy that grants all uses; critical capabilities are listed as denied.

    Args:
        uses: The first use of each capability, of all packages.
        modules: The modules of the application.
        packages: The packages of the application.
        place_of: Formats the place of a use: ``lib/file.js:12``.
        scopes: Whether grants are restricted to the hosts and files that the source shows.
    """
    found = {
        package.canonical_name: PackagePolicy(
            version=package.version or None if package.canonical_name != ROOT_NAME else None,
            integrity=integrity_of(package, modules, packages),
        )
        for package in packages.packages.values()
    }
    for use in uses:
        if (not use.harmless and not use.has_form) or use.part == "packages":
            is_refused = use.severity == "critical" and use.package != ROOT_NAME
            shown = scope_shown(use) if scopes else None
            grant: Grant = False if is_refused else shown or use.grant
            found[use.package] = _with_grant(found[use.package], use, grant, place_of(use))
    return Policy(
        entry=found[ROOT_NAME],
        resources={name: policy for name, policy in found.items() if name != ROOT_NAME},
        harmless=True,
    )


def with_open_packages(policy: Policy, names: Container[CanonicalName]) -> Policy:
    """Return *policy* with ``"harden": false`` for packages that others modify."""
    return replace(
        policy,
        resources={
            name: replace(own, harden=False) if name in names else own
            for name, own in policy.resources.items()
        },
    )


def _with_grant(
    policy: PackagePolicy, use: CapabilityUse, grant: Grant, reason: str
) -> PackagePolicy:
    grants = policy.grants_of(use.part)
    assert isinstance(grants, Mapping)
    changed = {**grants, use.path: grant}
    reasons = {**policy.reasons, (use.part, use.path): reason}
    if use.part == "packages" and use.harmless:
        del reasons[use.part, use.path]  # package.json declares it
    return replace(policy, reasons=reasons).with_grants(use.part, changed)


def integrity_of(package: Package, modules: ModuleGraph, packages: PackageGraph) -> str | None:
    """Return ``sha512-`` and the hash of a package's reachable files, or None if it is local.

    Packages outside of ``node_modules`` are under development, so their hash changes often.
    """
    if _NODE_MODULES not in package.root:
        return None
    files = sorted(
        (relative_path(location, package.root) or location, modules.modules[location].written)
        for location, root in packages.owners.items()
        if root == package.root
    )
    digest = hashlib.sha512()
    for path, source in files:
        digest.update(path.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(hashlib.sha512(source).digest())
    return "sha512-" + base64.b64encode(digest.digest()).decode("ascii")


def with_decisions(fresh: Policy, known: Policy) -> Policy:
    """Return *fresh* with the decisions of *known*.

    Manual denials and grants, whole or attenuated, stay even if no code uses them. Inferred grants
    without a use are removed.
    """
    decided = {
        name: _decided(policy, known.resources[name]) if name in known.resources else policy
        for name, policy in fresh.resources.items()
    }
    gone = {
        name: own
        for name, policy in known.resources.items()
        if name not in decided and (own := _made_by_a_person(policy)) is not None
    }
    return Policy(
        entry=_decided(fresh.entry, known.entry, is_root=True),
        resources={**decided, **gone},
        harmless=known.harmless,
        install_scripts=fresh.install_scripts,
    )


def _decided(fresh: PackagePolicy, known: PackagePolicy, *, is_root: bool = False) -> PackagePolicy:
    decided = replace(
        fresh,
        harden=fresh.harden if known.harden is None else known.harden,
        options=known.options,
        no_global_freeze=known.no_global_freeze,
        native=known.native,
        shims={**known.shims, **fresh.shims},
    )
    for part in PARTS:
        decided = decided.with_grants(part, _decided_grants(part, fresh, known, is_root=is_root))
    reasons = {
        (part, path): reason
        for (part, path), reason in fresh.reasons.items()
        if path in _names(decided, part) and not _is_bare_grant(known, part, path)
    }
    return replace(decided, reasons=reasons)


def _decided_grants(
    part: Part, fresh: PackagePolicy, known: PackagePolicy, *, is_root: bool
) -> Grants:
    seen, granted = fresh.grants_of(part), known.grants_of(part)
    assert isinstance(seen, Mapping)
    if not isinstance(granted, Mapping):
        return granted
    kept = {
        path: _wider(grant, seen.get(path))
        for path, grant in granted.items()
        if _matters(path, seen) or is_personal(known, part, path, is_root=is_root)
    }
    return {**{p: g for p, g in seen.items() if not _is_decided(part, p, g, known)}, **kept}


def is_personal(policy: PackagePolicy, part: Part, path: str, *, is_root: bool) -> bool:
    """Return whether the entry for *path* in *policy* was written by hand.

    Inference records the place of each use, except of links that a package declares; it grants no
    critical capability to a dependency, and denies nothing else.

    Args:
        policy: The policy of a package, as read from the file.
        part: The part that lists *path*.
        path: The path of a capability.
        is_root: Whether the package is the application, which is granted its uses.
    """
    grants = policy.grants_of(part)
    assert isinstance(grants, Mapping)
    grant = grants[path]
    if part == "packages" and grant is True:
        return False
    if isinstance(grant, Attenuation) or (part, path) not in policy.reasons:
        return True
    is_critical = authority_of_grant(part, path, grant).severity == "critical"
    return not is_critical if grant is False else is_critical and not is_root


def _is_bare_grant(known: PackagePolicy, part: Part, path: str) -> bool:
    """Return whether a manual grant looks like an inferred one; it must not get a reason."""
    granted = known.grants_of(part)
    if not isinstance(granted, Mapping) or path not in granted:
        return False
    is_critical = authority_of_grant(part, path, granted[path]).severity == "critical"
    return granted[path] is not False and not is_critical and (part, path) not in known.reasons


def _made_by_a_person(policy: PackagePolicy) -> PackagePolicy | None:
    """Return the manual entries for an unreachable package, or None."""
    is_any = False
    for part in PARTS:
        grants = policy.grants_of(part)
        if not isinstance(grants, Mapping):
            is_any = True
            continue
        own = {p: g for p, g in grants.items() if is_personal(policy, part, p, is_root=False)}
        policy = policy.with_grants(part, own)
    said = is_any or any(policy.grants_of(part) for part in PARTS)
    return policy if said or policy.options is not None or policy.no_global_freeze else None


def _names(policy: PackagePolicy, part: Part) -> Iterable[str]:
    grants = policy.grants_of(part)
    return grants if isinstance(grants, Mapping) else ()


def _matters(path: str, seen: Mapping[str, Grant]) -> bool:
    """Return whether a decision concerns a capability that is still used."""
    return any(use == path or path in holders_of(use) or use in holders_of(path) for use in seen)


def _is_decided(part: Part, path: str, grant: Grant, known: PackagePolicy) -> bool:
    return known.denies(part, path) or known.allows(part, path, write=grant == "write")


def _wider(known: Grant, seen: Grant | None) -> Grant:
    if isinstance(known, Scope) and isinstance(seen, Scope) and known.kind == seen.kind:
        return known if known.covers(seen) else known.joined(seen)
    return "write" if known is True and seen == "write" else known


def with_harmless(policy: Policy, uses: Iterable[CapabilityUse]) -> Policy:
    """Return *policy* with its implicit harmless grants written out.

    Links to packages are never implicit: the policy lists them.
    """
    if not policy.harmless:
        return policy
    found = {ROOT_NAME: policy.entry, **policy.resources}
    for use in uses:
        known = found.get(use.package, PackagePolicy())
        grants = known.grants_of(use.part)
        skipped = use.part == "packages" or not use.harmless or not isinstance(grants, Mapping)
        if skipped or known.decision(use.part, use.path) is not None:
            continue
        if not (use.load and known.allows("builtins", use.path, load=True)):
            assert isinstance(grants, Mapping)
            changed = {**grants, use.path: use.grant}
            found[use.package] = known.with_grants(use.part, changed)
    entry = found.pop(ROOT_NAME)
    return Policy(entry=entry, resources=found, install_scripts=policy.install_scripts)


#: Kinds of findings: a use that the policy does not cover, a modified package, an unused grant, an
#: unknown package, another version, or the same version with other files.
PolicyDiagnosticKind = Literal["missing", "patched", "unused", "unknown", "version", "integrity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDiagnostic:
    """One difference between a policy and its application."""

    kind: PolicyDiagnosticKind
    package: CanonicalName
    #: The part of a capability.
    part: Part | None = None
    path: str = ""
    #: The use of the capability.
    use: CapabilityUse | None = None
    #: The place that modifies the exports of the package *path*.
    patch: Patch | None = None
    #: Versions: in the policy and in the installation.
    expected: str = ""
    found: str = ""
    #: Of a grant with a scope: what it does not list.
    scope: Scope | None = None


def missing_grants(policy: Policy, uses: Iterable[CapabilityUse]) -> Iterator[PolicyDiagnostic]:
    """Yield the uses that *policy* neither grants nor denies.

    Undeclared packages are denied, as without a policy; for the application they need a decision.
    """
    for use in uses:
        own = policy.of(use.package)
        is_link = use.link in {"declared", "application"}
        is_power = is_link if use.part == "packages" else not use.harmless
        if not is_power:
            continue
        # A grant to read a global, without ``write``, is a decision: the package defines its own.
        writes = use.write and not is_global(use.path)
        for call in use.calls if scope_shown(use) else ():
            unlisted = _unlisted(call, own)
            if unlisted is not None:
                yield PolicyDiagnostic(
                    kind="missing",
                    package=use.package,
                    part=use.part,
                    path=use.path,
                    use=call,
                    scope=unlisted,
                )
        allowed = own.allows(use.part, use.path, write=writes, load=use.load)
        if not (allowed or use.has_form or own.denies(use.part, use.path)):
            yield PolicyDiagnostic(
                kind="missing", package=use.package, part=use.part, path=use.path, use=use
            )


def _unlisted(use: CapabilityUse, policy: PackagePolicy) -> Scope | None:
    """Return what the source shows and the scope of the grant in *policy* does not list."""
    decided = None if use.part == "packages" else policy.decision(use.part, use.path)
    shown = scope_shown(use)
    if decided is None or shown is None or not isinstance(decided[1], Scope):
        return None
    return shown.without(decided[1]) or None


def undecided_patches(
    policy: Policy, modules: ModuleGraph, packages: PackageGraph
) -> Iterator[PolicyDiagnostic]:
    """Yield modifications of exports that the policy does not allow or deny."""
    unchanging = unchanging_packages(modules, packages)
    for patch in patches_of(modules, packages):
        if patch.target in unchanging and policy.of(patch.target).harden is None:
            yield PolicyDiagnostic(
                kind="patched", package=patch.package, path=patch.target, patch=patch
            )


def unused_grants(policy: Policy, uses: Iterable[CapabilityUse]) -> Iterator[PolicyDiagnostic]:
    """Yield the grants of *policy* that no code uses."""
    used: dict[tuple[CanonicalName, Part], set[str]] = {}
    for use in uses:
        paths = used.setdefault((use.package, use.part), set())
        paths.update((use.path, *holders_of(use.path)))
    for name, own in ((ROOT_NAME, policy.entry), *sorted(policy.resources.items())):
        for part in PARTS:
            grants = own.grants_of(part)
            known = used.get((name, part), set())
            for path, grant in sorted(grants.items()) if isinstance(grants, Mapping) else ():
                refused = grant is False and is_personal(own, part, path, is_root=name == ROOT_NAME)
                covers = (
                    refused or path in known or any(holder in known for holder in holders_of(path))
                )
                if not (covers or isinstance(grant, Attenuation) or is_harmless(part, path)):
                    yield PolicyDiagnostic(kind="unused", package=name, part=part, path=path)


def changed_packages(
    policy: Policy, modules: ModuleGraph, packages: PackageGraph
) -> Iterator[PolicyDiagnostic]:
    """Yield the packages that differ from those in *policy*."""
    by_name = {package.canonical_name: package for package in packages.packages.values()}
    for name, own in sorted(policy.resources.items()):
        package = by_name.get(name)
        if package is None:
            yield PolicyDiagnostic(kind="unknown", package=name)
        elif own.version is not None and own.version != package.version:
            yield PolicyDiagnostic(
                kind="version", package=name, expected=own.version, found=package.version
            )
        elif own.integrity is not None:
            there = integrity_of(package, modules, packages)
            if there not in {None, own.integrity}:
                yield PolicyDiagnostic(kind="integrity", package=name, found=package.version)
