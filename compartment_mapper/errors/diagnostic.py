"""A problem in the input: its message, place and hint.

Our own bugs raise exceptions (``assert``); problems in the user's input are diagnostics.
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
    """The place of a problem in a source."""

    #: The name of the file: a path relative to the application.
    file: str
    position: Position | None = None
    frame: str = ""

    def __str__(self) -> str:
        if self.position is None:
            return self.file
        return f"{self.file}:{self.position.line}:{self.position.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A problem in the input: its message, place and hint."""

    code: str
    message: str
    place: Place | None = None
    hint: str = ""
    severity: Severity = "error"

    def text(self) -> str:
        """Return the text output, with the code frame, without a final newline."""
        where = f"{self.place}: " if self.place else ""
        lines = [f"{where}{self.severity} [{self.code}]: {self.message}"]
        if self.place and self.place.frame:
            lines.append(self.place.frame)
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return the ``--json`` output for this problem."""
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
    """Ends a command with all problems of its input, in order of place."""

    def __init__(self, *problems: Diagnostic) -> None:
        super().__init__("\n".join(problem.text() for problem in problems))
        self.problems = problems


def place_in(file: str, source: bytes, span: Span) -> Place:
    """Return the place of *span* in *source*, with its code frame."""
    return Place(
        file=file, position=position_at(source, span.start), frame=code_frame(source, span)
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest of *known*, or an empty string.

    >>> did_you_mean("gloabls", ["globals", "builtins"])
    "did you mean 'globals'?"
    """
    nearest = get_close_matches(name, sorted(known), n=1)
    return f"did you mean '{nearest[0]}'?" if nearest else ""
