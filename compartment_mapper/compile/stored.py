"""Read and modify the stored form of a compiled module."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

_ESM, _CJS = "__syncModuleProgram__", "source"


def program_of(stored: bytes) -> bytes:
    """Return the program of a stored module, as an expression statement for a syntax check."""
    value = _object(stored)
    program = value.get(_ESM) or value[_CJS]
    return f"({program})".encode("utf-8", "replace")


def stored_program(stored: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Return the functor of a stored module and its edits; None for one that only throws.

    >>> stored_program(b'{"source":"(function () {})","edits":["",""]}')
    ('(function () {})', ('', ''))
    """
    value = _object(stored)
    text, edits = value.get(_ESM) or value[_CJS], value.get("edits")
    if not isinstance(text, str) or not isinstance(edits, list):
        return None
    return text, tuple(map(str, edits))


def with_program(stored: bytes, text: str, edits: Sequence[str]) -> bytes:
    """Return a *stored* module with another functor.

    >>> with_program(b'{"source":"(function () {})","edits":["",""]}', "(function(){})", ["", ""])
    b'{"source":"(function(){})","edits":["",""]}'
    """
    value = _object(stored)
    value[_ESM if _ESM in value else _CJS] = text
    value["edits"] = list(edits)
    return _text(value)


def with_source_map(stored: bytes, source_map: Mapping[str, object]) -> bytes:
    """Return a *stored* module with a source map.

    >>> with_source_map(b'{"source":""}', {"mappings": "A"})
    b'{"source":"","sourceMap":{"mappings":"A"}}'
    """
    return stored[:-1] + b',"sourceMap":' + _text(source_map) + b"}"


def _object(stored: bytes) -> dict[str, object]:
    value: object = json.loads(stored)
    assert isinstance(value, dict)
    return value


def _text(value: Mapping[str, object]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
