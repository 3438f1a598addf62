"""What each package's code is seen to use, and the policies that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from compartment_mapper.authority import VIEWED_GLOBALS, is_harmless_builtin, is_harmless_global
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.module_graph import BuiltinTarget, FileTarget, Module, ModuleGraph
from compartment_mapper.module_record import FreeName
from compartment_mapper.package_graph import PackageGraph
from compartment_mapper.policy import PackagePolicy, Policy
from compartment_mapper.text import Span

Part = Literal["globals", "builtins"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One authority of the host that a package uses, where it does so first."""

    package: CanonicalName
    part: Part
    path: str
    module: Location
    span: Span

    @property
    def harmless(self) -> bool:
        """Whether it can neither read nor change anything outside of the compartment."""
        known = is_harmless_global if self.part == "globals" else is_harmless_builtin
        return known(self.path)


def uses_of(modules: ModuleGraph, packages: PackageGraph) -> list[Use]:
    """Return what every package uses, by package, part and path; the first use of each."""
    found: dict[tuple[CanonicalName, Part, str], Use] = {}
    for location in sorted(modules.modules):
        package = packages.owner_of(location).canonical_name
        for use in _uses_in(modules.modules[location], package):
            found.setdefault((use.package, use.part, use.path), use)
    return [found[key] for key in sorted(found)]


def _uses_in(module: Module, package: CanonicalName) -> Iterator[Use]:
    for name in module.record.free_names:
        path = _granted_path(name)
        if path is not None:
            yield Use(
                package=package,
                part="globals",
                path=path,
                module=module.location,
                span=name.span,
            )
    for edge in module.edges:
        if isinstance(edge.target, BuiltinTarget):
            yield Use(
                package=package,
                part="builtins",
                path=edge.target.name,
                module=module.location,
                span=edge.request.span,
            )


def _granted_path(name: FreeName) -> str | None:
    """Return the authority that a use of *name* needs; None for none."""
    if name.tested:
        return None
    first, *members = name.path.split(".")
    if first == "Math":
        return "Math" if not name.exact or members[:1] == ["random"] else None
    if first not in VIEWED_GLOBALS or not members:
        return first
    depth = 2 if members[:1] == ["env"] else 1
    return ".".join((first, *members[:depth]))


def policy_of(
    uses: Iterable[Use], packages: PackageGraph, *, modules: ModuleGraph, infer: bool
) -> Policy:
    """Return the policy that follows from *uses*.

    Args:
        uses: Of all packages.
        packages: To say who may request whom: what is requested.
        modules: Whose links are granted.
        infer: Grant every package what it uses. Without, only the application's own package gets
            that, and the others get the harmless part of what they use.
    """
    granted: dict[CanonicalName, dict[str, dict[str, bool]]] = {
        package.canonical_name: {"globals": {}, "builtins": {}, "packages": {}}
        for package in packages.packages.values()
    }
    for use in uses:
        if infer or use.harmless or use.package == ROOT_NAME:
            granted[use.package][use.part][use.path] = True
    for source, target in _links(modules, packages):
        granted[source]["packages"][target] = True
    policies = {
        name: PackagePolicy(
            globals=parts["globals"], builtins=parts["builtins"], packages=parts["packages"]
        )
        for name, parts in granted.items()
    }
    return Policy(
        entry=policies[ROOT_NAME],
        resources={name: policy for name, policy in policies.items() if name != ROOT_NAME},
    )


def _links(
    modules: ModuleGraph, packages: PackageGraph
) -> Iterator[tuple[CanonicalName, CanonicalName]]:
    for location, module in modules.modules.items():
        source = packages.owner_of(location).canonical_name
        for edge in module.edges:
            if isinstance(edge.target, FileTarget):
                target = packages.owner_of(edge.target.location).canonical_name
                if source != target:
                    yield source, target


def allow_all(packages: PackageGraph) -> Policy:
    """Return the policy that gives everything to everyone."""
    everything = PackagePolicy(globals="any", builtins="any", packages="any")
    return Policy(
        entry=everything,
        resources={package.canonical_name: everything for package in packages.packages.values()},
    )


def withheld(uses: Iterable[Use], policy: Policy) -> list[Use]:
    """Return the uses that *policy* does not grant."""
    return [use for use in uses if not policy.of(use.package).allows(use.part, use.path)]
