"""A deterministic zip, and back: the only place that knows the format of the container."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

from compartment_mapper import errors
from compartment_mapper.compartment_map import CompartmentMap, FileModule, map_from_dict
from compartment_mapper.errors import InputError

_MAP = "compartment-map.json"

#: More than any application needs, less than a bomb wants.
_LARGEST_FILE = 256 << 20
_LARGEST_ARCHIVE = 1 << 30

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


#: The end of central directory record, without a comment.
_END_SIZE = 22
_END_MARK = b"PK\x05\x06"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive that was read and verified."""

    map: CompartmentMap
    #: Of ``compartment-map.json``: what identifies the application.
    sha512: str
    #: Bytes stored for each file, by its path.
    sizes: Mapping[str, int]
    #: The stored text of each file, by its path.
    files: Mapping[str, bytes]
    #: Whether an entry is compressed; what it holds is the same.
    deflated: bool = field(default=False, compare=False)


def sha512_hex(content: bytes) -> str:
    """Return the SHA-512 of *content* in hexadecimal."""
    return hashlib.sha512(content).hexdigest()


def map_bytes(compartment_map: CompartmentMap) -> bytes:
    """Return ``compartment-map.json``, as ``JSON.stringify(map, null, 2)`` would write it."""
    return json.dumps(compartment_map.to_dict(), indent=2, ensure_ascii=False).encode(
        "utf-8", "replace"
    )


def file_path(compartment_location: str, module: FileModule) -> str:
    """Return the path of a module's file in the archive."""
    return f"{compartment_location}/{module.location}"


def pack(compartment_map: CompartmentMap, files: Mapping[str, bytes], *, compress: bool) -> bytes:
    """Return the archive; equal input gives equal bytes.

    Args:
        compartment_map: The first file.
        files: The others, by path; written in the order of the map.
        compress: Deflate. Endo reads only stored entries.
    """
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _write(archive, _MAP, map_bytes(compartment_map), compress=compress)
        for name, compartment in sorted(compartment_map.compartments.items()):
            for _key, module in sorted(compartment.modules.items()):
                if isinstance(module, FileModule):
                    path = file_path(name, module)
                    _write(archive, path, files[path], compress=compress)
    return buffer.getvalue()


def _write(archive: zipfile.ZipFile, path: str, content: bytes, *, compress: bool) -> None:
    info = zipfile.ZipInfo(path, (1980, 0, 0, 0, 0, 0))
    info.create_system = 3  # Unix, on every machine
    info.create_version = 30
    info.extract_version = 10
    info.external_attr = 0o100644 << 16
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    archive.writestr(info, content, compress_type=method, compresslevel=6)


def unpack(content: bytes) -> Archive:
    """Return the archive that *content* is, verified: the map's schema, links, and every hash.

    Raises:
        InputError: INVALID_ARCHIVE.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            files = _files(archive)
            deflated = any(entry.compress_type for entry in archive.infolist())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as problem:
        raise InputError(errors.invalid_archive(f"no zip archive: {problem}")) from problem
    if not content[-_END_SIZE:].startswith(_END_MARK):
        # Readers that look for the mark further up see another archive than those that do not.
        raise InputError(errors.invalid_archive("something stands after the end of the archive"))
    manifest = files.pop(_MAP, None)
    if manifest is None:
        raise InputError(errors.invalid_archive(f"it holds no {_MAP}"))
    try:
        value: object = json.loads(manifest.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise InputError(errors.invalid_archive(f"{_MAP} is not JSON: {problem}")) from problem
    compartment_map = map_from_dict(value)
    _check_files(compartment_map, files)
    return Archive(
        map=compartment_map,
        sha512=sha512_hex(manifest),
        sizes={path: len(file) for path, file in files.items()},
        files=files,
        deflated=deflated,
    )


def _files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > _LARGEST_ARCHIVE:
        raise InputError(errors.invalid_archive("it would unpack to more than 1 GiB"))
    for entry in entries:
        name = entry.filename
        if name in files:
            raise InputError(errors.invalid_archive(f"it holds '{name}' twice"))
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise InputError(errors.invalid_archive(f"it holds '{name}', a path to elsewhere"))
        if entry.file_size > _LARGEST_FILE:
            raise InputError(errors.invalid_archive(f"'{name}' is larger than 256 MiB"))
        if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
            raise InputError(
                errors.invalid_archive(f"'{name}' is encrypted, or compressed in an unknown way")
            )
        files[name] = archive.read(entry)
    return files


def _check_files(compartment_map: CompartmentMap, files: Mapping[str, bytes]) -> None:
    expected: set[str] = set()
    for name, compartment in compartment_map.compartments.items():
        for key, module in compartment.modules.items():
            if isinstance(module, FileModule):
                path = file_path(name, module)
                expected.add(path)
                content = files.get(path)
                if content is None:
                    raise InputError(errors.invalid_archive(f"the file '{path}' is missing"))
                if sha512_hex(content) != module.sha512:
                    raise InputError(
                        errors.invalid_archive(
                            f"'{path}' is not what the map says: the sha512 of '{key}' differs"
                        )
                    )
    extra = sorted(files.keys() - expected)
    if extra:
        raise InputError(errors.invalid_archive(f"the map does not name the file '{extra[0]}'"))
