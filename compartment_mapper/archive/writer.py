"""Write a compartment map and its files as a deterministic zip archive."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from struct import Struct
from typing import NamedTuple
from zlib import DEFLATED, MAX_WBITS, compressobj, crc32, decompress

from compartment_mapper.archive.compartment_map import CompartmentMap, FileModule
from compartment_mapper.limits import LIMITS

MAP_FILE = "compartment-map.json"


def sha512_hex(content: bytes) -> str:
    """Return the SHA-512 of *content* in hexadecimal."""
    return hashlib.sha512(content).hexdigest()


def map_bytes(compartment_map: CompartmentMap) -> bytes:
    """Return ``compartment-map.json``, as ``JSON.stringify(map)`` writes it."""
    text = json.dumps(compartment_map.to_dict(), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def file_path(compartment_location: str, module: FileModule) -> str:
    """Return the path of a module's file in the archive."""
    return f"{compartment_location}/{module.location}"


def pack(
    compartment_map: CompartmentMap,
    files: Mapping[str, bytes],
    *,
    compress: bool,
    map_text: bytes | None = None,
) -> bytes:
    """Return the archive; equal input produces equal bytes.

    Args:
        compartment_map: The first file.
        files: The other files, by path; written in the order of the map.
        compress: Whether to deflate the files. Endo reads only stored entries.
        map_text: The result of `map_bytes`, if known.
    """
    entries = [(MAP_FILE, map_text or map_bytes(compartment_map))]
    for name, compartment in sorted(compartment_map.compartments.items()):
        for _key, module in sorted(compartment.modules.items()):
            if isinstance(module, FileModule):
                path = file_path(name, module)
                entries.append((path, files[path]))
    size = sum(len(path) + len(content) + _MOST_HEADERS for path, content in entries)
    if len(entries) > _MOST_ENTRIES or size > _MOST_BYTES:
        return _pack_large(entries, compress=compress)
    stored = [stored_entry(path, content, compress=compress) for path, content in entries]
    return pack_entries(stored)


class StoredEntry(NamedTuple):
    """One file in stored form."""

    path: str
    crc: int
    size: int
    stored: bytes
    deflated: bool


def stored_entry(path: str, content: bytes, *, compress: bool) -> StoredEntry:
    """Return the stored form of *content* at *path*."""
    stored = _deflated(content) if compress else content
    deflated = compress and len(content) <= len(stored) * LIMITS["ratio"] + LIMITS["slack"]
    kept = stored if deflated else content  # readers reject high compression ratios as zip bombs
    return StoredEntry(path, crc32(content), len(content), kept, deflated)


def stored_entries(archive: bytes) -> list[StoredEntry]:
    """Return the entries of an archive that `pack` wrote; do not use it for other archives."""
    *_, count, _length, offset, _comment = _END.unpack_from(archive, len(archive) - _END.size)
    found: list[StoredEntry] = []
    for _ in range(count):
        both = _OF_BOTH.unpack_from(archive, offset + len(_CENTRAL))
        method, (crc, packed, size, length) = both[1], both[4:8]
        names = offset + len(_CENTRAL) + _OF_BOTH.size + _OF_CENTRAL.size
        begin = _OF_CENTRAL.unpack_from(archive, names - _OF_CENTRAL.size)[4]
        content = begin + len(_LOCAL) + _OF_BOTH.size + length
        path = archive[names : names + length].decode()
        stored = archive[content : content + packed]
        found.append(StoredEntry(path, crc, size, stored, method == _DEFLATE))
        offset = names + length
    return found


def pack_entries(entries: Sequence[StoredEntry]) -> bytes:
    """Return the archive of *entries*, which fit into the format without zip64."""
    parts: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for path, crc, size, stored, deflated in entries:
        name = path.encode()
        flags, method = 0 if name.isascii() else _UTF_8, _DEFLATE if deflated else 0
        sizes = crc, len(stored), size, len(name), 0
        of_both = _OF_BOTH.pack(flags, method, 0, _NO_DATE, *sizes)
        parts += [_LOCAL, of_both, name, stored]
        directory += [_CENTRAL, of_both, _OF_CENTRAL.pack(0, 0, 0, _MODE, offset), name]
        offset += len(_LOCAL) + len(of_both) + len(name) + len(stored)
    length = sum(map(len, directory))
    end = _END.pack(b"PK\5\6", 0, 0, len(entries), len(entries), length, offset, 0)
    return b"".join((*parts, *directory, end))


#: APPNOTE.TXT 4.3.7 and 4.3.12: signature, versions (made by 3.0 on Unix, on every system).
_LOCAL = b"PK\3\4" + bytes((10, 0))
_CENTRAL = b"PK\1\2" + bytes((30, 3, 10, 0))
#: Flags, method, time, date, CRC-32, both sizes, lengths of the name and the extra field.
_OF_BOTH = Struct("<4H3L2H")
#: Length of the comment, disk, internal and external attributes, offset of the entry.
_OF_CENTRAL = Struct("<3H2L")
_END = Struct("<4s4H2LH")
_UTF_8 = 0x800
_DEFLATE = 8
#: The size of both headers of an entry without the names.
_MOST_HEADERS = 200
_NO_DATE = 0  # as in Endo's archives
_MODE = 0o100644 << 16
#: From here on the format requires zip64.
_MOST_ENTRIES = 0xFFFF
_MOST_BYTES = 0x7FFF_FFFF


def inflated(stored: bytes) -> bytes:
    """Return the inflated data."""
    return decompress(stored, -MAX_WBITS)


def _deflated(content: bytes) -> bytes:
    compressor = compressobj(6, DEFLATED, -MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def _pack_large(entries: Iterable[tuple[str, bytes]], *, compress: bool) -> bytes:
    """Return an archive in zip64 format."""
    import zipfile  # noqa: PLC0415 - 10 ms, rarely needed

    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in entries:
            info = zipfile.ZipInfo(path, (1980, 0, 0, 0, 0, 0))
            info.create_system = 3
            info.create_version = 30
            info.extract_version = 10
            info.external_attr = _MODE
            method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            archive.writestr(info, content, compress_type=method, compresslevel=6)
    return buffer.getvalue()
