"""Find the assets that modules read: asset references and resolved paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from compartment_mapper.authority.file_functions import FILE_MODULES
from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.graph.entry_assets import folders_around, named_by_files
from compartment_mapper.graph.module_graph import Edge, FileTarget
from compartment_mapper.graph.patterns import asset_files
from compartment_mapper.locations import Location, joined
from compartment_mapper.records.module_record import OWN_PACKAGE, RESOLVES, ModuleRecord
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.package_lookup import ResolverContext, find_package, is_owned
from compartment_mapper.resolve.specifiers import is_bare, package_name_of, package_root

_READING = re.compile(r"(?:promises\.)?(?:read|createRead|open|copy|cp|stat|lstat|$)")
_ALL_OF_PACKAGES = re.compile(r"(?:.*/)?node_modules(?:/(?:@[^/]+/)?[^/]*)?/?\**")
_NODE_MODULES = "/node_modules/"


def assets_of_module(
    file: Location,
    record: ModuleRecord,
    edges: Iterable[Edge],
    *,
    context: ResolverContext,
    application: Location,
) -> tuple[Location, ...]:
    """Return the files that the module in *file* reads, without duplicates.

    The files belong to its own package and to its dependencies.
    """
    package = package_root(file, descriptors=context.descriptors)
    is_application = package == application
    descriptor = context.descriptors(package)
    declared = descriptor.declared if isinstance(descriptor, PackageDescriptor) else frozenset()

    def may_read(found: Location) -> bool:
        if is_owned(found, package):
            return True
        name = package_name_of(found.rpartition(_NODE_MODULES)[2])
        return _NODE_MODULES in found and (is_application or name in declared)

    found = (
        *_at_places(file, record, context),
        *_resolved(record, edges),
        *_of_packages(file, record, package, context),
        *(() if is_application else _named_in(file, record, package, context)),
    )
    files = tuple(dict.fromkeys(place for place in found if may_read(place)))
    return (*files, *named_by_files(files, package=package, read=context.powers))


def _at_places(
    file: Location, record: ModuleRecord, context: ResolverContext
) -> Iterator[Location]:
    places = [asset for asset in record.assets if not _ALL_OF_PACKAGES.fullmatch(asset.path)]
    if places:
        yield from asset_files(
            replace(record, assets=tuple(places)), location=file, read=context.powers
        )


def _resolved(record: ModuleRecord, edges: Iterable[Edge]) -> Iterator[Location]:
    """Yield the files that are named by a path, or by any string in a source that reads files."""
    reads = reads_files(record)
    for edge in edges:
        request, target = edge.request, edge.target
        is_read = request.attribute_type == RESOLVES and (reads or _names_file(request.specifier))
        if is_read and isinstance(target, FileTarget):
            yield Location(target.location.partition("#as=")[0])


def _names_file(specifier: str) -> bool:
    path = specifier[len(package_name_of(specifier)) :] if is_bare(specifier) else specifier
    return "." in path.rpartition("/")[2].lstrip(".")


def _of_packages(
    file: Location, record: ModuleRecord, package: Location, context: ResolverContext
) -> Iterator[Location]:
    """Yield the files that are named by a package: ``a/package.json``."""
    for asset in record.assets:
        if asset.path == OWN_PACKAGE:
            yield from _existing(Location(package + "package.json"), context)
        elif not asset.path.startswith((".", "\0")):
            name = package_name_of(asset.path)
            folder = find_package(name, referrer=file, context=context)
            if folder is not None:
                yield from _existing(joined(folder, asset.path[len(name) + 1 :]), context)


_DATA = re.compile(r"(?:[\w@.-]+/)+[\w@.-]+\.(?!(?:[cm]?[jt]sx?|json|map|md|node)$)\w+")


def _named_in(
    file: Location, record: ModuleRecord, package: Location, context: ResolverContext
) -> Iterator[Location]:
    """Yield the data files of a dependency that its source names by a path, from any folder.

    ``path.join(dirname, '../', 'fonts/sans.fnt')``, if another module exports ``dirname``.
    """
    for name in record.file_names:
        if not _DATA.fullmatch(name) or name.startswith(".."):
            continue
        for folder in folders_around(file, package):
            place = joined(folder, name)
            if context.powers.kind(place) == "file":
                yield context.powers.canonical(place)
                break


def _existing(place: Location, context: ResolverContext) -> Iterator[Location]:
    if context.powers.kind(place) == "file":
        yield context.powers.canonical(place)


def reads_files(record: ModuleRecord) -> bool:
    """Return whether the source uses a function of Node that reads files."""
    return any(
        is_builtin(use.specifier) in FILE_MODULES and _READING.match(use.path)
        for use in record.builtin_uses
    )


def reads_descriptions(record: ModuleRecord) -> bool:
    """Return whether the source reads files and names the package.json of a folder."""
    return reads_files(record) and any(
        name.rpartition("/")[2] == "package.json" for name in record.file_names
    )


def assets_by_helpers(
    records: Mapping[Location, ModuleRecord], *, context: ResolverContext
) -> Iterator[tuple[Location, Location]]:
    """Yield files that a module reads by names that other modules of its package pass to it.

    ``at = (name) => join(__dirname, name)``: the callers of `at` have the names.
    """
    helpers = {
        location: record
        for location, record in records.items()
        if any(_OPEN.fullmatch(asset.path) for asset in record.assets)
    }
    if not helpers:
        return
    names: dict[Location, set[str]] = {}
    roots = {
        location: package_root(location, descriptors=context.descriptors) for location in records
    }
    for location, record in records.items():
        names.setdefault(roots[location], set()).update(record.file_names)
    for location, record in sorted(helpers.items()):
        others = tuple(sorted(names[roots[location]]))
        named = replace(record, file_names=others)
        for file in asset_files(named, location=location, read=context.powers):
            if is_owned(file, roots[location]):
                yield location, file


_OPEN = re.compile(r"\.(?:/\.\.)*/\*/?")
