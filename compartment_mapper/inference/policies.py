"""Infer policies from the capabilities that packages use."""

from __future__ import annotations

from collections.abc import Iterable

from compartment_mapper.authority.table import holders_of
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.model import Grant, PackagePolicy, Policy


def policy_of(uses: Iterable[CapabilityUse], packages: PackageGraph, *, infer: bool) -> Policy:
    """Return the policy for *uses*.

    Args:
        uses: The uses of all packages.
        packages: All reachable packages.
        infer: Whether to grant every package its uses, except critical ones. Otherwise only the
            application is granted its uses, and dependencies get the harmless ones.
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
    """Return *grants* without ``load`` grants of builtins that have a granted member."""
    holders = {holder for path in grants for holder in holders_of(path)}
    return {p: grant for p, grant in grants.items() if grant != "load" or p not in holders}


def allow_all(packages: PackageGraph) -> Policy:
    """Return the policy that grants everything to every package."""
    everything = PackagePolicy(globals="any", builtins="any", packages="any")
    return Policy(
        entry=everything,
        resources={package.canonical_name: everything for package in packages.packages.values()},
    )


def denied(uses: Iterable[CapabilityUse], policy: Policy) -> list[CapabilityUse]:
    """Return the uses that *policy* neither grants nor denies."""
    return [use for use in uses if not _is_decided(use, policy.of(use.package))]


def _is_decided(use: CapabilityUse, policy: PackagePolicy) -> bool:
    allowed = policy.allows(use.part, use.path, write=use.write, load=use.load)
    return allowed or use.has_form or policy.denies(use.part, use.path)
