"""Read the source of modules, with types stripped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NoReturn

from compartment_mapper.compile import apply_edits
from compartment_mapper.errors.diagnostic import Diagnostic, Place, place_in
from compartment_mapper.errors.modules import syntax_error, types_not_stripped
from compartment_mapper.locations import Location, base_name
from compartment_mapper.powers import ReadPowers, StripPowers
from compartment_mapper.records.languages import Language, is_program
from compartment_mapper.records.type_stripping import (
    Jsx,
    Origin,
    StripRefusal,
    Typed,
    refused_span,
    syntax_of,
)
from compartment_mapper.resolve.module_format import WASM
from compartment_mapper.sources.jsx import jsx_of
from compartment_mapper.sources.wasm import module_of_wasm
from compartment_mapper.text import Span, without_byte_order_mark


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """A source to scan, and its original."""

    #: Without a byte order mark, unless it is loaded as bytes.
    source: bytes
    origin: Origin | None = None
    #: The reason why its types cannot be stripped.
    refusal: StripRefusal | None = None


def source_text(
    file: Location,
    language: Language | None,
    *,
    root: Location,
    read: ReadPowers,
    strip: StripPowers,
) -> SourceText:
    """Return the source of *file*, which exists; *root* is the application's folder."""
    source = read.maybe_read(file)
    assert source is not None, file  # resolve() found it
    if language in {"bytes", "addon"}:
        return SourceText(source=source)
    if language == "mjs" and file.endswith(WASM):
        return SourceText(source=module_of_wasm(source, base_name(file)))
    source = without_byte_order_mark(source)
    syntax = None if not is_program(language) or "/node_modules/" in file else syntax_of(file)
    if syntax is None:
        return SourceText(source=source)
    jsx = Jsx() if syntax == "ts" else jsx_of(file, source, root=root, read=read)
    stripped = strip.stripped(Typed(source=source, syntax=syntax, language=language, jsx=jsx))
    if isinstance(stripped, StripRefusal):
        return SourceText(source=source, refusal=stripped)
    text = apply_edits(source, stripped).encode("utf-8", "surrogatepass")
    return SourceText(source=text, origin=Origin(written=source, stripped=stripped))


def refusal_problem(name: str, source: bytes, refusal: StripRefusal) -> Diagnostic:
    """Return the diagnostic for a file named *name* whose types cannot be stripped."""
    place = place_in(name, source, refused_span(source, refusal))
    return types_not_stripped(place, refusal.code, refusal.message)


def json_problem(source: bytes, name: str) -> Diagnostic | None:
    """Return the problem with invalid JSON in the file named *name*."""
    try:
        json.loads(source.decode("utf-8", "replace"), parse_constant=_no_constant)
    except json.JSONDecodeError as problem:
        offset = len(problem.doc[: problem.pos].encode())
        place = place_in(name, source, Span(offset, min(offset + 1, len(source)) or offset))
        return syntax_error(place, f"invalid JSON: {problem.msg.lower()}")
    except (ValueError, RecursionError) as problem:
        return syntax_error(Place(file=name), f"invalid JSON: {problem}")
    return None


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)
