"""The stages, in order: from an entry to an archive, and what is told on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from compartment_mapper import errors
from compartment_mapper.archive import map_bytes, pack, sha512_hex
from compartment_mapper.browser_field import BROWSER
from compartment_mapper.chosen_assets import with_chosen_assets
from compartment_mapper.compartment_map import CompartmentMap
from compartment_mapper.compile import compiled, program_of, with_source_map
from compartment_mapper.erasure import ErasePowers
from compartment_mapper.errors import Diagnostic, InputError, Place
from compartment_mapper.infer_policy import (
    Use,
    allow_all,
    policy_of,
    undeclared_links,
    uses_of,
    with_hardening,
    withheld,
)
from compartment_mapper.link import Exports, link_problems
from compartment_mapper.load import (
    Loading,
    ScanHere,
    ScanPowers,
    SyntaxPowers,
    bytes_location,
    display_name,
    is_list_of_entries,
    is_on_disk,
    load_modules,
)
from compartment_mapper.locations import Location, Specifier, base_name, parent_of
from compartment_mapper.mapping import (
    PARSERS,
    LinkTable,
    Names,
    archive_names,
    asset_key,
    link_tables,
    map_compartments,
)
from compartment_mapper.module_graph import Module, ModuleGraph
from compartment_mapper.outcome import Format, Replaceable
from compartment_mapper.package_graph import PackageGraph, graph_packages
from compartment_mapper.policy import Policy
from compartment_mapper.policy_choice import (
    GivenPolicy,
    PolicyFile,
    Seen,
    given_policy,
    hardened_packages,
    policy_beside,
    policy_problems,
    with_named_grants,
)
from compartment_mapper.policy_lock import policy_from_uses, with_harmless, with_open_packages
from compartment_mapper.powers import ReadPowers
from compartment_mapper.record_codec import interface_of
from compartment_mapper.resolve import FileResolution, World, resolve, world_of
from compartment_mapper.runtime_needs import RuntimeNeed, runtime_needs
from compartment_mapper.script import ModuleExports, ScriptOptions, script_bytes
from compartment_mapper.source_maps import SourceMap, source_map_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a user chooses for a bundle."""

    conditions: frozenset[str] = frozenset()
    #: Where the application may begin instead: files of the same package.
    others: tuple[Location, ...] = ()
    #: Files that are bundled as they are: ``GLOB`` or ``PACKAGE:GLOB``.
    assets: tuple[str, ...] = ()
    compress: bool = False
    #: The source maps of what is bundled are bundled too.
    source_maps: bool = False
    format: Format = "archive"
    #: Of a script: the global variable that gets the entry's namespace.
    global_name: str | None = None
    infer: bool = False
    allow_all: bool = False
    #: What is granted by name beside the rest: ``PACKAGE:AUTHORITY``.
    grants: tuple[str, ...] = ()
    policy: PolicyFile | None = None
    #: What is said instead of the policy, path by path.
    override: PolicyFile | None = None
    #: A policy that says nothing of a power that is used is an error.
    enforces: bool = True
    #: Without any of the above, a policy beside the application's package.json holds.
    finds_policy: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """What a bundle needs of the host."""

    read: ReadPowers
    engine: SyntaxPowers
    erase: ErasePowers
    progress: Callable[[int], None]
    scans: ScanPowers = field(default_factory=ScanHere)
    #: Called with the name of each stage that has come to its end.
    ended: Callable[[str], None] = lambda _stage: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application that was loaded: its graphs, its authority, and what is to be said of it."""

    seen: Seen
    #: What holds, the harmless part written out.
    policy: Policy
    #: The name of the file that it comes from; None for what was inferred.
    policy_file: str | None
    #: The modules that narrow grants, by the specifiers that the policy has.
    attenuators: Mapping[str, Location]
    warnings: tuple[Diagnostic, ...]
    #: Whether the host is a page.
    in_page: bool = False

    @property
    def root(self) -> Location:
        """The folder of its own package."""
        return self.seen.root

    @property
    def modules(self) -> ModuleGraph:
        """Its modules."""
        return self.seen.modules

    @property
    def packages(self) -> PackageGraph:
        """Its packages."""
        return self.seen.packages

    @property
    def uses(self) -> tuple[Use, ...]:
        """What its packages use, the first use of each."""
        return self.seen.uses

    @property
    def withheld(self) -> list[Use]:
        """What packages use and the policy does not grant."""
        return withheld(self.uses, self.policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An archive or a script, and what it is made of."""

    application: Application
    map: CompartmentMap
    content: bytes
    #: Of ``compartment-map.json``, which holds the hash of every module.
    sha512: str
    #: Bytes stored for each file.
    sizes: Mapping[str, int]
    #: Why Endo's own reader can't run it.
    needs: tuple[RuntimeNeed, ...]
    #: The application's own modules that other texts may take the place of.
    replaceable: Mapping[Location, Replaceable]


def load_application(entry: Location, *, options: Options, powers: Powers) -> Application:
    """Return the application that begins at *entry*, a file or the folder of a package.

    Raises:
        InputError: All problems of the input.
    """
    world = world_of(conditions=options.conditions, powers=powers.read)
    root = _application_root(entry, world)
    main = _entry_file(entry, world)
    others = _other_entries(options.others, main, root, world)
    given = _given_policy(options, root, powers.read)
    attenuators = _attenuators(given.policy if given else None, root, world)
    loading = Loading(
        world=world,
        read=powers.read,
        engine=powers.engine,
        erase=powers.erase,
        scans=powers.scans,
        progress=powers.progress,
        root=root,
    )
    loaded = load_modules(main, others=others, also=attenuators.values(), loading=loading)
    powers.ended("load")
    problems = (*loaded.problems, *link_problems(loaded.graph, root=root))
    if any(problem.severity == "error" for problem in problems):
        raise InputError(*problems)
    modules, packages = _with_chosen(loaded.graph, root, options, world)
    uses = tuple(uses_of(modules, packages))
    seen = Seen(root=root, modules=modules, packages=packages, uses=uses)
    if given is not None:
        more = with_named_grants(given.policy, options.grants, seen.names)
        given = GivenPolicy(policy=more, file=given.file)
    misfits = tuple(policy_problems(given, seen)) if given and options.enforces else ()
    if any(problem.severity == "error" for problem in misfits):
        raise InputError(*misfits)
    inferred = uses if options.infer and given is None else ()
    undeclared = undeclared_links(inferred, modules, packages, root=root)
    powers.ended("judge")
    return Application(
        seen=seen,
        policy=_decided_policy(given, options, seen),
        policy_file=given.file if given else None,
        attenuators=attenuators,
        warnings=(*problems, *undeclared, *misfits),
        in_page=BROWSER in options.conditions,
    )


def _decided_policy(given: GivenPolicy | None, options: Options, seen: Seen) -> Policy:
    """Return the policy that holds: everything is written out, the harmless and the hardened."""
    if options.allow_all and given is None:
        return allow_all(seen.packages)
    if given is None:
        own = policy_of(seen.uses, seen.packages, infer=options.infer)
        policy = with_named_grants(own, options.grants, seen.names)
    else:
        policy = with_harmless(given.policy, seen.uses)
    hardened = hardened_packages(seen, believed=options.infer)
    return with_hardening(policy, seen.packages, hardened)


def inferred_policy(application: Application) -> Policy:
    """Return the policy file that follows from what is seen, with the place of each first use."""

    def place_of(use: Use) -> str:
        place = place_in(application, use)
        return f"{place.file}:{place.position.line if place.position else 0}"

    seen = application.seen
    policy = policy_from_uses(seen.uses, seen.modules, seen.packages, place_of)
    kept_open = hardened_packages(seen, believed=False) - hardened_packages(seen, believed=True)
    return with_open_packages(policy, kept_open)


def place_in(application: Application, use: Use) -> Place:
    """Return where a use is, with its code frame."""
    return application.seen.place_of(use.module, use.span)


def _with_chosen(
    modules: ModuleGraph, root: Location, options: Options, world: World
) -> tuple[ModuleGraph, PackageGraph]:
    """Return the graphs of *modules* and of the files that the user chose."""
    packages = graph_packages(modules, root=root, world=world)
    if not options.assets:
        return modules, packages
    more = with_chosen_assets(modules, packages, choices=options.assets, read=world.powers)
    return more, graph_packages(more, root=root, world=world)


def bundle(entry: Location, *, options: Options, powers: Powers) -> Bundle:
    """Return the archive, or the script, of the application that begins at *entry*.

    Raises:
        InputError: All problems of the input.
    """
    application = load_application(entry, options=options, powers=powers)
    names = archive_names(application.packages)
    tables = link_tables(application.modules, names)
    maps: Mapping[Location, SourceMap] = {}
    if options.source_maps:
        maps, problems = _source_maps(application, names, powers.read)
        application = replace(application, warnings=(*application.warnings, *problems))
    stored = _compiled(application.modules, tables, names)
    for location, source_map in maps.items():
        stored[location] = with_source_map(stored[location], source_map)
    _check_doubted(application, stored, powers.engine)
    powers.ended("compile")
    compartment_map = map_compartments(
        application.modules,
        tables,
        policy=application.policy,
        names=names,
        attenuators=application.attenuators,
        sha512_of=lambda location: sha512_hex(stored[location]),
    )
    files = {
        names.compartment_of(location) + names.module_name(location)[1:]: content
        for location, content in stored.items()
    }
    map_text = map_bytes(compartment_map)
    is_archive = options.format == "archive"
    needs = runtime_needs(compartment_map, files, deflated=options.compress) if is_archive else ()
    powers.ended("map")
    sha512 = sha512_hex(map_text)
    if is_archive:
        content = pack(compartment_map, files, compress=options.compress, map_text=map_text)
    else:
        script = _script_options(application.modules, options)
        content = script_bytes(compartment_map, files, sha512=sha512, options=script)
    made = Bundle(
        application=application,
        map=compartment_map,
        content=content,
        sha512=sha512,
        sizes={path: len(content) for path, content in files.items()},
        needs=needs,
        # A new text may name another map.
        replaceable=(
            _replaceable(application, tables, names, stored) if is_archive and not maps else {}
        ),
    )
    powers.ended("pack")
    return made


def _replaceable(
    application: Application,
    tables: Mapping[Location, LinkTable],
    names: Names,
    stored: Mapping[Location, bytes],
) -> dict[Location, Replaceable]:
    """Return the programs of the application's own package that nothing was said of."""
    if application.policy_file is not None or application.in_page:
        return {}  # a policy may be for these very files; pages have names of their own
    warned = {problem.place.file for problem in application.warnings if problem.place}
    warned |= {place_in(application, use).file for use in application.withheld}
    modules = application.modules
    in_cycles = modules.in_cycles()
    found: dict[Location, Replaceable] = {}
    for location, owner in names.packages.owners.items():
        record = modules.modules[location].record
        if (
            owner == application.root
            and is_on_disk(location)
            and record.language in {"mjs", "cjs"}
            and not (record.doubt or record.refusals or record.syntax_error)
            and modules.modules[location].origin is None  # else its types must be erased first
            and bytes_location(location) not in modules.modules
            and display_name(location, application.root) not in warned
        ):
            found[location] = Replaceable(
                compartment=names.compartment_of(location),
                key=names.module_name(location),
                parser=PARSERS[record.language],
                sha512=sha512_hex(stored[location]),
                asked=modules.modules[location].asked,
                in_cycle=location in in_cycles,
                keys=tuple(_keys(modules.modules[location], modules, tables, names)),
                exports=modules.cjs_export_names(location) if record.language == "cjs" else (),
                interface=interface_of(record),
            )
    return found


def _script_options(modules: ModuleGraph, options: Options) -> ScriptOptions:
    exports = None
    if options.format == "module":
        exports = ModuleExports(
            names=tuple(Exports(modules).names(modules.entry)), awaits=modules.awaits()
        )
    return ScriptOptions(
        node_env="development" if "development" in options.conditions else "production",
        global_name=options.global_name,
        exports=exports,
    )


def _check_doubted(
    application: Application, stored: Mapping[Location, bytes], engine: SyntaxPowers
) -> None:
    """Raise for modules that the engine takes, and that we compiled to what it does not take.

    The grammar did not understand them, so their edits may be wrong.
    """
    always = application.modules.always_evaluated()
    problems = [
        errors.not_understood(
            module.place(display_name(location, application.root), module.record.doubt)
        )
        for location, module in application.modules.modules.items()
        if module.record.doubt is not None
        and module.record.syntax_error is None
        and location in always
        and engine.syntax_problem(program_of(stored[location]), "cjs") is not None
    ]
    if problems:
        raise InputError(*problems)


def _compiled(
    modules: ModuleGraph,
    tables: Mapping[Location, LinkTable],
    names: Names,
) -> dict[Location, bytes]:
    in_cycles = modules.in_cycles()
    return {
        location: _stored(
            module,
            modules,
            in_cycle=location in in_cycles,
            keys=_keys(module, modules, tables, names),
        )
        for location, module in modules.modules.items()
    }


def _keys(
    module: Module, modules: ModuleGraph, tables: Mapping[Location, LinkTable], names: Names
) -> list[str]:
    """Return the further names of what a module requests and looks at."""
    table = tables[names.packages.owners[module.location]]
    assets = (asset_key(names.module_name(asset)) for asset in module.assets)
    entries = modules.others if is_list_of_entries(module.location) else ()
    return [
        *_own_keys(table, module.location),
        *assets,
        *(names.module_name(entry) for entry in entries),
    ]


def _own_keys(table: LinkTable, location: Location) -> list[str]:
    """Return the keys of the archive's own that a module requests by."""
    resolutions = table.resolutions.get(location, {})
    return [key for keys in resolutions.values() for key in keys.values() if key in table.links]


def _source_maps(
    application: Application, names: Names, read: ReadPowers
) -> tuple[dict[Location, SourceMap], list[Diagnostic]]:
    """Return the maps that programs name, and what is wrong with those that are none."""
    found: dict[Location, SourceMap] = {}
    problems: list[Diagnostic] = []
    for location, module in application.modules.modules.items():
        if module.record.language not in {"mjs", "cjs"} or module.origin is not None:
            continue
        package = names.packages.owners[location]
        source_map = source_map_of(location, module.source, package=package, read=read)
        if isinstance(source_map, Diagnostic):
            place = Place(file=display_name(location, application.root))
            problems.append(replace(source_map, place=place))
        elif source_map is not None:
            found[location] = source_map
    return found, problems


def _stored(
    module: Module,
    modules: ModuleGraph,
    *,
    in_cycle: bool,
    keys: list[str],
) -> bytes:
    match module.record.language:
        case "mjs" | "cjs":
            is_cjs = module.record.language == "cjs"
            exports = modules.cjs_export_names(module.location) if is_cjs else ()
            return compiled(
                module.record,
                module.source,
                in_cycle=in_cycle,
                keys=keys,
                exports=exports,
                origin=module.origin,
            )
        case _:
            return module.source


def _application_root(entry: Location, world: World) -> Location:
    folder = entry if entry.endswith("/") else parent_of(entry)
    while True:
        descriptor = world.descriptors(folder)
        if isinstance(descriptor, Diagnostic):
            raise InputError(descriptor)
        if descriptor is not None:
            return folder
        if folder == parent_of(folder):
            raise InputError(errors.entry_outside_package(base_name(entry)))
        folder = parent_of(folder)


def _entry_file(entry: Location, world: World) -> Location:
    """Return the file to begin at; of a folder, what ``node FOLDER`` would run."""
    if not entry.endswith("/"):
        return entry
    specifier = Specifier(f"./{base_name(entry)}")
    found = resolve(
        specifier, referrer=Location(entry.rstrip("/") + ".js"), kind="require", world=world
    )
    if not isinstance(found, FileResolution):
        raise InputError(
            replace(
                errors.entry_not_found(base_name(entry)),
                message=f"the folder '{base_name(entry)}' has no main file",
                hint='say which: "main": "./index.js" in its package.json',
            )
        )
    return found.location


def _other_entries(
    others: tuple[Location, ...], main: Location, root: Location, world: World
) -> tuple[Location, ...]:
    """Return the files that *others* mean, each once."""
    strangers = [other for other in others if _application_root(other, world) != root]
    if strangers:
        names = [base_name(entry) for entry in (main, strangers[0])]
        raise InputError(errors.entries_of_two_packages(*names))
    files = dict.fromkeys(_entry_file(other, world) for other in others)
    return tuple(file for file in files if file != main)


def _given_policy(options: Options, root: Location, read: ReadPowers) -> GivenPolicy | None:
    policy, override = options.policy, options.override
    if policy is None and options.finds_policy and not (options.infer or options.allow_all):
        policy, beside = policy_beside(root, read)
        override = override or beside
    return given_policy(policy, override)


def _attenuators(policy: Policy | None, root: Location, world: World) -> dict[str, Location]:
    """Return the attenuators of *policy*: modules of the application or its dependencies."""
    found: dict[str, Location] = {}
    for specifier in policy.attenuators() if policy else ():
        resolution = resolve(
            Specifier(specifier),
            referrer=Location(root + "package.json"),
            kind="import",
            world=world,
        )
        if not isinstance(resolution, FileResolution):
            raise InputError(
                errors.invalid_policy(
                    "the policy",
                    f"there is no attenuator '{specifier}'",
                    "an attenuator is a module of a dependency of the application",
                )
            )
        found[specifier] = resolution.location
    return found
