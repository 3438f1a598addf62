"""Texts with types: as they were written, and what is left of them for an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from unicodedata import east_asian_width

from compartment_mapper.errors.diagnostic import Place, place_in
from compartment_mapper.locations import Location, base_name
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import Edit
from compartment_mapper.text import Span

#: How a text is written that is no JavaScript yet.
Syntax = Literal["ts", "tsx", "jsx"]

_SYNTAXES: Mapping[str, Syntax] = {
    ".ts": "ts",
    ".mts": "ts",
    ".cts": "ts",
    ".tsx": "tsx",
    ".jsx": "jsx",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Jsx:
    """What elements of JSX become."""

    #: ``automatic``: calls of functions that are imported from *import_source*.
    runtime: Literal["automatic", "classic"] = "automatic"
    import_source: str = "react"
    #: Of the classic runtime.
    factory: str = "React.createElement"
    fragment: str = "React.Fragment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A text whose types are to be erased."""

    source: bytes
    syntax: Syntax
    #: As which it is loaded; None where the text decides.
    language: Language | None
    jsx: Jsx


@dataclass(frozen=True, slots=True, kw_only=True)
class StripRefusal:
    """Why types can't be erased from a text; the code is Node's."""

    code: str
    message: str
    #: From 1; 0: unknown.
    line: int
    #: From 1; 0: unknown.
    column: int
    width: int
    #: Whether both are counted as a terminal does, a tab for four; else in characters.
    drawn: bool


#: How a text is edited to be without types: lines stay.
StrippedTypes = tuple[Edit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a text was before its types were erased."""

    written: bytes
    stripped: StrippedTypes


class StripPowers(Protocol):
    """To have types erased."""

    def stripped(self, typed: Typed) -> StrippedTypes | StripRefusal:
        """Return how *typed* is edited to be JavaScript, or why it can't be."""


def syntax_of(file: Location) -> Syntax | None:
    """Return how the file is written, by its extension; None for JavaScript and all others.

    >>> syntax_of(Location("file:///app/x.mts")), syntax_of(Location("file:///app/x.d.js"))
    ('ts', None)
    """
    return _SYNTAXES.get("." + base_name(file).rpartition(".")[2])


def refused_span(source: bytes, refusal: StripRefusal) -> Span:
    """Return the place of *refusal* in *source*; the text's begin where it is not known."""
    lines = source.split(b"\n")
    if not 0 < refusal.line <= len(lines):
        return Span(0, 0)
    begin = sum(len(line) + 1 for line in lines[: refusal.line - 1])
    line = lines[refusal.line - 1].decode("utf-8", "replace").rstrip("\r")
    if refusal.column == 0:  # it goes over several lines
        before, shown = len(line) - len(line.lstrip()), len(line)
    else:
        before, shown = refusal.column - 1, refusal.column - 1 + refusal.width
        if refusal.drawn:
            before, shown = _characters(line, before), _characters(line, shown)
    return Span(begin + len(line[:before].encode()), begin + len(line[:shown].encode()))


def _characters(line: str, columns: int) -> int:
    """Return how many characters of *line* take so many columns of a terminal."""
    for index, character in enumerate(line):
        if columns <= 0:
            return index
        is_wide = east_asian_width(character) in "WF"
        columns -= 4 if character == "\t" else 2 if is_wide else 1
    return len(line)


def written_span(stripped: Sequence[Edit], span: Span) -> Span:
    """Return where what is at *span* of an erased text was written.

    >>> written_span([Edit(1, 5, " ")], Span(2, 3)), written_span([Edit(1, 1, "abc")], Span(2, 5))
    (Span(start=5, end=6), Span(start=1, end=2))
    """
    if not stripped:
        return span
    start = _written(stripped, span.start, after=False)
    return Span(start, max(start, _written(stripped, span.end, after=True)))


def place_of(file: str, source: bytes, span: Span, origin: Origin | None) -> Place:
    """Return the place of *span* in *source*, or in what that was made from."""
    if origin is None:
        return place_in(file, source, span)
    return place_in(file, origin.written, written_span(origin.stripped, span))


def _written(stripped: Sequence[Edit], offset: int, *, after: bool) -> int:
    shift = 0
    for edit in stripped:
        begin = edit.start + shift
        length = len(edit.text.encode("utf-8", "surrogatepass"))
        if offset < begin or (after and offset == begin):
            break
        if offset < begin + length:
            return edit.end if after else min(edit.start + offset - begin, edit.end)
        shift += length - (edit.end - edit.start)
    return offset - shift
