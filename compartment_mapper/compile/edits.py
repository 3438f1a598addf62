"""Byte-exact edits of a text."""

from __future__ import annotations

from collections.abc import Iterable

from compartment_mapper.module_record import Edit


def apply_edits(source: bytes, edits: Iterable[Edit]) -> str:
    """Return *source* with *edits* made; what no edit covers is unchanged.

    Args:
        source: UTF-8; bytes that are not UTF-8 become U+FFFD, as Node reads them.
        edits: By place, not overlapping; several at one place in their order.

    >>> apply_edits(b"let a = 1;", [Edit(4, 5, "b"), Edit(10, 10, "!")])
    'let b = 1;!'
    """
    parts: list[bytes] = []
    position = 0
    for edit in edits:
        assert position <= edit.start <= edit.end <= len(source), (position, edit)
        parts += [source[position : edit.start], edit.text.encode("utf-8", "surrogatepass")]
        position = edit.end
    parts.append(source[position:])
    return b"".join(parts).decode("utf-8", "replace")
