"""Resolve references to files, as URLs (WHATWG parser and Node) and as paths.

https://url.spec.whatwg.org/#url-parsing, for ``file:`` only.
"""

from __future__ import annotations

import re
from enum import Enum
from urllib.parse import unquote_to_bytes

from compartment_mapper.locations import Location, joined, location_of_path

_ROOT = Location("file:///")


class UrlProblem(Enum):
    """Why a URL reference is not a file, in Node's words."""

    ENCODED_SEPARATOR = 'must not include encoded "/" or "\\" characters'
    MALFORMED = "is not a valid percent-encoded path"
    FOREIGN_HOST = 'File URL host must be "localhost" or empty'


#: References that resolve identically as URL and as path, without encoding: most of them.
_PLAIN = re.compile(r"(?:\./)?(?:[A-Za-z0-9@_-][A-Za-z0-9@_.-]*/)*[A-Za-z0-9@_-][A-Za-z0-9@_.-]*")

#: Characters that the URL parser trims (controls and space) and drops.
_TRIMMED = "".join(map(chr, range(0x21)))
_DROPPED = re.compile(r"[\t\n\r]")

_QUERY_OR_FRAGMENT = re.compile(r"[?#].*", re.DOTALL)
_FILE = re.compile("file:", re.IGNORECASE)
_ENCODED_DOT = re.compile("%2e", re.IGNORECASE)
_ENCODED_SLASH = re.compile("%2f|%5c", re.IGNORECASE)
_BAD_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


def referenced(reference: str, directory: Location) -> Location | UrlProblem:
    """Resolve *reference* relative to *directory*; the query and the fragment are dropped.

    Args:
        reference: A relative reference, an absolute path, or a ``file:`` URL.
        directory: A location with a final ``/``.

    >>> referenced("../a%20b.js?v=1#x", Location("file:///app/lib/"))
    'file:///app/a%20b.js'
    >>> referenced("./..%2fb.js", Location("file:///app/")).name
    'ENCODED_SEPARATOR'
    """
    if _PLAIN.fullmatch(reference):
        return Location(directory + reference.removeprefix("./"))
    text = _DROPPED.sub("", well_formed(reference).strip(_TRIMMED))
    path = _QUERY_OR_FRAGMENT.sub("", text).replace("\\", "/")
    if scheme := _FILE.match(path):
        path, directory = path[scheme.end() :], _ROOT
    if path.startswith("//"):
        host, _, rest = path[2:].partition("/")
        if host.lower() not in {"", "localhost"}:
            return UrlProblem.FOREIGN_HOST
        path = "/" + rest
    return _decoded("/" + "/".join(_segments(path, directory)))


def _segments(path: str, directory: Location) -> list[str]:
    """Return the segments of the URL path *path* in *directory*, without dot segments."""
    segments = [] if path.startswith("/") else directory[len(_ROOT) :].split("/")[:-1]
    parts = [_ENCODED_DOT.sub(".", part) for part in path.removeprefix("/").split("/")]
    for part in parts:
        if part == "..":
            del segments[-1:]
        elif part != ".":
            segments.append(part)
    # A final dot segment makes it a directory.
    return [*segments, ""] if parts[-1] in {".", ".."} else segments


def _decoded(path: str) -> Location | UrlProblem:
    """Return the location of the URL path *path*: Node's ``fileURLToPath`` and back."""
    if _ENCODED_SLASH.search(path):
        return UrlProblem.ENCODED_SEPARATOR
    if _BAD_PERCENT.search(path):
        return UrlProblem.MALFORMED
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return UrlProblem.MALFORMED
    return location_of_path(re.sub("//+", "/", decoded))


def location_below(directory: Location, path: str) -> Location:
    """Resolve *path*, a path and not a URL, in *directory*: Node's ``path.resolve``.

    >>> location_below(Location("file:///app/"), "lib/../a%20b/")
    'file:///app/a%2520b'
    """
    if _PLAIN.fullmatch(path):
        return Location(directory + path.removeprefix("./"))
    location = joined(directory, well_formed(path))
    return location if location == _ROOT else Location(location.rstrip("/"))


def well_formed(text: str) -> str:
    r"""Return *text* with lone surrogates replaced, like JavaScript's ``toWellFormed``.

    >>> well_formed("a\ud800")
    'a\ufffd'
    """
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
