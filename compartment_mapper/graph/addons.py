"""Find native addons that no literal request names, and the libraries that they need.

``require('node-gyp-build')(__dirname)`` and ``require('bindings')('name')`` load a file of the
calling package; an optional dependency for one platform has an addon as its main file.
https://github.com/prebuild/node-gyp-build#usage, https://github.com/TooTallNate/node-bindings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from compartment_mapper.graph.known_modules import KnownModules, Site
from compartment_mapper.locations import Location, Specifier, base_name, relative_path
from compartment_mapper.records.module_record import ModuleRequest
from compartment_mapper.resolve.addons import ADDON
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.package_lookup import ResolverContext, find_package
from compartment_mapper.resolve.specifiers import package_root
from compartment_mapper.text import Span

_LIBRARY = re.compile(r".+\.(?:so(?:\.\d+)*|dylib|dll)")


def is_loaded(file: Location) -> bool:
    """Return whether *file* with machine code is an addon or a library, and no program."""
    return file.endswith(ADDON) or _LIBRARY.fullmatch(base_name(file)) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAddon:
    """A file with machine code, and the request that may load it."""

    #: The module that may load it.
    reader: Location
    request: ModuleRequest
    file: Location
    #: Whether the policy or a grant names it.
    allowed: bool
    #: Where a package asks for it, for messages.
    asker: Site


def found_addons(known: KnownModules) -> Iterator[FoundAddon]:
    """Yield the addons and libraries that modules may load by a computed request."""
    for location, module in known.modules.items():
        computed = (r for r in module.record.patterns if r.pattern == "*" and r.kind == "require")
        request = next(computed, None)
        own = known.roots[location]
        if request is not None:
            reader = (location, request.span)
            for root, asker in sorted({own: reader, **known.users.get(own, {})}.items()):
                for file in _addons_in(root, known.context):
                    allowed = _is_allowed(file, root, known)
                    yield _found(reader, file, asker, allowed=allowed, known=known)
        if module.record.language == "addon" and location.endswith(ADDON):
            yield from _libraries(location, own, known)


def _found(
    reader: Site, file: Location, asker: Site, *, allowed: bool, known: KnownModules
) -> FoundAddon:
    root = package_root(file, descriptors=known.context.descriptors)
    request = ModuleRequest(
        specifier=Specifier(f"{_name_of(root, known.context)}/{relative_path(file, root)}"),
        kind="require",
        span=reader[1],
        reach="guarded",
    )
    return FoundAddon(reader=reader[0], request=request, file=file, allowed=allowed, asker=asker)


def _is_allowed(file: Location, root: Location, known: KnownModules) -> bool:
    content = known.context.powers.maybe_read(file) or b""
    path = relative_path(file, root) or ""
    return known.context.addons.allows(_name_of(root, known.context), path, content)


def _addons_in(root: Location, context: ResolverContext) -> Iterator[Location]:
    """Yield the addons of the package in *root* for the platforms of the archive."""
    powers = context.powers
    built = (f"prebuilds/{platform}/" for platform in context.addons.platforms)
    for folder in ("build/Release/", *built):
        place = Location(root + folder)
        for name in powers.names_in(place) if powers.kind(place) == "directory" else ():
            if name.endswith(ADDON) and ".musl." not in name:
                yield powers.canonical(Location(place + name))


def _libraries(addon: Location, root: Location, known: KnownModules) -> Iterator[FoundAddon]:
    """Yield the shared libraries in the dependencies of the package with *addon*."""
    context = known.context
    descriptor = context.descriptors(root)
    readers = (
        location
        for location, module in known.packages[root].items()
        if module.record.language != "addon"
    )
    reader = next(readers, None)
    if reader is None or not isinstance(descriptor, PackageDescriptor):
        return
    if not _is_allowed(addon, root, known):
        return
    for name in sorted(descriptor.declared):
        folder = find_package(name, referrer=addon, context=context)
        place = Location(f"{folder}lib/")
        is_there = folder is not None and context.powers.kind(place) == "directory"
        for file in context.powers.names_in(place) if is_there else ():
            if _LIBRARY.fullmatch(file):
                library = context.powers.canonical(Location(place + file))
                site = (reader, Span(0, 0))
                yield _found(site, library, site, allowed=True, known=known)


def _name_of(root: Location, context: ResolverContext) -> str:
    return getattr(context.descriptors(root), "name", None) or ""
