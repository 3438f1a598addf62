"""Rewrite sloppy CommonJS code that strict evaluation would reject, where possible.

SES evaluates all code as strict code (ECMA-262 11.2.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit, Refusal
from compartment_mapper.scan.rewrites.frozen_exports import scan_frozen_exports, scan_lone_getters
from compartment_mapper.scan.rewrites.global_this import is_strict
from compartment_mapper.scan.rewrites.sloppy_functions import (
    scan_conditional_functions,
    scan_labeled_functions,
    scan_own_name_writes,
    scan_special_names,
)
from compartment_mapper.scan.rewrites.sloppy_names import (
    scan_block_functions,
    scan_deleted_names,
    scan_duplicate_parameters,
    scan_reserved_names,
)
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.tree import Syntax
from compartment_mapper.text import Span

_WITH = re.compile(rb"with(?=\s*\()")
_NUMBER = re.compile(word(b"0", rb"\w") + rb"[0-9]+\b")
_ESCAPE = re.compile(rb"\\[0-7]{1,3}")
_STRINGS = frozenset({"string", "string_fragment", "escape_sequence"})


def scan_sloppy(syntax: Syntax, *, prefix: str) -> tuple[list[Edit], list[Refusal]]:
    """Return the rewrites of sloppy code, and constructs that cannot be rewritten."""
    edits = [
        *scan_deleted_names(syntax),
        *scan_duplicate_parameters(syntax, prefix=prefix),
        *scan_reserved_names(syntax, prefix=prefix),
        *scan_block_functions(syntax, prefix=prefix),
        *scan_conditional_functions(syntax),
        *scan_labeled_functions(syntax),
        *scan_own_name_writes(syntax),
        *scan_special_names(syntax, prefix=prefix),
        *scan_frozen_exports(syntax),
        *scan_lone_getters(syntax),
    ]
    refusals = [
        _with_statement(match.start())
        for match in _WITH.finditer(syntax.source)
        if syntax.path_to(match.start())[-1].kind == "with"
    ]
    for match in _NUMBER.finditer(syntax.source):
        node = syntax.path_to(match.start())[-1].node
        if node.type == "number" and (node.start_byte, node.end_byte) == match.span():
            edits.append(Edit(match.start(), match.end(), _number(match[0].decode())))
    for match in _ESCAPE.finditer(syntax.source):
        if syntax.path_to(match.start())[-1].kind in _STRINGS:
            edits.extend(_escape_edits(syntax.source, match.start()))
    # Strict code is left to the engine, which rejects it.
    kept = [edit for edit in edits if not is_strict(syntax, syntax.path_to(edit.start))]
    return kept, refusals


def _escape_edits(source: bytes, start: int) -> Iterator[Edit]:
    span = _octal_escape(source, start)
    if span is not None:
        value = int(source[span.start + 1 : span.end], 8)
        yield Edit(span.start, span.end, f"\\x{value:02x}")


def _with_statement(start: int) -> Refusal:
    return Refusal(
        what="a 'with' statement is not allowed in strict code, and SES evaluates strict code",
        span=Span(start, start + len("with")),
        hint="name the object's properties: const { a, b } = object",
    )


def _number(text: str) -> str:
    """Return a legacy octal (or octal-like decimal) literal of Annex B in modern syntax.

    >>> _number("017"), _number("089")
    ('0o17', '89')
    """
    digits = text.lstrip("0") or "0"
    return digits if set(digits) & {"8", "9"} else f"0o{digits}"


def _octal_escape(source: bytes, start: int) -> Span | None:
    r"""Return the span of the LegacyOctalEscapeSequence at *start*; None for ``\\1`` or ``\0``."""
    backslashes = start
    while backslashes > 0 and source[backslashes - 1 : backslashes] == b"\\":
        backslashes -= 1
    if (start - backslashes) % 2:
        return None
    longest = 3 if source[start + 1 : start + 2] in {b"0", b"1", b"2", b"3"} else 2
    end = start + 1
    while end < start + 1 + longest and source[end : end + 1] in _OCTAL_DIGITS:
        end += 1
    if end == start + 2 and source[start + 1 : end] == b"0" and not source[end : end + 1].isdigit():
        return None
    return Span(start, end)


_OCTAL_DIGITS = frozenset(bytes([digit]) for digit in b"01234567")
