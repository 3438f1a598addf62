"""What a text writes to the console."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """What was written to the console by one call."""

    #: The method: ``log``, ``info``, ``debug``, ``warn``, ``error`` or ``trace``.
    level: str
    text: str
