"""Classify specifiers, and find the package of a file."""

from __future__ import annotations

from compartment_mapper.locations import Location, parent_of
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.package_lookup import Descriptors

_NODE_MODULES = "/node_modules/"


def descriptor_of(folder: Location, descriptors: Descriptors) -> PackageDescriptor | None:
    """Return the package.json of *folder*; an invalid one counts as empty."""
    found = descriptors(folder)
    return found if isinstance(found, PackageDescriptor) else None


def is_bare(specifier: str) -> bool:
    """Return whether *specifier* begins with the name of a package."""
    return not specifier.startswith((".", "/", "#", "file:"))


def package_name_of(specifier: str) -> str:
    """Return the package name at the beginning of a bare specifier.

    >>> package_name_of("@a/b/c"), package_name_of("d/e")
    ('@a/b', 'd')
    """
    parts = specifier.split("/")
    return "/".join(parts[:2]) if specifier.startswith("@") else parts[0]


def package_root(location: Location, *, descriptors: Descriptors) -> Location:
    """Return the folder of the package that contains the file at *location*."""
    before, found, after = location.rpartition(_NODE_MODULES)
    if found and "/" in after and not after.startswith("."):  # tools write into hidden folders
        segments = after.split("/")
        depth = 2 if segments[0].startswith("@") and len(segments) > 2 else 1  # noqa: PLR2004 - a count that the line itself explains
        return Location(f"{before}{_NODE_MODULES}{'/'.join(segments[:depth])}/")
    folder = parent_of(location)
    nearest = None
    while True:
        descriptor = descriptor_of(folder, descriptors)
        if descriptor is not None:
            nearest = nearest or folder
            if descriptor.name:
                return folder
        if folder == parent_of(folder):
            return nearest or parent_of(location)
        folder = parent_of(folder)
