"""The runs of a task, and their statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from benchmarks.measure import Failure, Sample

Metric = Literal["wall", "cpu", "memory", "size"]


@dataclass(frozen=True, slots=True)
class Key:
    """The key of a measurement: job, application and tool."""

    group: str
    #: The name of an application, or the unit of a generated one.
    application: str
    tool: str


@dataclass(frozen=True, slots=True)
class Spread:
    """The median and the range of some figures."""

    median: float
    least: float
    most: float


def spread(figures: list[float]) -> Spread:
    """Return the statistics of one or more figures.

    >>> spread([3.0, 1.0, 2.0, 40.0])
    Spread(median=2.5, least=1.0, most=40.0)
    """
    return Spread(median(figures), min(figures), max(figures))


@dataclass(slots=True)
class Series:
    """The runs of one task, in order."""

    samples: list[Sample] = field(default_factory=list)
    #: Why there are no more: failures are not repeated.
    failure: str | None = None
    #: Bytes of the output file.
    size: int | None = None
    #: Why the output file is wrong, although it was written.
    flaw: str | None = None

    def add(self, result: Sample | Failure) -> None:
        """Add a run."""
        if isinstance(result, Failure):
            self.failure = result.reason
        else:
            self.samples.append(result)

    def spread(self, metric: Metric) -> Spread | None:
        """Return the statistics, or None if there are no figures or a run failed."""
        if metric == "size":
            return None if self.size is None else spread([float(self.size)])
        if self.failure is not None or not self.samples:
            return None
        figures = {
            "wall": [sample.wall for sample in self.samples],
            "cpu": [sample.cpu for sample in self.samples],
            "memory": [sample.memory for sample in self.samples],
        }
        return spread(figures[metric])


Results = Mapping[Key, Series]
