"""Find packages that the application names for a dependency to load: plugins and presets.

``load({ extends: ['@commitlint/config-conventional'] })``: the dependency requests a name that it
receives. Such a package may name more packages, which it declares itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from compartment_mapper.graph.known_modules import KnownModules
from compartment_mapper.graph.module_graph import Module
from compartment_mapper.graph.package_graph import declared_names
from compartment_mapper.locations import Location, Specifier
from compartment_mapper.records.languages import is_program
from compartment_mapper.records.module_record import ModuleRequest, PatternRequest
from compartment_mapper.resolve.specifiers import package_name_of

_TEXT = re.compile(rb"""(['"`])((?:@[\w~-][\w.~-]*/)?[\w~-][\w.~-]*(?:/[\w./~-]+)?)\1""")
#: A source with more names is a list of something else.
_MOST = 100


def requests_by_name(
    known: KnownModules,
) -> Iterator[tuple[Location, ModuleRequest]]:
    """Yield the dependency modules that may load packages that other sources name for them."""
    unknown = {location: _unknown(module) for location, module in known.modules.items()}
    if not any(unknown.values()):
        return
    names = sorted(set(_named(known)))[:_MOST]
    for location, requests in unknown.items():
        root = known.roots[location]
        own = [name for name in names if not root.endswith(_ending(name))]
        for request in requests if root != known.application else ():
            for name in own:
                made = ModuleRequest(
                    specifier=name, kind=request.kind, span=request.span, reach="guarded"
                )
                yield location, made


def _ending(name: Specifier) -> str:
    """Return the end of the folder of the named package."""
    return f"/node_modules/{package_name_of(name)}/"


def _unknown(module: Module) -> list[PatternRequest]:
    """Return a fully computed request of each kind."""
    unknown = (request for request in module.record.patterns if request.pattern == "*")
    return list({request.kind: request for request in unknown}.values())


def _named(known: KnownModules) -> Iterator[Specifier]:
    """Yield the packages that the application names, and those that named packages name."""
    application = known.application
    todo = [application]
    done: set[Location] = set()
    while todo:
        root = todo.pop()
        if root in done:
            continue
        done.add(root)
        declared = set(declared_names(root, application=application, context=known.context))
        names = (
            set(_mentioned(known.packages.get(root, {}).values(), declared)) if declared else set()
        )
        yield from names
        endings = tuple(map(_ending, names))
        todo += [other for other in known.packages if other.endswith(endings)] if endings else []


def _mentioned(modules: Iterable[Module], declared: set[str]) -> Iterator[Specifier]:
    """Yield the modules of a package that name a dependency that none of its modules requests."""
    programs = [module for module in modules if is_program(module.record.language)]
    requested = {request.specifier for module in programs for request in module.record.requests}
    for module in programs:
        for match in _TEXT.finditer(module.source):
            name = Specifier(match[2].decode())
            if name not in requested and package_name_of(name) in declared:
                yield name
