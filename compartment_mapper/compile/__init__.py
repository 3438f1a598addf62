"""Record and text → what the archive stores. Nothing is parsed here."""

from __future__ import annotations

from compartment_mapper.compile.cjs import compile_cjs
from compartment_mapper.compile.edits import apply_edits
from compartment_mapper.compile.esm import INDIRECT_EVAL, compile_esm
from compartment_mapper.compile.stored import program_of

__all__ = ["INDIRECT_EVAL", "apply_edits", "compile_cjs", "compile_esm", "program_of"]
