"""Find the packages to harden: those whose exports no package modifies."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

from compartment_mapper.graph.module_graph import FileTarget, Module, ModuleGraph, Target
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.policy.model import PackagePolicy, Policy
from compartment_mapper.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A place where a package modifies the exports of another."""

    package: CanonicalName
    target: CanonicalName
    module: Location
    #: The span of the request for the other package.
    span: Span


def patches_of(modules: ModuleGraph, packages: PackageGraph) -> Iterator[Patch]:
    """Yield the places where packages modify the exports of others."""
    for location, module in sorted(modules.modules.items()):
        package = packages.owner_of(location).canonical_name
        for edge in module.edges:
            if edge.request.specifier not in module.record.patched:
                continue
            targets = {
                packages.owner_of(source).canonical_name
                for source in _sources_of(edge.target, modules)
            }
            for target in sorted(targets - {package}):
                span = edge.request.span
                yield Patch(package=package, target=target, module=location, span=span)


def _sources_of(target: Target, modules: ModuleGraph) -> set[Location]:
    """Return the modules that can own the exports of *target*: its own and re-exported ones."""
    found: set[Location] = set()
    pending = [target]
    while pending:
        reached = pending.pop()
        if not isinstance(reached, FileTarget) or reached.location in found:
            continue
        found.add(reached.location)
        module = modules.modules[reached.location]
        record = module.record
        passed_on = {*record.cjs_reexports, *(star.request for star in record.star_exports)}
        passed_on.update(entry.request for entry in record.indirect_exports)
        pending += [edge.target for edge in module.edges if edge.request.specifier in passed_on]
    return found


def unchanging_packages(modules: ModuleGraph, packages: PackageGraph) -> frozenset[CanonicalName]:
    """Return the packages that do not modify their own exports late.

    Modifications by the application count as well. Those by other dependencies do not: otherwise a
    malicious one could keep its target unhardened.
    """
    changing: set[CanonicalName] = set()
    for location, module in modules.modules.items():
        if module.record.monkey_patches or module.record.parse_uncertainty is not None:
            changing.add(packages.owner_of(location).canonical_name)
        changing.update(_patched_in_package(module, packages))
    changing.update(
        patch.target for patch in patches_of(modules, packages) if patch.package == ROOT_NAME
    )
    return frozenset({p.canonical_name for p in packages.packages.values()} - changing)


def _patched_in_package(module: Module, packages: PackageGraph) -> Iterator[CanonicalName]:
    """Yield the package of *module* for each of its own modules that it modifies."""
    own = packages.owner_of(module.location)
    for edge in module.edges:
        is_patched = edge.request.specifier in module.record.patched
        if is_patched and isinstance(edge.target, FileTarget):
            owner = packages.owner_of(edge.target.location)
            yield from (own.canonical_name,) if owner == own else ()


def with_hardening(
    policy: Policy, packages: PackageGraph, hardened: Container[CanonicalName]
) -> Policy:
    """Return *policy* with ``"code"`` for *hardened* packages, unless it sets ``harden``."""

    def decided(name: CanonicalName) -> PackagePolicy:
        own = policy.of(name)
        return replace(own, harden="code") if own.harden is None and name in hardened else own

    names = {package.canonical_name for package in packages.packages.values()}
    others = sorted((names | policy.resources.keys()) - {ROOT_NAME})
    resources = {name: decided(name) for name in others}
    return replace(policy, entry=decided(ROOT_NAME), resources=resources)
