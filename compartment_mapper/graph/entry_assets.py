"""Find files that other assets name: templates extend and include others.

A quoted name, or a name after ``include`` or ``extends``, is resolved relative to the file and to
its parent folders, up to the folder of its package; without an extension, with that of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from compartment_mapper.graph.patterns import PROGRAMS, TYPED
from compartment_mapper.locations import Location, base_name, joined, parent_of
from compartment_mapper.powers import ReadPowers
from compartment_mapper.resolve.package_lookup import is_owned

_NAME = re.compile(
    rb"['\"]([\w@./-]{1,200})['\"]|(?:include|extends|import|partial|>)(?:\s*:)?\s+([\w@./-]{1,200})"
)
#: Larger files are not templates.
_MOST_BYTES = 256 * 1024
_MOST_FILES = 400
#: Folders around a file to search.
_MOST_FOLDERS = 8
_NO_TEMPLATES = frozenset({"", ".json", ".map", ".node", ".wasm", *PROGRAMS, *TYPED})
#: A template that mentions these does not include them, and they must not be bundled.
_KEPT_BACK = frozenset({".crt", ".db", ".env", ".key", ".kdbx", ".p12", ".pem", ".pfx", ".sqlite"})


def named_by_files(
    files: Iterable[Location], *, package: Location, read: ReadPowers
) -> Iterator[Location]:
    """Yield the files of *package* that *files* name, recursively, without duplicates."""
    found = set(files)
    pending = sorted(found)
    while pending and len(found) < _MOST_FILES:
        file = pending.pop()
        for other in _named_by(file, package, read):
            if other not in found:
                found.add(other)
                pending.append(other)
                yield other


def _named_by(file: Location, package: Location, read: ReadPowers) -> Iterator[Location]:
    extension = _extension_of(file)
    if extension in _NO_TEMPLATES or not is_owned(file, package):
        return
    text = read.maybe_read(file)
    if text is None or len(text) > _MOST_BYTES or b"\0" in text:
        return
    folders = list(folders_around(file, package))
    for name in {match[1] or match[2] for match in _NAME.finditer(text)}:
        path = name.decode()
        paths = (path,) if _extension_of(path) == extension else (f"{path}{extension}", path)
        places = (joined(folder, tried.lstrip("/")) for folder in folders for tried in paths)
        place = next((place for place in places if read.kind(place) == "file"), None)
        if place is not None:
            other = read.canonical(place)
            if is_owned(other, package) and _may_be_template(other):
                yield other


def _may_be_template(file: Location) -> bool:
    return not base_name(file).startswith(".") and _extension_of(file) not in (
        _NO_TEMPLATES | _KEPT_BACK
    )


def folders_around(file: Location, package: Location) -> Iterator[Location]:
    """Yield the parent folders of *file*, nearest first, up to the folder of its *package*."""
    folder = parent_of(file)
    for _ in range(_MOST_FOLDERS):
        if not folder.startswith(package):
            return
        yield folder
        folder = parent_of(folder)


def _extension_of(path: str) -> str:
    name = base_name(Location(path))
    return f".{name.rpartition('.')[2]}" if "." in name.lstrip(".") else ""
