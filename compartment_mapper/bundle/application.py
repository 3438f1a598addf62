"""The stages from an entry to an application, in order."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from compartment_mapper import errors
from compartment_mapper.bundle.build_result import Format, SourceMapForm
from compartment_mapper.bundle.review import installed_scripts, review_problems, state_of
from compartment_mapper.errors.diagnostic import Diagnostic, InputError, Place
from compartment_mapper.graph.assets import with_included_assets
from compartment_mapper.graph.commonjs_names import commonjs_name_problems
from compartment_mapper.graph.link import link_problems
from compartment_mapper.graph.loader import load_modules
from compartment_mapper.graph.loading import Loaded, Loading
from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.graph.package_graph import PackageGraph, graph_packages
from compartment_mapper.graph.tree_shaking import without_unused
from compartment_mapper.inference.addons import (
    addon_warnings,
    addons_of,
    unknown_names,
    with_addons,
)
from compartment_mapper.inference.decision import (
    GivenPolicy,
    PolicyFile,
    ScannedApplication,
    given_policy,
    hardened_packages,
    policy_beside,
    policy_problems,
    with_named_grants,
)
from compartment_mapper.inference.hardening import with_hardening
from compartment_mapper.inference.links import doubtful_links
from compartment_mapper.inference.policies import allow_all, denied, policy_of
from compartment_mapper.inference.policy_file import (
    policy_from_uses,
    with_harmless,
    with_open_packages,
)
from compartment_mapper.inference.project_files import open_packages, uses_with_files
from compartment_mapper.inference.project_scope import within_project
from compartment_mapper.inference.shims import (
    modules_of_shims,
    shim_files,
    shim_proposals,
    with_shims,
    with_shims_of,
)
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.inference.uses import uses_of
from compartment_mapper.locations import (
    CanonicalName,
    Location,
    Specifier,
    base_name,
    parent_of,
)
from compartment_mapper.policy.model import InstallScripts, Policy
from compartment_mapper.powers import (
    MinifyPowers,
    ReadPowers,
    ScanPowers,
    ShimPowers,
    StripPowers,
    SyntaxPowers,
)
from compartment_mapper.resolve.addons import REFUSED_ADDON
from compartment_mapper.resolve.browser_field import BROWSER
from compartment_mapper.resolve.resolver import (
    FileResolution,
    ResolverContext,
    resolve,
    resolver_context,
)
from compartment_mapper.scan.scanner import ScanHere


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a bundle."""

    conditions: frozenset[str] = frozenset()
    #: Additional entries: files of the same package.
    others: tuple[Location, ...] = ()
    #: Files to bundle unchanged: ``GLOB`` or ``PACKAGE:GLOB``.
    assets: tuple[str, ...] = ()
    compress: bool = False
    #: Whether to remove modules without observable effects: `tree_shaking`.
    tree_shakes: bool = False
    source_map: SourceMapForm = "none"
    #: Whether to minify with the application's esbuild.
    minify: bool = False
    format: Format = "archive"
    #: For a script: the global variable that holds the namespace of the entry.
    global_name: str | None = None
    infer: bool = False
    allow_all: bool = False
    #: Additional grants by name: ``PACKAGE:CAPABILITY``.
    grants: tuple[str, ...] = ()
    #: The platforms whose native addons are packed, as Node names them: ``linux-x64``.
    platforms: tuple[str, ...] = ()
    #: Modules to run before the lockdown: ``core-js/actual/iterator``.
    shims: tuple[str, ...] = ()
    policy: PolicyFile | None = None
    #: Overrides of the policy, path by path.
    override: PolicyFile | None = None
    #: Whether a used capability that the policy does not cover is an error.
    enforces: bool = True
    #: Whether a package that differs from the one in the policy is an error.
    frozen: bool = False
    #: Whether to use the policy beside the application's package.json if no option sets one.
    finds_policy: bool = True
    #: Whether to look at the install scripts of all installed packages.
    reads_install_scripts: bool = False
    #: The folder of the application, if the entry is a tool that is installed in it. It may load
    #: more modules at run time, see `additions`; its packages see the places of their files.
    project: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """The host interfaces that a bundle needs."""

    read: ReadPowers
    engine: SyntaxPowers
    strip: StripPowers
    minify: MinifyPowers
    shims: ShimPowers
    progress: Callable[[int], None]
    scans: ScanPowers = field(default_factory=ScanHere)
    #: Called with the name of each finished stage.
    ended: Callable[[str], None] = lambda _stage: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A loaded application: its graphs, policy and diagnostics."""

    scanned: ScannedApplication
    #: The effective policy, with harmless grants written out.
    policy: Policy
    #: The name of its file; None if it was inferred.
    policy_file: str | None
    #: The attenuators of the policy, by their specifiers.
    attenuators: Mapping[str, Location]
    warnings: tuple[Diagnostic, ...]
    #: Whether dependencies are granted their inferred uses.
    infers: bool = False
    #: Whether the host is a page.
    in_page: bool = False
    #: The install scripts of all installed packages; empty unless asked for.
    install_scripts: Mapping[CanonicalName, InstallScripts] = field(default_factory=dict)
    #: The number of modules that tree shaking removed; None without tree shaking.
    unused: int | None = None
    #: Whether the entry is a tool that is installed in the application.
    is_tool: bool = False

    @property
    def root(self) -> Location:
        """The folder of its own package."""
        return self.scanned.root

    @property
    def modules(self) -> ModuleGraph:
        """Its modules."""
        return self.scanned.modules

    @property
    def packages(self) -> PackageGraph:
        """Its packages."""
        return self.scanned.packages

    @property
    def uses(self) -> tuple[CapabilityUse, ...]:
        """The first use of each capability by its packages."""
        return self.scanned.uses

    @property
    def denied(self) -> list[CapabilityUse]:
        """The uses that the policy does not grant."""
        return denied(self.uses, self.policy)


def load_application(entry: Location, *, options: Options, powers: Powers) -> Application:
    """Return the application with *entry*, a file or the folder of a package.

    Raises:
        InputError: All problems of the input.
    """
    context = resolver_context(conditions=options.conditions, powers=powers.read)
    root = options.project or _application_root(entry, context)
    main = _entry_file(entry, context)
    others = _other_entries(options.others, main, root, context)
    given = given_to(options, root, powers.read)
    policy = given.policy if given else None
    addons = addons_of(policy, options.grants, platforms=options.platforms)
    context = replace(context, addons=addons)
    attenuators = _attenuators(policy, root, context)
    shims = shim_files(policy, options.shims, root=root, context=context)
    also = (*attenuators.values(), *shims)
    loading = loading_of(context, root, powers, is_closed=options.project is not None)
    loaded = load_modules(main, others=others, also=also, loading=loading)
    powers.ended("load")
    problems = (
        *_with_grants_of_addons(loaded, root, context),
        *link_problems(loaded.graph, root=root),
        *commonjs_name_problems(loaded.graph, root=root, context=context),
    )
    _raise_errors(problems)
    used = _shaken(loaded.graph, also, options, context, powers)
    scanned = _scanned(used, root, shims, options, loading)
    if given is not None:
        more = with_named_grants(given.policy, _grants(options, scanned), scanned.names)
        given = GivenPolicy(policy=more, file=given.file)
    misfits = _misfits(given, options, scanned, context)
    _raise_errors(misfits)
    doubts = tuple(_doubts(given, options, scanned, shims, context))
    policy = decided_policy(given, options, scanned)
    file = given.file if given else None
    powers.ended("infer")
    return Application(
        scanned=scanned,
        policy=with_shims(policy, scanned, shims, file=file),
        policy_file=file,
        attenuators=attenuators,
        warnings=(*problems, *doubts, *misfits),
        infers=options.infer and given is None,
        in_page=BROWSER in options.conditions,
        install_scripts=installed_scripts(root, context) if options.reads_install_scripts else {},
        unused=len(loaded.graph.modules) - len(used.modules) if options.tree_shakes else None,
        is_tool=options.project is not None,
    )


def _raise_errors(problems: Sequence[Diagnostic]) -> None:
    if any(problem.severity == "error" for problem in problems):
        raise InputError(*problems)


def _scanned(
    used: ModuleGraph,
    root: Location,
    shims: Sequence[Location],
    options: Options,
    loading: Loading,
) -> ScannedApplication:
    modules, packages = _with_included(used, root, options, loading.context)
    before = modules_of_shims(modules, shims)
    uses = all_uses(modules, packages, options, loading, before=before)
    return ScannedApplication(root=root, modules=modules, packages=packages, uses=uses)


def _doubts(
    given: GivenPolicy | None,
    options: Options,
    scanned: ScannedApplication,
    shims: Sequence[Location],
    context: ResolverContext,
) -> Iterator[Diagnostic]:
    inferred = scanned.uses if options.infer and given is None else ()
    yield from doubtful_links(inferred, scanned.modules, scanned.packages, root=scanned.root)
    yield from addon_warnings(scanned, context=context)
    yield from shim_proposals(scanned, shims)


def _with_grants_of_addons(
    loaded: Loaded, root: Location, context: ResolverContext
) -> tuple[Diagnostic, ...]:
    """Return the problems of loading, with the grant of each refused addon as the hint."""
    if all(problem.code != REFUSED_ADDON for problem in loaded.problems):
        return loaded.problems
    packages = graph_packages(loaded.graph, root=root, context=context)
    scanned = ScannedApplication(root=root, modules=loaded.graph, packages=packages, uses=())
    hints = {found.place: found.hint for found in addon_warnings(scanned, context=context)}
    return tuple(
        replace(problem, hint=hints.get(problem.place, problem.hint))
        if problem.code == REFUSED_ADDON
        else problem
        for problem in loaded.problems
    )


def all_uses(
    modules: ModuleGraph,
    packages: PackageGraph,
    options: Options,
    loading: Loading,
    *,
    before: Container[Location] = (),
) -> tuple[CapabilityUse, ...]:
    """Return the first use of each capability by *packages*, except in modules *before*."""
    if options.project is None:
        return tuple(uses_of(modules, packages, page=BROWSER in options.conditions, before=before))
    # Their policies stay the same when they load more files at run time.
    folders = dict.fromkeys((*open_packages(modules, packages), options.project))
    return uses_with_files(modules, packages, folders, loading, before=before)


def loading_of(
    context: ResolverContext, root: Location, powers: Powers, *, is_closed: bool
) -> Loading:
    """Return the inputs of loading for the application in *root*."""
    return Loading(
        context=context,
        read=powers.read,
        engine=powers.engine,
        strip=powers.strip,
        scans=powers.scans,
        progress=powers.progress,
        root=root,
        is_closed=is_closed,
    )


def _shaken(
    graph: ModuleGraph,
    also: Iterable[Location],
    options: Options,
    context: ResolverContext,
    powers: Powers,
) -> ModuleGraph:
    if not options.tree_shakes:
        return graph
    found = without_unused(graph, also=also, context=context)
    powers.ended("tree-shake")
    return found


def _misfits(
    given: GivenPolicy | None,
    options: Options,
    scanned: ScannedApplication,
    context: ResolverContext,
) -> tuple[Diagnostic, ...]:
    unknown = tuple(unknown_names(_grants(options, scanned), scanned.names))
    if given is None or not options.enforces:
        return unknown
    frozen = options.frozen
    scripts: Mapping[CanonicalName, InstallScripts] = {}
    if given.policy.install_scripts is not None:
        scripts = installed_scripts(scanned.root, context, scanned.packages)
    if options.project is not None:  # other packages may be loaded at run time
        given = replace(given, policy=_reached(given.policy, scanned))
    return (
        *unknown,
        *policy_problems(given, scanned, frozen=frozen),
        *review_problems(given, scanned, scripts, frozen=frozen),
    )


def _reached(policy: Policy, scanned: ScannedApplication) -> Policy:
    """Return *policy* with the entries of reached packages only."""
    known = {name: own for name, own in policy.resources.items() if name in scanned.names}
    return replace(policy, resources=known)


def _grants(options: Options, scanned: ScannedApplication) -> tuple[str, ...]:
    """Return the grants on the command line; those of a tool may name packages of run time."""
    if options.project is None:
        return options.grants
    return _of_packages(options.grants, scanned)


def _of_packages(grants: Iterable[str], scanned: ScannedApplication) -> tuple[str, ...]:
    return tuple(each for each in grants if each.partition(":")[0] in scanned.names)


def decided_policy(
    given: GivenPolicy | None, options: Options, scanned: ScannedApplication
) -> Policy:
    """Return the effective policy, with harmless grants and hardened packages written out."""
    grants = _grants(options, scanned)
    if options.allow_all and given is None:
        return allow_all(scanned.packages)
    if given is None:
        own = policy_of(scanned.uses, scanned.packages, infer=options.infer)
        if options.project is not None:
            own = within_project(own)
            if options.infer:  # its files may load any package
                own = replace(own, entry=replace(own.entry, packages="any"))
        policy = with_named_grants(own, grants, scanned.names)
    else:
        policy = with_harmless(given.policy, scanned.uses)
    policy = with_addons(policy, grants, scanned)
    hardened = hardened_packages(scanned, believed=options.infer)
    return with_hardening(policy, scanned.packages, hardened)


def with_grants(policy: Policy, application: Application, grants: Iterable[str]) -> Policy:
    """Return *policy* with the grants on the command line to packages of *application*."""
    scanned = application.scanned
    named = _of_packages(grants, scanned)
    return with_addons(with_named_grants(policy, named, scanned.names), named, scanned)


def inferred_policy(application: Application, *, scopes: bool = True) -> Policy:
    """Return the inferred policy file, with the place of each first use.

    Args:
        application: The application.
        scopes: Whether grants are restricted to the hosts and files that the source shows.
    """

    def place_of(use: CapabilityUse) -> str:
        place = place_in(application, use)
        line = place.position.line if place.position else 0
        return f"{_in_any_layout(place.file)}:{line}"

    scanned = application.scanned
    policy = policy_from_uses(
        scanned.uses, scanned.modules, scanned.packages, place_of, scopes=scopes
    )
    if application.is_tool:
        policy = within_project(policy)
    kept_open = hardened_packages(scanned, believed=False) - hardened_packages(
        scanned, believed=True
    )
    state = state_of(scanned, application.install_scripts)
    policy = with_shims_of(with_open_packages(policy, kept_open), application.policy)
    return state.recorded_in(policy)


def _in_any_layout(file: str) -> str:
    """Return the path of a file in a policy: the same, wherever a package manager puts packages.

    >>> _in_any_layout("node_modules/.pnpm/b@1.0.0/node_modules/b/index.js")
    'node_modules/b/index.js'
    """
    folder = "node_modules/"
    found = file.rfind(folder)
    return file if found < 0 else file[found:]


def place_in(application: Application, use: CapabilityUse) -> Place:
    """Return the place of a use, with its code frame."""
    return application.scanned.place_of(use.module, use.span)


def _with_included(
    modules: ModuleGraph, root: Location, options: Options, context: ResolverContext
) -> tuple[ModuleGraph, PackageGraph]:
    """Return the graphs of *modules* and of the assets that the user chose."""
    packages = graph_packages(modules, root=root, context=context)
    if not options.assets:
        return modules, packages
    more = with_included_assets(modules, packages, choices=options.assets, read=context.powers)
    return more, graph_packages(more, root=root, context=context)


def _application_root(entry: Location, context: ResolverContext) -> Location:
    folder = entry if entry.endswith("/") else parent_of(entry)
    while True:
        descriptor = context.descriptors(folder)
        if isinstance(descriptor, Diagnostic):
            raise InputError(descriptor)
        if descriptor is not None:
            return folder
        if folder == parent_of(folder):
            raise InputError(errors.entry_outside_package(base_name(entry)))
        folder = parent_of(folder)


def _entry_file(entry: Location, context: ResolverContext) -> Location:
    """Return the entry file; for a folder, the file that ``node FOLDER`` runs."""
    if not entry.endswith("/"):
        return entry
    specifier = Specifier(f"./{base_name(entry)}")
    found = resolve(
        specifier, referrer=Location(entry.rstrip("/") + ".js"), kind="require", context=context
    )
    if not isinstance(found, FileResolution):
        raise InputError(
            replace(
                errors.entry_not_found(base_name(entry)),
                message=f"the folder '{base_name(entry)}' has no main file",
                hint='set one in its package.json: "main": "./index.js"',
            )
        )
    return found.location


def _other_entries(
    others: tuple[Location, ...], main: Location, root: Location, context: ResolverContext
) -> tuple[Location, ...]:
    """Return the files that *others* name, without duplicates."""
    strangers = [other for other in others if _application_root(other, context) != root]
    if strangers:
        names = [display_name(entry, root) for entry in (main, strangers[0])]
        raise InputError(errors.entries_of_two_packages(*names))
    files = dict.fromkeys(_entry_file(other, context) for other in others)
    return tuple(file for file in files if file != main)


def given_to(options: Options, root: Location, read: ReadPowers) -> GivenPolicy | None:
    """Return the policy for the application in *root* that the user provides, or None."""
    policy, override = options.policy, options.override
    if policy is None and options.finds_policy and not (options.infer or options.allow_all):
        policy, beside = policy_beside(root, read)
        override = override or beside
    return given_policy(policy, override)


def _attenuators(
    policy: Policy | None, root: Location, context: ResolverContext
) -> dict[str, Location]:
    """Return the attenuators of *policy*: modules of the application or its dependencies."""
    found: dict[str, Location] = {}
    for specifier in policy.attenuators() if policy else ():
        resolution = resolve(
            Specifier(specifier),
            referrer=Location(root + "package.json"),
            kind="import",
            context=context,
        )
        if not isinstance(resolution, FileResolution):
            raise InputError(
                errors.invalid_policy(
                    "the policy",
                    f"there is no attenuator '{specifier}'",
                    "an attenuator must be a module of one of the application's dependencies",
                )
            )
        found[specifier] = resolution.location
    return found
