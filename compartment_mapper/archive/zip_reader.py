"""A strict zip reader with the same checks as ``runtime/src/archive/zip-reader.js``.

The file must be one archive from its first byte to its last, its entries must be contiguous, and
both headers of an entry must agree, so that no two readers see different files. Ambiguous archives
are rejected. ``limits.json`` has the size limits of both readers.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.limits import LIMITS

STORED, DEFLATED = 0, 8
#: Flag bits of an entry: the deflate level, and UTF-8 names, which all names are here.
_KNOWN_FLAGS = 0b110 | 0x800
_MANY, _LONG = 0xFFFF, 0xFFFFFFFF

#: APPNOTE.TXT 4.3.16, 4.3.12, 4.3.7, and the size of the locator of 4.3.15 before the first.
_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCATOR_SIZE = 20

_CHUNK = 1 << 20
_PLAIN_PATH = re.compile(r"(?!/)(?![A-Za-z]:)(?:(?!\.{1,2}(?:/|\Z))[^/\\\0]+(?:/|\Z))+(?<!/)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of an archive, described identically by both headers."""

    name: str
    version: int
    flags: int
    method: int
    crc: int
    #: Compressed and uncompressed bytes.
    packed: int
    size: int
    #: Offsets of its local header and of its data.
    offset: int
    start: int = 0

    @property
    def end(self) -> int:
        """The end of its data."""
        return self.start + self.packed


def refusal(problem: str) -> InputError:
    """Return the error for a rejected archive."""
    return InputError(errors.invalid_archive(problem))


def read_entries(file: IO[bytes]) -> dict[str, Entry]:
    """Return the entries of the archive *file*, by name, in the order of their data.

    Raises:
        InputError: INVALID_ARCHIVE.
    """
    count, length, offset = _read_end(file)
    file.seek(offset)
    listed = _read_directory(file.read(length), count)
    found: dict[str, Entry] = {}
    position = total = 0
    for entry in sorted(listed, key=lambda entry: entry.offset):
        if entry.name in found:
            raise refusal(f"two entries are named '{entry.name}'")
        if entry.offset != position:
            raise refusal(f"unexpected data before '{entry.name}', or overlapping entries")
        placed = _placed(entry, file, limit=offset)
        position, total = placed.end, total + placed.size
        if total > LIMITS["total"]:
            raise refusal("the files are larger than 1 GiB in total")
        found[entry.name] = placed
    if position != offset:
        raise refusal("unexpected data between the files and the central directory")
    return found


def _read_end(file: IO[bytes]) -> tuple[int, int, int]:
    """Return the number of entries, and the length and offset of the central directory."""
    size = file.seek(0, 2)
    at = size - _END.size
    if at < 0:
        raise refusal("not a zip archive, truncated, or followed by other data")
    file.seek(max(0, at - _LOCATOR_SIZE))
    tail = file.read()
    before, end = tail[: -_END.size], tail[-_END.size :]
    if not end.startswith(b"PK\x05\x06"):
        raise refusal("not a zip archive, truncated, or followed by other data")
    _, disk, directory_disk, here, count, length, offset, comment = _END.unpack(end)
    if comment or disk or directory_disk or here != count:
        raise refusal("the archive has a comment or spans several disks")
    is_elsewhere = count == _MANY or _LONG in {length, offset}  # the markers of zip64
    if is_elsewhere or before.startswith(b"PK\x06\x07"):
        raise refusal("zip64 is not supported")
    if offset + length != at:
        raise refusal("the central directory is not at its offset (data before the archive?)")
    if length > LIMITS["directory"]:
        raise refusal("the central directory is larger than 32 MiB")
    return count, length, offset


def _read_directory(directory: bytes, count: int) -> Iterator[Entry]:
    """Yield exactly *count* entries from the central directory."""
    at = 0
    for _ in range(count):
        if at + _CENTRAL.size > len(directory) or directory[at : at + 4] != b"PK\x01\x02":
            raise refusal("the central directory is damaged, or has fewer entries than it declares")
        fields = _CENTRAL.unpack_from(directory, at)
        _, _, version, flags, method, _, _, crc, packed, size, *rest = fields
        length, extra, comment, disk, _, _, offset = rest
        if extra or comment or disk:
            raise refusal("an entry has an extra field, a comment, or another disk number")
        at += _CENTRAL.size + length
        entry = Entry(
            name=_name(directory[at - length : at]),
            version=version,
            flags=flags,
            method=method,
            crc=crc,
            packed=packed,
            size=size,
            offset=offset,
        )
        _check(entry)
        yield entry
    if at != len(directory):
        raise refusal("the central directory is damaged, or has more entries than it declares")


def _name(raw: bytes) -> str:
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise refusal("the name of an entry is not UTF-8") from problem
    if not _PLAIN_PATH.fullmatch(name):
        raise refusal(f"the entry name '{name}' is not a plain relative path")
    return name


def _check(entry: Entry) -> None:
    name = entry.name
    is_known = entry.method in {STORED, DEFLATED} and not entry.flags & ~_KNOWN_FLAGS
    if not is_known or entry.version > LIMITS["version"]:
        raise refusal(f"'{name}' is encrypted, streamed, or compressed with an unknown method")
    if entry.size > LIMITS["file"]:
        raise refusal(f"'{name}' is larger than 256 MiB")
    if entry.method == STORED and entry.size != entry.packed:
        raise refusal(f"'{name}' is stored but has two sizes")
    if entry.size > entry.packed * LIMITS["ratio"] + LIMITS["slack"]:
        raise refusal(f"'{name}' is a zip bomb: {entry.size} bytes in {entry.packed}")


def _placed(entry: Entry, file: IO[bytes], *, limit: int) -> Entry:
    """Return *entry* with the offset of its data; verify its local header."""
    file.seek(entry.offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise refusal(f"'{entry.name}' is not at the offset in the central directory")
    _, version, flags, method, _, _, crc, packed, size, length, extra = _LOCAL.unpack(header)
    placed = Entry(
        name=entry.name,
        version=entry.version,
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        offset=entry.offset,
        start=entry.offset + _LOCAL.size + length,
    )
    said = (placed.flags, placed.method, placed.crc, placed.packed, placed.size)
    if said != (entry.flags, entry.method, entry.crc, entry.packed, entry.size) or (
        file.read(length) != entry.name.encode() or extra or version > LIMITS["version"]
    ):
        raise refusal(f"the header of '{entry.name}' contradicts the central directory")
    if placed.end > limit:
        raise refusal(f"'{entry.name}' extends beyond the files")
    return placed


def read_file(file: IO[bytes], entry: Entry) -> bytes:
    """Return the content of *entry*, with its size and checksum verified.

    Raises:
        InputError: INVALID_ARCHIVE.
    """
    return b"".join(chunks_of(file, entry))


def chunks_of(file: IO[bytes], entry: Entry) -> Iterator[bytes]:
    """Yield the content in chunks to save memory; the last one may raise.

    Raises:
        InputError: INVALID_ARCHIVE.
    """
    crc = size = 0
    for chunk in _inflated(file, entry) if entry.method == DEFLATED else _stored(file, entry):
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        if size > entry.size:
            break
        yield chunk
    if size != entry.size:
        raise refusal(f"'{entry.name}' does not inflate to its declared size")
    if crc != entry.crc:
        raise refusal(f"'{entry.name}' is damaged: its CRC-32 does not match")


def _stored(file: IO[bytes], entry: Entry) -> Iterator[bytes]:
    for at in range(entry.start, entry.end, _CHUNK):
        file.seek(at)
        yield file.read(min(_CHUNK, entry.end - at))


def _inflated(file: IO[bytes], entry: Entry) -> Iterator[bytes]:
    """Yield the inflated data; it must end at the end of the entry."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    goes_on = False
    try:
        for packed in _stored(file, entry):
            goes_on = goes_on or inflate.eof
            rest, is_full = packed, True
            while not inflate.eof and (rest or is_full):
                chunk = inflate.decompress(rest, _CHUNK)
                rest, is_full = inflate.unconsumed_tail, len(chunk) == _CHUNK
                yield chunk
    except zlib.error as problem:
        raise refusal(f"'{entry.name}' cannot be inflated: {problem}") from problem
    if not inflate.eof or inflate.unused_data or goes_on:
        raise refusal(f"'{entry.name}' cannot be inflated: its data is truncated or too long")
