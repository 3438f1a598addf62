"""Positions in source text: spans, lines and columns, code frames."""

from __future__ import annotations

import re
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of byte offsets in a UTF-8 source; there can be hundreds of thousands."""

    start: int
    end: int


class Position(NamedTuple):
    """A line and a column, both 1-based; the column counts characters."""

    line: int
    column: int


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def without_byte_order_mark(source: bytes) -> bytes:
    """Return *source* as Node reads it: a byte order mark before a hashbang stays, as an error."""
    if source.startswith(_BYTE_ORDER_MARK + b"#!"):
        return source
    return source.removeprefix(_BYTE_ORDER_MARK)


#: ECMA-262 12.3 LineTerminatorSequence.
LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")

#: The width of code frames: long lines, such as minified ones, are cut around the position.
_FRAME_WIDTH = 100


#: Characters that move the cursor, change colors or reverse the direction, except a newline.
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def without_surrogates(text: str) -> str:
    r"""Return *text* with a question mark for each lone surrogate, which UTF-8 does not have.

    >>> without_surrogates("a\ud800")
    'a?'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def printable(text: str) -> str:
    r"""Return *text* with control characters escaped: names and code are untrusted.

    >>> print(printable("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def position_at(source: bytes, offset: int) -> Position:
    r"""Return the line and column of byte *offset* in *source*.

    Args:
        source: UTF-8 source, with line ends as in ECMA-262 12.3 (not as in ``str.splitlines``).
        offset: A byte offset, ``0 <= offset <= len(source)``.

    >>> position_at("á\nbc".encode(), 4)
    Position(line=2, column=2)
    """
    lines = LINE_END.split(source[:offset].decode("utf-8", "replace"))
    return Position(len(lines), len(lines[-1]) + 1)


def code_frame(source: bytes, span: Span) -> str:
    r"""Return the line of *source* where *span* starts, with a marker below it.

    >>> print(code_frame(b"let a;\nlet b = ;\n", Span(15, 16)))
      2 | let b = ;
        |         ^
    """
    position = position_at(source, span.start)
    line = LINE_END.split(source.decode("utf-8", "replace"))[position.line - 1]
    first = max(0, position.column - 1 - _FRAME_WIDTH // 2)
    shown = line[first : first + _FRAME_WIDTH].replace("\t", " ")
    shown = _CONTROLS.sub("\ufffd", shown)  # same width, so that the marker below stays aligned
    length = len(source[span.start : span.end].decode("utf-8", "replace").split("\n")[0])
    before = position.column - 1 - first
    width = max(1, min(length, len(shown) - before))
    gutter = f"{position.line:>3} | "
    return f"{gutter}{shown}\n{' ' * (len(gutter) - 2)}| {' ' * before}{'^' * width}"


_KIB = 1024


def size_text(size: int) -> str:
    """Return a human-readable number of bytes.

    >>> size_text(900), size_text(5000), size_text(12_900_000)
    ('900 B', '4.9 KiB', '12.3 MiB')
    """
    if size < _KIB:
        return f"{size} B"
    if size < _KIB * _KIB:
        return f"{size / _KIB:.1f} KiB"
    return f"{size / _KIB / _KIB:.1f} MiB"
