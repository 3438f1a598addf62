"""Compute the evaluation order of modules, and check that tree shaking preserves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from compartment_mapper.graph.module_graph import (
    Edge,
    FileTarget,
    Module,
    ModuleGraph,
    is_static_import,
    strong_components,
)
from compartment_mapper.locations import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A module that starts an evaluation."""

    location: Location
    #: Whether it can start during another evaluation: by ``require`` in a function.
    within: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Links:
    """The targets of each module during its evaluation."""

    #: In this order, every time.
    certain: Mapping[Location, tuple[Location, ...]]
    #: Targets that its code may also request in the meantime.
    possible: Mapping[Location, tuple[Location, ...]]


@dataclass(slots=True)
class EvaluationOrder:
    """The order of a graph's modules, preserved while modules without effects are removed.

    Modules with side effects must keep their order; a module without them must run after and before
    the same modules with side effects, and keep its order in its cycle.

    Args:
        graph: All modules.
        effectful: Modules whose evaluation does more than define exports.
    """

    graph: ModuleGraph
    effectful: frozenset[Location]
    _links: _Links = field(init=False)
    _cycles: Mapping[Location, int] = field(init=False)
    _awaiting: frozenset[Location] = field(init=False)
    #: Modules with effects, and modules that moved when their importers were removed.
    _fixed: set[Location] = field(init=False)
    _orders: dict[Location, list[Location]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        modules = self.graph.modules
        certain = {where: tuple(_targets(m, _is_certain)) for where, m in modules.items()}
        possible = {where: tuple(_targets(m, _is_possible)) for where, m in modules.items()}
        self._links = _Links(certain=certain, possible=possible)
        components = strong_components(certain)
        self._cycles = {
            location: number
            for number, members in enumerate(components)
            if len(members) > 1
            for location in members
        }
        self._awaiting = _leading_to(
            {where for where, m in modules.items() if m.record.has_top_level_await}, possible
        )
        self._fixed = set(self.effectful)

    def missed(self, kept: frozenset[Location], roots: Iterable[Root]) -> set[Location]:
        """Return the modules that must also stay for the order to be preserved, or none.

        Args:
            kept: The remaining modules, all of them reachable from *roots*.
            roots: All modules that can start an evaluation of *kept*.
        """
        roots = tuple(roots)
        while True:
            missed: set[Location] = set()
            moved: set[Location] = set()
            for root in roots:
                walk = _Walk(self._links, kept, self._fixed, self._awaiting, root)
                missed |= walk.missed
                moved |= self._moved(walk.order, root.location) if not walk.missed else set()
            if missed or not moved:
                return missed
            if moved <= self._fixed:  # no smaller set is known: keep everything
                return set(self.graph.modules) - kept
            self._fixed |= moved

    def _moved(self, now: list[Location], root: Location) -> set[Location]:
        """Return the modules of *now* whose position differs from the complete order."""
        if root not in self._orders:
            everything = frozenset(self.graph.modules)
            walk = _Walk(self._links, everything, set(), frozenset(), Root(location=root))
            self._orders[root] = walk.order
        kept = set(now)
        before = [location for location in self._orders[root] if location in kept]
        ranks = self._ranks(before)
        return {location for location, rank in self._ranks(now).items() if ranks[location] != rank}

    def _ranks(self, order: list[Location]) -> dict[Location, tuple[int, int]]:
        """Return, for each, the number of fixed modules before it and in its own cycle."""
        ranks: dict[Location, tuple[int, int]] = {}
        fixed = 0
        of_cycles: Counter[int] = Counter()
        for location in order:
            cycle = self._cycles.get(location)
            ranks[location] = (fixed, of_cycles[cycle] if cycle is not None else 0)
            fixed += location in self._fixed
            if cycle is not None:
                of_cycles[cycle] += 1
        return ranks


class _Walk:
    """An evaluation from one root: dependencies first, without removed modules."""

    def __init__(
        self,
        links: _Links,
        kept: frozenset[Location],
        fixed: set[Location],
        awaiting: frozenset[Location],
        root: Root,
    ) -> None:
        self.order: list[Location] = []
        #: Removed modules that led to a module that must be evaluated at this point.
        self.missed: set[Location] = set()
        self._links = links
        self._kept = kept
        self._fixed = fixed
        self._awaiting = awaiting
        self._within = root.within
        self._entered: set[Location] = set()
        self._harmless: set[Location] = set()
        self._walk(root.location)

    def _walk(self, root: Location) -> None:
        way = [(root, self._enter(root))]
        while way:
            here, targets = way[-1]
            for target in targets:
                if target in self._entered:
                    continue
                if target not in self._kept:
                    if self._is_harmless_without(target):
                        continue
                    self.missed.add(target)  # continue as if it had stayed
                way.append((target, self._enter(target)))
                break
            else:
                self.order.append(here)
                way.pop()

    def _enter(self, location: Location) -> Iterator[Location]:
        self._entered.add(location)
        return iter(self._links.certain[location])

    def _is_harmless_without(self, location: Location) -> bool:
        """Return whether *location* would evaluate no module whose order matters."""
        if location in self._awaiting:  # an importer that awaits it would not wait any longer
            return False
        seen = {location}
        pending = [location]
        while pending:
            here = pending.pop()
            if here in self._harmless or (here in self._entered and not self._within):
                continue
            if here in self._fixed:
                return False
            more = [target for target in self._links.possible[here] if target not in seen]
            seen.update(more)
            pending += more
        self._harmless |= seen
        return True


def _is_certain(edge: Edge) -> bool:
    return edge.request.reach == "always"


def _is_possible(edge: Edge) -> bool:
    return is_static_import(edge) or edge.request.kind == "require"


def _targets(module: Module, keeps: Callable[[Edge], bool]) -> Iterator[Location]:
    return (
        edge.target.location
        for edge in module.edges
        if isinstance(edge.target, FileTarget) and keeps(edge)
    )


def _leading_to(
    goals: set[Location], links: Mapping[Location, tuple[Location, ...]]
) -> frozenset[Location]:
    """Return *goals* and the modules from which *links* lead to one of them."""
    referrers: dict[Location, list[Location]] = {}
    for location, targets in links.items():
        for target in targets:
            referrers.setdefault(target, []).append(location)
    found, pending = set(goals), list(goals)
    while pending:
        more = [location for location in referrers.get(pending.pop(), ()) if location not in found]
        found.update(more)
        pending += more
    return frozenset(found)
