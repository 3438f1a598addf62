"""Zip files written field by field, so that each of them can be wrong."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

_LOCAL = struct.Struct("<4s5H3L2H")


_CENTRAL = struct.Struct("<4s6H3L5H2L")


END = struct.Struct("<4s4H2LH")


Files = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, kw_only=True)
class Made:
    """One entry as written; None fields are derived from the others."""

    name: bytes
    content: bytes
    #: The stored data, if it differs from the content.
    stored: bytes | None = None
    method: int = 0
    flags: int = 0
    version: int = 10
    crc: int | None = None
    size: int | None = None
    packed: int | None = None
    #: Bytes before its local header; bytes after its data.
    before: bytes = b""
    after: bytes = b""
    extra: bytes = b""
    comment: bytes = b""
    disk: int = 0
    #: The signatures of its local header and of its central directory record.
    signatures: tuple[bytes, bytes] = (b"PK\3\4", b"PK\1\2")
    #: Differences in its local header: fields of this class.
    local: Mapping[str, object] = field(default_factory=dict)
    local_extra: bytes = b""
    #: The offset in the directory, and whether it is listed.
    offset: int | None = None
    listed: bool = True

    def header(self, offset: int) -> tuple[bytes, bytes]:
        """Return its local header with its data, and its central directory record."""
        stored = self.content if self.stored is None else self.stored
        own = replace(self, **self.local)  # type: ignore[arg-type] # of this class
        local = _LOCAL.pack(
            own.signatures[0], own.version, own.flags, own.method, 0, 0, *own.sizes(stored),
            len(own.name), len(self.local_extra),
        )  # fmt: skip
        central = _CENTRAL.pack(
            own.signatures[1], 20, self.version, self.flags, self.method, 0, 0, *self.sizes(stored),
            len(self.name), len(self.extra), len(self.comment), self.disk, 0, 0,
            offset if self.offset is None else self.offset,
        )  # fmt: skip
        data = local + own.name + self.local_extra + stored
        return data, central + self.name + self.extra + self.comment

    def sizes(self, stored: bytes) -> tuple[int, int, int]:
        """Return its declared checksum and sizes."""
        return (
            zlib.crc32(self.content) if self.crc is None else self.crc,
            len(stored) if self.packed is None else self.packed,
            len(self.content) if self.size is None else self.size,
        )


@dataclass(frozen=True, kw_only=True)
class End:
    """The data around the entries, and differences in the end record."""

    prefix: bytes = b""
    before_directory: bytes = b""
    in_directory: bytes = b""
    before_end: bytes = b""
    suffix: bytes = b""
    comment: int = 0
    disk: int = 0
    #: The disk of the directory; None: the same.
    directory_disk: int | None = None
    here: int | None = None
    count: int | None = None
    length: int | None = None
    offset: int | None = None


def written(entries: Sequence[Made], end: End | None = None) -> bytes:
    """Return the archive of *entries*."""
    end = end or End()
    data, directory = bytearray(end.prefix), bytearray()
    for entry in entries:
        data += entry.before
        local, central = entry.header(len(data))
        data += local + entry.after
        directory += central if entry.listed else b""
    data += end.before_directory
    directory += end.in_directory
    listed = sum(entry.listed for entry in entries)
    count = listed if end.count is None else end.count
    tail = END.pack(
        b"PK\5\6", end.disk, end.disk if end.directory_disk is None else end.directory_disk,
        count if end.here is None else end.here, count,
        len(directory + end.before_end) if end.length is None else end.length,
        len(data) if end.offset is None else end.offset, end.comment,
    )  # fmt: skip
    return bytes(data + directory + end.before_end + tail + end.suffix)


def entries_of(files: Files) -> list[Made]:
    """Return *files* as entries without defects."""
    return [Made(name=name.encode(), content=content) for name, content in files]


def deflated(content: bytes) -> bytes:
    """Return *content* compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def packed(entry: Made) -> Made:
    """Return *entry* compressed."""
    return replace(entry, stored=deflated(entry.content), method=8)


def good(files: Files) -> bytes:
    """Return the archive without defects."""
    return written(entries_of(files))


def good_packed(files: Files) -> bytes:
    """Return the same archive, compressed."""
    return written([packed(entry) for entry in entries_of(files)])
