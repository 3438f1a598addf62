"""An archive read and verified, without running anything of it.

Python's zipfile is lenient: it finds archives within other files, and believes the directory at
the end. Here the file must be one archive from its first byte to its last, as our runtime wants
it, so that no two readers see different files in it.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from compartment_mapper import errors
from compartment_mapper.archive import MAP_FILE, file_path, sha512_hex
from compartment_mapper.compartment_map import CompartmentMap, FileModule, map_from_dict
from compartment_mapper.errors import InputError

#: More than any application needs, less than a bomb wants; bytes.
_LARGEST_FILE = 256 << 20
_LARGEST_ARCHIVE = 1 << 30
_LARGEST_DIRECTORY = 32 << 20
_LARGEST_MAP = 16 << 20
#: JSON values in the map, each of which takes memory however short its text.
_MOST_VALUES = 600_000
#: Deflate can't reach more than 1032 : 1; programs stay far below this.
_HIGHEST_RATIO = 200

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
#: Bits of an entry's flags: the level of deflate, and names in UTF-8.
_KNOWN_FLAGS = 0b110 | 0x800

#: APPNOTE.TXT 4.3.16, without a comment, and 4.3.7.
_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")

_CHUNK = 1 << 20
_PLAIN_PATH = re.compile(r"(?!/)(?:(?!\.{1,2}(?:/|\Z))[^/\\\0]+(?:/|\Z))+(?<!/)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive that was read and verified."""

    map: CompartmentMap
    #: Of ``compartment-map.json``: what identifies the application.
    sha512: str
    #: Bytes stored for each file, by its path.
    sizes: Mapping[str, int]
    #: The stored text of each file, by its path; empty when only verified.
    files: Mapping[str, bytes]
    #: Whether an entry is compressed; what it holds is the same.
    deflated: bool = field(default=False, compare=False)


def unpack(content: bytes) -> Archive:
    """Return the archive that *content* is, verified, with its files.

    Raises:
        InputError: INVALID_ARCHIVE.
    """
    return _read(BytesIO(content), keeps=True)


def verify(file: BinaryIO) -> Archive:
    """Return the archive in *file*, verified, without its files; memory stays small.

    The container, the map's schema, links and entry, and the hash of every file.

    Raises:
        InputError: INVALID_ARCHIVE.
    """
    return _read(file, keeps=False)


def _read(file: BinaryIO, *, keeps: bool) -> Archive:
    _check_end(file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = {entry.filename: entry for entry in _checked(archive, file)}
            return _contents(archive, entries, keeps=keeps)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        ValueError,
        struct.error,
    ) as problem:
        raise InputError(errors.invalid_archive(f"no zip archive: {problem}")) from problem


def _refusal(problem: str) -> InputError:
    return InputError(errors.invalid_archive(problem))


def _check_end(file: BinaryIO) -> None:
    """Raise unless the end of the directory is the end of the file, and the sizes are bounded."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size))
    tail = file.read()
    if len(tail) < _END.size or not tail.startswith(b"PK\x05\x06"):
        raise _refusal("no zip archive, truncated, or something stands after its end")
    _, disk, directory_disk, here, count, length, offset, comment = _END.unpack(tail)
    if comment or disk or directory_disk or here != count:
        raise _refusal("it has a comment, or spans several disks")
    if count == 0xFFFF or offset == 0xFFFFFFFF:  # noqa: PLR2004 - zip64 marks itself so
        raise _refusal("zip64 is not supported")
    if offset + length + _END.size != size:
        raise _refusal("its directory is not where it says: something stands before the archive")
    if length > _LARGEST_DIRECTORY:
        raise _refusal("its directory is larger than 32 MiB")


def _checked(archive: zipfile.ZipFile, file: BinaryIO) -> Iterator[zipfile.ZipInfo]:
    """Yield the entries, which must follow one another without gaps, under different names."""
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    if sum(entry.file_size for entry in entries) > _LARGEST_ARCHIVE:
        raise _refusal("it would unpack to more than 1 GiB")
    seen: set[str] = set()
    position = 0
    for entry in entries:
        if entry.filename in seen:
            raise _refusal(f"it holds '{entry.filename}' twice")
        seen.add(entry.filename)
        _check_entry(entry)
        if entry.header_offset != position:
            raise _refusal(f"something else stands before '{entry.filename}', or it overlaps")
        position = _end_of(entry, file)
    if position != archive.start_dir:
        raise _refusal("something stands between the files and the directory")
    yield from entries


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if (
        not _PLAIN_PATH.fullmatch(name)
        or re.match(r"[A-Za-z]:", name)
        or "\0" in entry.orig_filename
    ):
        raise _refusal(f"it holds '{name}', a path to elsewhere")
    if entry.file_size > _LARGEST_FILE:
        raise _refusal(f"'{name}' is larger than 256 MiB")
    if entry.compress_type not in _METHODS or entry.flag_bits & ~_KNOWN_FLAGS:
        raise _refusal(f"'{name}' is encrypted, streamed, or compressed in an unknown way")
    if entry.file_size > entry.compress_size * _HIGHEST_RATIO + 1024:
        raise _refusal(f"'{name}' is a zip bomb: {entry.file_size} bytes in {entry.compress_size}")
    if entry.compress_type == zipfile.ZIP_STORED and entry.file_size != entry.compress_size:
        raise _refusal(f"'{name}' is stored, and has two sizes")


def _end_of(entry: zipfile.ZipInfo, file: BinaryIO) -> int:
    """Return where the data of *entry* ends; its own header must agree with the directory."""
    file.seek(entry.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise _refusal(f"'{entry.filename}' is not where the directory says")
    _, _, flags, method, _, _, crc, compressed, size, length, extra = _LOCAL.unpack(header)
    name = file.read(length)
    said = (entry.flag_bits, entry.compress_type, entry.CRC, entry.compress_size, entry.file_size)
    encoding = "utf-8" if flags & 0x800 else "cp437"
    if (flags, method, crc, compressed, size) != said or name != entry.orig_filename.encode(
        encoding, "surrogateescape"
    ):
        raise _refusal(f"'{entry.filename}' has a header that the directory contradicts")
    return int(entry.header_offset + _LOCAL.size + length + extra + compressed)


def _contents(
    archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], *, keeps: bool
) -> Archive:
    manifest = entries.get(MAP_FILE)
    if manifest is None:
        raise _refusal(f"it holds no {MAP_FILE}")
    if manifest.file_size > _LARGEST_MAP:
        raise _refusal(f"{MAP_FILE} is larger than 16 MiB")
    text = archive.read(manifest)
    compartment_map = _parsed_map(text)
    files: dict[str, bytes] = {}
    expected = {MAP_FILE}
    for path, key, sha512 in _expected(compartment_map):
        entry = entries.get(path)
        if entry is None:
            raise _refusal(f"the file '{path}' is missing")
        if path not in expected:
            expected.add(path)
        content, found = _read_file(archive, entry, keeps=keeps)
        if found != sha512:
            raise _refusal(f"'{path}' is not what the map says: the sha512 of '{key}' differs")
        files[path] = content
    extra = sorted(entries.keys() - expected)
    if extra:
        raise _refusal(f"the map does not name the file '{extra[0]}'")
    return Archive(
        map=compartment_map,
        sha512=sha512_hex(text),
        sizes={path: entries[path].file_size for path in files},
        files=files if keeps else {},
        deflated=any(entry.compress_type for entry in entries.values()),
    )


def _parsed_map(text: bytes) -> CompartmentMap:
    if text.count(b",") + text.count(b"{") + text.count(b"[") > _MOST_VALUES:
        raise _refusal(f"{MAP_FILE} has more than {_MOST_VALUES} values")
    try:
        value: object = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise _refusal(f"{MAP_FILE} is not JSON: {problem}") from problem
    return map_from_dict(value)


def _expected(compartment_map: CompartmentMap) -> Iterator[tuple[str, str, str]]:
    for name, compartment in compartment_map.compartments.items():
        for key, module in compartment.modules.items():
            if isinstance(module, FileModule):
                yield file_path(name, module), key, module.sha512


def _read_file(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, keeps: bool
) -> tuple[bytes, str]:
    """Return the content (if it is kept) and the SHA-512 of a file, its checksum verified."""
    if keeps:
        content = archive.read(entry)
        return content, sha512_hex(content)
    digest = hashlib.sha512()
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return b"", digest.hexdigest()
