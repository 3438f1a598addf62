"""A mistake in the input: what, where, and how to mend it.

A mistake of ours is an ``assert`` or an exception; a mistake of the user's is one of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from compartment_mapper.text import Position, Span, code_frame, position_at

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a text a problem is."""

    #: What to call the file, as people would name it: a path relative to the application.
    file: str
    position: Position | None = None
    frame: str = ""

    def __str__(self) -> str:
        if self.position is None:
            return self.file
        return f"{self.file}:{self.position.line}:{self.position.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A mistake in the input: what, where, and how to mend it."""

    code: str
    message: str
    place: Place | None = None
    hint: str = ""
    severity: Severity = "error"

    def text(self) -> str:
        """Return the lines that people read, code frame included, without a final newline."""
        where = f"{self.place}: " if self.place else ""
        lines = [f"{where}{self.severity} [{self.code}]: {self.message}"]
        if self.place and self.place.frame:
            lines.append(self.place.frame)
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return what ``--json`` prints of this problem."""
        position = self.place.position if self.place else None
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "file": self.place.file if self.place else None,
            "line": position.line if position else None,
            "column": position.column if position else None,
            "hint": self.hint,
        }


class InputError(Exception):
    """Ends a command: the problems of its input, all together, in order of place."""

    def __init__(self, *problems: Diagnostic) -> None:
        super().__init__("\n".join(problem.text() for problem in problems))
        self.problems = problems


def place_in(file: str, source: bytes, span: Span) -> Place:
    """Return the place of *span* in *source*, with its code frame."""
    return Place(
        file=file, position=position_at(source, span.start), frame=code_frame(source, span)
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest of *known*, or an empty text.

    >>> did_you_mean("gloabls", ["globals", "builtins"])
    "did you mean 'globals'?"
    """
    nearest = get_close_matches(name, sorted(known), n=1)
    return f"did you mean '{nearest[0]}'?" if nearest else ""
