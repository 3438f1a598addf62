"""Distinct string types: locations, specifiers, module names and canonical names."""

from __future__ import annotations

from typing import NewType
from urllib.parse import quote, unquote

#: An absolute ``file:`` URL of a file, or of a directory if it ends in ``/``. Always normalized
#: (see `location_of_path`), so equal places are equal strings.
Location = NewType("Location", str)

#: The string in an ``import`` or a ``require``.
Specifier = NewType("Specifier", str)

#: The key of a module in its compartment's ``modules``: ``./lib/x.js``.
ModuleName = NewType("ModuleName", str)

#: The name of a package in a policy: ``$root$``, ``a``, ``a>b``.
CanonicalName = NewType("CanonicalName", str)

ROOT_NAME = CanonicalName("$root$")

_SCHEME = "file://"

#: Characters that Node's ``pathToFileURL`` does not encode, besides letters and digits.
_UNQUOTED = "/!$&'()*+,-.:;=@_~"


def location_of_path(path: str) -> Location:
    """Return the location of an absolute POSIX *path*, percent-encoded as by ``pathToFileURL``.

    >>> location_of_path("/a b/c#.js")
    'file:///a%20b/c%23.js'
    """
    return Location(_SCHEME + quote(path, safe=_UNQUOTED, errors="surrogateescape"))


def path_of(location: Location) -> str:
    """Return the POSIX path of *location*.

    >>> path_of(Location("file:///a%20b/"))
    '/a b/'
    """
    return unquote(location[len(_SCHEME) :], errors="surrogateescape")


def parent_of(location: Location) -> Location:
    """Return the directory that holds *location*; the root is its own parent.

    >>> parent_of(Location("file:///a/b.js")), parent_of(Location("file:///a/b/"))
    ('file:///a/', 'file:///a/')
    """
    head = location.rstrip("/").rpartition("/")[0]
    return Location((head if len(head) > len(_SCHEME) else _SCHEME) + "/")


def base_name(location: Location) -> str:
    """Return the last path segment of *location*, decoded.

    >>> base_name(Location("file:///a/b%20c/"))
    'b c'
    """
    return unquote(location.rstrip("/").rpartition("/")[2], errors="surrogateescape")


def joined(directory: Location, relative_path: str) -> Location:
    """Return *relative_path* (a path, not a URL) below *directory*, dot segments removed.

    >>> joined(Location("file:///a/b/"), "../c d/./e.js")
    'file:///a/c%20d/e.js'
    >>> joined(Location("file:///a/"), "x/")
    'file:///a/x/'
    """
    segments = [] if relative_path.startswith("/") else path_of(directory).split("/")[1:-1]
    for segment in relative_path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    is_directory = relative_path.endswith(("/", "/.", "/..")) or relative_path in {"", ".", ".."}
    path = "/" + "/".join(segments)
    return location_of_path(path + "/" if is_directory and path != "/" else path)


def relative_path(location: Location, directory: Location) -> str | None:
    """Return the decoded path of *location* below *directory*, or None if it is not below.

    >>> relative_path(Location("file:///a/b/c%20.js"), Location("file:///a/"))
    'b/c .js'
    """
    if not location.startswith(directory):
        return None
    return unquote(location[len(directory) :], errors="surrogateescape")
