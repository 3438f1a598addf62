"""What a command has to say of a bundle, in plain values: so that it can be kept and said again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compartment_mapper.errors import Diagnostic, Place
from compartment_mapper.text import Position

#: What is made of an application: a zip file, a script that runs it, an ES module that exports
#: what its entry does.
Format = Literal["archive", "script", "module"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An archive, and what is said of it."""

    content: bytes
    #: Of ``compartment-map.json``, which holds the hash of every module.
    sha512: str
    #: How much it is: ``2 packages, 3 modules, 1.0 KiB``.
    extent: str
    warnings: tuple[Diagnostic, ...]
    #: What was withheld, in full and in one line; empty for nothing.
    withheld: str
    withheld_summary: str
    #: Why Endo's own reader can't run it; empty if it can.
    needs: str
    #: What ``--json`` prints, but for where the archive was written: JSON, on one line.
    statistics: str


def diagnostic_to_plain(problem: Diagnostic) -> list[object]:
    """Return *problem* as a list of texts and numbers."""
    place = problem.place
    where: list[object] | None = None
    if place is not None:
        where = [place.file, list(place.position) if place.position else None, place.frame]
    return [problem.code, problem.message, where, problem.hint, problem.severity]


def diagnostic_from_plain(value: object) -> Diagnostic:
    """Return the problem that *value* stands for.

    Raises:
        ValueError: It stands for none.
    """
    match value:
        case [str(code), str(message), where, str(hint), ("error" | "warning") as severity]:
            place = None if where is None else _place(where)
            return Diagnostic(code=code, message=message, place=place, hint=hint, severity=severity)
        case _:
            raise ValueError


def _place(value: object) -> Place:
    match value:
        case [str(file), None, str(frame)]:
            return Place(file=file, frame=frame)
        case [str(file), [int(line), int(column)], str(frame)]:
            return Place(file=file, position=Position(line, column), frame=frame)
        case _:
            raise ValueError
