"""Minify compiled modules, after every decision that depends on their content.

``docs/decisions/0009-minifying.md`` explains the scope of minification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compartment_mapper.compile import apply_edits, edit_table, stored_program, with_program
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.errors.environment import esbuild_not_found
from compartment_mapper.locations import Location
from compartment_mapper.powers import MinifyPowers, ReadPowers
from compartment_mapper.records.minify_protocol import Minified, Program
from compartment_mapper.resolve.package_lookup import find_package, resolver_context
from compartment_mapper.scan import evading_edits
from compartment_mapper.sources.source_maps import SourceMap

_ESBUILD = "esbuild"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The stored form of the modules, and its source maps."""

    modules: Mapping[Location, bytes]
    #: Source maps of programs.
    maps: Mapping[Location, SourceMap]


def esbuild_of(application: Location, *, read: ReadPowers) -> Location:
    """Return the folder of the esbuild that Node finds from the folder *application*.

    Reads its package.json, which has the version, so that the result is known to depend on it.

    Raises:
        InputError: ESBUILD_NOT_FOUND.
    """
    context = resolver_context(conditions=frozenset(), powers=read)
    found = find_package(_ESBUILD, referrer=Location(f"{application}package.json"), context=context)
    if found is None or read.maybe_read(Location(f"{found}package.json")) is None:
        raise InputError(esbuild_not_found())
    return found


def minified(
    stored: Stored,
    *,
    files: Mapping[Location, tuple[str, str]],
    esbuild: Location,
    powers: MinifyPowers,
) -> Stored:
    """Return *stored* with minified sources and their source maps.

    Args:
        stored: The compiled modules.
        files: The programs among the modules: their names and original sources.
        esbuild: Its folder.
        powers: Runs it.

    Raises:
        InputError: ESBUILD_NOT_USABLE.
    """
    programs = {
        location: _program(*parts, stored.maps.get(location))
        for location in files
        if (parts := stored_program(stored.modules[location])) is not None
    }
    answers = powers.minified(esbuild, list(programs.values()))
    short = {
        location: found
        for location, found in zip(programs, answers, strict=True)
        if found is not None
    }
    evaded = _evaded(short, esbuild, powers)
    modules = {**stored.modules}
    maps = {**stored.maps}
    for location, (text, edits) in evaded.items():
        modules[location] = with_program(stored.modules[location], text, edits)
        maps[location] = _map(short[location], stored.maps.get(location), *files[location])
    return Stored(modules=modules, maps=maps)


def _program(text: str, edits: tuple[str, ...], source_map: SourceMap | None) -> Program:
    if source_map is None or not source_map.mappings:
        return Program(text=text, edits=edits, origin=None)
    origin = source_map.mappings, len(source_map.sources)
    return Program(text=text, edits=edits, origin=origin)


def _evaded(
    short: Mapping[Location, Minified], esbuild: Location, powers: MinifyPowers
) -> dict[Location, tuple[str, list[str]]]:
    """Return sources that SES accepts, and their edits: esbuild removes escapes."""
    found: dict[Location, tuple[str, list[str]]] = {}
    uncertain: dict[Location, tuple[str, str]] = {}
    for location, made in short.items():
        source = made.text.encode("utf-8", "surrogatepass")
        edits = evading_edits(source)
        if edits is None:
            continue
        text = apply_edits(source, edits)
        found[location] = text, edit_table(source, edits, head="") if edits else ["", ""]
        if edits:
            uncertain[location] = made.text, text
    answers = powers.are_same(esbuild, list(uncertain.values()))
    for location, are_same in zip(uncertain, answers, strict=True):
        if not are_same:
            del found[location]
    return found


def _map(made: Minified, before: SourceMap | None, file: str, written: str) -> SourceMap:
    """Return the source map of a minified source."""
    known = SourceMap() if before is None or not before.mappings else before
    texts = (*known.texts, *[""] * (len(known.sources) - len(known.texts)))
    return SourceMap(
        sources=(*known.sources, file), mappings=made.mappings, texts=(*texts, written)
    )
