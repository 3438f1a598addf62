"""Compile source for the process: rewritten for SES, with a table that maps positions."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import lru_cache

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
    return _known_program(source, keeps) if len(source) <= _SHORT else _program(source, keeps=keeps)


#: The maximum characters of a source whose program is kept: the same texts are often evaluated
#: again, and a pool scans them while they wait for a process.
_SHORT = 4096


@lru_cache(maxsize=256)
def _known_program(source: str, keeps: bool) -> Program:  # noqa: FBT001 - part of the key
    return _program(source, keeps=keeps)


def _program(source: str, *, keeps: bool) -> Program:
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


def scan_ahead(source: str) -> None:
    """Scan a short *source*, so that `program_of` returns its program at once."""
    if len(source) <= _SHORT:
        with contextlib.suppress(SandboxError):  # `program_of` raises it again
            _known_program(source, keeps=False)


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
