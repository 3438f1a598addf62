"""Compile source for the process: rewritten for SES, with a table that maps positions."""

from __future__ import annotations

from dataclasses import dataclass

from compartment_mapper.compile import apply_edits, compile_esm
from compartment_mapper.compile.edit_table import edit_table
from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.messages import Message
from compartment_mapper.scan.evaluated import EvaluatedSource, TooComplexError, scan_evaluated
from compartment_mapper.scan.syntax.tree import parse
from compartment_mapper.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The compiled program of a source."""

    message: Message
    is_javascript: bool
    #: The position where the source may be invalid or not JavaScript.
    parse_uncertainty: Span | None


def program_of(source: str, *, keeps: bool) -> Program:
    """Return the program for *source*; see `scan_evaluated`.

    Raises:
        SandboxError: TOO_LARGE: the source would take too long to scan.
    """
    text = source.encode("utf-8", "replace")
    try:
        found = scan_evaluated(text, keeps=keeps)
    except TooComplexError as problem:
        raise SandboxError("TOO_LARGE", f"the source is too complex: {problem}") from problem
    return Program(
        message=_compiled(text, found),
        is_javascript=found.is_javascript,
        parse_uncertainty=found.record.parse_uncertainty,
    )


def loop_lines(source: str) -> list[int]:
    """Return the lines where loops begin, in order."""
    syntax = parse(source.encode("utf-8", "replace"))
    return sorted({row + 1 for row in syntax.rows_of(_LOOPS)})


_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})


def _compiled(source: bytes, found: EvaluatedSource) -> Message:
    record = found.record
    if found.kind == "module":
        text = compile_esm(record, source, in_cycle=False)
        return {"kind": "module", "text": text, "uses": list(found.uses)}
    head, tail = "".join(found.prologue), ""
    if found.kind == "body":
        parameters = f"{record.prefix}import,{record.prefix}eval"
        head, tail = f"(async function({parameters}){{'use strict';{head}", "\n})"
    return {
        "kind": found.kind,
        "text": f"{head}{apply_edits(source, found.edits)}{tail}",
        "edits": edit_table(source, found.edits, head=head),
        "prefix": record.prefix,
        "declares": list(found.declares),
        "uses": list(found.uses),
    }
