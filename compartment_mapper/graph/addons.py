"""Find native addons that no literal request names, and the libraries that they need.

``require('node-gyp-build')(__dirname)`` and ``require('bindings')('name')`` load a file of the
calling package; an optional dependency for one platform has an addon as its main file.
https://github.com/prebuild/node-gyp-build#usage, https://github.com/TooTallNate/node-bindings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compartment_mapper.graph.module_graph import FileTarget, Module
from compartment_mapper.locations import Location, Specifier, relative_path
from compartment_mapper.records.module_record import ModuleRequest
from compartment_mapper.resolve.addons import ADDON
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.package_lookup import ResolverContext, find_package
from compartment_mapper.resolve.specifiers import package_root
from compartment_mapper.text import Span

_LIBRARY = re.compile(r".+\.(?:so(?:\.\d+)*|dylib|dll)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAddon:
    """A file with machine code, and the request that may load it."""

    #: The module that may load it, and the package with the file.
    reader: Location
    request: ModuleRequest
    file: Location
    #: Whether the policy or a grant names it.
    allowed: bool
    #: Where the package asks for it, for messages.
    asker: tuple[Location, Span]


def found_addons(
    modules: Mapping[Location, Module], *, context: ResolverContext
) -> Iterator[FoundAddon]:
    """Yield the addons and libraries that modules may load by a computed request."""
    roots = {
        location: package_root(location, descriptors=context.descriptors) for location in modules
    }
    for location, module in modules.items():
        computed = (r for r in module.record.patterns if r.pattern == "*" and r.kind == "require")
        request = next(computed, None)
        if request is not None:
            askers = dict(_askers(location, roots, modules))
            askers.setdefault(roots[location], (location, request.span))
            for root, asker in sorted(askers.items()):
                for file in _addons_in(root, context):
                    yield _found(location, request.span, root, file, asker, context)
        if module.record.language == "addon" and location.endswith(ADDON):
            yield from _libraries(location, roots, modules, context)


def _found(
    reader: Location,
    span: Span,
    root: Location,
    file: Location,
    asker: tuple[Location, Span],
    context: ResolverContext,
) -> FoundAddon:
    name, path = _name_of(root, context), relative_path(file, root) or ""
    request = ModuleRequest(
        specifier=Specifier(f"{name}/{path}"), kind="require", span=span, reach="guarded"
    )
    content = context.powers.maybe_read(file) or b""
    allowed = context.addons.allows(name, path, content)
    return FoundAddon(reader=reader, request=request, file=file, allowed=allowed, asker=asker)


def _askers(
    loader: Location, roots: Mapping[Location, Location], modules: Mapping[Location, Module]
) -> Iterator[tuple[Location, tuple[Location, Span]]]:
    """Yield the packages that request the package of *loader*, and where."""
    for location, module in modules.items():
        for edge in module.edges:
            if not isinstance(edge.target, FileTarget) or edge.target.location not in roots:
                continue
            if roots[edge.target.location] == roots[loader] != roots[location]:
                yield roots[location], (location, edge.request.span)


def _addons_in(root: Location, context: ResolverContext) -> Iterator[Location]:
    """Yield the addons of the package in *root* for the platforms of the archive."""
    powers = context.powers
    built = (f"prebuilds/{platform}/" for platform in context.addons.platforms)
    for folder in ("build/Release/", *built):
        place = Location(root + folder)
        for name in powers.names_in(place) if powers.kind(place) == "directory" else ():
            if name.endswith(ADDON) and ".musl." not in name:
                yield powers.canonical(Location(place + name))


def _libraries(
    addon: Location,
    roots: Mapping[Location, Location],
    modules: Mapping[Location, Module],
    context: ResolverContext,
) -> Iterator[FoundAddon]:
    """Yield the shared libraries in the dependencies of the package with *addon*."""
    root = roots[addon]
    descriptor = context.descriptors(root)
    if not isinstance(descriptor, PackageDescriptor):
        return
    reader = next(
        (
            place
            for place, module in modules.items()
            if roots[place] == root and module.record.language != "addon"
        ),
        None,
    )
    content = context.powers.maybe_read(addon) or b""
    allowed = context.addons.allows(
        _name_of(root, context), relative_path(addon, root) or "", content
    )
    for name in sorted(descriptor.declared) if reader and allowed else ():
        folder = find_package(name, referrer=addon, context=context)
        place = Location(f"{folder}lib/")
        assert reader is not None
        is_there = folder is not None and context.powers.kind(place) == "directory"
        for file in context.powers.names_in(place) if is_there else ():
            if _LIBRARY.fullmatch(file):
                made = ModuleRequest(
                    specifier=Specifier(f"{name}/lib/{file}"),
                    kind="require",
                    span=Span(0, 0),
                    reach="guarded",
                )
                yield FoundAddon(
                    reader=reader,
                    request=made,
                    file=context.powers.canonical(Location(place + file)),
                    allowed=True,
                    asker=(reader, Span(0, 0)),
                )


def _name_of(root: Location, context: ResolverContext) -> str:
    return getattr(context.descriptors(root), "name", None) or ""
