"""The policies that follow from what packages use."""

from __future__ import annotations

from collections.abc import Iterable

from compartment_mapper.authority.table import holders_of
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.model import Grant, PackagePolicy, Policy


def policy_of(uses: Iterable[CapabilityUse], packages: PackageGraph, *, infer: bool) -> Policy:
    """Return the policy that follows from *uses*.

    Args:
        uses: Of all packages.
        packages: All that are reached.
        infer: Grant every package what it uses, but for critical powers. Without, only the
            application's own package gets what it uses, and the others get the harmless part.
    """
    granted: dict[CanonicalName, dict[str, dict[str, Grant]]] = {
        package.canonical_name: {"globals": {}, "builtins": {}, "packages": {}}
        for package in packages.packages.values()
    }
    for use in uses:
        inferred = infer and use.severity != "critical"
        if inferred or use.harmless or use.package == ROOT_NAME:
            grants = granted[use.package][use.part]
            grants[use.path] = use.grant if use.write else grants.get(use.path, use.grant)
    policies = {
        name: PackagePolicy(
            globals=parts["globals"],
            builtins=_without_needless_loads(parts["builtins"]),
            packages=parts["packages"],
        )
        for name, parts in granted.items()
    }
    return Policy(
        entry=policies[ROOT_NAME],
        resources={name: policy for name, policy in policies.items() if name != ROOT_NAME},
    )


def _without_needless_loads(grants: dict[str, Grant]) -> dict[str, Grant]:
    """Return *grants* without those to load a builtin of which a member is granted."""
    holders = {holder for path in grants for holder in holders_of(path)}
    return {p: grant for p, grant in grants.items() if grant != "load" or p not in holders}


def allow_all(packages: PackageGraph) -> Policy:
    """Return the policy that gives everything to everyone."""
    everything = PackagePolicy(globals="any", builtins="any", packages="any")
    return Policy(
        entry=everything,
        resources={package.canonical_name: everything for package in packages.packages.values()},
    )


def denied(uses: Iterable[CapabilityUse], policy: Policy) -> list[CapabilityUse]:
    """Return the uses that *policy* does not grant, and about which nobody decided."""
    return [use for use in uses if not _is_decided(use, policy.of(use.package))]


def _is_decided(use: CapabilityUse, policy: PackagePolicy) -> bool:
    allowed = policy.allows(use.part, use.path, write=use.write, load=use.load)
    return allowed or use.has_form or policy.denies(use.part, use.path)
