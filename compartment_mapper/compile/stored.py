"""What is stored of a compiled module, read again."""

from __future__ import annotations

import json
from collections.abc import Mapping


def program_of(stored: bytes) -> bytes:
    """Return the program of a stored module, as an expression statement that may be checked."""
    value: object = json.loads(stored)
    assert isinstance(value, dict)
    program = value.get("__syncModuleProgram__") or value["source"]
    return f"({program})".encode("utf-8", "replace")


def with_source_map(stored: bytes, source_map: Mapping[str, object]) -> bytes:
    """Return a *stored* module that says where its text came from.

    >>> with_source_map(b'{"source":""}', {"mappings": "A"})
    b'{"source":"","sourceMap":{"mappings":"A"}}'
    """
    text = json.dumps(source_map, ensure_ascii=False, separators=(",", ":"))
    return stored[:-1] + b',"sourceMap":' + text.encode("utf-8", "replace") + b"}"
