"""Which modules there are, and what each of their requests leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import networkx as nx

from compartment_mapper.locations import Location
from compartment_mapper.module_record import ModuleRecord, ModuleRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTarget:
    """A module of this graph."""

    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinTarget:
    """A module of the host."""

    #: Without ``node:``.
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTarget:
    """Nothing: executing the request throws."""

    code: str
    message: str


Target = FileTarget | BuiltinTarget | FailedTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A request and where it leads."""

    request: ModuleRequest
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module: where it is, what it says, and where its requests lead."""

    location: Location
    #: Without a byte order mark.
    source: bytes
    record: ModuleRecord
    edges: tuple[Edge, ...]
    #: Modules of bytes, beside it, that it will look at as files.
    assets: tuple[Location, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModuleGraph:
    """The modules that are reached from an entry."""

    entry: Location
    #: In the order of first reach.
    modules: Mapping[Location, Module]

    @cached_property
    def _all(self) -> nx.DiGraph[Location]:
        return self._graph(lambda _edge: True)

    def _graph(self, keeps: Callable[[Edge], bool]) -> nx.DiGraph[Location]:
        graph: nx.DiGraph[Location] = nx.DiGraph()
        graph.add_nodes_from(self.modules)
        for location, module in self.modules.items():
            for edge in module.edges:
                if isinstance(edge.target, FileTarget) and keeps(edge):
                    graph.add_edge(location, edge.target.location)
        return graph

    def in_cycles(self) -> frozenset[Location]:
        """Return the modules from which static imports lead back to themselves."""
        static = self._graph(is_static_import)
        circles = nx.strongly_connected_components(static)
        loops = {location for location in static if static.has_edge(location, location)}
        return frozenset(loops.union(*(circle for circle in circles if len(circle) > 1)))

    def always_evaluated(self) -> frozenset[Location]:
        """Return the modules that are evaluated whenever the entry is."""
        certain = self._graph(lambda edge: edge.request.reach == "always")
        return frozenset(nx.descendants(certain, self.entry) | {self.entry})

    def chain_to(self, goals: frozenset[Location]) -> list[tuple[Module, ModuleRequest]]:
        """Return the shortest chain of requests from the entry to one of *goals*.

        Of several shortest ones, the one that is reached first. Empty for the entry itself, and
        where no goal is a module of this graph.
        """
        paths = nx.single_source_shortest_path(self._all, self.entry)
        reached = [location for location in self.modules if location in goals]
        if not reached:
            return []
        path = min((paths[location] for location in reached), key=len)
        return [(self.modules[here], self._request(here, there)) for here, there in pairwise(path)]

    def _request(self, here: Location, there: Location) -> ModuleRequest:
        return next(
            edge.request
            for edge in self.modules[here].edges
            if isinstance(edge.target, FileTarget) and edge.target.location == there
        )

    def cjs_export_names(self, location: Location) -> tuple[str, ...]:
        """Return the names that may be imported from a CommonJS module, re-exports followed."""
        names: dict[str, None] = {}
        seen: set[Location] = set()
        pending = [location]
        while pending:
            here = pending.pop(0)
            module = self.modules.get(here)
            if here in seen or module is None:
                continue
            seen.add(here)
            names.update(dict.fromkeys(_own_export_names(module)))
            wanted = set(module.record.cjs_reexports)
            pending.extend(
                edge.target.location
                for edge in module.edges
                if edge.request.specifier in wanted and isinstance(edge.target, FileTarget)
            )
        return tuple(names)


def _own_export_names(module: Module) -> tuple[str, ...]:
    record = module.record
    if record.language == "cjs":
        return record.cjs_exports
    return (
        *(entry.export_name for entry in record.local_exports),
        *(entry.export_name for entry in record.indirect_exports),
    )


def is_static_import(edge: Edge) -> bool:
    """Return whether an import or export statement makes the request."""
    return edge.request.kind == "import" and edge.request.reach == "always"
