"""Interfaces of the scanner and of the JavaScript engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord


class ScanPowers(Protocol):
    """Scanning of sources: in this process, in workers, or from a cache."""

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        """Start to scan, as `scan.scan_module`; the returned function waits for the result."""


class ScanHere:
    """`ScanPowers` of this process: a source is scanned when its record is requested."""

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        """Return a function that scans *source*."""
        from compartment_mapper.scan import scan_module  # noqa: PLC0415 - 60 ms, rarely needed

        return partial(scan_module, source, language, in_cycle=in_cycle, page=page)


class SyntaxPowers(Protocol):
    """Syntax checks by a JavaScript engine, for parse uncertainty."""

    def syntax_problem(self, source: bytes, language: Language) -> tuple[str, int] | None:
        """Return the engine's message and 1-based line (0: unknown) for invalid source, or None."""
