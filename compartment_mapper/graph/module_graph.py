"""The modules of an application, and the targets of their requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.locations import Location
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord, ModuleRequest
from compartment_mapper.records.type_stripping import Origin, place_of
from compartment_mapper.text import Span


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
    """No target: executing the request throws."""

    code: str
    message: str


Target = FileTarget | BuiltinTarget | FailedTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A request and its target."""

    request: ModuleRequest
    target: Target
    #: Whether the source of another package names the package, see `named_packages`.
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module: its location, its record and its edges."""

    location: Location
    #: Without a byte order mark.
    source: bytes
    record: ModuleRecord
    edges: tuple[Edge, ...]
    #: Modules with bytes of assets in the same package that it reads as files.
    assets: tuple[Location, ...] = ()
    #: The language as which it is loaded; None if the source determines it.
    asked: Language | None = None
    #: The original source, if the source was compiled.
    origin: Origin | None = None

    @property
    def written(self) -> bytes:
        """Its original source."""
        return self.source if self.origin is None else self.origin.written

    def place(self, file: str, span: Span) -> Place:
        """Return the original place of *span* of its source, in *file*."""
        return place_of(file, self.source, span, self.origin)


@dataclass(frozen=True, kw_only=True)
class ModuleGraph:
    """The modules that are reachable from an entry."""

    entry: Location
    #: The additional entries.
    others: tuple[Location, ...] = ()
    #: In the order in which they were reached.
    modules: Mapping[Location, Module]

    def _links(self, keeps: Callable[[Edge], bool]) -> dict[Location, list[Location]]:
        """Return the targets of each module by the edges that *keeps* selects."""
        return {
            location: [
                edge.target.location
                for edge in module.edges
                if isinstance(edge.target, FileTarget) and keeps(edge)
            ]
            for location, module in self.modules.items()
        }

    def in_cycles(self) -> frozenset[Location]:
        """Return the modules from which static imports lead back to themselves."""
        return in_cycles(self._links(is_static_import))

    def always_evaluated(self) -> frozenset[Location]:
        """Return the modules that are evaluated whenever the entry or another given module is."""
        links = self._links(lambda edge: edge.request.reach == "always")
        found, pending = {self.entry, *self.others}, [self.entry, *self.others]
        while pending:
            more = [location for location in links[pending.pop()] if location not in found]
            found.update(more)
            pending += more
        return frozenset(found)

    def awaits(self) -> bool:
        """Return whether a module that the entry imports statically has a top-level await."""
        links = self._links(is_static_import)
        found, pending = {self.entry}, [self.entry]
        while pending:
            more = [location for location in links[pending.pop()] if location not in found]
            found.update(more)
            pending += more
        return any(self.modules[location].record.has_top_level_await for location in found)

    def chain_to(self, goals: frozenset[Location]) -> list[tuple[Module, ModuleRequest]]:
        """Return the shortest chain of requests from the entry to one of *goals*.

        Of several shortest ones, the one that is reached first. Empty for the entry itself, and
        where no request leads to a goal: files that a package reads are not requested.
        """
        import networkx as nx  # noqa: PLC0415 - 80 ms, and only --why needs paths

        graph: nx.DiGraph[Location] = nx.DiGraph()
        graph.add_nodes_from(self.modules)
        for location, targets in self._links(lambda _edge: True).items():
            graph.add_edges_from((location, target) for target in targets)
        paths = nx.single_source_shortest_path(graph, self.entry)
        for other in self.others:
            paths = {**nx.single_source_shortest_path(graph, other), **paths}
        reached = [location for location in self.modules if location in goals and location in paths]
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
        """Return the names that can be imported from a CommonJS module, including re-exports."""
        names: dict[str, None] = {}
        seen: set[Location] = set()
        pending = [location]
        while pending:
            here = pending.pop(0)
            module = self.modules.get(here)
            if here in seen or module is None:
                continue
            seen.add(here)
            # Node's lexer finds no names in modules that are not scripts.
            names.update(dict.fromkeys(module.record.cjs_exports))
            wanted = set(module.record.cjs_reexports)
            pending.extend(
                edge.target.location
                for edge in module.edges
                if edge.request.specifier in wanted and isinstance(edge.target, FileTarget)
            )
        return tuple(names)


def is_static_import(edge: Edge) -> bool:
    """Return whether an import or export statement makes the request."""
    return edge.request.kind == "import" and edge.request.reach == "always"


def in_cycles(links: Mapping[Location, Sequence[Location]]) -> frozenset[Location]:
    """Return the nodes from which *links* lead back to themselves (Tarjan, iterative).

    >>> a, b, c = (Location(f"file:///{name}") for name in "abc")
    >>> sorted(in_cycles({a: [b], b: [a, c], c: []}))
    ['file:///a', 'file:///b']
    """
    return frozenset(
        node
        for members in strong_components(links)
        for node in members
        if len(members) > 1 or node in links[node]
    )


def strong_components(links: Mapping[Location, Sequence[Location]]) -> list[list[Location]]:
    """Return the strongly connected components of *links*."""
    walk = _CycleWalk(links)
    for node in links:
        if node not in walk.number:
            walk.visit(node)
    return walk.found


class _CycleWalk:
    """The state of a search for strongly connected components."""

    def __init__(self, links: Mapping[Location, Sequence[Location]]) -> None:
        self._links = links
        #: Nodes in the order of the visit; `lowest` is the first that is reachable from each.
        self.number: dict[Location, int] = {}
        self.lowest: dict[Location, int] = {}
        self.found: list[list[Location]] = []
        self._open: dict[Location, None] = {}

    def visit(self, start: Location) -> None:
        """Visit all unvisited nodes that are reachable from *start*."""
        way = [(start, self._enter(start))]
        while way:
            node, targets = way[-1]
            for target in targets:
                if target not in self.number:
                    way.append((target, self._enter(target)))
                    break
                if target in self._open:
                    self.lowest[node] = min(self.lowest[node], self.number[target])
            else:
                way.pop()
                if way:
                    above = way[-1][0]
                    self.lowest[above] = min(self.lowest[above], self.lowest[node])
                if self.lowest[node] == self.number[node]:
                    self._close(node)

    def _enter(self, node: Location) -> Iterator[Location]:
        self.number[node] = self.lowest[node] = len(self.number)
        self._open[node] = None
        return iter(self._links[node])

    def _close(self, node: Location) -> None:
        """Remove a component: the nodes entered since its first *node*."""
        members = []
        while node in self._open:
            members.append(self._open.popitem()[0])
        self.found.append(members)
