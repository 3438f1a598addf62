"""Programs that a package can load although no request names them, and what they use.

A tool loads configuration files and plugins by computed names. The policies of packages stay the
same while it runs, so they cover all files that such packages may load.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from compartment_mapper.graph.loader import scanned_files
from compartment_mapper.graph.loading import Loading
from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.graph.package_graph import PackageGraph, graph_packages
from compartment_mapper.graph.package_patterns import unknown_requests
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.inference.uses import uses_of
from compartment_mapper.locations import Location, joined
from compartment_mapper.resolve.package_lookup import ResolverContext
from compartment_mapper.resolve.specifiers import descriptor_of

_PROGRAMS = (".cjs", ".cts", ".js", ".jsx", ".mjs", ".mts", ".ts", ".tsx")
#: More files than a person writes: the policy then covers the first ones.
_MOST = 2000


def open_packages(graph: ModuleGraph, packages: PackageGraph) -> list[Location]:
    """Return the folders of the entry's package, and of packages with computed requests."""
    found = {
        packages.owners[location]
        for location, module in graph.modules.items()
        if any(True for _ in unknown_requests(module.record))
    }
    if graph.entry in packages.owners:
        found.add(packages.owners[graph.entry])
    return sorted(found)


def uses_with_files(
    graph: ModuleGraph,
    packages: PackageGraph,
    folders: Iterable[Location],
    loading: Loading,
    *,
    before: Container[Location] = (),
) -> tuple[CapabilityUse, ...]:
    """Return what the modules of *graph* use, and all programs in *folders* of packages.

    Modules *before* the lockdown, as shims, have no capability.
    """
    known = {folder: package.canonical_name for folder, package in packages.packages.items()}
    files = [file for folder in folders for file in _files_of(folder, loading.context)]
    more = scanned_files([file for file in files if file not in graph.modules], loading)
    every = replace(graph, modules={**more, **graph.modules})
    owners = graph_packages(every, root=loading.root, context=loading.context, known=known)
    names = frozenset(known.values())
    return tuple(use for use in uses_of(every, owners, before=before) if use.package in names)


def _files_of(root: Location, context: ResolverContext) -> tuple[Location, ...]:
    """Return the programs in the folder *root*, without those of packages and hidden folders."""
    found: list[Location] = []
    for file in _programs(root, context):
        found.append(file)
        if len(found) == _MOST:
            break
    return tuple(found)


def _programs(root: Location, context: ResolverContext) -> Iterator[Location]:
    pending = [root]
    while pending:
        folder = pending.pop(0)
        for name in context.powers.names_in(folder):
            place = joined(folder, name)
            if name.endswith(_PROGRAMS) and not name.endswith((".d.ts", ".d.mts", ".d.cts")):
                if context.powers.kind(place) == "file":
                    yield place
            elif not name.startswith(".") and name != "node_modules":
                below = joined(folder, f"{name}/")
                descriptor = descriptor_of(below, context.descriptors)
                is_package = descriptor is not None and descriptor.name is not None
                if context.powers.kind(place) == "directory" and not is_package:
                    pending.append(below)
