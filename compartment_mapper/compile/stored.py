"""What is stored of a compiled module, read again."""

from __future__ import annotations

import json


def program_of(stored: bytes) -> bytes:
    """Return the program of a stored module, as an expression statement that may be checked."""
    value: object = json.loads(stored)
    assert isinstance(value, dict)
    program = value.get("__syncModuleProgram__") or value["source"]
    return f"({program})".encode("utf-8", "replace")
