"""The worklist: from the entry through every request, each file read and scanned once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from compartment_mapper import errors
from compartment_mapper.errors import Diagnostic, Place
from compartment_mapper.graph.asset_loader import (
    assets_by_helpers,
    assets_of_module,
    reads_descriptions,
)
from compartment_mapper.graph.handed_paths import requests_by_path
from compartment_mapper.graph.module_graph import (
    BuiltinTarget,
    Edge,
    FailedTarget,
    FileTarget,
    Module,
    ModuleGraph,
    Target,
)
from compartment_mapper.graph.named_packages import requests_by_name
from compartment_mapper.graph.package_patterns import package_requests, unknown_requests
from compartment_mapper.graph.patterns import PROGRAMS, TYPED, pattern_requests
from compartment_mapper.locations import Location, base_name, joined, parent_of, relative_path
from compartment_mapper.powers import ReadPowers
from compartment_mapper.records.erasure import ErasePowers, place_of
from compartment_mapper.records.module_record import RESOLVES, Language, ModuleRecord, ModuleRequest
from compartment_mapper.resolve.browser_field import BROWSER
from compartment_mapper.resolve.data_urls import DataModule, data_module
from compartment_mapper.resolve.module_format import binary_kind, language_of
from compartment_mapper.resolve.resolver import (
    BuiltinResolution,
    EmptyResolution,
    FileResolution,
    ResolutionFailure,
    World,
    crosses_packages,
    package_scope,
)
from compartment_mapper.resolve.specifiers import is_bare, package_name_of, package_root
from compartment_mapper.resolve.typescript import resolve_for
from compartment_mapper.scan.scanner import ScanPowers, SyntaxPowers
from compartment_mapper.sources.source_text import (
    SourceText,
    json_problem,
    refusal_problem,
    source_text,
)
from compartment_mapper.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """What loading needs of the world."""

    world: World
    read: ReadPowers
    engine: SyntaxPowers
    erase: ErasePowers
    scans: ScanPowers
    #: Called with the number of modules scanned so far.
    progress: Callable[[int], None]
    #: Of the entry's package: what places are named from.
    root: Location
    #: The texts of modules that stand in the ``data:`` URLs by which they are requested.
    data: dict[Location, DataModule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The graph, and every problem of the way."""

    graph: ModuleGraph
    problems: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """A problem, and whether nothing but running the program can show that it matters."""

    diagnostic: Diagnostic
    module: Location
    request: ModuleRequest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A module that waits in the queue; its text may be scanned meanwhile."""

    location: Location
    language: Language | None
    text: SourceText
    record: Callable[[], ModuleRecord]
    #: What it is, if it is no text.
    binary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scanned:
    text: SourceText
    record: ModuleRecord
    problems: tuple[Diagnostic, ...]


class _Queue:
    """The files that wait to be loaded, each of them once; their texts are scanned meanwhile."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading
        self._waiting: deque[_Begun] = deque()
        self._known: set[Location] = set()

    def add(self, location: Location, language: Language | None) -> bool:
        """Return whether *location* was not known yet."""
        if location in self._known:
            return False
        self._known.add(location)
        self._waiting.append(_begun(location, language, self._loading))
        return True

    def next(self) -> _Begun | None:
        """Return what comes next; None where nothing waits."""
        return self._waiting.popleft() if self._waiting else None

    def is_empty(self) -> bool:
        """Return whether nothing waits."""
        return not self._waiting


def load_modules(
    entry: Location,
    *,
    others: tuple[Location, ...] = (),
    also: Iterable[Location],
    loading: Loading,
) -> Loaded:
    """Return the modules that *entry* reaches, the *others* where it may begin, and *also*.

    Raises:
        InputError: The entry itself can't be loaded.
    """
    modules: dict[Location, Module] = {}
    problems: list[_Problem] = []
    firsts = [(first, _entry_language(first, loading)) for first in (entry, *others, *also)]
    queue = _Queue(loading)
    for first, language in firsts:
        queue.add(first, language)
    while begun := queue.next():
        module, found = _load_module(begun, loading=loading)
        modules[begun.location] = module
        problems += found
        loading.progress(len(modules))
        for edge, next_language in _next_edges(module, loading):
            queue.add(edge.location, next_language)
        if queue.is_empty():
            _add_late(modules, entry, queue, loading)
    reached = _with_list_of_entries(modules, entry, loading.root) if others else modules
    graph = _with_checks(ModuleGraph(entry=entry, others=others, modules=reached), loading)
    return _judged(graph, problems)


def _add_late(
    modules: dict[Location, Module], entry: Location, queue: _Queue, loading: Loading
) -> None:
    """Add what only all modules together tell of."""
    for reader, request, named in _late_requests(modules, loading):
        target = _target(reader, request, loading)
        if isinstance(target, FileTarget):
            module = modules[reader]
            edge = Edge(request=request, target=target, named=named)
            modules[reader] = replace(module, edges=(*module.edges, edge))
            language = _language_for(target.location, request, loading)
            assert not isinstance(language, ResolutionFailure)
            queue.add(target.location, language)
    for reader, asset in _late_assets(modules, entry, loading):
        if queue.add(asset, "bytes"):
            first = modules[reader]
            modules[reader] = replace(first, assets=(*first.assets, asset))


def _late_requests(
    modules: Mapping[Location, Module], loading: Loading
) -> list[tuple[Location, ModuleRequest, bool]]:
    """Return the requests which only all modules together tell of; by name or not, once each."""
    found = [
        (named, *request)
        for named, requests in ((False, requests_by_path), (True, requests_by_name))
        for request in requests(modules, application=loading.root, world=loading.world)
    ]
    return [
        (reader, request, named)
        for named, reader, request in found
        if all(edge.request != request for edge in modules[reader].edges)
    ]


def _late_assets(
    modules: Mapping[Location, Module], entry: Location, loading: Loading
) -> list[tuple[Location, Location]]:
    """Return readers, and files of bytes that only all modules together tell of.

    Where a package reads the package.json of a folder, that of the application is one of them: many
    are told of its folder, and look there.
    """
    records = {location: module.record for location, module in modules.items()}
    found = list(assets_by_helpers(records, world=loading.world))
    if BROWSER not in loading.world.conditions and any(map(reads_descriptions, records.values())):
        found.append((entry, Location(f"{loading.root}package.json")))
    return [(reader, bytes_location(file)) for reader, file in found]


def _with_list_of_entries(
    modules: Mapping[Location, Module], entry: Location, root: Location
) -> dict[Location, Module]:
    """Return *modules* and one that does nothing, beside *entry*, to be stored with all entries.

    Endo refuses archives with files that its entry does not lead to.
    """
    entries = Location(f"{root}package.json{_ENTRIES}")
    first = modules[entry]
    return {
        **modules,
        entry: replace(first, assets=(*first.assets, entries)),
        entries: Module(
            location=entries, source=b"", record=ModuleRecord(language="cjs"), edges=()
        ),
    }


def is_list_of_entries(location: Location) -> bool:
    """Return whether a module is the one that leads to all entries."""
    return location.endswith(_ENTRIES)


def is_on_disk(location: Location) -> bool:
    """Return whether a module is the program of a file, and not something else beside one."""
    return not location.endswith((_EMPTY, _ENTRIES)) and _DATA not in location


def _with_checks(graph: ModuleGraph, loading: Loading) -> ModuleGraph:
    """Return *graph* with the modules of cycles scanned for what only a cycle can show."""
    begun = {
        location: _scan(graph.modules[location].source, "mjs", loading, in_cycle=True)
        for location in sorted(graph.in_cycles())
        if graph.modules[location].record.language == "mjs"
    }
    checked = {
        location: replace(graph.modules[location], record=record())
        for location, record in begun.items()
    }
    return replace(graph, modules={**graph.modules, **checked})


def _next_edges(module: Module, loading: Loading) -> list[tuple[FileTarget, Language | None]]:
    found: list[tuple[FileTarget, Language | None]] = [
        (FileTarget(location=asset), "bytes") for asset in module.assets
    ]
    for edge in module.edges:
        if isinstance(edge.target, FileTarget) and edge.target.location.endswith(_EMPTY):
            found.append((edge.target, "cjs"))
        elif isinstance(edge.target, FileTarget) and edge.target.location in loading.data:
            found.append((edge.target, loading.data[edge.target.location].language))
        elif isinstance(edge.target, FileTarget):
            request = edge.request
            file = file_of(edge.target.location)
            language = _language_for(file, request, loading)
            assert not isinstance(language, ResolutionFailure)
            found.append((edge.target, language))
    return found


#: A file that is also loaded as text or bytes is two modules; a fragment tells them apart.
_AS = "#as="
#: What a ``browser`` field means by ``false``: a module without text, beside the package.json.
_EMPTY = f"{_AS}empty"
_ENTRIES = f"{_AS}entries"
#: A module that stands in a URL is beside the package.json of who asks for it.
_DATA = f"{_AS}data"
#: What Node would load as a program, or as data.
_LOADED = frozenset({*PROGRAMS, *TYPED, ".json"})


def file_of(location: Location) -> Location:
    """Return the file that the module at *location* is made from."""
    return Location(location.partition(_AS)[0])


def _load_module(begun: _Begun, *, loading: Loading) -> tuple[Module, list[_Problem]]:
    location = begun.location
    scanned = _scanned(begun, loading)
    problems = [_Problem(diagnostic=p, module=location, request=None) for p in scanned.problems]
    edges: list[Edge] = []
    computed = _computed_requests(location, scanned.record, loading)
    for request in (*scanned.record.requests, *computed):
        target = _target(location, request, loading)
        if isinstance(target, ResolutionFailure):
            if not _is_optional(location, request, loading):
                diagnostic = _failure(location, scanned.text, request, target, loading)
                problems.append(_Problem(diagnostic=diagnostic, module=location, request=request))
            target = FailedTarget(code=target.code, message=target.message)
        edges.append(Edge(request=request, target=target))
    if not computed:
        problems += _unknown_requests(location, scanned, loading)
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
                world=loading.world,
                application=loading.root,
            )
        ),
        asked=begun.language,
    )
    return module, problems


def _computed_requests(
    location: Location, record: ModuleRecord, loading: Loading
) -> tuple[ModuleRequest, ...]:
    """Return a request for each module that what *record* computes may mean."""
    read, file = loading.world.powers, file_of(location)
    own = pattern_requests(record, location=location, read=read)
    others = package_requests(record, location=file, application=loading.root, world=loading.world)
    return (*own, *others)


def _unknown_requests(
    location: Location, scanned: _Scanned, loading: Loading
) -> Iterator[_Problem]:
    """Yield a warning for each request of which nothing is known, where nothing was found.

    Dependencies are full of them, for plugins that an application may name; of those count the
    ones that every run makes.
    """
    package = package_root(file_of(location), descriptors=loading.world.descriptors)
    name = display_name(location, loading.root)
    for request in unknown_requests(scanned.record):
        if request.reach == "always" or (package == loading.root and request.reach == "maybe"):
            place = _place(name, scanned.text, request.span)
            diagnostic = errors.computed_request(place)
            yield _Problem(diagnostic=diagnostic, module=location, request=None)


def bytes_location(file: Location) -> Location:
    """Return the location of the module that has the bytes of *file*."""
    return Location(f"{file}{_AS}bytes")


def _is_optional(location: Location, request: ModuleRequest, loading: Loading) -> bool:
    """Whether the package declares that it can do without what it requests."""
    scope = package_scope(file_of(location), world=loading.world)
    if not isinstance(scope, tuple) or not is_bare(request.specifier):
        return False
    name = package_name_of(request.specifier)
    return name in scope[1].optional_dependencies or name in scope[1].optional_peers


def _target(
    location: Location, request: ModuleRequest, loading: Loading
) -> Target | ResolutionFailure:
    if request.kind == "import" and request.specifier.startswith("data:"):
        return _data_target(location, request, loading)
    found = resolve_for(
        request.specifier,
        referrer=file_of(location),
        kind=request.kind,
        world=loading.world,
        application=loading.root,
    )
    match found:
        case BuiltinResolution(name=name):
            return BuiltinTarget(name=name)
        case EmptyResolution():
            package = package_root(file_of(location), descriptors=loading.world.descriptors)
            return FileTarget(location=Location(f"{package}package.json{_EMPTY}"))
        case ResolutionFailure():
            return found
        case FileResolution(location=file):
            if _is_crossing(file, location, request, loading):
                return _crossing(request)
            language = _language_for(file, request, loading)
            if isinstance(language, ResolutionFailure):
                return language
            own = language if language in {"text", "bytes"} else None
            return FileTarget(location=Location(f"{file}{_AS}{own}") if own else file)


def _data_target(
    location: Location, request: ModuleRequest, loading: Loading
) -> Target | ResolutionFailure:
    module = data_module(request.specifier, request.attribute_type)
    if isinstance(module, ResolutionFailure):
        return module
    package = package_root(file_of(location), descriptors=loading.world.descriptors)
    digest = sha256(request.specifier.encode()).hexdigest()[:16]
    target = Location(f"{package}package.json{_DATA}{digest}")
    loading.data[target] = module
    return FileTarget(location=target)


def _language_for(
    file: Location, request: ModuleRequest, loading: Loading
) -> Language | ResolutionFailure | None:
    """Return as what *file* is loaded: what is only resolved, and can't be loaded, as bytes."""
    if request.attribute_type != RESOLVES:
        return language_of(file, request.kind, request.attribute_type, world=loading.world)
    stem, dot, extension = base_name(file).rpartition(".")
    if stem and dot + extension not in _LOADED:
        return "bytes"
    language = language_of(file, request.kind, None, world=loading.world)
    return "bytes" if isinstance(language, ResolutionFailure) else language


def _is_crossing(
    file: Location, location: Location, request: ModuleRequest, loading: Loading
) -> bool:
    """Whether a dependency names a file of another package by its path."""
    if is_bare(request.specifier) or request.specifier.startswith("#"):
        return False
    package = package_root(file_of(location), descriptors=loading.world.descriptors)
    return crosses_packages(file, package=package, application=loading.root)


def _crossing(request: ModuleRequest) -> ResolutionFailure:
    # DEVIATION: Node lets a package name any file; here a package is a domain of trust.
    return ResolutionFailure(
        code="ERR_CROSSES_PACKAGES",
        message=f"'{request.specifier}' leads into another package",
        hint="a dependency may request its own files by path, and other packages by name",
    )


def _begun(location: Location, language: Language | None, loading: Loading) -> _Begun:
    if location.endswith(_EMPTY):
        text = SourceText(source=b"")
    elif location in loading.data:
        text = SourceText(source=loading.data[location].source)
    else:
        file, root = file_of(location), loading.root
        text = source_text(file, language, root=root, read=loading.read, erase=loading.erase)
    if text.refusal is not None:
        refused = ModuleRecord(language=language or "cjs", syntax_error=text.refusal.message)
        return _Begun(location=location, language=language, text=text, record=lambda: refused)
    if language in {"json", "text", "bytes"}:
        known = ModuleRecord(language=language)
        return _Begun(location=location, language=language, text=text, record=lambda: known)
    if (binary := binary_kind(text.source)) is not None:
        wrong = ModuleRecord(language=language or "cjs", syntax_error="Invalid or unexpected token")
        return _Begun(
            location=location, language=language, text=text, record=lambda: wrong, binary=binary
        )
    record = _scan(text.source, language, loading, in_cycle=False)
    return _Begun(location=location, language=language, text=text, record=record)


def _scan(
    source: bytes, language: Language | None, loading: Loading, *, in_cycle: bool
) -> Callable[[], ModuleRecord]:
    page = BROWSER in loading.world.conditions
    return loading.scans.begin(source, language, in_cycle=in_cycle, page=page)


def _scanned(begun: _Begun, loading: Loading) -> _Scanned:
    text, record = begun.text, begun.record()
    name = display_name(begun.location, loading.root)
    if text.refusal is not None:
        problem = refusal_problem(name, text.source, text.refusal)
        return _Scanned(text=text, record=record, problems=(problem,))
    if begun.binary is not None:
        no_text = errors.binary_file(name, begun.binary)
        return _Scanned(text=text, record=record, problems=(no_text,))
    if begun.language == "json":
        wrong_json = json_problem(text.source, name)
        return _Scanned(text=text, record=record, problems=(wrong_json,) if wrong_json else ())
    if record.doubt is not None:
        wrong = loading.engine.syntax_problem(text.source, record.language)
        if wrong is not None:
            return _wrong_text(text, record, name, wrong)
    refused = tuple(
        errors.unsupported(_place(name, text, refusal.span), refusal.what, refusal.hint)
        for refusal in record.refusals
    )
    return _Scanned(text=text, record=record, problems=refused)


def _place(name: str, text: SourceText, span: Span) -> Place:
    return place_of(name, text.source, span, text.origin)


def _wrong_text(
    text: SourceText, record: ModuleRecord, name: str, wrong: tuple[str, int]
) -> _Scanned:
    """What is no program requests nothing: to load it throws, before anything else is loaded."""
    message, line = wrong
    assert record.doubt is not None
    place = _place(name, text, _span_of_line(text.source, line, record.doubt))
    return _Scanned(
        text=text,
        record=ModuleRecord(language=record.language, syntax_error=message),
        problems=(errors.syntax_error(place, message),),
    )


def _span_of_line(source: bytes, line: int, doubt: Span) -> Span:
    """Return the place of the grammar's *doubt* where it is on the engine's *line*, else that."""
    if line in {0, source.count(b"\n", 0, doubt.start) + 1}:
        return doubt
    lines = source.split(b"\n")
    start = sum(len(text) + 1 for text in lines[: line - 1])
    if start > len(source):
        return doubt
    return Span(start, start + len(lines[line - 1]))


def _failure(
    location: Location,
    text: SourceText,
    request: ModuleRequest,
    failure: ResolutionFailure,
    loading: Loading,
) -> Diagnostic:
    place = _place(display_name(location, loading.root), text, request.span)
    is_missing = failure.code in {"MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"}
    hint = _hint_of_pnp(loading) if is_missing and is_bare(request.specifier) else ""
    return errors.unresolved(failure.code, failure.message, place, hint or failure.hint)


def _hint_of_pnp(loading: Loading) -> str:
    """Return what to do where Yarn keeps packages in archives, which only its own loader reads."""
    folder = loading.root
    while loading.read.kind(joined(folder, ".pnp.cjs")) != "file":
        if folder == parent_of(folder):
            return ""
        folder = parent_of(folder)
    return (
        "this is a project of Yarn's Plug'n'Play, which has no node_modules: "
        "`yarn config set nodeLinker node-modules`, then `yarn install`"
    )


def _judged(graph: ModuleGraph, problems: list[_Problem]) -> Loaded:
    """Problems on the way that every run takes are errors; others happen when they happen."""
    always = graph.always_evaluated()
    judged: list[Diagnostic] = []
    for problem in problems:
        request = problem.request
        if request is not None and request.reach == "guarded":
            continue
        certain = problem.module in always and (request is None or request.reach == "always")
        certain &= problem.diagnostic.severity == "error"
        judged.append(replace(problem.diagnostic, severity="error" if certain else "warning"))
    return Loaded(graph=graph, problems=tuple(judged))


def _entry_language(entry: Location, loading: Loading) -> Language | None:
    language = language_of(entry, "import", None, world=loading.world)
    if not isinstance(language, ResolutionFailure):
        return language
    place = Place(file=display_name(entry, loading.root))
    problem = errors.unresolved(language.code, language.message, place, language.hint)
    raise errors.InputError(problem)


def display_name(location: Location, root: Location) -> str:
    """Return what to call the file at *location*: its path from the application's folder."""
    file = file_of(location)
    ups = ""
    while (path := relative_path(file, root)) is None:
        if root == parent_of(root):
            return base_name(file)
        root, ups = parent_of(root), ups + "../"
    return ups + path
