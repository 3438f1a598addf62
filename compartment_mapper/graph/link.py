"""Match imports with exports, as far as possible without running code: ECMA-262 16.2.1.7.

Reports the errors that Node finds before evaluation at bundle time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, assert_never

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic, Place
from compartment_mapper.graph.module_graph import FileTarget, Module, ModuleGraph, is_static_import
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.locations import Location, Specifier
from compartment_mapper.records.module_record import NAMED_STAR, IndirectExport
from compartment_mapper.text import Span

#: A variable of a module; for the name ``*``, its namespace.
Binding = tuple[Location, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """Several star exports provide different bindings of one name."""

    origins: tuple[Location, ...]


#: ``unknown``: a module of the host, or one that cannot be loaded, may export the name.
Resolution = Binding | Ambiguous | Literal["missing", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exports:
    """The exports of one module, without star exports."""

    #: Local names by export names.
    own: Mapping[str, str]
    indirect: Mapping[str, IndirectExport]
    stars: tuple[Specifier, ...]
    #: Whether it may have further exports.
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Exports:
    """The exports of the modules of a graph, resolved on demand."""

    graph: ModuleGraph
    _tables: dict[Location, _Exports] = field(default_factory=dict)
    _targets: dict[Location, dict[Specifier, Location | None]] = field(default_factory=dict)
    _resolved: dict[Binding, Resolution] = field(default_factory=dict)

    def resolve(self, location: Location, name: str) -> Resolution:
        """Resolve the import of *name* from the module at *location* (ResolveExport)."""
        known = self._resolved.get((location, name))
        if known is None:
            known = self._resolved[location, name] = self._resolve(location, name)
        return known

    def _resolve(self, location: Location, name: str) -> Resolution:
        seen: set[Binding] = set()
        found: dict[Binding, None] = {}
        is_open = False
        pending: list[tuple[Location | None, str]] = [(location, name)]
        while pending:
            here, wanted = pending.pop()
            if here is None:
                is_open = True
            elif (here, wanted) not in seen:
                seen.add((here, wanted))
                binding, further = self._step(here, wanted)
                found.update({binding: None} if binding else {})
                pending += further
        if len(found) > 1:
            return Ambiguous(origins=tuple(sorted({origin for origin, _ in found})))
        return next(iter(found), "unknown" if is_open else "missing")

    def _step(
        self, here: Location, name: str
    ) -> tuple[Binding | None, list[tuple[Location | None, str]]]:
        """Return the known exports of this module, and where else to look."""
        table = self._table(here)
        if name in table.own:
            return (here, table.own[name]), []
        if (entry := table.indirect.get(name)) is not None:
            target = self.target(here, entry.request)
            if entry.import_name == "*" and target is not None:
                return (target, "*"), []
            return None, [(target, export_name_of(entry.import_name))]
        stars = table.stars if name != "default" else ()
        further = [(self.target(here, star), name) for star in stars]
        return None, [*further, (None, name)] if table.is_open else further

    def names(self, location: Location) -> list[str]:
        """Return the known export names of the module at *location*, sorted."""
        names = {*self._table(location).own, *self._table(location).indirect}
        seen: set[Location | None] = {location, None}
        pending = self._stars(location)
        while pending:
            here = pending.pop()
            if here is None or here in seen:
                continue
            seen.add(here)
            table = self._table(here)
            names |= {*table.own, *table.indirect} - {"default"}
            pending += self._stars(here)
        return sorted(names)

    def target(self, location: Location, request: Specifier) -> Location | None:
        """Return the target of a static *request*, or None for a host module or a missing one."""
        targets = self._targets.get(location)
        if targets is None:
            targets = self._targets[location] = {
                edge.request.specifier: edge.target.location
                for edge in self.graph.modules[location].edges
                if is_static_import(edge) and isinstance(edge.target, FileTarget)
            }
        return targets.get(request)

    def _stars(self, location: Location) -> list[Location | None]:
        return [self.target(location, star) for star in self._table(location).stars]

    def _table(self, location: Location) -> _Exports:
        table = self._tables.get(location)
        if table is None:
            module = self.graph.modules[location]
            table = self._tables[location] = _exports_of(module, self.graph)
        return table


def _exports_of(module: Module, graph: ModuleGraph) -> _Exports:
    record = module.record
    is_open = record.parse_uncertainty is not None or record.syntax_error is not None
    match record.language:
        case "mjs":
            return _Exports(
                own={entry.export_name: entry.local_name for entry in record.local_exports},
                indirect={entry.export_name: entry for entry in record.indirect_exports},
                stars=tuple(star.request for star in record.star_exports),
                is_open=is_open,
            )
        case "cjs":
            names = (*graph.cjs_export_names(module.location), "default", "module.exports")
            return _Exports(
                own={name: name for name in names}, indirect={}, stars=(), is_open=is_open
            )
        case "json" | "text" | "bytes" | "addon":
            return _Exports(own={"default": "default"}, indirect={}, stars=())
        case _:
            assert_never(record.language)


def export_name_of(import_name: str) -> str:
    """Return the export name of an import name, which is not ``*``."""
    return "*" if import_name == NAMED_STAR else import_name


def link_problems(graph: ModuleGraph, *, root: Location) -> tuple[Diagnostic, ...]:
    """Return the imports of *graph* that match no export, or more than one.

    An error if every run meets it, otherwise a warning: ``import()`` then rejects.
    """
    exports = Exports(graph)
    found = [
        (module.location, problem)
        for module in graph.modules.values()
        if module.record.language == "mjs"
        for problem in _problems_of(module, exports, root)
    ]
    always = graph.always_evaluated() if found else frozenset()
    return tuple(
        replace(problem, severity="error" if location in always else "warning")
        for location, problem in found
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A name that a module imports from another and that does not exist."""

    request: Specifier
    target: Location
    name: str
    span: Span
    why: Ambiguous | Literal["missing"]


def unanswered(module: Module, exports: Exports) -> Iterator[Unanswered]:
    """Yield the names for which linking *module* fails."""
    record = module.record
    wanted: dict[tuple[Specifier, str], Span] = {}
    for entry in record.imports:
        wanted.setdefault((entry.request, entry.import_name), entry.span)
    for export in record.indirect_exports:
        wanted.setdefault((export.request, export.import_name), export.span)
    for (request, import_name), span in wanted.items():
        target = exports.target(module.location, request)
        if target is None or import_name == "*":
            continue
        name = export_name_of(import_name)
        match exports.resolve(target, name):
            case ("missing" | Ambiguous()) as why:
                yield Unanswered(request=request, target=target, name=name, span=span, why=why)
            case _:
                pass


def _problems_of(module: Module, exports: Exports, root: Location) -> Iterator[Diagnostic]:
    for found in unanswered(module, exports):
        place = _place(module, found.span, root)
        asked = (found.request, found.name)
        if isinstance(found.why, Ambiguous):
            files = [display_name(origin, root) for origin in found.why.origins]
            yield errors.ambiguous_export(place, asked, files)
        else:
            yield errors.missing_export(
                place,
                asked,
                known=exports.names(found.target),
                is_commonjs=exports.graph.modules[found.target].record.language == "cjs",
                may_be_type=module.origin is not None,
            )


def _place(module: Module, span: Span, root: Location) -> Place:
    return module.place(display_name(module.location, root), span)
