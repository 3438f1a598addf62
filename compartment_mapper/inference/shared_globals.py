"""Globals that one package defines and another uses."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from compartment_mapper.authority.table import (
    HOST_GLOBALS,
    KNOWN_GLOBALS,
    VIEWED_GLOBALS,
    WHOLE_GLOBAL,
)
from compartment_mapper.graph.module_graph import Module, ModuleGraph
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.records.languages import is_program
from compartment_mapper.text import Span


def shared_globals(
    modules: ModuleGraph, owners: Mapping[Location, CanonicalName], *, page: bool
) -> Iterator[CapabilityUse]:
    """Yield the globals that one package defines and another uses; both need the grant.

    Globals of a page are not included.
    """
    makers: dict[str, list[CapabilityUse]] = {}
    for use in _made_globals(modules, owners):
        first = use.path.partition(".")[0]
        if first not in _NOT_SHARED and not (page and first in KNOWN_GLOBALS):
            makers.setdefault(use.path, []).append(replace(use, made=first not in HOST_GLOBALS))
    by = {path: {use.package for use in made} for path, made in makers.items()}
    wanted: dict[str, list[CapabilityUse]] = {}
    others = {
        package: [path for path in makers if by[path] != {package}]
        for package in set(owners.values())
    }
    for location, package in owners.items():
        for path, span in _places_in(modules.modules[location], others[package]).items():
            use = replace(makers[path][0], package=package, module=location, span=span, write=False)
            wanted.setdefault(path, []).append(use)
    for path in sorted(wanted):
        yield from (*makers[path], *wanted[path])


def _made_globals(
    modules: ModuleGraph, owners: Mapping[Location, CanonicalName]
) -> Iterator[CapabilityUse]:
    handing: set[CanonicalName] = set()
    use_of = partial(CapabilityUse, part="globals", write=True)
    for location, package in owners.items():
        for name in modules.modules[location].record.made_globals:
            if name.path == WHOLE_GLOBAL:
                handing.add(package)
            else:
                yield use_of(package=package, path=name.path, module=location, span=name.span)
    if handing - {ROOT_NAME}:
        yield from _made_of_handed(modules, owners, handing - {ROOT_NAME})


def _made_of_handed(
    modules: ModuleGraph,
    owners: Mapping[Location, CanonicalName],
    handing: Container[CanonicalName],
) -> Iterator[CapabilityUse]:
    """Yield the functions that the application calls by names that such a package may define.

    Test runners do this: a module passes the global object to another, as ``context``.
    """
    from compartment_mapper.scan.capabilities.made_globals import functions_given  # noqa: PLC0415 - see scan_powers

    given: dict[str, list[CapabilityUse]] = {}
    for location, package in owners.items():
        module = modules.modules[location]
        if package in handing and is_program(module.record.language):
            use_of = partial(
                CapabilityUse, package=package, part="globals", module=location, write=True
            )
            for name, span in functions_given(module.source).items():
                given.setdefault(name, []).append(use_of(path=name, span=span))
    called = set[str]()
    for location, package in owners.items():
        if package == ROOT_NAME:
            source = modules.modules[location].source
            names = {match.decode() for match in _CALLED.findall(source)} & given.keys() - called
            called.update(_places_in(modules.modules[location], names))
    for name in sorted(called):
        yield from given[name]


_CALLED = re.compile(rb"(?<![\w$.])([A-Za-z_$][\w$]*)\s*[(.]")


#: Each package has its own.
_NOT_SHARED = frozenset(VIEWED_GLOBALS) & HOST_GLOBALS | {"console"}


def _places_in(module: Module, paths: Iterable[str]) -> dict[str, Span]:
    """Return the places where the source of a module names such globals."""
    if not is_program(module.record.language):
        return {}
    named = [path for path in paths if path.rpartition(".")[2].encode() in module.source]
    if not named:
        return {}
    from compartment_mapper.scan.capabilities.made_globals import places_of_globals  # noqa: PLC0415 - see scan_powers

    return places_of_globals(module.source, named)
