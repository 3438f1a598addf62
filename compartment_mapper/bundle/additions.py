"""Modules that a tool requests at run time: plugins and configuration files of its project.

They are resolved, scanned and mapped by the code that makes archives. The policy of a package is
decided when it gets its first module, and stays the same after that. Only files of the project and
of packages that are installed for it are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from compartment_mapper.archive.compartment_map import CompartmentMap
from compartment_mapper.archive.mapping import (
    Names,
    installed_names,
    map_compartments,
    more_links,
)
from compartment_mapper.archive.writer import sha512_hex
from compartment_mapper.bundle.application import (
    Application,
    Options,
    Powers,
    all_uses,
    decided_policy,
    given_to,
    loading_of,
)
from compartment_mapper.bundle.bundling import by_path, compiled_modules
from compartment_mapper.graph.loader import load_more
from compartment_mapper.graph.module_graph import Edge, FileTarget, Module, ModuleGraph
from compartment_mapper.graph.module_ids import file_of, location_as
from compartment_mapper.graph.package_graph import PackageGraph, graph_packages
from compartment_mapper.graph.targets import language_for
from compartment_mapper.inference.addons import addons_of
from compartment_mapper.inference.decision import GivenPolicy, ScannedApplication
from compartment_mapper.inference.project_files import open_packages, uses_with_files
from compartment_mapper.locations import (
    ROOT_NAME,
    CanonicalName,
    Location,
    Specifier,
    location_of_path,
    path_of,
)
from compartment_mapper.policy.model import PackagePolicy, Policy
from compartment_mapper.records.languages import LANGUAGES, Language
from compartment_mapper.records.module_record import RESOLVES, ModuleRequest, RequestKind
from compartment_mapper.resolve.installed import is_installed
from compartment_mapper.resolve.resolver import (
    FileResolution,
    ResolutionFailure,
    ResolverContext,
    resolver_context,
)
from compartment_mapper.resolve.specifiers import descriptor_of, package_root
from compartment_mapper.resolve.typescript import resolve_for
from compartment_mapper.text import Span

if TYPE_CHECKING:
    from compartment_mapper.graph.loading import Loading


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTimeRequest:
    """A request that the archive has no module for."""

    #: The compartment of the requesting package.
    compartment: str
    #: The module that requests; for `createRequire`, the given file.
    referrer: Location
    kind: RequestKind
    specifier: Specifier
    #: As in `ModuleRequest`.
    attribute_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No module: the request throws."""

    code: str
    message: str
    #: Where a request of an added module fails; empty if the request itself does.
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """No module: the policy of the requesting package does not link it to *package*."""

    package: CanonicalName


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Only a path."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A module, with the compartments and files that the runtime does not have yet."""

    compartment: str
    module: str
    map: CompartmentMap
    files: Mapping[str, bytes]


Answer = Refused | Denied | Resolved | Added


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A file that a request may get."""

    location: Location
    language: Language | None
    #: Its package.
    package: Location


@dataclass(slots=True)
class OpenApplication:
    """The application that a tool runs in, with the modules that were added to it."""

    root: Location
    options: Options
    powers: Powers
    #: The map of the archive and of everything that was added.
    map: CompartmentMap
    modules: Mapping[Location, Module] = field(default_factory=dict)
    #: Links that were found at run time: edges by the requesting package.
    links: list[tuple[Location, Edge]] = field(default_factory=list)

    def answer(self, request: RunTimeRequest) -> Answer:
        """Return what *request* gets, and remember it."""
        given = given_to(self.options, self.root, self.powers.read)
        context = self._context(given)
        loading = self._loading(context)
        found = self._found(request, loading)
        if isinstance(found, Refused):
            return found
        if request.attribute_type == RESOLVES:
            return Resolved(path=path_of(found.location))
        loaded = load_more(
            found.location,
            found.language,
            known=self.modules,
            loading=loading,
        )
        problem = next((each for each in loaded.problems if each.severity == "error"), None)
        if problem is not None:
            place = f"{problem.place}" if problem.place else ""
            return Refused(code=problem.code, message=problem.message, place=place)
        graph = loaded.graph
        packages = graph_packages(
            graph, root=self.root, context=context, known=self._known_packages
        )
        target = packages.owner_of(found.location)
        asker = self._label(request.compartment)
        if not self._may_link(given, asker, target.canonical_name, context):
            return Denied(package=target.canonical_name)
        self.modules = graph.modules
        self._remember(request, found)
        return self._added(found, graph, packages, given=given, loading=loading)

    def complete(self, application: Application) -> Application:
        """Return *application* with everything that was added, for its policy file."""
        modules = {**application.modules.modules, **self.modules}
        for asker, edge in self.links:
            if asker in modules:
                own = modules[asker]
                modules[asker] = replace(own, edges=(*own.edges, edge))
        graph = ModuleGraph(entry=application.modules.entry, modules=modules)
        context = resolver_context(conditions=self.options.conditions, powers=self.powers.read)
        # A policy names packages as the next run does.
        packages = graph_packages(
            graph, root=self.root, context=context, known=self._known_packages
        )
        loading = self._loading(context)
        uses = all_uses(graph, packages, self.options, loading)
        scanned = ScannedApplication(root=self.root, modules=graph, packages=packages, uses=uses)
        return replace(application, scanned=scanned)

    @property
    def _known_packages(self) -> dict[Location, CanonicalName]:
        return {
            location_of_path(f"/{name}/"): compartment.label
            for name, compartment in self.map.compartments.items()
            if not name.startswith("<")
        }

    def _context(self, given: GivenPolicy | None) -> ResolverContext:
        # A new one for each request: tools write files that they load.
        context = resolver_context(conditions=self.options.conditions, powers=self.powers.read)
        policy = given.policy if given else None
        grants, platforms = self.options.grants, self.options.platforms
        return replace(context, addons=addons_of(policy, grants, platforms=platforms))

    def _loading(self, context: ResolverContext) -> Loading:
        known = frozenset(self._known_packages)
        loading = loading_of(context, self.root, self.powers, is_closed=True)
        return replace(loading, known_packages=known)

    def _label(self, compartment: str) -> CanonicalName:
        known = self.map.compartments.get(compartment)
        return known.label if known else CanonicalName(compartment)

    def _found(self, request: RunTimeRequest, loading: Loading) -> _Found | Refused:
        found = resolve_for(
            request.specifier,
            referrer=request.referrer,
            kind=request.kind,
            context=loading.context,
            application=self.root,
        )
        if isinstance(found, ResolutionFailure):
            return Refused(code=found.code, message=found.message)
        if not isinstance(found, FileResolution):
            return _missing(request)
        package = package_root(found.location, descriptors=loading.context.descriptors)
        if not is_installed(
            found.location,
            specifier=request.specifier,
            referrer=request.referrer,
            is_loaded=False,
            project=loading.project,
        ):
            return _missing(request)
        if request.attribute_type == RESOLVES:
            return _Found(location=found.location, language=None, package=package)
        own = ModuleRequest(
            specifier=request.specifier,
            kind=request.kind,
            span=Span(0, 0),
            reach="maybe",
            attribute_type=request.attribute_type,
        )
        language = language_for(found.location, own, loading)
        if isinstance(language, ResolutionFailure):
            return Refused(code=language.code, message=language.message)
        named = language if language and not LANGUAGES[language]["extensions"] else None
        location = location_as(found.location, named) if named else found.location
        return _Found(location=location, language=language, package=package)

    def _may_link(
        self,
        given: GivenPolicy | None,
        asker: CanonicalName,
        target: CanonicalName,
        context: ResolverContext,
    ) -> bool:
        if asker == target or self.options.allow_all:
            return True
        if given is not None:
            policy = given.policy.of(asker)
            if policy.packages == "any":  # the application is never included
                return target != ROOT_NAME
            if policy.decision("packages", target) is not None:
                return policy.allows("packages", target)
            return given.policy.harmless and self._declares(asker, target, context)
        if self.options.infer:
            return True
        return self._declares(asker, target, context)

    def _declares(
        self, asker: CanonicalName, target: CanonicalName, context: ResolverContext
    ) -> bool:
        """Return whether package.json of *asker* declares *target*."""
        folders = {label: folder for folder, label in self._known_packages.items()}
        folder = folders.get(asker)
        descriptor = None if folder is None else descriptor_of(folder, context.descriptors)
        name = target.rpartition(">")[2]
        return descriptor is not None and name in descriptor.declared

    def _remember(self, request: RunTimeRequest, found: _Found) -> None:
        asked = ModuleRequest(
            specifier=request.specifier, kind=request.kind, span=Span(0, 0), reach="maybe"
        )
        edge = Edge(request=asked, target=FileTarget(location=found.location), named=True)
        self.links.append((request.referrer, edge))

    def _added(
        self,
        found: _Found,
        graph: ModuleGraph,
        packages: PackageGraph,
        *,
        given: GivenPolicy | None,
        loading: Loading,
    ) -> Added:
        names = installed_names(packages)
        new = {
            location: module
            for location, module in graph.modules.items()
            if not self._has(location, names)
        }
        more = ModuleGraph(entry=graph.entry, modules=new)
        tables = more_links(more, names, self.map.compartments)
        stored = compiled_modules(graph, tables, names, only=new)
        compartment_map = map_compartments(
            more,
            tables,
            policy=self._policy(graph, packages, given=given, loading=loading)
            if self._has_new(tables, names)
            else Policy(entry=PackagePolicy(), resources={}),
            names=names,
            attenuators={},
            sha512_of=lambda location: sha512_hex(stored[location]),
        )
        compartments = {
            name: replace(compartment, policy=None) if self._is_decided(name) else compartment
            for name, compartment in compartment_map.compartments.items()
        }
        self._keep(replace(compartment_map, compartments=compartments))
        return Added(
            compartment=names.compartment_of(found.location),
            module=names.module_name(found.location),
            map=replace(compartment_map, compartments=compartments),
            files=by_path(stored, names),
        )

    def _has(self, location: Location, names: Names) -> bool:
        compartment = self.map.compartments.get(names.compartment_of(location))
        return compartment is not None and names.module_name(location) in compartment.modules

    def _is_decided(self, name: str) -> bool:
        return name in self.map.compartments

    def _has_new(self, tables: Mapping[Location, object], names: Names) -> bool:
        return any(not self._is_decided(names.compartments[root]) for root in tables)

    def _policy(
        self,
        graph: ModuleGraph,
        packages: PackageGraph,
        *,
        given: GivenPolicy | None,
        loading: Loading,
    ) -> Policy:
        """Return the policies of the packages of *graph*, as for an archive."""
        known = self._known_packages
        folders = [folder for folder in open_packages(graph, packages) if folder not in known]
        uses = uses_with_files(graph, packages, folders, loading)
        scanned = ScannedApplication(root=self.root, modules=graph, packages=packages, uses=uses)
        return decided_policy(given, self.options, scanned)

    def _keep(self, more: CompartmentMap) -> None:
        known = dict(self.map.compartments)
        for name, compartment in more.compartments.items():
            before = known.get(name)
            known[name] = (
                compartment
                if before is None
                else replace(before, modules={**before.modules, **compartment.modules})
            )
        self.map = replace(self.map, compartments=known)


def _missing(request: RunTimeRequest) -> Refused:
    code = "MODULE_NOT_FOUND" if request.kind == "require" else "ERR_MODULE_NOT_FOUND"
    file = path_of(file_of(request.referrer))
    more = "" if request.kind == "require" else f" imported from {file}"
    return Refused(code=code, message=f"Cannot find module '{request.specifier}'{more}")
