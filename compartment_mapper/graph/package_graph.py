"""Group modules into packages, and assign the names of packages in a policy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from compartment_mapper.graph.module_graph import FileTarget, Module, ModuleGraph
from compartment_mapper.locations import (
    ROOT_NAME,
    CanonicalName,
    Location,
    base_name,
    parent_of,
    relative_path,
)
from compartment_mapper.resolve.entry_points import entry_points_of
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.package_lookup import Descriptors, ResolverContext, find_package
from compartment_mapper.resolve.specifiers import (
    descriptor_of,
    is_bare,
    package_name_of,
    package_root,
)

if TYPE_CHECKING:
    import networkx as nx

#: Names that npm accepts, plus upper case; other packages are named after their folder.
_NAME = re.compile(r"(?=.{1,214}$)(?:@[\w.~-]+/)?[\w~-][\w.~-]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A reachable package: a trust domain, later a compartment."""

    #: Its real folder.
    root: Location
    name: str
    version: str
    canonical_name: CanonicalName
    #: The names of the dependencies of all kinds in its package.json.
    declared: frozenset[str] = frozenset()
    #: The files that others load or run, and the patterns of published files, if there are any.
    entry_points: tuple[str, ...] = ()
    published: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class PackageGraph:
    """The packages of the modules, and the requests between them."""

    #: By folder, sorted by canonical name, the application first.
    packages: Mapping[Location, Package]
    owners: Mapping[Location, Location]
    dependencies: Mapping[Location, frozenset[Location]]

    def owner_of(self, module: Location) -> Package:
        """Return the package of *module*."""
        return self.packages[self.owners[module]]

    @cached_property
    def _graph(self) -> nx.DiGraph[Location]:
        import networkx as nx  # noqa: PLC0415 - 80 ms, and a bundle does not need neighbors

        graph: nx.DiGraph[Location] = nx.DiGraph()
        graph.add_nodes_from(self.packages)
        for root, targets in self.dependencies.items():
            graph.add_edges_from((root, target) for target in sorted(targets))
        return graph

    def dependents_of(self, package: Package) -> list[CanonicalName]:
        """Return the canonical names of the packages that request *package*."""
        return sorted(
            self.packages[root].canonical_name for root in self._graph.predecessors(package.root)
        )

    def dependencies_of(self, package: Package) -> list[CanonicalName]:
        """Return the canonical names of the packages that *package* requests."""
        return sorted(
            self.packages[root].canonical_name for root in self._graph.successors(package.root)
        )


def graph_packages(
    modules: ModuleGraph,
    *,
    root: Location,
    context: ResolverContext,
    known: Mapping[Location, CanonicalName] | None = None,
) -> PackageGraph:
    """Return the packages of *modules*, and the application's own package.

    Args:
        modules: The reachable modules.
        root: The folder of the application's package.json.
        context: Resolves declared dependencies, whose paths are the names of packages.
        known: The names of packages that keep them, by folder.
    """
    kept = known or {}
    roots = _package_roots(modules, root, context.descriptors) | kept.keys()
    owners = {
        location: _owner(location, roots, context.descriptors) for location in modules.modules
    }
    dependencies = _dependencies(modules, owners)
    names = _canonical_names(root, owners, modules, context, kept)
    folders = {root, *owners.values()}
    packages = {
        folder: _package(folder, names[folder], descriptor_of(folder, context.descriptors))
        for folder in sorted(folders, key=lambda folder: _name_order(names[folder]))
    }
    return PackageGraph(packages=packages, owners=owners, dependencies=dependencies)


def _name_order(name: CanonicalName) -> tuple[bool, str]:
    return name != ROOT_NAME, name


def _package(
    folder: Location, name: CanonicalName, descriptor: PackageDescriptor | None
) -> Package:
    declared = descriptor.name if descriptor else None
    own = declared if declared and _NAME.fullmatch(declared) else _folder_name(folder)
    version = descriptor.version if descriptor else ""
    if not re.fullmatch(r"[\w.+-]{0,256}", version, re.ASCII):
        version = ""
    return Package(
        root=folder,
        name=own,
        version=version,
        canonical_name=name,
        declared=descriptor.declared | descriptor.optional_peers if descriptor else frozenset(),
        entry_points=entry_points_of(descriptor) if descriptor else (),
        published=descriptor.files if descriptor else None,
    )


def _folder_name(folder: Location) -> str:
    name = base_name(folder)
    scope = base_name(parent_of(folder))
    full = f"{scope}/{name}" if scope.startswith("@") else name
    return full if _NAME.fullmatch(full) else "package"


def _package_roots(
    modules: ModuleGraph, root: Location, descriptors: Descriptors
) -> frozenset[Location]:
    """Return the package folders: the application's, and those reached by a bare specifier."""
    found = {root}
    for module in modules.modules.values():
        for edge in module.edges:
            if isinstance(edge.target, FileTarget) and is_bare(edge.request.specifier):
                found.add(package_root(edge.target.location, descriptors=descriptors))
    return frozenset(found)


def _owner(location: Location, roots: frozenset[Location], descriptors: Descriptors) -> Location:
    """Return the innermost known package around *location*, or the package of its own folder."""
    folder = parent_of(location)
    while folder != parent_of(folder):
        if folder in roots:
            return folder
        if base_name(folder) == "node_modules":
            break
        folder = parent_of(folder)
    return package_root(location, descriptors=descriptors)


def _dependencies(
    modules: ModuleGraph, owners: Mapping[Location, Location]
) -> dict[Location, frozenset[Location]]:
    found: dict[Location, set[Location]] = {}
    for location, module in modules.modules.items():
        for edge in module.edges:
            if isinstance(edge.target, FileTarget):
                source, target = owners[location], owners[edge.target.location]
                if source != target:
                    found.setdefault(source, set()).add(target)
    return {folder: frozenset(targets) for folder, targets in found.items()}


def _canonical_names(
    root: Location,
    owners: Mapping[Location, Location],
    modules: ModuleGraph,
    context: ResolverContext,
    known: Mapping[Location, CanonicalName],
) -> dict[Location, CanonicalName]:
    """Return the shortest path of dependency names to each reachable package.

    Paths follow declared dependencies, reachable or not, as in Endo and LavaMoat, and requests,
    because a hoisted package may be used undeclared. Among paths of equal length the shorter string
    wins, then the alphabetically first. *known* packages keep their names, which no other gets.
    """
    wanted = set(owners.values()) - known.keys()
    names = {root: ROOT_NAME}
    level = [root]
    requested = _requested_names(modules, owners)
    while level and not wanted <= names.keys():
        found: dict[Location, list[str]] = {}
        for folder in level:
            prefix = "" if folder == root else f"{names[folder]}>"
            for name, target in _named_targets(folder, root, requested, context):
                if target not in names:
                    found.setdefault(target, []).append(prefix + name)
        best = {
            target: min(paths, key=lambda path: (len(path), path))
            for target, paths in found.items()
        }
        level = sorted(best, key=lambda target: best[target])
        names |= {target: CanonicalName(best[target]) for target in level}
    names |= known
    taken = frozenset(known.values())
    for folder in sorted(wanted):
        if folder not in names or names[folder] in taken:
            names[folder] = CanonicalName(f"external:{_way_to(folder, root)}")
    return names


def _requested_names(
    modules: ModuleGraph, owners: Mapping[Location, Location]
) -> dict[Location, dict[str, Location]]:
    """Return, for each package, the packages that it requests, by the requested name."""
    found: dict[Location, dict[str, Location]] = {}
    for location in sorted(modules.modules):
        for module in (modules.modules[location],):
            for name, target in _bare_targets(module, owners):
                if target != owners[location]:
                    found.setdefault(owners[location], {}).setdefault(name, target)
    return found


def _bare_targets(
    module: Module, owners: Mapping[Location, Location]
) -> Iterator[tuple[str, Location]]:
    for edge in module.edges:
        specifier = edge.request.specifier
        if isinstance(edge.target, FileTarget) and is_bare(specifier) and not edge.named:
            yield package_name_of(specifier), owners[edge.target.location]


def declared_names(
    folder: Location, *, application: Location, context: ResolverContext
) -> Iterable[str]:
    """Return the dependencies that the package in *folder* declares, without duplicates."""
    descriptor = descriptor_of(folder, context.descriptors)
    if descriptor is None:
        return ()
    return dict.fromkeys(
        (
            *descriptor.dependencies,
            *descriptor.optional_dependencies,
            *descriptor.peer_dependencies,
            *(descriptor.dev_dependencies if folder == application else ()),
        )
    )


def _named_targets(
    folder: Location,
    root: Location,
    requested: Mapping[Location, Mapping[str, Location]],
    context: ResolverContext,
) -> Iterator[tuple[str, Location]]:
    used = requested.get(folder, {})
    yield from used.items()
    for name in declared_names(folder, application=root, context=context):
        if name not in used and _NAME.fullmatch(name):
            target = find_package(name, referrer=Location(folder + "package.json"), context=context)
            if target is not None:
                yield name, target


def _way_to(folder: Location, root: Location) -> str:
    """Return the relative path from the application to a folder outside of it."""
    ups = ""
    while (path := relative_path(folder, root)) is None:
        root, ups = parent_of(root), ups + "../"
    return (ups + path).rstrip("/")
