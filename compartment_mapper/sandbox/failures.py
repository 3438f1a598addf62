"""What goes wrong in a sandbox, in the words of who wrote the text that was evaluated."""

from __future__ import annotations

import re

from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.sandbox.console import ConsoleLine
from compartment_mapper.text import LINE_END, Position, Span, code_frame, printable

#: Of a trace, which is the text's to make up.
_MOST_TRACE = 1 << 15
_FILES = "compartment:///"
_COUNT = "[0-9]{1,9}"
_FRAME = re.compile(
    rf"^\s+at (?P<what>.*?\(?){_FILES}(?P<where>.+?)"
    rf":(?P<line>{_COUNT}):(?P<column>{_COUNT})(?P<end>\)?)$"
)


class SandboxError(Exception):
    """An evaluation that did not end well.

    If an exception of a tool ended it, that is the ``__cause__``.
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
        #: One of those of ``docs/sandbox.md``; ``JAVASCRIPT_ERROR`` for what the text threw.
        self.code = code
        #: What the error says, without its name.
        self.message = message
        #: Of the error that was thrown, such as ``TypeError``; else empty.
        self.name = name
        #: Where in the text, if that is known.
        self.place = place
        #: The lines of the trace that are in the text, or in an archive.
        self.stack = stack
        #: What was written to the console before.
        self.console: tuple[ConsoleLine, ...] = ()

    def __str__(self) -> str:
        head = f"{self.name}: {self.message}" if self.name else f"[{self.code}] {self.message}"
        if self.place is None:
            return head
        return "\n".join(part for part in (head, f"  at {self.place}", self.place.frame) if part)


class SandboxTimeoutError(SandboxError, TimeoutError):
    """An evaluation that took too long."""


def thrown(name: str, message: str, stack: str, *, file: str, source: str) -> SandboxError:
    """Return the error of a text that threw one.

    Args:
        name: Of the JavaScript error.
        message: Of it.
        stack: Its trace; the text may have made it up.
        file: What the text is called.
        source: The text.
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
    """Return the place with its frame; None for a place that is not there."""
    lines = LINE_END.split(source)
    if not 0 < position.line <= len(lines):
        return None
    # Columns are counted in UTF-16 code units there.
    line = lines[position.line - 1]
    units = line.encode("utf-16-le", "surrogatepass")[: 2 * (position.column - 1)]
    column = len(units.decode("utf-16-le", "replace"))
    content = line.encode("utf-8", "replace")
    start = len(line[:column].encode("utf-8", "replace"))
    frame = code_frame(content, Span(min(start, len(content)), min(start + 1, len(content))))
    numbered = frame.replace("  1 |", f"{position.line:>3} |", 1)
    return Place(file=file, position=Position(position.line, column + 1), frame=numbered)
