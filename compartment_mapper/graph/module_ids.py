"""The identity of modules: the program of a file, or a module derived from it."""

from __future__ import annotations

from hashlib import sha256

from compartment_mapper.locations import Location, base_name, parent_of, relative_path

#: A file that is also loaded as text or bytes is two modules; a fragment distinguishes them.
_AS = "#as="
_EMPTY = f"{_AS}empty"
_ENTRIES = f"{_AS}entries"
_DATA = f"{_AS}data"


def location_as(file: Location, language: str) -> Location:
    """Return the location of the module for *file* as ``"text"`` or ``"bytes"``."""
    return Location(f"{file}{_AS}{language}")


def bytes_location(file: Location) -> Location:
    """Return the location of the module with the bytes of *file*."""
    return location_as(file, "bytes")


def empty_location(package: Location) -> Location:
    """Return the module for ``false`` in a ``browser`` field: an empty module."""
    return Location(f"{package}package.json{_EMPTY}")


def entries_location(root: Location) -> Location:
    """Return the module that imports all entries of the application in *root*."""
    return Location(f"{root}package.json{_ENTRIES}")


def data_location(package: Location, url: str) -> Location:
    """Return the module for the ``data:`` *url*, requested in *package*."""
    return Location(f"{package}package.json{_DATA}{sha256(url.encode()).hexdigest()[:16]}")


def is_empty(location: Location) -> bool:
    """Return whether a module is an empty one."""
    return location.endswith(_EMPTY)


def is_list_of_entries(location: Location) -> bool:
    """Return whether a module is the one that imports all entries."""
    return location.endswith(_ENTRIES)


def is_on_disk(location: Location) -> bool:
    """Return whether a module is the program of a file, and not derived from one."""
    return not location.endswith((_EMPTY, _ENTRIES)) and _DATA not in location


def file_of(location: Location) -> Location:
    """Return the file of the module at *location*."""
    return Location(location.partition(_AS)[0])


def display_name(location: Location, root: Location) -> str:
    """Return the path of the file at *location* from the application's folder, for messages."""
    file = file_of(location)
    ups = ""
    while (path := relative_path(file, root)) is None:
        if root == parent_of(root):
            return base_name(file)
        root, ups = parent_of(root), ups + "../"
    return ups + path
