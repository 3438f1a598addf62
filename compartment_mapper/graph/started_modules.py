"""Find modules that threads and child processes start: ``new Worker(join(__dirname, 'w.js'))``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import relpath

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.graph.known_modules import KnownModules
from compartment_mapper.graph.module_graph import Module
from compartment_mapper.graph.patterns import PROGRAMS, asset_files
from compartment_mapper.locations import Location, Specifier, joined, parent_of, path_of
from compartment_mapper.records.module_record import (
    NODE_ITSELF,
    BuiltinUse,
    ModuleRecord,
    ModuleRequest,
)
from compartment_mapper.resolve.package_lookup import ResolverContext, is_owned
from compartment_mapper.text import Span

_STARTING: Mapping[str, frozenset[str]] = {
    "worker_threads": frozenset({"Worker"}),
    "child_process": frozenset({"fork"}),
    "cluster": frozenset({"setupPrimary", "setupMaster"}),
}


def starting_uses(record: ModuleRecord) -> Iterator[BuiltinUse]:
    """Yield the uses of builtins in *record* that can start a module."""
    for use in record.builtin_uses:
        members = _STARTING.get(is_builtin(use.specifier) or "", frozenset())
        is_named = bool(members) and (use.path in members or not (use.path or use.exact))
        if is_named or use.targets == NODE_ITSELF:
            yield use


def names_a_file(use: BuiltinUse, module: Module) -> bool:
    """Return whether the first argument of the call at *use* is a file of the package."""
    source, end = module.source, use.span.end
    starts = (asset.span.start for asset in module.record.assets)
    return any(source[end:start].strip() == b"(" for start in starts if end < start < end + _NEAR)


#: More bytes than between a name and the first argument of its call.
_NEAR = 20


def requests_by_starts(known: KnownModules) -> Iterator[tuple[Location, ModuleRequest]]:
    """Yield the programs whose paths are in the source of a package that starts threads.

    Any module of the package can compute the path.
    """
    modules, context = known.modules, known.context
    starting = {
        known.roots[location]
        for location, module in modules.items()
        if any(starting_uses(module.record))
    }
    for location, module in modules.items() if starting else ():
        root = known.roots[location]
        found: list[tuple[Location, Span]] = []
        if root == known.application:
            found += literal_arguments(location, module, context)
            found += _at_working_directory(module, root, context)
        if root in starting:
            found += _computed(location, module, root, context)
        for program, span in found:
            yield location, _request_of(program, location, span)


def _computed(
    location: Location, module: Module, root: Location, context: ResolverContext
) -> Iterator[tuple[Location, Span]]:
    """Yield the programs of the package whose paths the module computes."""
    spans = sorted((asset.span for asset in module.record.assets), key=lambda span: span.start)
    files = asset_files(module.record, location=location, read=context.powers) if spans else ()
    for file in files:
        if file.endswith(PROGRAMS) and file != location and is_owned(file, root):
            yield file, spans[0]


def _at_working_directory(
    module: Module, root: Location, context: ResolverContext
) -> Iterator[tuple[Location, Span]]:
    """Yield the programs that the application names and starts: paths from its folder."""
    use = next(starting_uses(module.record), None)
    for name in module.record.file_names if use else ():
        place = joined(root, name)
        if name.endswith(PROGRAMS) and context.powers.kind(place) == "file":
            assert use is not None
            yield context.powers.canonical(place), use.span


#: Also classes of libraries, which resolve the path from the calling file.
_NEW_WORKER = re.compile(
    rb"""\bnew\s+(?:[\w$]+\.)*\w*Worker\s*\(\s*(['"`])(\.{1,2}/[^'"`$\\\n]+)\1"""
)


def literal_arguments(
    location: Location, module: Module, context: ResolverContext
) -> Iterator[tuple[Location, Span]]:
    """Yield the programs of ``new Worker('./w.js')``, relative to the module."""
    for match in _NEW_WORKER.finditer(module.source):
        place = joined(parent_of(location), match[2].decode("utf-8", "replace"))
        if place.endswith(PROGRAMS) and context.powers.kind(place) == "file":
            span = Span(match.start(2), match.end(2))
            yield context.powers.canonical(place), span


def _request_of(program: Location, location: Location, span: Span) -> ModuleRequest:
    """Return the request of the module at *location* for a program that it starts."""
    path = relpath(path_of(program), path_of(parent_of(location)))
    return ModuleRequest(
        specifier=Specifier(path if path.startswith(".") else f"./{path}"),
        kind="import",
        span=span,
        reach="guarded",
    )
