"""Compile a CommonJS module to a wrapper function: ``pre-cjs-json`` in Endo's archives."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from compartment_mapper.compile.edit_table import table_of
from compartment_mapper.compile.edits import apply_edits
from compartment_mapper.compile.esm import INDIRECT_EVAL, extensions, requested, throwing
from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.records.type_stripping import Origin


def compile_cjs(
    record: ModuleRecord,
    source: bytes,
    *,
    exports: Collection[str],
    keys: Sequence[str] = (),
    origin: Origin | None = None,
) -> str:
    """Return the stored form of a CommonJS module.

    Args:
        record: The record of *source*.
        source: The source, without a byte order mark.
        exports: The names that ECMAScript modules can import, including re-exports.
        keys: See `compile_esm`.
        origin: See `compile_esm`.
    """
    stored: dict[str, object] = {
        "imports": requested(record, keys),
        "exports": list(dict.fromkeys((*exports, "default"))),
        "reexports": [],
        **_wrapped(record, source, origin),
        **extensions(record),
        "sloppy": True,
    }
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))


def _wrapped(record: ModuleRecord, source: bytes, origin: Origin | None) -> dict[str, object]:
    """Return the module wrapper of https://nodejs.org/api/modules.html#the-module-wrapper.

    DEVIATION: SES evaluates all code as strict code.
    """
    parameters = "require, exports, module, __filename, __dirname"
    if record.uses_import or record.uses_eval:
        parameters += f", {record.prefix}{'import' if record.uses_import else 'none'}"
    prologue = "".join(record.prologue)
    if record.uses_eval:
        parameters += f", {record.prefix}eval"
        prologue += f"{record.prefix}eval??={INDIRECT_EVAL};"
    if record.syntax_error is not None:
        return {"source": f"(function ({parameters}) {throwing(record.syntax_error)})\n"}
    head = f"(function ({parameters}) {{'use strict';{prologue}"
    return {
        "source": f"{head}{apply_edits(source, record.edits)}\n}})\n",
        "edits": table_of(record, source, origin, head=head),
    }
