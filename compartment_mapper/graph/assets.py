"""Files that the user includes: ``--asset GLOB`` and ``--asset PACKAGE:GLOB``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic, InputError
from compartment_mapper.graph.module_graph import Module, ModuleGraph
from compartment_mapper.graph.module_ids import bytes_location
from compartment_mapper.graph.package_graph import Package, PackageGraph
from compartment_mapper.graph.patterns import glob_files
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.powers import ReadPowers
from compartment_mapper.records.languages import is_program
from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.resolve.package_lookup import is_owned

_EXTERNAL = "external:"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetChoice:
    """The included files of one package."""

    package: CanonicalName
    #: A glob of paths relative to the package's folder.
    glob: str


def parse_choice(text: str) -> AssetChoice:
    """Parse the value of ``--asset``.

    The part before the first colon is a canonical name; without a colon, or after ``./``, the whole
    value is a glob of the application's own package. (The name of a package outside of the
    application contains a colon.)

    >>> parse_choice("a>b:data/*.txt")
    AssetChoice(package='a>b', glob='data/*.txt')
    >>> parse_choice("./a:b.txt")
    AssetChoice(package='$root$', glob='./a:b.txt')
    """
    scheme = _EXTERNAL if text.startswith(_EXTERNAL) else ""
    name, colon, glob = text.removeprefix(scheme).partition(":")
    if not colon or text.startswith("./"):
        return AssetChoice(package=ROOT_NAME, glob=text)
    return AssetChoice(package=CanonicalName(scheme + name), glob=glob)


def with_included_assets(
    modules: ModuleGraph, packages: PackageGraph, *, choices: Iterable[str], read: ReadPowers
) -> ModuleGraph:
    """Return *modules* with the files that *choices*, values of ``--asset``, match.

    Raises:
        InputError: UNKNOWN_PACKAGE, ASSET_NOT_FOUND; for all choices.
    """
    by_name = {package.canonical_name: package for package in packages.packages.values()}
    found: dict[Location, list[Location]] = {}
    problems: list[Diagnostic] = []
    for choice in map(parse_choice, choices):
        package = by_name.get(choice.package)
        if package is None:
            problems.append(errors.unknown_asset_package(choice.package, list(by_name)))
            continue
        files = _files_of(package, choice.glob, read)
        if not files:
            problems.append(errors.asset_not_found(choice.glob, choice.package))
        found.setdefault(package.root, []).extend(files)
    if problems:
        raise InputError(*problems)
    return _with_files(modules, packages, found, read)


def _files_of(package: Package, glob: str, read: ReadPowers) -> list[Location]:
    """Return the files that *glob* matches, without links that leave the package."""
    files = glob_files([glob], root=package.root, read=read)
    return [file for file in files if is_owned(file, package.root)]


def _with_files(
    modules: ModuleGraph,
    packages: PackageGraph,
    files: dict[Location, list[Location]],
    read: ReadPowers,
) -> ModuleGraph:
    changed = dict(modules.modules)
    for root, own in files.items():
        owner = _listing_module(modules, packages, root)
        locations = {bytes_location(file): file for file in own}
        listed = dict.fromkeys((*changed[owner].assets, *locations))
        changed[owner] = replace(changed[owner], assets=tuple(listed))
        for location, file in locations.items():
            source = read.maybe_read(file)
            assert source is not None, file  # it was found
            record = ModuleRecord(language="bytes")
            added = Module(location=location, source=source, record=record, edges=())
            changed.setdefault(location, added)
    return replace(modules, modules=changed)


def _listing_module(modules: ModuleGraph, packages: PackageGraph, root: Location) -> Location:
    """Return the module that lists the files: the first program of its package."""
    own = [location for location in modules.modules if packages.owners[location] == root]
    return min(own, key=lambda it: not is_program(modules.modules[it].record.language))
