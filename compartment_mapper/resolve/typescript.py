"""Resolve specifiers in the application's own package, which may contain TypeScript."""

from __future__ import annotations

from compartment_mapper.locations import Location, Specifier
from compartment_mapper.records.module_record import RequestKind
from compartment_mapper.resolve.resolution import FileResolution, Resolution, ResolutionFailure
from compartment_mapper.resolve.resolver import ResolverContext, resolve
from compartment_mapper.resolve.specifiers import package_root

_MISSING = frozenset({"MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"})
#: The extensions that a compiler writes for a source extension.
_SOURCES = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}


def resolve_for(
    specifier: Specifier,
    *,
    referrer: Location,
    kind: RequestKind,
    context: ResolverContext,
    application: Location,
) -> Resolution:
    """Resolve as `resolve`; or, in the *application*, find the source of a missing file."""
    found = resolve(specifier, referrer=referrer, kind=kind, context=context)
    if not isinstance(found, ResolutionFailure) or found.code not in _MISSING:
        return found
    if package_root(referrer, descriptors=context.descriptors) != application:
        return found
    # DEVIATION: Node requires './x.ts'. In TypeScript, './x.js' is the output of ./x.ts.
    for source in _sources(specifier):
        other = resolve(source, referrer=referrer, kind=kind, context=context)
        if isinstance(other, FileResolution):
            return other
    return found


def _sources(specifier: Specifier) -> list[Specifier]:
    stem, dot, ending = specifier.rpartition(".")
    if not specifier.startswith(("./", "../")) or "/" in ending:
        return []
    return [Specifier(stem + source) for source in _SOURCES.get(dot + ending, ())]
