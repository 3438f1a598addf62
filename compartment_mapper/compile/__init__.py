"""Record and source → stored module. Nothing is parsed here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import assert_never

from compartment_mapper.compile.cjs import compile_cjs
from compartment_mapper.compile.edit_table import edit_table
from compartment_mapper.compile.edits import apply_edits
from compartment_mapper.compile.esm import INDIRECT_EVAL, compile_esm
from compartment_mapper.compile.stored import (
    program_of,
    stored_program,
    with_program,
    with_source_map,
)
from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.records.type_stripping import Origin

__all__ = [
    "INDIRECT_EVAL",
    "apply_edits",
    "compile_cjs",
    "compile_esm",
    "compiled",
    "edit_table",
    "program_of",
    "stored_program",
    "with_program",
    "with_source_map",
]


def compiled(
    record: ModuleRecord,
    source: bytes,
    *,
    in_cycle: bool,
    keys: Sequence[str],
    exports: Collection[str],
    origin: Origin | None = None,
) -> bytes:
    """Return the stored form of a program: see `compile_esm`, and `compile_cjs` for *exports*."""
    match record.language:
        case "mjs":
            text = compile_esm(record, source, in_cycle=in_cycle, keys=keys, origin=origin)
        case "cjs":
            text = compile_cjs(record, source, exports=exports, keys=keys, origin=origin)
        case "json" | "text" | "bytes" | "addon":
            raise AssertionError(record.language)  # data is stored as it is
        case _:
            assert_never(record.language)
    return text.encode("utf-8", "replace")
