"""Sources with types, and the results of stripping them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from unicodedata import east_asian_width

from compartment_mapper.errors.diagnostic import Place, place_in
from compartment_mapper.locations import Location, base_name
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import Edit
from compartment_mapper.text import Span

#: The syntax of a source that is not JavaScript yet.
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
    """How JSX elements are compiled."""

    #: ``automatic``: calls of functions that are imported from *import_source*.
    runtime: Literal["automatic", "classic"] = "automatic"
    import_source: str = "react"
    #: For the classic runtime.
    factory: str = "React.createElement"
    fragment: str = "React.Fragment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A source whose types are to be stripped."""

    source: bytes
    syntax: Syntax
    #: The language as which it is loaded; None if the source determines it.
    language: Language | None
    jsx: Jsx


@dataclass(frozen=True, slots=True, kw_only=True)
class StripRefusal:
    """The reason why types cannot be stripped; the code is Node's."""

    code: str
    message: str
    #: 1-based; 0: unknown.
    line: int
    #: 1-based; 0: unknown.
    column: int
    width: int
    #: Whether columns count terminal cells, four for a tab; otherwise characters.
    drawn: bool


#: The edits that strip types; lines stay the same.
StrippedTypes = tuple[Edit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The source before its types were stripped."""

    written: bytes
    stripped: StrippedTypes


def syntax_of(file: Location) -> Syntax | None:
    """Return the syntax of the file by its extension; None for JavaScript and all others.

    >>> syntax_of(Location("file:///app/x.mts")), syntax_of(Location("file:///app/x.d.js"))
    ('ts', None)
    """
    return _SYNTAXES.get("." + base_name(file).rpartition(".")[2])


def refused_span(source: bytes, refusal: StripRefusal) -> Span:
    """Return the place of *refusal* in *source*; the beginning if it is unknown."""
    lines = source.split(b"\n")
    if not 0 < refusal.line <= len(lines):
        return Span(0, 0)
    begin = sum(len(line) + 1 for line in lines[: refusal.line - 1])
    line = lines[refusal.line - 1].decode("utf-8", "replace").rstrip("\r")
    if refusal.column == 0:  # it spans several lines
        before, shown = len(line) - len(line.lstrip()), len(line)
    else:
        before, shown = refusal.column - 1, refusal.column - 1 + refusal.width
        if refusal.drawn:
            before, shown = _characters(line, before), _characters(line, shown)
    return Span(begin + len(line[:before].encode()), begin + len(line[:shown].encode()))


def _characters(line: str, columns: int) -> int:
    """Return the number of characters in *line* that fill the given terminal columns."""
    for index, character in enumerate(line):
        if columns <= 0:
            return index
        is_wide = east_asian_width(character) in "WF"
        columns -= 4 if character == "\t" else 2 if is_wide else 1
    return len(line)


def written_span(stripped: Sequence[Edit], span: Span) -> Span:
    """Return the original span of *span* in a stripped source.

    >>> written_span([Edit(1, 5, " ")], Span(2, 3)), written_span([Edit(1, 1, "abc")], Span(2, 5))
    (Span(start=5, end=6), Span(start=1, end=2))
    """
    if not stripped:
        return span
    start = _written(stripped, span.start, after=False)
    return Span(start, max(start, _written(stripped, span.end, after=True)))


def place_of(file: str, source: bytes, span: Span, origin: Origin | None) -> Place:
    """Return the place of *span* in *source*, or in its original source."""
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
