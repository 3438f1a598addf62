"""Build source maps from the stored form of modules to their original sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from compartment_mapper.archive.mapping import Names
from compartment_mapper.bundle.application import Application
from compartment_mapper.errors.diagnostic import Diagnostic, Place
from compartment_mapper.graph.module_graph import Module
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.locations import Location
from compartment_mapper.powers import ReadPowers
from compartment_mapper.records.languages import is_program
from compartment_mapper.sources.source_maps import SourceMap, source_map_of


def written_files(application: Application, names: Names) -> dict[Location, tuple[str, str]]:
    """Return the name of each program in its package, and its original source."""
    return {
        location: (names.module_name(location)[2:], _written(module))
        for location, module in application.modules.modules.items()
        if is_program(module.record.language)
    }


def _written(module: Module) -> str:
    source = module.source if module.origin is None else module.origin.written
    return source.decode("utf-8", "replace")


def installed_maps(
    application: Application,
    files: Mapping[Location, tuple[str, str]],
    *,
    names: Names,
    read: ReadPowers,
) -> tuple[dict[Location, SourceMap], list[Diagnostic]]:
    """Return the source maps of all programs, and problems with the maps of installed files.

    If a file references no map, its own source is the original.
    """
    found: dict[Location, SourceMap] = {}
    problems: list[Diagnostic] = []
    for location, (file, written) in files.items():
        module = application.modules.modules[location]
        found[location] = SourceMap(sources=(file,), texts=(written,))
        if module.origin is not None:
            continue
        package = names.packages.owners[location]
        source_map = source_map_of(location, module.source, package=package, read=read)
        if isinstance(source_map, Diagnostic):
            place = Place(file=display_name(location, application.root))
            problems.append(replace(source_map, place=place))
        elif source_map is not None:
            found[location] = source_map
    return found, problems


def map_file_bytes(maps: Mapping[str, SourceMap], *, sha512: str) -> bytes:
    """Return the source map file; ``docs/formats/source-maps.md`` describes it.

    Args:
        maps: By ``COMPARTMENT/LOCATION``.
        sha512: The hash of the application.
    """
    value = {
        "sha512": sha512,
        "files": {path: source_map.to_dict() for path, source_map in sorted(maps.items())},
    }
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"
