"""Modules that wait to be loaded: their texts are read and scanned meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic, Place
from compartment_mapper.graph.loading import Loading
from compartment_mapper.graph.module_ids import display_name, file_of, is_empty
from compartment_mapper.locations import Location
from compartment_mapper.records.languages import Language, is_program
from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.records.type_stripping import place_of
from compartment_mapper.resolve.browser_field import BROWSER
from compartment_mapper.resolve.module_format import binary_kind
from compartment_mapper.sources.source_text import (
    SourceText,
    json_problem,
    refusal_problem,
    source_text,
)
from compartment_mapper.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingModule:
    """A module that waits in the queue; its text may be scanned meanwhile."""

    location: Location
    language: Language | None
    text: SourceText
    record: Callable[[], ModuleRecord]
    #: What it is, if it is no text.
    binary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedModule:
    """A module whose text was scanned, and what is wrong with it."""

    text: SourceText
    record: ModuleRecord
    problems: tuple[Diagnostic, ...]


class Queue:
    """The files that wait to be loaded, each of them once; their texts are scanned meanwhile."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading
        self._waiting: deque[PendingModule] = deque()
        self._known: set[Location] = set()

    def add(self, location: Location, language: Language | None) -> bool:
        """Return whether *location* was not known yet."""
        if location in self._known:
            return False
        self._known.add(location)
        self._waiting.append(pending_module(location, language, self._loading))
        return True

    def next(self) -> PendingModule | None:
        """Return what comes next; None where nothing waits."""
        return self._waiting.popleft() if self._waiting else None

    def is_empty(self) -> bool:
        """Return whether nothing waits."""
        return not self._waiting


def pending_module(
    location: Location, language: Language | None, loading: Loading
) -> PendingModule:
    """Return the module at *location*, read and with its scan begun."""
    if is_empty(location):
        text = SourceText(source=b"")
    elif location in loading.data:
        text = SourceText(source=loading.data[location].source)
    else:
        file, root = file_of(location), loading.root
        text = source_text(file, language, root=root, read=loading.read, strip=loading.strip)
    if text.refusal is not None:
        refused = ModuleRecord(language=language or "cjs", syntax_error=text.refusal.message)
        return PendingModule(
            location=location, language=language, text=text, record=lambda: refused
        )
    if language is not None and not is_program(language):
        known = ModuleRecord(language=language)
        return PendingModule(location=location, language=language, text=text, record=lambda: known)
    if (binary := binary_kind(text.source)) is not None:
        wrong = ModuleRecord(language=language or "cjs", syntax_error="Invalid or unexpected token")
        return PendingModule(
            location=location, language=language, text=text, record=lambda: wrong, binary=binary
        )
    record = begin_scan(text.source, language, loading, in_cycle=False)
    return PendingModule(location=location, language=language, text=text, record=record)


def begin_scan(
    source: bytes, language: Language | None, loading: Loading, *, in_cycle: bool
) -> Callable[[], ModuleRecord]:
    """Begin to scan *source*; what is returned waits for the record."""
    page = BROWSER in loading.context.conditions
    return loading.scans.begin(source, language, in_cycle=in_cycle, page=page)


def scanned_module(pending: PendingModule, loading: Loading) -> ScannedModule:
    """Return what *pending* is, once it was scanned."""
    text, record = pending.text, pending.record()
    name = display_name(pending.location, loading.root)
    if text.refusal is not None:
        problem = refusal_problem(name, text.source, text.refusal)
        return ScannedModule(text=text, record=record, problems=(problem,))
    if pending.binary is not None:
        no_text = errors.binary_file(name, pending.binary)
        return ScannedModule(text=text, record=record, problems=(no_text,))
    if pending.language == "json":
        wrong_json = json_problem(text.source, name)
        return ScannedModule(text=text, record=record, problems=(wrong_json,) if wrong_json else ())
    if record.parse_uncertainty is not None:
        wrong = loading.engine.syntax_problem(text.source, record.language)
        if wrong is not None:
            return _wrong_text(text, record, name, wrong)
    refused = tuple(
        errors.unsupported(place_in(name, text, refusal.span), refusal.what, refusal.hint)
        for refusal in record.refusals
    )
    return ScannedModule(text=text, record=record, problems=refused)


def place_in(name: str, text: SourceText, span: Span) -> Place:
    """Return the place of *span* in the source that *text* was made from."""
    return place_of(name, text.source, span, text.origin)


def _wrong_text(
    text: SourceText, record: ModuleRecord, name: str, wrong: tuple[str, int]
) -> ScannedModule:
    """What is no program requests nothing: to load it throws, before anything else is loaded."""
    message, line = wrong
    assert record.parse_uncertainty is not None
    place = place_in(name, text, _span_of_line(text.source, line, record.parse_uncertainty))
    return ScannedModule(
        text=text,
        record=ModuleRecord(language=record.language, syntax_error=message),
        problems=(errors.syntax_error(place, message),),
    )


def _span_of_line(source: bytes, line: int, doubtful: Span) -> Span:
    """Return *doubtful* where it is on the engine's *line*, else that line."""
    if line in {0, source.count(b"\n", 0, doubtful.start) + 1}:
        return doubtful
    lines = source.split(b"\n")
    start = sum(len(text) + 1 for text in lines[: line - 1])
    if start > len(source):
        return doubtful
    return Span(start, start + len(lines[line - 1]))
