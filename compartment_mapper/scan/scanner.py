"""To have texts looked at: by the scanner, wherever it runs, and by a JavaScript engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord


class ScanPowers(Protocol):
    """To have texts scanned: here, elsewhere, or by what is known of them."""

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        """Begin to scan a text as `scan.scan_module` does; what is returned waits for the end."""


class ScanHere:
    """`ScanPowers` of this process: a text is scanned when its record is wanted."""

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        """Return a function that scans *source*."""
        from compartment_mapper.scan import scan_module  # noqa: PLC0415 - 60 ms, rarely all known

        return partial(scan_module, source, language, in_cycle=in_cycle, page=page)


class SyntaxPowers(Protocol):
    """To ask a JavaScript engine, where the grammar is in doubt."""

    def syntax_problem(self, source: bytes, language: Language) -> tuple[str, int] | None:
        """Return the engine's message and line (from 1; 0: unknown) for a wrong text, or None."""
