"""The worklist: follow every request from the entry; read and scan each file once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.graph.addons import found_addons
from compartment_mapper.graph.asset_loader import (
    assets_by_helpers,
    assets_of_module,
    reads_descriptions,
)
from compartment_mapper.graph.judging import failure_problem, judged, unknown_request_problems
from compartment_mapper.graph.known_modules import KnownModules
from compartment_mapper.graph.loading import Loaded, Loading, Problem
from compartment_mapper.graph.module_graph import (
    Edge,
    FailedTarget,
    FileTarget,
    Module,
    ModuleGraph,
)
from compartment_mapper.graph.module_ids import (
    bytes_location,
    display_name,
    entries_location,
    file_of,
    is_empty,
)
from compartment_mapper.graph.named_packages import requests_by_name
from compartment_mapper.graph.package_patterns import package_requests
from compartment_mapper.graph.passed_paths import requests_by_path, requests_of_dependents
from compartment_mapper.graph.patterns import pattern_requests
from compartment_mapper.graph.pending import (
    PendingModule,
    Queue,
    begin_scan,
    pending_module,
    scanned_module,
)
from compartment_mapper.graph.programs import found_programs
from compartment_mapper.graph.started_modules import requests_by_starts
from compartment_mapper.graph.targets import is_optional, language_for, target_of
from compartment_mapper.locations import Location
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord, ModuleRequest
from compartment_mapper.resolve.browser_field import BROWSER
from compartment_mapper.resolve.module_format import language_of
from compartment_mapper.resolve.resolver import ResolutionFailure


def load_modules(
    entry: Location,
    *,
    others: tuple[Location, ...] = (),
    also: Iterable[Location],
    loading: Loading,
) -> Loaded:
    """Return the modules that are reachable from *entry*, the *others* and *also*.

    Raises:
        InputError: The entry cannot be loaded.
    """
    firsts = {first: _entry_language(first, loading) for first in (entry, *others, *also)}
    modules, problems = _followed(firsts, {}, entry, loading)
    reached = _with_list_of_entries(modules, entry, loading.root) if others else modules
    graph = _with_checks(ModuleGraph(entry=entry, others=others, modules=reached), loading)
    return judged(graph, problems)


def load_more(
    entry: Location,
    language: Language | None,
    *,
    known: Mapping[Location, Module],
    loading: Loading,
) -> Loaded:
    """Return the *known* modules, and those that are reachable from *entry*.

    Args:
        entry: A module that the application requests at run time.
        language: The language as which it is requested; None if the source determines it.
        known: Modules that are loaded, with all modules that they reach.
        loading: As for the application.
    """
    modules, problems = _followed({entry: language}, known, entry, loading)
    graph = _with_checks(ModuleGraph(entry=entry, modules=modules), loading)
    return judged(graph, problems)


def scanned_files(files: Iterable[Location], loading: Loading) -> dict[Location, Module]:
    """Return the modules of *files*, without the files that they request."""
    pending = [
        pending_module(file, language, loading)
        for file in files
        if not isinstance(language := _language_of(file, loading), ResolutionFailure)
    ]
    found: dict[Location, Module] = {}
    for each in pending:
        module, _problems = _load_module(each, loading=loading)
        edges = tuple(edge for edge in module.edges if not isinstance(edge.target, FileTarget))
        found[each.location] = replace(module, edges=edges, assets=())
    return found


def _language_of(file: Location, loading: Loading) -> Language | ResolutionFailure | None:
    return language_of(file, "import", None, context=loading.context)


def _followed(
    firsts: Mapping[Location, Language | None],
    known: Mapping[Location, Module],
    entry: Location,
    loading: Loading,
) -> tuple[dict[Location, Module], list[Problem]]:
    """Return *known* and the modules that are reachable from *firsts*, with their problems."""
    modules = dict(known)
    problems: list[Problem] = []
    queue = Queue(loading, known)
    for first, language in firsts.items():
        queue.add(first, language)
    while pending := queue.next():
        module, found = _load_module(pending, loading=loading)
        if pending.location in modules:  # it is machine code
            problems = [problem for problem in problems if problem.module != pending.location]
        modules[pending.location] = module
        problems += found
        loading.progress(len(modules))
        for edge, next_language in _next_edges(module, loading):
            queue.add(edge.location, next_language)
        if queue.is_empty():
            _add_late(modules, entry, queue, loading)
    return modules, problems


def _add_late(
    modules: dict[Location, Module], entry: Location, queue: Queue, loading: Loading
) -> None:
    """Add the requests that only the complete graph reveals."""
    known = KnownModules(modules, application=loading.root, context=loading.context)
    passed = requests_of_dependents(known)
    targets = {(reader, request): FileTarget(location=file) for reader, request, file in passed}
    addons = [addon for addon in found_addons(known) if addon.allowed]
    targets |= {(each.reader, each.request): FileTarget(location=each.file) for each in addons}
    programs = [program for program in found_programs(known) if program.allowed]
    targets |= {
        (each.starter[0], each.request): FileTarget(location=each.file) for each in programs
    }
    machine_code = {each.file for each in addons} | {each.file for each in programs}
    for reader, request, named in _late_requests(known, targets):
        target = targets.get((reader, request)) or target_of(reader, request, loading)
        if isinstance(target, FileTarget) and _admits(reader, target, request, loading):
            module = modules[reader]
            edge = Edge(request=request, target=target, named=named)
            modules[reader] = replace(module, edges=(*module.edges, edge))
            language = language_for(target.location, request, loading)
            assert not isinstance(language, ResolutionFailure)
            queue.add(target.location, "addon" if target.location in machine_code else language)
    for file in sorted(machine_code & modules.keys()):
        if modules[file].record.language != "addon":  # a path in the source named it
            queue.add_again(file, "addon")
    for reader, asset in _late_assets(modules, entry, loading):
        if queue.add(asset, "bytes"):
            first = modules[reader]
            modules[reader] = replace(first, assets=(*first.assets, asset))


def _late_requests(
    known: KnownModules, passed: Iterable[tuple[Location, ModuleRequest]]
) -> list[tuple[Location, ModuleRequest, bool]]:
    """Return the requests that only the complete graph reveals, without duplicates."""
    finders = ((False, requests_by_path), (True, requests_by_name), (False, requests_by_starts))
    found = [(named, *request) for named, requests in finders for request in requests(known)]
    found += [(True, *request) for request in passed]
    return [
        (reader, request, named)
        for named, reader, request in found
        if all(edge.request != request for edge in known.modules[reader].edges)
    ]


def _late_assets(
    modules: Mapping[Location, Module], entry: Location, loading: Loading
) -> list[tuple[Location, Location]]:
    """Return modules that read files, and byte files that only the complete graph reveals.

    If a package reads the package.json of a folder, the application's is included: many receive its
    folder and look there.
    """
    records = {location: module.record for location, module in modules.items()}
    found = list(assets_by_helpers(records, context=loading.context))
    if BROWSER not in loading.context.conditions and any(map(reads_descriptions, records.values())):
        found.append((entry, Location(f"{loading.root}package.json")))
    return [
        (reader, bytes_location(file))
        for reader, file in found
        if loading.admits(file, None, file_of(reader))
    ]


def _admits(reader: Location, target: FileTarget, request: ModuleRequest, loading: Loading) -> bool:
    if is_empty(target.location) or target.location in loading.data:
        return True
    return loading.admits(file_of(target.location), request.specifier, file_of(reader))


def _with_list_of_entries(
    modules: Mapping[Location, Module], entry: Location, root: Location
) -> dict[Location, Module]:
    """Return *modules* and an empty one beside *entry*, which is stored with all entries.

    Endo rejects archives with files that are unreachable from the entry.
    """
    entries = entries_location(root)
    first = modules[entry]
    return {
        **modules,
        entry: replace(first, assets=(*first.assets, entries)),
        entries: Module(
            location=entries, source=b"", record=ModuleRecord(language="cjs"), edges=()
        ),
    }


def _with_checks(graph: ModuleGraph, loading: Loading) -> ModuleGraph:
    """Return *graph* with the modules of cycles rescanned for cycle-specific edits."""
    pending = {
        location: begin_scan(graph.modules[location].source, "mjs", loading, in_cycle=True)
        for location in sorted(graph.in_cycles())
        if graph.modules[location].record.language == "mjs"
    }
    checked = {
        location: replace(graph.modules[location], record=record())
        for location, record in pending.items()
    }
    return replace(graph, modules={**graph.modules, **checked})


def _next_edges(module: Module, loading: Loading) -> list[tuple[FileTarget, Language | None]]:
    found: list[tuple[FileTarget, Language | None]] = [
        (FileTarget(location=asset), "bytes") for asset in module.assets
    ]
    for edge in module.edges:
        if isinstance(edge.target, FileTarget) and is_empty(edge.target.location):
            found.append((edge.target, "cjs"))
        elif isinstance(edge.target, FileTarget) and edge.target.location in loading.data:
            found.append((edge.target, loading.data[edge.target.location].language))
        elif isinstance(edge.target, FileTarget):
            request = edge.request
            file = file_of(edge.target.location)
            language = language_for(file, request, loading)
            assert not isinstance(language, ResolutionFailure)
            found.append((edge.target, language))
    return found


def _load_module(pending: PendingModule, *, loading: Loading) -> tuple[Module, list[Problem]]:
    location = pending.location
    scanned = scanned_module(pending, loading)
    problems = [Problem(diagnostic=p, module=location, request=None) for p in scanned.problems]
    edges: list[Edge] = []
    computed = _computed_requests(location, scanned.record, loading)
    for request in (*scanned.record.requests, *computed):
        target = target_of(location, request, loading)
        if isinstance(target, ResolutionFailure):
            if not is_optional(location, request, loading):
                diagnostic = failure_problem(location, scanned.text, request, target, loading)
                problems.append(Problem(diagnostic=diagnostic, module=location, request=request))
            target = FailedTarget(code=target.code, message=target.message)
        edges.append(Edge(request=request, target=target))
    if not computed:
        problems += unknown_request_problems(location, scanned, loading)
    module = Module(
        location=location,
        source=scanned.text.source,
        origin=scanned.text.origin,
        record=scanned.record,
        edges=tuple(edges),
        assets=tuple(
            bytes_location(file)
            for file in assets_of_module(
                file_of(location),
                scanned.record,
                edges,
                context=loading.context,
                application=loading.root,
            )
            if loading.admits(file, None, file_of(location))
        ),
        asked=pending.language,
    )
    return module, problems


def _computed_requests(
    location: Location, record: ModuleRecord, loading: Loading
) -> tuple[ModuleRequest, ...]:
    """Return a request for each module that the computed requests of *record* match."""
    read, file = loading.context.powers, file_of(location)
    own = pattern_requests(record, location=location, read=read)
    others = package_requests(
        record, location=file, application=loading.root, context=loading.context
    )
    return (*own, *others)


def _entry_language(entry: Location, loading: Loading) -> Language | None:
    language = language_of(entry, "import", None, context=loading.context)
    if not isinstance(language, ResolutionFailure):
        return language
    place = Place(file=display_name(entry, loading.root))
    problem = errors.unresolved(language.code, language.message, place, language.hint)
    raise errors.InputError(problem)
