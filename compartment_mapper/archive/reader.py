"""Read and verify an archive without running it.

Python's zipfile is lenient: it finds archives inside other files and trusts the directory at the
end. `zip_reader` requires one archive from the first byte to the last, as the runtime does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO, NoReturn

from compartment_mapper.archive.compartment_map import CompartmentMap, FileModule, map_from_dict
from compartment_mapper.archive.writer import MAP_FILE, file_path, sha512_hex
from compartment_mapper.archive.zip_reader import (
    DEFLATED,
    Entry,
    chunks_of,
    read_entries,
    read_file,
    refusal,
)
from compartment_mapper.limits import LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A verified archive."""

    map: CompartmentMap
    #: The hash of ``compartment-map.json``, which identifies the application.
    sha512: str
    #: The stored bytes of each file, by its path.
    sizes: Mapping[str, int]
    #: The content of each file, by its path; empty if the archive was only verified.
    files: Mapping[str, bytes]
    #: Whether an entry is compressed; this does not change the content.
    deflated: bool = field(default=False, compare=False)


def unpack(content: bytes) -> Archive:
    """Verify the archive in *content*, and return it with its files.

    Raises:
        InputError: INVALID_ARCHIVE.
    """
    return _read(BytesIO(content), keeps=True)


def verify(file: BinaryIO) -> Archive:
    """Verify the archive in *file*, and return it without its files to save memory.

    Verifies the container, the map's schema, links and entry, and the hash of every file.

    Raises:
        InputError: INVALID_ARCHIVE.
    """
    return _read(file, keeps=False)


def _read(file: BinaryIO, *, keeps: bool) -> Archive:
    return _contents(file, read_entries(file), keeps=keeps)


def _contents(file: BinaryIO, entries: Mapping[str, Entry], *, keeps: bool) -> Archive:
    compartment_map, text = _read_map(file, entries)
    files: dict[str, bytes] = {}
    expected = {MAP_FILE}
    for path, key, sha512 in _expected(compartment_map):
        entry = entries.get(path)
        if entry is None:
            raise refusal(f"the file '{path}' is missing")
        expected.add(path)
        content, found = _read_file(file, entry, keeps=keeps)
        if found != sha512:
            raise refusal(f"the sha512 of '{path}' ('{key}') does not match the compartment map")
        files[path] = content
    extra = sorted(entries.keys() - expected)
    if extra:
        raise refusal(f"the file '{extra[0]}' is not in the compartment map")
    return Archive(
        map=compartment_map,
        sha512=sha512_hex(text),
        sizes={path: entries[path].size for path in files},
        files=files if keeps else {},
        deflated=any(entry.method == DEFLATED for entry in entries.values()),
    )


def _read_map(file: BinaryIO, entries: Mapping[str, Entry]) -> tuple[CompartmentMap, bytes]:
    manifest = entries.get(MAP_FILE)
    if manifest is None:
        raise refusal(f"it does not contain {MAP_FILE}")
    if manifest.size > LIMITS["map"]:
        raise refusal(f"{MAP_FILE} is larger than 16 MiB")
    text = read_file(file, manifest)
    return _parsed_map(text), text


def _parsed_map(text: bytes) -> CompartmentMap:
    if text.count(b",") + text.count(b"{") + text.count(b"[") > LIMITS["values"]:
        raise refusal(f"{MAP_FILE} has more than {LIMITS['values']} values")
    try:
        value: object = json.loads(text.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise refusal(f"{MAP_FILE} is not JSON: {problem}") from problem
    return map_from_dict(value)


def _no_constant(name: str) -> NoReturn:
    """Reject ``NaN``, which Python's JSON accepts and JavaScript's does not."""
    raise ValueError(name)


def _expected(compartment_map: CompartmentMap) -> Iterator[tuple[str, str, str]]:
    for name, compartment in compartment_map.compartments.items():
        for key, module in compartment.modules.items():
            if isinstance(module, FileModule):
                yield file_path(name, module), key, module.sha512


def _read_file(file: BinaryIO, entry: Entry, *, keeps: bool) -> tuple[bytes, str]:
    """Return the content (if needed) and the SHA-512 of a file, with its checksum verified."""
    if keeps:
        content = read_file(file, entry)
        return content, sha512_hex(content)
    digest = hashlib.sha512()
    for chunk in chunks_of(file, entry):
        digest.update(chunk)
    return b"", digest.hexdigest()
