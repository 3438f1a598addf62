"""Compile a loaded application, build its map, and pack everything into one file."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from compartment_mapper import errors
from compartment_mapper.archive.compartment_map import CompartmentMap
from compartment_mapper.archive.endo_compatibility import RuntimeNeed, runtime_needs
from compartment_mapper.archive.mapping import (
    LinkTable,
    Names,
    archive_names,
    asset_key,
    installed_names,
    link_tables,
    map_compartments,
)
from compartment_mapper.archive.script import ModuleExports, ScriptOptions, script_bytes
from compartment_mapper.archive.writer import map_bytes, pack, sha512_hex
from compartment_mapper.bundle.application import (
    Application,
    Options,
    Powers,
    load_application,
    place_in,
)
from compartment_mapper.bundle.build_result import Replaceable
from compartment_mapper.bundle.minify import Stored, esbuild_of, minified
from compartment_mapper.bundle.source_map_output import (
    installed_maps,
    map_file_bytes,
    written_files,
)
from compartment_mapper.compile import compiled, program_of, with_source_map
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.graph.link import Exports
from compartment_mapper.graph.module_graph import Module, ModuleGraph
from compartment_mapper.graph.module_ids import (
    bytes_location,
    display_name,
    is_list_of_entries,
    is_on_disk,
)
from compartment_mapper.inference.shims import (
    has_shims,
    restored_warnings,
    unrecorded,
    with_additions,
)
from compartment_mapper.locations import Location
from compartment_mapper.powers import SyntaxPowers
from compartment_mapper.records.codec import interface_of
from compartment_mapper.records.languages import LANGUAGES, is_program
from compartment_mapper.sources.source_maps import SourceMap

Of = TypeVar("Of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An archive or a script, and its parts."""

    application: Application
    map: CompartmentMap
    content: bytes
    #: The source map file to write beside it. Empty if there is none.
    map_file: bytes
    #: The hash of ``compartment-map.json``, which contains the hash of every module.
    sha512: str
    #: The stored bytes of each file.
    sizes: Mapping[str, int]
    #: The reason why Endo cannot run it.
    needs: tuple[RuntimeNeed, ...]
    #: The modules of the application whose source can be replaced.
    replaceable: Mapping[Location, Replaceable]


def bundle(entry: Location, *, options: Options, powers: Powers) -> Bundle:
    """Return the archive or the script of the application with *entry*.

    Raises:
        InputError: All problems of the input.
    """
    application = loaded(entry, options=options, powers=powers)
    return packed(application, options=options, powers=powers)


def loaded(entry: Location, *, options: Options, powers: Powers) -> Application:
    """Return the application with *entry*, and what its shims add in its policy.

    Raises:
        InputError: All problems of the input.
    """
    application = load_application(entry, options=options, powers=powers)
    if not unrecorded(application.policy):
        return application
    plain = replace(options, format="archive", minify=False, source_map="none")
    archive = packed(application, options=plain, powers=powers).content
    changes = powers.shims.changes(archive)
    return replace(
        application,
        policy=with_additions(application.policy, changes),
        warnings=(*application.warnings, *restored_warnings(changes)),
    )


def packed(application: Application, *, options: Options, powers: Powers) -> Bundle:
    """Return the archive or the script of *application*.

    Raises:
        InputError: A module or a source map cannot be compiled or minified.
    """
    named = archive_names if options.project is None else installed_names
    names = named(application.packages)
    tables = link_tables(application.modules, names)
    compiled_texts = compiled_modules(application.modules, tables, names)
    _check_doubted(application, compiled_texts, powers.engine)
    powers.ended("compile")
    application, texts = _shortened(application, compiled_texts, names, options, powers)
    stored = texts.modules if options.source_map != "inline" else _with_maps(texts)
    compartment_map = map_compartments(
        application.modules,
        tables,
        policy=application.policy,
        names=names,
        attenuators=application.attenuators,
        sha512_of=lambda location: sha512_hex(stored[location]),
    )
    files = by_path(stored, names)
    map_text = map_bytes(compartment_map)
    is_archive = options.format == "archive"
    # Minified modules need the same features, but the scan finds fewer of them.
    plain = by_path(compiled_texts, names)
    needs = runtime_needs(compartment_map, plain, deflated=options.compress) if is_archive else ()
    powers.ended("map")
    sha512 = sha512_hex(map_text)
    if is_archive:
        content = pack(compartment_map, files, compress=options.compress, map_text=map_text)
    else:
        script = _script_options(application.modules, options)
        content = script_bytes(compartment_map, files, sha512=sha512, options=script)
    is_beside = options.source_map == "file"
    made = Bundle(
        application=application,
        map=compartment_map,
        content=content,
        map_file=map_file_bytes(by_path(texts.maps, names), sha512=sha512) if is_beside else b"",
        sha512=sha512,
        sizes={path: len(content) for path, content in files.items()},
        needs=needs,
        replaceable=(
            _replaceable(application, tables, names, stored)
            if is_archive and not options.minify and options.source_map == "none"
            else {}
        ),
    )
    powers.ended("pack")
    return made


def _with_maps(stored: Stored) -> dict[Location, bytes]:
    return {
        **stored.modules,
        **{
            location: with_source_map(stored.modules[location], source_map.to_dict())
            for location, source_map in stored.maps.items()
        },
    }


def by_path(stored: Mapping[Location, Of], names: Names) -> dict[str, Of]:
    """Return *stored* by the paths of the files in the archive."""
    return {
        names.compartment_of(location) + names.module_name(location)[1:]: content
        for location, content in stored.items()
    }


def _shortened(
    application: Application,
    stored: Mapping[Location, bytes],
    names: Names,
    options: Options,
    powers: Powers,
) -> tuple[Application, Stored]:
    """Return the stored form of modules, minified if requested, and its source maps."""
    files = written_files(application, names)
    maps: Mapping[Location, SourceMap] = {}
    if options.source_map != "none":
        maps, problems = installed_maps(application, files, names=names, read=powers.read)
        application = replace(application, warnings=(*application.warnings, *problems))
    made = Stored(modules=stored, maps=maps)
    if options.minify:
        esbuild = esbuild_of(application.root, read=powers.read)
        made = minified(made, files=files, esbuild=esbuild, powers=powers.minify)
        powers.ended("minify")
    return application, made


def _replaceable(
    application: Application,
    tables: Mapping[Location, LinkTable],
    names: Names,
    stored: Mapping[Location, bytes],
) -> dict[Location, Replaceable]:
    """Return the programs of the application's own package that have no diagnostics."""
    if application.policy_file is not None or application.in_page or application.is_tool:
        return {}  # a policy may depend on these files; pages have names of their own
    if application.unused is not None or has_shims(application.policy):
        return {}  # a new source may use more capabilities
    warned = {problem.place.file for problem in application.warnings if problem.place}
    warned |= {place_in(application, use).file for use in application.denied}
    modules = application.modules
    in_cycles = modules.in_cycles()
    found: dict[Location, Replaceable] = {}
    for location, owner in names.packages.owners.items():
        record = modules.modules[location].record
        if (
            owner == application.root
            and is_on_disk(location)
            and is_program(record.language)
            and not (record.parse_uncertainty or record.refusals or record.syntax_error)
            and modules.modules[location].origin is None  # types need to be stripped first
            and bytes_location(location) not in modules.modules
            and display_name(location, application.root) not in warned
        ):
            found[location] = Replaceable(
                compartment=names.compartment_of(location),
                key=names.module_name(location),
                parser=LANGUAGES[record.language]["parser"],
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
        has_map_file=options.source_map == "file",
        exports=exports,
    )


def _check_doubted(
    application: Application, stored: Mapping[Location, bytes], engine: SyntaxPowers
) -> None:
    """Raise for modules that the engine accepts although our compiled form is invalid.

    The parser did not understand them, so their edits may be wrong.
    """
    always = application.modules.always_evaluated()
    problems = [
        errors.not_understood(
            module.place(display_name(location, application.root), module.record.parse_uncertainty)
        )
        for location, module in application.modules.modules.items()
        if module.record.parse_uncertainty is not None
        and module.record.syntax_error is None
        and location in always
        and engine.syntax_problem(program_of(stored[location]), "cjs") is not None
    ]
    if problems:
        raise InputError(*problems)


def compiled_modules(
    modules: ModuleGraph,
    tables: Mapping[Location, LinkTable],
    names: Names,
    *,
    only: Container[Location] | None = None,
) -> dict[Location, bytes]:
    """Return the stored form of *modules*; of those in *only*, if it is given."""
    in_cycles = modules.in_cycles()
    return {
        location: _stored(
            module,
            modules,
            in_cycle=location in in_cycles,
            keys=_keys(module, modules, tables, names),
        )
        for location, module in modules.modules.items()
        if only is None or location in only
    }


def _keys(
    module: Module, modules: ModuleGraph, tables: Mapping[Location, LinkTable], names: Names
) -> list[str]:
    """Return the additional names of the requests and assets of a module."""
    table = tables[names.packages.owners[module.location]]
    assets = (asset_key(asset, module.location, names) for asset in module.assets)
    entries = modules.others if is_list_of_entries(module.location) else ()
    return [
        *_own_keys(table, module.location),
        *assets,
        *(names.module_name(entry) for entry in entries),
    ]


def _own_keys(table: LinkTable, location: Location) -> list[str]:
    """Return the keys with which a module makes requests in the archive."""
    resolutions = table.resolutions.get(location, {})
    return [key for keys in resolutions.values() for key in keys.values() if key in table.links]


def _stored(
    module: Module,
    modules: ModuleGraph,
    *,
    in_cycle: bool,
    keys: list[str],
) -> bytes:
    if not is_program(module.record.language):
        return module.source
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
