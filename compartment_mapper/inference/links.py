"""Links between packages, and warnings for undeclared ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.graph.module_graph import Edge, FileTarget, Module, ModuleGraph
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.graph.package_graph import Package, PackageGraph
from compartment_mapper.inference.use import CapabilityUse, Link
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.resolve.specifiers import is_bare, package_name_of


def links_of(module: Module, packages: PackageGraph) -> Iterator[CapabilityUse]:
    """Yield each package that *module* reaches, as a use."""
    source = packages.owner_of(module.location)
    for edge in module.edges:
        if isinstance(edge.target, FileTarget):
            target = packages.owner_of(edge.target.location)
            if source != target:
                yield CapabilityUse(
                    package=source.canonical_name,
                    part="packages",
                    path=target.canonical_name,
                    module=module.location,
                    span=edge.request.span,
                    link=_link(edge, source, target),
                    specifier=edge.request.specifier,
                )


def _link(edge: Edge, source: Package, target: Package) -> Link:
    specifier = edge.request.specifier
    if source.canonical_name == ROOT_NAME:
        return "declared"
    if "/node_modules/" in specifier or _is_detour(specifier, target):
        return "refused"
    is_path = not is_bare(specifier) and not specifier.startswith("#")
    is_declared = is_path or _requested_name(specifier, target) in source.declared
    if target.canonical_name == ROOT_NAME:
        return "application" if is_declared else "refused"
    if is_declared:
        return "declared"
    return "named" if edge.named else "installed"


def _is_detour(specifier: str, target: Package) -> bool:
    """Return whether a path leaves the package that *specifier* names: ``b/../c/x.js``."""
    is_path = is_bare(specifier) and ".." in specifier.split("/")
    return is_path and package_name_of(specifier) != target.name


def _requested_name(specifier: str, target: Package) -> str:
    return package_name_of(specifier) if is_bare(specifier) else target.name


def doubtful_links(
    uses: Iterable[CapabilityUse], modules: ModuleGraph, packages: PackageGraph, *, root: Location
) -> Iterator[Diagnostic]:
    """Yield a warning for each link that is granted only because it is used.

    An undeclared package can have another version in another installation, or be missing; a package
    that reads files of the application usually reads its configuration.
    """
    versions = {
        package.canonical_name: (package.name, package.version)
        for package in packages.packages.values()
    }
    named: dict[str, list[CapabilityUse]] = {}
    for use in uses:
        if use.part != "packages":
            continue
        place = modules.modules[use.module].place(display_name(use.module, root), use.span)
        if use.link == "named":
            named.setdefault(use.path, []).append(use)
        elif use.link == "application":
            yield errors.uses_application(place, use.package, use.specifier)
        elif use.link == "installed":
            own, version = versions[CanonicalName(use.path)]
            name = package_name_of(use.specifier) if is_bare(use.specifier) else own
            yield errors.undeclared_dependency(
                place, use.package, name, f"^{version}" if version else "*"
            )
    for path, loaders in named.items():
        first = loaders[0]
        place = modules.modules[first.module].place(display_name(first.module, root), first.span)
        yield errors.named_package(place, path, sorted({use.package for use in loaders}))
