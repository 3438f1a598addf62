"""The shortest import chain to every package, in one pass over the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from compartment_mapper.archive.compartment_map import CompartmentMap, CompartmentModule
from compartment_mapper.graph.module_graph import Edge, FileTarget, ModuleGraph
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.locations import CanonicalName, Location
from compartment_mapper.report.model import ChainStep
from compartment_mapper.text import position_at

_Chains = dict[CanonicalName, tuple[ChainStep, ...]]


def import_chains(
    modules: ModuleGraph, packages: PackageGraph, file_of: Callable[[Location], str]
) -> _Chains:
    """Return the chain of requests from an entry to each package.

    Args:
        modules: The modules of the application.
        packages: Their packages.
        file_of: The displayed path of a module.
    """
    parents = _parents(modules)
    steps: dict[Location, ChainStep] = {}
    found: _Chains = {}
    for location in parents:
        name = packages.owner_of(location).canonical_name
        if name in found:
            continue
        chain: list[ChainStep] = []
        here: Location | None = location
        while here is not None and (parent := parents[here]) is not None:
            source, edge = parent
            if here not in steps:
                steps[here] = _step(source, edge, modules, packages, file_of)
            chain.append(steps[here])
            here = source
        found[name] = tuple(reversed(chain))
    return found


def _parents(modules: ModuleGraph) -> dict[Location, tuple[Location, Edge] | None]:
    """Return the reached modules, nearest first, each with the request that reaches it first."""
    entries = (modules.entry, *modules.others)
    parents: dict[Location, tuple[Location, Edge] | None] = dict.fromkeys(entries)
    pending = list(entries)
    for location in pending:  # grows
        for edge in modules.modules[location].edges:
            if isinstance(edge.target, FileTarget) and edge.target.location not in parents:
                parents[edge.target.location] = (location, edge)
                pending.append(edge.target.location)
    return parents


def _step(
    source: Location,
    edge: Edge,
    modules: ModuleGraph,
    packages: PackageGraph,
    file_of: Callable[[Location], str],
) -> ChainStep:
    return ChainStep(
        package=packages.owner_of(source).canonical_name,
        specifier=edge.request.specifier,
        file=file_of(source),
        line=position_at(modules.modules[source].source, edge.request.span.start).line,
    )


def link_chains(compartment_map: CompartmentMap) -> _Chains:
    """Return the chain of links between packages to each package of an archive."""
    labels = {name: own.label for name, own in compartment_map.compartments.items()}
    first = compartment_map.entry_compartment
    chains: dict[str, tuple[ChainStep, ...]] = {first: ()}
    pending = [first]
    for name in pending:  # grows
        for key, target in _links(compartment_map, name):
            if target in labels and target not in chains:
                step = ChainStep(package=labels[name], specifier=key)
                chains[target] = (*chains[name], step)
                pending.append(target)
    return {labels[name]: chain for name, chain in chains.items()}


def _links(compartment_map: CompartmentMap, name: str) -> Iterable[tuple[str, str]]:
    modules: Mapping[str, object] = compartment_map.compartments[name].modules
    return [
        (key, module.compartment)
        for key, module in sorted(modules.items())
        if isinstance(module, CompartmentModule) and module.compartment != name
    ]
