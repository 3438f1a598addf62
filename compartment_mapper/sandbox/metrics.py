"""Counters of a pool, as Prometheus reads them.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

#: Upper bounds of a histogram of seconds.
_BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
_PREFIX = "compartment_mapper_sandbox"


@dataclass(slots=True)
class Metrics:
    """Counts evaluations by outcome, and their time; thread-safe."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    #: By outcome: ``ok``, or the code of the error in lower case.
    _outcomes: dict[str, int] = field(default_factory=dict)
    _buckets: list[int] = field(default_factory=lambda: [0] * len(_BOUNDS))
    _seconds: float = 0.0
    _count: int = 0
    _refused: int = 0
    _recycled: int = 0
    _not_recycled: int = 0

    def ended(self, outcome: str, seconds: float) -> None:
        """Count an evaluation with its *outcome*, which took *seconds*."""
        with self._lock:
            self._outcomes[outcome] = self._outcomes.get(outcome, 0) + 1
            self._count += 1
            self._seconds += seconds
            for index, bound in enumerate(_BOUNDS):
                if seconds <= bound:
                    self._buckets[index] += 1

    def refused(self) -> None:
        """Count an evaluation that found the queue full."""
        with self._lock:
            self._refused += 1

    def recycled(self) -> None:
        """Count a process that was replaced after its last evaluation."""
        with self._lock:
            self._recycled += 1

    def not_recycled(self) -> None:
        """Count a process that goes on after its last evaluation, because no new one started."""
        with self._lock:
            self._not_recycled += 1

    def text(self, gauges: Mapping[str, int]) -> str:
        """Return the metrics, with the current values of *gauges* by their names."""
        with self._lock:
            lines = [
                _head("evaluations_total", "counter", "Evaluations by outcome."),
                *(
                    f'{_PREFIX}_evaluations_total{{outcome="{outcome}"}} {count}'
                    for outcome, count in sorted(self._outcomes.items())
                ),
                _head("evaluation_seconds", "histogram", "Seconds of evaluations, tools included."),
                *(
                    f'{_PREFIX}_evaluation_seconds_bucket{{le="{bound:g}"}} {count}'
                    for bound, count in zip(_BOUNDS, self._buckets, strict=True)
                ),
                f'{_PREFIX}_evaluation_seconds_bucket{{le="+Inf"}} {self._count}',
                f"{_PREFIX}_evaluation_seconds_sum {self._seconds:.6f}",
                f"{_PREFIX}_evaluation_seconds_count {self._count}",
                _head("refused_total", "counter", "Evaluations that found the queue full."),
                f"{_PREFIX}_refused_total {self._refused}",
                _head("recycled_total", "counter", "Processes replaced after their last use."),
                f"{_PREFIX}_recycled_total {self._recycled}",
                _head("not_recycled_total", "counter", "Failures to replace a process."),
                f"{_PREFIX}_not_recycled_total {self._not_recycled}",
            ]
        for name, value in gauges.items():
            lines += [_head(name, "gauge", f"The number of {name}."), f"{_PREFIX}_{name} {value}"]
        return "\n".join(lines) + "\n"


def _head(name: str, kind: str, text: str) -> str:
    return f"# HELP {_PREFIX}_{name} {text}\n# TYPE {_PREFIX}_{name} {kind}"
