"""Find modules of the application that a dependency loads by a path that it receives.

Config loaders receive a folder and the names to look for: both are in the application's source. The
policy decides whether the dependency may load them: `packages["$root$"]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import relpath

from compartment_mapper.graph.known_modules import KnownModules
from compartment_mapper.graph.module_graph import Module
from compartment_mapper.graph.patterns import PROGRAMS, asset_files
from compartment_mapper.graph.started_modules import (
    literal_arguments,
    names_a_file,
    starting_uses,
)
from compartment_mapper.locations import Location, Specifier, base_name, joined, parent_of, path_of
from compartment_mapper.records.module_record import ModuleRequest, PatternRequest
from compartment_mapper.resolve.package_lookup import ResolverContext, is_owned

#: In a computed request: the value is a path, not the name of a package.
_PATH = re.compile(rb"pathToFileURL|[Ff]ile|[Pp]ath|[Uu][Rr][Ll]|href")


def requests_by_path(known: KnownModules) -> Iterator[tuple[Location, ModuleRequest]]:
    """Yield the dependency modules that may load the programs that the application names."""
    loaders = _loaders(known)
    programs = set(_named_programs(known)) if loaders else set[Location]()
    for location, request in loaders:
        own = _at_working_directory(known.modules[location], known.application, known.context)
        for program in sorted(programs.union(own)):
            yield location, _request_of(program, location, request)


def requests_of_dependents(
    known: KnownModules,
) -> Iterator[tuple[Location, ModuleRequest, Location]]:
    """Yield the modules that may load programs that a package above them names by a path.

    With each request comes the program: no specifier may point into another package.

    pino passes the path of its own worker to thread-stream, and that to real-require.
    """
    programs: dict[Location, list[Location]] = {}
    for location, request in _loaders(known):
        above = known.packages_above(known.roots[location]) - {known.application}
        for root in sorted(above):
            if root not in programs:
                programs[root] = sorted(set(_computed_programs(root, known)))
            for program in programs[root]:
                made = replace(
                    _request_of(program, location, request),
                    specifier=Specifier(f"{_name_of(root)}/{program.removeprefix(root)}"),
                )
                yield location, made, program


def _computed_programs(root: Location, known: KnownModules) -> Iterator[Location]:
    """Yield the programs whose paths the modules of a package compute."""
    for location, module in known.packages[root].items():
        if module.record.assets:
            files = asset_files(module.record, location=location, read=known.context.powers)
            yield from (file for file in files if file != location and file.endswith(PROGRAMS))


def _name_of(root: Location) -> str:
    return root.rstrip("/").rpartition("/node_modules/")[2] or base_name(Location(root.rstrip("/")))


def _loaders(known: KnownModules) -> list[tuple[Location, PatternRequest]]:
    """Return the requests of dependencies that load or start a program by a path."""
    dependencies = [
        (location, module)
        for location, module in known.modules.items()
        if known.roots[location] != known.application
    ]
    found = [
        (location, request)
        for location, module in dependencies
        for request in module.record.patterns
        if request.pattern == "*"
        and _PATH.search(module.source, request.span.start, request.span.end)
    ]
    found += [
        (location, PatternRequest(pattern="*", kind="import", span=use.span, reach="guarded"))
        for location, module in dependencies
        for use in starting_uses(module.record)
        if not names_a_file(use, module)
    ]
    return found


def _request_of(program: Location, location: Location, request: PatternRequest) -> ModuleRequest:
    return ModuleRequest(
        specifier=Specifier(relpath(path_of(program), path_of(parent_of(location)))),
        kind=request.kind,
        span=request.span,
        reach="guarded",
        attribute_type=_type_of(program, request),
    )


def _type_of(program: Location, request: PatternRequest) -> str | None:
    return "json" if request.kind == "import" and program.endswith(".json") else None


def _at_working_directory(
    module: Module, application: Location, context: ResolverContext
) -> Iterator[Location]:
    """Yield the names in a module that reads the working directory.

    When it is bundled, this is the application's folder. `load` handles its package.json.
    """
    if b"process.cwd()" in module.source:
        names = (name for name in module.record.file_names if name != "package.json")
        yield from _where_it_starts(names, (*PROGRAMS, ".json"), application, context)


def _where_it_starts(
    names: Iterable[str],
    extensions: tuple[str, ...],
    application: Location,
    context: ResolverContext,
) -> Iterator[Location]:
    """Yield the files of some kinds that *names* match in the folder of the application."""
    for name in names:
        place = joined(application, name)
        if name.endswith(extensions) and context.powers.kind(place) == "file":
            yield context.powers.canonical(place)


def _named_programs(known: KnownModules) -> Iterator[Location]:
    """Yield the programs in folders that the application computes, if it names them.

    Also in the working directory, which is the application's folder when it is bundled.
    """
    application, context = known.application, known.context
    for location, module in known.modules.items():
        record = module.record
        if is_owned(location, application):
            yield from (file for file, _ in literal_arguments(location, module, context))
        if b"resolve(" in module.source and is_owned(location, application):
            # path.resolve('test/a.js'): relative to the working directory
            yield from _where_it_starts(record.file_names, PROGRAMS, application, context)
        if record.assets and is_owned(location, application):
            names = {name.rpartition("/")[2] for name in record.file_names}
            for file in asset_files(record, location=location, read=context.powers):
                is_program = file != location and file.endswith(PROGRAMS)
                if is_program and base_name(file) in names and is_owned(file, application):
                    yield file
