"""Console output of evaluated code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """The output of one console call."""

    #: The method: ``log``, ``info``, ``debug``, ``warn``, ``error`` or ``trace``.
    level: str
    text: str
    #: Whether it tells of an error that nobody caught, for example a rejected promise.
    is_uncaught: bool = False
