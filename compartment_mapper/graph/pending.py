"""Read and scan modules in advance while they wait in the queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
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
    """A queued module; its source may be scanned in the meantime."""

    location: Location
    language: Language | None
    text: SourceText
    record: Callable[[], ModuleRecord]
    #: The kind of file, if it is not text.
    binary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedModule:
    """A scanned module and its problems."""

    text: SourceText
    record: ModuleRecord
    problems: tuple[Diagnostic, ...]


class Queue:
    """The queue of files to load, without duplicates, with scans in progress.

    Args:
        loading: As for the application.
        known: Files that are loaded.
    """

    def __init__(self, loading: Loading, known: Iterable[Location] = ()) -> None:
        self._loading = loading
        self._waiting: deque[PendingModule] = deque()
        self._known: set[Location] = set(known)

    def add(self, location: Location, language: Language | None) -> bool:
        """Add *location*, and return whether it is new."""
        if location in self._known:
            return False
        self._known.add(location)
        self._waiting.append(pending_module(location, language, self._loading))
        return True

    def add_again(self, location: Location, language: Language) -> None:
        """Add *location* as a module of another language."""
        self._known.discard(location)
        self.add(location, language)

    def next(self) -> PendingModule | None:
        """Return the next module, or None if the queue is empty."""
        return self._waiting.popleft() if self._waiting else None

    def is_empty(self) -> bool:
        """Return whether the queue is empty."""
        return not self._waiting


def pending_module(
    location: Location, language: Language | None, loading: Loading
) -> PendingModule:
    """Read the module at *location*, and start its scan."""
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
    """Start to scan *source*; the returned function waits for the record."""
    page = BROWSER in loading.context.conditions
    return loading.scans.begin(source, language, in_cycle=in_cycle, page=page)


def scanned_module(pending: PendingModule, loading: Loading) -> ScannedModule:
    """Return the module for *pending* once its scan is done."""
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
    """Return the place of *span* in the original source of *text*."""
    return place_of(name, text.source, span, text.origin)


def _wrong_text(
    text: SourceText, record: ModuleRecord, name: str, wrong: tuple[str, int]
) -> ScannedModule:
    """Return a record without requests: loading the file throws before anything else is loaded."""
    message, line = wrong
    assert record.parse_uncertainty is not None
    place = place_in(name, text, _span_of_line(text.source, line, record.parse_uncertainty))
    return ScannedModule(
        text=text,
        record=ModuleRecord(language=record.language, syntax_error=message),
        problems=(errors.syntax_error(place, message),),
    )


def _span_of_line(source: bytes, line: int, doubtful: Span) -> Span:
    """Return *doubtful* if it is on the engine's *line*, otherwise that line."""
    if line in {0, source.count(b"\n", 0, doubtful.start) + 1}:
        return doubtful
    lines = source.split(b"\n")
    start = sum(len(text) + 1 for text in lines[: line - 1])
    if start > len(source):
        return doubtful
    return Span(start, start + len(lines[line - 1]))
