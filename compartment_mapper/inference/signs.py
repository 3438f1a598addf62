"""Collect the signs of packages: what changed in them besides capabilities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.graph.module_ids import file_of, is_on_disk
from compartment_mapper.graph.package_graph import Package, PackageGraph
from compartment_mapper.locations import CanonicalName, Location, relative_path
from compartment_mapper.resolve.entry_points import is_published
from compartment_mapper.text import Span

_NODE_MODULES = "/node_modules/"
#: More entry points are recorded as one hash.
_MOST_ENTRY_POINTS = 20

#: The sign for reached files that ``files`` of package.json does not list.
UNLISTED = "unlisted-file"


@dataclass(frozen=True, slots=True)
class SignPlace:
    """One place of a sign."""

    module: Location
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSigns:
    """The signs of one package."""

    entry_points: tuple[str, ...]
    #: By sign, in the order of files and positions.
    places: Mapping[str, tuple[SignPlace, ...]]

    @property
    def counts(self) -> dict[str, int]:
        """The number of places of each sign, as the policy records it."""
        return {sign: len(places) for sign, places in self.places.items()}


def signs_of(modules: ModuleGraph, packages: PackageGraph) -> dict[CanonicalName, PackageSigns]:
    """Return the signs of all packages in ``node_modules``; others are under development."""
    found: dict[Location, dict[str, list[SignPlace]]] = {
        root: {} for root in packages.packages if _NODE_MODULES in root
    }
    for location in sorted(packages.owners):
        root = packages.owners[location]
        if root in found:
            for sign, place in _signs_in(location, packages.packages[root], modules):
                found[root].setdefault(sign, []).append(place)
    return {
        packages.packages[root].canonical_name: PackageSigns(
            entry_points=recorded_entry_points(packages.packages[root].entry_points),
            places={sign: tuple(places) for sign, places in sorted(signs.items())},
        )
        for root, signs in found.items()
    }


def _signs_in(
    location: Location, package: Package, modules: ModuleGraph
) -> Iterator[tuple[str, SignPlace]]:
    for sign in modules.modules[location].record.signs:
        yield sign.sign, SignPlace(location, sign.span)
    path = relative_path(file_of(location), package.root)
    is_file = path is not None and is_on_disk(location)
    if is_file and not is_published(path or "", package.published, package.entry_points):
        yield UNLISTED, SignPlace(location, Span(0, 0))


def recorded_entry_points(entry_points: tuple[str, ...]) -> tuple[str, ...]:
    """Return *entry_points* as a policy records them: many as one hash.

    >>> recorded_entry_points(("index.js",))
    ('index.js',)
    """
    if len(entry_points) <= _MOST_ENTRY_POINTS:
        return entry_points
    digest = sha256("\0".join(entry_points).encode("utf-8", "surrogatepass")).hexdigest()
    return (f"{len(entry_points)} files {digest[:16]}",)
