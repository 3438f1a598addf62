"""A deterministic zip of a compartment map and the files that it names."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from io import BytesIO

from compartment_mapper.compartment_map import CompartmentMap, FileModule

MAP_FILE = "compartment-map.json"


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
        _write(archive, MAP_FILE, map_bytes(compartment_map), compress=compress)
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
