"""What a command has to say of a bundle, in plain values: so that it can be kept and said again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compartment_mapper.errors.diagnostic import Diagnostic, Place
from compartment_mapper.records.languages import Language
from compartment_mapper.text import Position

#: What is made of an application: a zip file, a script that runs it, an ES module that exports
#: what its entry does.
Format = Literal["archive", "script", "module"]
#: Where the maps to the sources are: within what is made, beside it, nowhere.
SourceMapForm = Literal["inline", "file", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaceable:
    """A module of which a new text can take the place, where nothing else depends on it."""

    compartment: str
    #: Its key in the compartment.
    key: str
    parser: str
    sha512: str
    #: As which language it is loaded; None where the text decides.
    asked: Language | None
    in_cycle: bool
    #: What `compile` is told: other names of what is requested; the names that CommonJS exports.
    keys: tuple[str, ...]
    exports: tuple[str, ...]
    #: Of `record_codec.interface_of`: a text with another one changes more than itself.
    interface: str

    @property
    def path(self) -> str:
        """Of its file in the archive."""
        return self.compartment + self.key[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """An archive, and what is said of it."""

    content: bytes
    #: Of ``compartment-map.json``, which holds the hash of every module.
    sha512: str
    #: How much it is: ``2 packages, 3 modules, 1.0 KiB``.
    summary: str
    warnings: tuple[Diagnostic, ...]
    #: What was withheld, in full and in one line; empty for nothing.
    denied: str
    denied_summary: str
    #: What was inferred that deserves to be read, in full and in one line; empty for nothing.
    granted: str
    granted_summary: str
    #: Why Endo's own reader can't run it; empty if it can.
    needs: str
    #: What ``--json`` prints, but for where the archive was written: JSON, on one line.
    statistics: str
    #: JSON, on one line: by the path of a file on the disk, the fields of its `Replaceable`.
    replaceable: str = "{}"
    is_compressed: bool = False
    #: The file of source maps that is to stand beside it, one line; empty for none.
    map_file: bytes = b""


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


def replaceable_from_plain(value: object) -> Replaceable:
    """Return what the fields of *value* say.

    Raises:
        ValueError: It stands for no module.
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
