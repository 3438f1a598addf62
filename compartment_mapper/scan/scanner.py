"""Scanning in this process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord


class ScanHere:
    """`ScanPowers` of this process: a source is scanned when its record is requested."""

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        """Return a function that scans *source*."""
        from compartment_mapper.scan import scan_module  # noqa: PLC0415 - 60 ms, rarely needed

        return partial(scan_module, source, language, in_cycle=in_cycle, page=page)
