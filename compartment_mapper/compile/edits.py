"""Byte-exact edits of a source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compartment_mapper.records.module_record import Edit


def apply_edits(source: bytes, edits: Iterable[Edit]) -> str:
    """Return *source* with *edits* applied; everything else is unchanged.

    Args:
        source: UTF-8; invalid bytes become U+FFFD, as in Node.
        edits: In order of position, not overlapping; several at one position in their order.

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


def composed(first: Sequence[Edit], second: Sequence[Edit], between: bytes) -> Sequence[Edit]:
    """Return the composition of *first* and *second*; *between* is the intermediate source.

    >>> composed([Edit(0, 2, "xyz")], [Edit(1, 2, "-"), Edit(5, 5, "!")], b"xyz3456")
    [Edit(start=0, end=2, text='x-z'), Edit(start=4, end=4, text='!')]
    """
    if not first:
        return second
    made: list[Edit] = []
    ones, others = list(reversed(first)), list(reversed(second))
    shift = 0
    while ones or others:
        begins = [one.start + shift for one in ones[-1:]] + [other.start for other in others[-1:]]
        start = end = min(begins)
        before, inner = shift, []
        # Adjacent edits are merged, so that both ends are positions in all three sources.
        while True:
            if ones and ones[-1].start + shift <= end:
                one = ones.pop()
                length = len(one.text.encode("utf-8", "surrogatepass"))
                end = max(end, one.start + shift + length)
                shift += length - (one.end - one.start)
            elif others and others[-1].start <= end:
                other = others.pop()
                end = max(end, other.end)
                inner.append(Edit(other.start - start, other.end - start, other.text))
            else:
                break
        made.append(Edit(start - before, end - shift, apply_edits(between[start:end], inner)))
    return made
