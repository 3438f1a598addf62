"""Tree shaking: remove unused modules of packages that declare no side effects.

A package can declare that its modules have no side effects (`side_effects`). If no export of such a
module is used, the module is removed, and so are the statements that re-export from it. Everything
else stays: the linking and the evaluation order.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from compartment_mapper.graph.evaluation_order import EvaluationOrder, Root
from compartment_mapper.graph.link import Exports, export_name_of, unanswered
from compartment_mapper.graph.module_graph import (
    Edge,
    FailedTarget,
    FileTarget,
    Module,
    ModuleGraph,
    is_static_import,
)
from compartment_mapper.graph.module_ids import file_of, is_on_disk
from compartment_mapper.locations import Location, Specifier
from compartment_mapper.records.module_record import (
    NAMED_STAR,
    ImportEntry,
    IndirectExport,
    ModuleRecord,
    StarExport,
)
from compartment_mapper.resolve.package_lookup import ResolverContext, package_scope
from compartment_mapper.resolve.side_effects import has_side_effects


def without_unused(
    graph: ModuleGraph, *, also: Iterable[Location], context: ResolverContext
) -> ModuleGraph:
    """Return *graph* without removable modules.

    Args:
        graph: The graph of an application.
        also: Modules that are used besides those that the entries request.
        context: Reads the declarations of packages.
    """
    exports = Exports(graph)
    firsts = (graph.entry, *graph.others, *also)
    wrong = frozenset(where for where, m in graph.modules.items() if _is_wrong(m, exports))
    effectful = wrong | {where for where in graph.modules if _has_side_effects(where, context)}
    if len(effectful) == len(graph.modules):
        return graph
    order = EvaluationOrder(graph, effectful)
    needed: set[Location] = set()
    while True:
        usage = _Usage(exports=exports, untouched=wrong)
        usage.use(firsts, needed)
        if len(usage.live) == len(graph.modules):
            return graph
        missed = order.missed(frozenset(usage.live), usage.roots)
        if not missed:
            return _kept(graph, usage)
        needed |= missed


def _is_wrong(module: Module, exports: Exports) -> bool:
    """Return whether the module itself can make a run fail, before or during its evaluation."""
    record = module.record
    return (
        record.parse_uncertainty is not None
        or record.syntax_error is not None
        or bool(record.refusals)
        or record.has_top_level_await
        or any(
            isinstance(edge.target, FailedTarget) and edge.request.reach == "always"
            for edge in module.edges
        )
        or next(unanswered(module, exports), None) is not None
    )


def _has_side_effects(location: Location, context: ResolverContext) -> bool:
    if not is_on_disk(location):
        return False
    file = file_of(location)
    # As in webpack: the nearest package.json decides, even if it only has a type.
    scope = package_scope(file, context=context)
    if not isinstance(scope, tuple):
        return True
    folder, descriptor = scope
    return has_side_effects(file[len(folder) :], descriptor.side_effects)


#: An import name (``*``: all names), or None: the module is only evaluated.
_Want = str | None


@dataclass(slots=True, kw_only=True)
class _Usage:
    """The used modules and their used exports."""

    exports: Exports
    #: Modules that stay unchanged.
    untouched: frozenset[Location]
    live: dict[Location, set[str]] = field(default_factory=dict)
    #: Modules whose exports are all used.
    whole: set[Location] = field(default_factory=set)
    #: Star exports that may provide a used name.
    stars: set[tuple[Location, Specifier]] = field(default_factory=set)
    roots: dict[Root, None] = field(default_factory=dict)
    _pending: list[tuple[Location, _Want]] = field(default_factory=list)

    def use(self, firsts: Iterable[Location], needed: Iterable[Location]) -> None:
        """Mark everything that is used if *firsts* are used and *needed* are evaluated."""
        for first in firsts:
            self.roots[Root(location=first)] = None
            self._pending.append((first, "*"))
        self._pending += [(location, None) for location in needed]
        while self._pending:
            self._want(*self._pending.pop())

    def _want(self, location: Location, want: _Want) -> None:
        if location not in self.live:
            self.live[location] = set()
            self._enter(self.exports.graph.modules[location])
        if want is None or location in self.whole:
            return
        module = self.exports.graph.modules[location]
        if want == "*":
            self.whole.add(location)
            self._use_all(module)
        elif (name := export_name_of(want)) not in self.live[location]:
            self.live[location].add(name)
            self._use(module, name)

    def _enter(self, module: Module) -> None:
        """Mark the requests of evaluating *module*, whichever exports are used."""
        self._pending += [(asset, "*") for asset in module.assets]
        self._begin_calls(module)
        record = module.record
        if record.language != "mjs" or module.location in self.untouched:
            self._pending.append((module.location, "*"))
        passed_on = _passed_on(module)
        for entry in record.imports:
            if entry.local_name not in passed_on:
                self._want_of(module, entry.request, entry.import_name)
        for specifier in _only_evaluated(record):
            self._want_of(module, specifier, None)
        for star in record.star_exports:
            if self.keeps_star(module.location, star.request):
                self._want_of(module, star.request, "*")

    def _begin_calls(self, module: Module) -> None:
        """Mark the targets of calls as fully used, since calls may evaluate them."""
        for edge in module.edges:
            if not isinstance(edge.target, FileTarget) or self._is_by_name(module, edge):
                continue
            target, request = edge.target.location, edge.request
            self._pending.append((target, "*"))
            if request.kind == "import" and request.reach != "always":
                self.roots[Root(location=target)] = None
            elif request.reach != "always":
                self.roots[Root(location=target, within=True)] = None

    def _is_by_name(self, module: Module, edge: Edge) -> bool:
        """Return whether the import entries of *module* show which names a request uses."""
        if module.record.language != "mjs" or not is_static_import(edge):
            return False
        # A specifier with different attributes resolves to two modules.
        known = self.exports.target(module.location, edge.request.specifier)
        return isinstance(edge.target, FileTarget) and edge.target.location == known

    def _use_all(self, module: Module) -> None:
        for entry in module.record.indirect_exports:
            self._want_of(module, entry.request, entry.import_name)
        for star in module.record.star_exports:
            self._want_of(module, star.request, "*")

    def _use(self, module: Module, name: str) -> None:
        """Mark the origin of the export *name*: ResolveExport, along all paths."""
        record = module.record
        indirect = [entry for entry in record.indirect_exports if entry.export_name == name]
        for entry in indirect:
            self._want_of(module, entry.request, entry.import_name)
        is_own = any(entry.export_name == name for entry in record.local_exports)
        if indirect or is_own or name == "default":
            return
        for star in record.star_exports:
            target = self.exports.target(module.location, star.request)
            if target is not None and self.exports.resolve(target, name) != "missing":
                self.stars.add((module.location, star.request))
                self._pending.append((target, NAMED_STAR if name == "*" else name))

    def _want_of(self, module: Module, request: Specifier, want: _Want) -> None:
        target = self.exports.target(module.location, request)
        if target is not None:
            self._pending.append((target, want))

    def _is_esm(self, location: Location) -> bool:
        return self.exports.graph.modules[location].record.language == "mjs"

    def keeps_star(self, location: Location, request: Specifier) -> bool:
        """Return whether a star export of a live module must stay: always for CommonJS."""
        target = self.exports.target(location, request)
        return target is None or not self._is_esm(target) or (location, request) in self.stars


def _only_evaluated(record: ModuleRecord) -> list[Specifier]:
    """Return the requests of statements without names: ``import './x.js'``."""
    named: dict[Specifier, list[int]] = {}
    entries: tuple[ImportEntry | IndirectExport | StarExport, ...] = (
        *record.imports,
        *record.indirect_exports,
        *record.star_exports,
    )
    for entry in entries:
        named.setdefault(entry.request, []).append(entry.span.start)
    found: list[Specifier] = []
    last: dict[Specifier, int] = {}
    for request in record.requests:
        if request.kind != "import" or request.reach != "always":
            continue
        # The names of a statement precede its request and follow the previous one.
        starts = sorted(named.get(request.specifier, ()))
        before = bisect_left(starts, request.span.start)
        if before == last.get(request.specifier, 0):
            found.append(request.specifier)
        last[request.specifier] = before
    return found


def _passed_on(module: Module) -> dict[str, ImportEntry]:
    """Return the imports that are re-exported and not used by the module's own code."""
    record = module.record
    exported = {(entry.request, entry.import_name) for entry in record.indirect_exports}
    found = {
        entry.local_name: entry
        for entry in record.imports
        if (entry.request, entry.import_name) in exported and entry.import_name != "*"
    }
    if not found or record.uses_eval or b"\\u" in module.source:
        return {}
    spans = {(entry.span.start, entry.span.end) for entry in record.imports}
    spans |= {(entry.span.start, entry.span.end) for entry in record.indirect_exports}
    return {name: entry for name, entry in found.items() if _occurs_only_in(module, name, spans)}


def _occurs_only_in(module: Module, name: str, spans: set[tuple[int, int]]) -> bool:
    word = re.compile(rb"(?<![\w$])" + re.escape(name.encode()) + rb"(?![\w$])")
    return all(
        any(start <= match.start() and match.end() <= end for start, end in spans)
        for match in word.finditer(module.source)
    )


def _kept(graph: ModuleGraph, usage: _Usage) -> ModuleGraph:
    modules = {
        location: _without_unused_lines(module, usage)
        for location, module in graph.modules.items()
        if location in usage.live
    }
    return replace(graph, modules=modules)


def _without_unused_lines(module: Module, usage: _Usage) -> Module:
    """Return *module* without the statements that re-export unused names."""
    if module.record.language != "mjs" or module.location in usage.whole:
        return module
    record = module.record
    used = usage.live[module.location]
    indirect = tuple(entry for entry in record.indirect_exports if entry.export_name in used)
    passed_on, pairs = _passed_on(module), {(e.request, e.import_name) for e in indirect}
    edges = tuple(
        edge
        for edge in module.edges
        if not (is_static_import(edge) and isinstance(edge.target, FileTarget))
        or edge.target.location in usage.live
    )
    requests = {edge.request for edge in edges}
    lasting = replace(
        record,
        indirect_exports=indirect,
        star_exports=tuple(
            star for star in record.star_exports if usage.keeps_star(module.location, star.request)
        ),
        imports=tuple(
            entry
            for entry in record.imports
            if entry.local_name not in passed_on or (entry.request, entry.import_name) in pairs
        ),
        requests=tuple(request for request in record.requests if request in requests),
    )
    return module if lasting == record else replace(module, record=lasting, edges=edges)
