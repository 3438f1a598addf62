"""Source maps of bundled modules: the original sources according to their packages.

https://tc39.es/ecma426/
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from compartment_mapper.errors.diagnostic import Diagnostic, Place
from compartment_mapper.errors.modules import invalid_source_map
from compartment_mapper.locations import Location, base_name, parent_of, relative_path
from compartment_mapper.powers import ReadPowers
from compartment_mapper.resolve.file_urls import location_below
from compartment_mapper.resolve.package_lookup import is_owned
from compartment_mapper.text import printable

#: The last one counts; only comments and whitespace may follow.
_URL = re.compile(rb"(?://|/\*)[#@][ \t]*sourceMappingURL=([^\s'\"*]+)[^\n]*\s*\Z")
_SCHEME = re.compile(r"^[\w.+-]+://[^/]*/")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap:
    """The origin of a source."""

    #: The names of the sources, as paths relative to the package's folder.
    sources: tuple[str, ...] = ()
    #: As in ECMA-426; empty if edits are sufficient.
    mappings: str = ""
    #: The contents of the sources, empty strings if unknown; an empty list if all are unknown.
    texts: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the stored form."""
        return {
            "sources": list(self.sources),
            "mappings": self.mappings,
            "texts": list(self.texts),
        }


def source_map_of(
    file: Location, text: bytes, *, package: Location, read: ReadPowers
) -> SourceMap | Diagnostic | None:
    """Return the source map that *text* references.

    Args:
        file: The location of the source.
        text: The source as installed.
        package: Its folder; a map outside of it is not read.
        read: Reads the map.

    Returns:
        None if there is no map, a warning if it is invalid.
    """
    found = _named(file, text, package, read)
    if found is None:
        return None
    location, content = found
    value = _parsed(content)
    mappings, sources = value.get("mappings"), value.get("sources")
    if not isinstance(mappings, str) or not isinstance(sources, list):
        return invalid_source_map(Place(file=relative_path(file, package) or base_name(file)))
    root = value.get("sourceRoot")
    prefix = f"{root.rstrip('/')}/" if isinstance(root, str) and root else ""
    return SourceMap(
        sources=tuple(_shown(f"{prefix}{source}", location, package) for source in sources),
        mappings=mappings,
        texts=_texts(value.get("sourcesContent"), len(sources)),
    )


def _named(
    file: Location, text: bytes, package: Location, read: ReadPowers
) -> tuple[Location, bytes] | None:
    """Return the location and the content of the map."""
    # Inline maps can have any length; other references are near the end.
    comment = _URL.search(text, max(0, text.rfind(b"sourceMappingURL=") - 8))
    if comment is None:
        return None
    url = comment[1].decode("utf-8", "replace")
    if url.startswith("data:"):
        return file, _data(url)
    location = location_below(parent_of(file), url)
    if _SCHEME.match(url) or read.kind(location) != "file":
        return None
    if not is_owned(read.canonical(location), package):
        return None
    content = read.maybe_read(location)
    return None if content is None else (location, content)


def _parsed(content: bytes) -> dict[str, object]:
    """Parse *content* as an object; return an empty one if it is invalid."""
    try:
        value: object = json.loads(content.removeprefix(b")]}'"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _data(url: str) -> bytes:
    """Return the content of a ``data:`` URL, or nothing."""
    head, _, data = url.partition(",")
    if not head.endswith(";base64"):
        return unquote_to_bytes(data)
    try:
        return base64.b64decode(unquote_to_bytes(data))
    except binascii.Error:
        return b""


def _shown(source: str, location: Location, package: Location) -> str:
    """Return the name of a source: its path relative to the package's folder, if inside."""
    plain = _SCHEME.sub("", source)
    if plain == source and not source.startswith("/"):
        path = relative_path(location_below(parent_of(location), source), package)
        if path is not None:
            return printable(path)
    parts = [part for part in printable(plain).split("/") if part not in {"", ".", ".."}]
    return "/".join(parts) or "source"


def _texts(found: object, count: int) -> tuple[str, ...]:
    """Return the contents of the sources, with empty strings for unknown ones."""
    listed = found if isinstance(found, list) else []
    texts = tuple(text if isinstance(text, str) else "" for text in listed[:count])
    return texts if any(texts) else ()
