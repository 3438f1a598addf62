"""The result of a bundle command in plain values, so that it can be cached and printed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compartment_mapper.errors.diagnostic import Diagnostic, Place
from compartment_mapper.records.languages import Language
from compartment_mapper.text import Position

#: The output formats: a zip file, a script that runs the application, or an ES module with the
#: exports of the entry.
Format = Literal["archive", "script", "module"]
#: The location of source maps: inside the output, beside it, or nowhere.
SourceMapForm = Literal["inline", "file", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaceable:
    """A module whose source can be replaced without affecting anything else."""

    compartment: str
    #: Its key in the compartment.
    key: str
    parser: str
    sha512: str
    #: The language as which it is loaded; None if the source determines it.
    asked: Language | None
    in_cycle: bool
    #: The arguments of `compile`: other names of requested modules, and the names that CommonJS
    #: exports.
    keys: tuple[str, ...]
    exports: tuple[str, ...]
    #: The result of `codec.interface_of`: a source with a different interface affects other
    #: modules.
    interface: str

    @property
    def path(self) -> str:
        """The path of its file in the archive."""
        return self.compartment + self.key[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """An archive, and the messages about it."""

    content: bytes
    #: The hash of ``compartment-map.json``, which contains the hash of every module.
    sha512: str
    #: The summary: ``2 packages, 3 modules, 1.0 KiB``.
    summary: str
    warnings: tuple[Diagnostic, ...]
    #: The denied uses, in full and in one line; empty if there are none.
    denied: str
    denied_summary: str
    #: The inferred grants that need review, in full and in one line; empty if there are none.
    granted: str
    granted_summary: str
    #: The reason why Endo cannot run it; empty if Endo can.
    needs: str
    #: The ``--json`` output without the path of the archive: JSON on one line.
    statistics: str
    #: JSON on one line: the fields of its `Replaceable`, by the path of a file on disk.
    replaceable: str = "{}"
    is_compressed: bool = False
    #: The source map file to write beside it, on one line; empty if there is none.
    map_file: bytes = b""


def diagnostic_to_plain(problem: Diagnostic) -> list[object]:
    """Return *problem* as a list of strings and numbers."""
    place = problem.place
    where: list[object] | None = None
    if place is not None:
        where = [place.file, list(place.position) if place.position else None, place.frame]
    return [problem.code, problem.message, where, problem.hint, problem.severity]


def diagnostic_from_plain(value: object) -> Diagnostic:
    """Return the problem that *value* encodes.

    Raises:
        ValueError: It does not encode a problem.
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


def replaceable_from_plain(value: object) -> Replaceable:
    """Return the module that *value* encodes.

    Raises:
        ValueError: It does not encode a module.
    """
    match value:
        case {
            "compartment": str(compartment),
            "key": str(key),
            "parser": str(parser),
            "sha512": str(sha512),
            "asked": ("mjs" | "cjs" | None) as asked,
            "in_cycle": bool(in_cycle),
            "keys": list(keys),
            "exports": list(exports),
            "interface": str(interface),
        }:
            return Replaceable(
                compartment=compartment,
                key=key,
                parser=parser,
                sha512=sha512,
                asked=asked,
                in_cycle=in_cycle,
                keys=tuple(map(str, keys)),
                exports=tuple(map(str, exports)),
                interface=interface,
            )
        case _:
            raise ValueError
