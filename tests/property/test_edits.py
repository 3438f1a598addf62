"""Composed edits are equivalent to consecutive edits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from compartment_mapper.compile import apply_edits
from compartment_mapper.compile.edits import composed
from compartment_mapper.records.module_record import Edit
from compartment_mapper.records.type_stripping import written_span
from compartment_mapper.text import Span


@st.composite
def _edits(draw: st.DrawFn, length: int) -> list[Edit]:
    places = sorted(draw(st.lists(st.integers(0, length), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return [Edit(start, end, draw(st.text("xyz", max_size=3))) for start, end in pairs]


@st.composite
def _edited_twice(draw: st.DrawFn) -> tuple[bytes, list[Edit], list[Edit]]:
    source = draw(st.text("abcde", max_size=20)).encode()
    first = draw(_edits(len(source)))
    second = draw(_edits(len(apply_edits(source, first))))
    return source, first, second


@given(_edited_twice())
def test_composed_edits_do_what_both_do(drawn: tuple[bytes, list[Edit], list[Edit]]) -> None:
    source, first, second = drawn
    between = apply_edits(source, first).encode()

    at_once = composed(first, second, between)

    assert apply_edits(source, at_once) == apply_edits(between, second)


@given(_edited_twice())
def test_what_was_not_edited_is_found_where_it_was(
    drawn: tuple[bytes, list[Edit], list[Edit]],
) -> None:
    source, edits, _ = drawn
    after = apply_edits(source, edits).encode()

    for offset in range(len(after)):
        start, end = written_span(edits, Span(offset, offset + 1))
        assert 0 <= start <= end <= len(source)
        if chr(after[offset]) in "abcde":
            assert source[start:end] == after[offset : offset + 1]
