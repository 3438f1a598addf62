"""Measure the duration of each stage of a run."""

from __future__ import annotations

import time
from collections.abc import Callable

from compartment_mapper.powers import ScanPowers
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord


class Stages:
    """Records the end of each stage; time measured within a stage is subtracted from it."""

    def __init__(self) -> None:
        #: Seconds by stage, in order.
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()
        self._within = 0.0

    def ended(self, stage: str) -> None:
        """Record the end of *stage*."""
        now = time.perf_counter()
        own = now - self._since - self._within
        self.seconds[stage] = self.seconds.get(stage, 0.0) + own
        self._since, self._within = now, 0.0

    def add(self, stage: str, seconds: float) -> None:
        """Add a part of *stage* that ran within another."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        self._within += seconds

    def text(self) -> str:
        """Return the stages with their milliseconds, and the total.

        >>> stages = Stages()
        >>> stages.seconds = {"scan": 0.25, "pack": 0.0125}
        >>> stages.text()
        'scan 250.0 ms, pack 12.5 ms; total 262.5 ms'
        """
        each = ", ".join(f"{stage} {1000 * own:.1f} ms" for stage, own in self.seconds.items())
        return f"{each}; total {1000 * sum(self.seconds.values()):.1f} ms"

    def milliseconds(self) -> dict[str, float]:
        """Return the milliseconds of each stage."""
        return {stage: round(1000 * own, 3) for stage, own in self.seconds.items()}


class TimedScans:
    """`ScanPowers` whose time counts for the stage ``scan``."""

    def __init__(self, stages: Stages, scans: ScanPowers) -> None:
        self._stages = stages
        self._scans = scans

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        """Start to scan a source; the returned function waits for its record."""
        start = time.perf_counter()
        begun = self._scans.begin(source, language, in_cycle=in_cycle, page=page)
        self._stages.add("scan", time.perf_counter() - start)

        def record() -> ModuleRecord:
            start = time.perf_counter()
            found = begun()
            self._stages.add("scan", time.perf_counter() - start)
            return found

        return record
