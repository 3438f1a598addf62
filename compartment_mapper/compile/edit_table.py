"""The edits of a stored source, line by line, in reverse.

Edits preserve lines and shift columns. Stack traces and code frames use the table to map positions
to the original source: see ``edits`` in ``docs/formats/archive.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from compartment_mapper.compile.edits import composed
from compartment_mapper.records.module_record import Edit, ModuleRecord
from compartment_mapper.records.type_stripping import Origin
from compartment_mapper.text import LINE_END

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_CONTINUES = 32
#: The rest of a line after an edit, if it contains no position to map.
_NOTHING = re.compile(rb"[ \t;]*(?:$|[\r\n]|\xe2\x80[\xa8\xa9])")


class _Row(NamedTuple):
    """One edit within a line; all numbers count UTF-16 code units, like V8's columns."""

    line: int
    #: The start column in the stored line.
    start: int
    length: int
    #: The original text.
    removed: str


class _Cursor:
    """A position in the stored source: 0-based line and column."""

    __slots__ = ("column", "line")

    def __init__(self, column: int) -> None:
        self.line = 0
        self.column = column

    def pass_bytes(self, text: bytes) -> None:
        """Advance past *text*."""
        if text.isascii() and b"\r" not in text:
            lines = text.count(b"\n")
            self.pass_lines(lines, len(text) - text.rfind(b"\n") - 1 if lines else len(text))
        else:
            self.pass_text(text.decode("utf-8", "replace"))

    def pass_text(self, text: str) -> None:
        """Advance past *text*."""
        *ended, last = LINE_END.split(text)
        self.pass_lines(len(ended), _units(last))

    def pass_lines(self, lines: int, units: int) -> None:
        """Advance past the given line ends, and the units after the last one."""
        self.line += lines
        self.column = units if lines else self.column + units


def table_of(record: ModuleRecord, source: bytes, origin: Origin | None, *, head: str) -> list[str]:
    """Return the `edit_table` of a compiled module relative to its original source."""
    if origin is None:
        return edit_table(source, record.edits, head=head)
    edits = composed(origin.stripped, record.edits, source)
    return edit_table(origin.written, edits, head=head)


def edit_table(source: bytes, edits: Iterable[Edit], *, head: str) -> list[str]:
    r"""Return the differences between the stored source and *source*, with the original text.

    Args:
        source: The original source.
        edits: See `apply_edits`.
        head: Text before the source in its first line.

    Returns:
        Numbers as ``A`` to ``/``, four for each edit: lines since the previous edit; units since
        its end, or since the start of a new line; its length; the length of the original text. Then
        all original text.

    >>> edit_table(b"a\nexport let b", [Edit(2, 9, "")], head="(")
    ['AABABAAH', 'export ']
    """
    rows = _joined(_rows(source, edits, head))
    numbers: list[int] = []
    line = end = 0
    for row in rows:
        if row.line != line:
            end = 0
        numbers += (row.line - line, row.start - end, row.length, _units(row.removed))
        line, end = row.line, row.start + row.length
    return ["".join(map(_digits, numbers)), "".join(row.removed for row in rows)]


def _rows(source: bytes, edits: Iterable[Edit], head: str) -> Iterator[_Row]:
    cursor = _Cursor(_units(head))
    yield _Row(0, 0, cursor.column, "")
    position = 0
    for edit in edits:
        cursor.pass_bytes(source[position : edit.start])
        position = edit.end
        removed = LINE_END.split(source[edit.start : edit.end].decode("utf-8", "replace"))
        inserted = LINE_END.split(edit.text)
        last = len(removed) - 1
        for index, (before, now) in enumerate(zip(removed, inserted, strict=False)):
            column = 0 if index else cursor.column
            followed = index == last and not _NOTHING.match(source, edit.end)
            alone = index > 0 or _begins_line(source, edit.start) or _is_comment(before)
            if followed or now.strip(" \t;") or not alone:
                yield _Row(cursor.line + index, column, _units(now), before)
        cursor.pass_text(edit.text)


def _begins_line(source: bytes, offset: int) -> bool:
    return not source[source.rfind(b"\n", 0, offset) + 1 : offset].strip(b" \t;")


def _is_comment(text: str) -> bool:
    return text.startswith(("//", "/*"))


def _joined(rows: Iterable[_Row]) -> list[_Row]:
    """Return *rows* with adjacent ones merged."""
    found: list[_Row] = []
    for row in rows:
        last = found[-1] if found else None
        if last is not None and (last.line, last.start + last.length) == row[:2]:
            found[-1] = last._replace(
                length=last.length + row.length, removed=last.removed + row.removed
            )
        else:
            found.append(row)
    return found


def _units(text: str) -> int:
    """Return the UTF-16 code units of *text*."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _digits(number: int) -> str:
    """Return *number* in base-32 digits, the lowest first."""
    digits = ""
    while number >= _CONTINUES:
        digits += _DIGITS[number % _CONTINUES + _CONTINUES]
        number //= _CONTINUES
    return digits + _DIGITS[number]
