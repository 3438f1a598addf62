"""Errors of a sandbox, with positions in the evaluated source."""

from __future__ import annotations

import re

from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.sandbox.console import ConsoleLine
from compartment_mapper.text import LINE_END, Position, Span, code_frame, printable

#: Parts of a stack trace; the evaluated code can forge it.
_MOST_TRACE = 1 << 15
_FILES = "compartment:///"
_COUNT = "[0-9]{1,9}"
_FRAME = re.compile(
    rf"^\s+at (?P<what>.*?\(?){_FILES}(?P<where>.+?)"
    rf":(?P<line>{_COUNT}):(?P<column>{_COUNT})(?P<end>\)?)$"
)


class SandboxError(Exception):
    """An evaluation failed.

    If the exception of a tool caused it, that exception is the ``__cause__``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        name: str = "",
        place: Place | None = None,
        stack: str = "",
    ) -> None:
        super().__init__(message)
        #: A code from ``docs/sandbox.md``; ``JAVASCRIPT_ERROR`` if the source threw.
        self.code = code
        #: The error message, without the name.
        self.message = message
        #: The name of the thrown error, for example ``TypeError``; otherwise empty.
        self.name = name
        #: The position in the source, if known.
        self.place = place
        #: The stack frames in the source or in an archive.
        self.stack = stack
        #: Console output before the failure.
        self.console: tuple[ConsoleLine, ...] = ()

    def __str__(self) -> str:
        head = f"{self.name}: {self.message}" if self.name else f"[{self.code}] {self.message}"
        if self.place is None:
            return head
        return "\n".join(part for part in (head, f"  at {self.place}", self.place.frame) if part)


class SandboxTimeoutError(SandboxError, TimeoutError):
    """An evaluation exceeded its timeout."""


def thrown(name: str, message: str, stack: str, *, file: str, source: str) -> SandboxError:
    """Return the exception for an error that the source threw.

    Args:
        name: The name of the JavaScript error.
        message: The message of the error.
        stack: The stack trace; the source can forge it.
        file: The file name of the source.
        source: The source text.
    """
    lines: list[str] = []
    place: Place | None = None
    for line in stack[:_MOST_TRACE].splitlines():
        frame = _FRAME.match(line)
        if frame is None:
            continue
        where, position = frame["where"], Position(int(frame["line"]), int(frame["column"]))
        is_own = where == f"sandbox/{file}"
        if is_own and place is None:
            place = _place(file, source, position)
        shown = file if is_own else where
        lines.append(
            printable(f"    at {frame['what']}{shown}:{frame[3]}:{frame[4]}{frame['end']}")
        )
    return SandboxError(
        "JAVASCRIPT_ERROR",
        printable(message),
        name=printable(name),
        place=place,
        stack="\n".join(lines),
    )


def _place(file: str, source: str, position: Position) -> Place | None:
    """Return the place with its code frame, or None if the position is not in the source."""
    lines = LINE_END.split(source)
    if not 0 < position.line <= len(lines):
        return None
    # V8 counts columns in UTF-16 code units.
    line = lines[position.line - 1]
    units = line.encode("utf-16-le", "surrogatepass")[: 2 * (position.column - 1)]
    column = len(units.decode("utf-16-le", "replace"))
    content = line.encode("utf-8", "replace")
    start = len(line[:column].encode("utf-8", "replace"))
    frame = code_frame(content, Span(min(start, len(content)), min(start + 1, len(content))))
    numbered = frame.replace("  1 |", f"{position.line:>3} |", 1)
    return Place(file=file, position=Position(position.line, column + 1), frame=numbered)
