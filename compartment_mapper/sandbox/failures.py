"""Errors of a sandbox, with positions in the evaluated source."""

from __future__ import annotations

import re
from dataclasses import dataclass

from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.sandbox.console import ConsoleDropped, ConsoleLine
from compartment_mapper.text import (
    LINE_END,
    Position,
    Span,
    code_frame,
    printable,
    without_surrogates,
)

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
        #: What to do about it, for example the declaration of the tool that was called wrongly;
        #: empty if nothing is known.
        self.hint = ""
        #: Console output before the failure.
        self.console: tuple[ConsoleLine, ...] = ()
        #: Whether that output exceeded the limit and was truncated.
        self.console_is_cut = False
        #: How much was dropped; None if nothing was, or if the process ended before it could tell.
        self.console_dropped: ConsoleDropped | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Support copies and other processes: the constructor takes more than the message."""
        return _copied, (type(self), self.code, self.message), self.__dict__

    @property
    def line(self) -> int | None:
        """The line in the source as written, from 1, if known."""
        return self.place.position.line if self.place and self.place.position else None

    @property
    def column(self) -> int | None:
        """The column in the source as written, from 1, in characters, if known."""
        return self.place.position.column if self.place and self.place.position else None

    @property
    def frame(self) -> str:
        """The line of the source, with a marker below; empty if unknown."""
        return self.place.frame if self.place else ""

    def for_model(self, *, most: int = 2000) -> str:
        """Return one short text for a language model: the error, its place, the hint and output.

        Args:
            most: The maximum number of characters, at least 200.

        Raises:
            ValueError: *most* is less than 200.
        """
        if most < _LEAST_TEXT:
            raise ValueError(f"the text must have at least {_LEAST_TEXT} characters, got {most}")
        head = f"{self.name}: {self.message}" if self.name else f"{self.code}: {self.message}"
        parts = [_shortened(head, most // 3)]
        if self.place is not None:
            parts += [f"  at {self.place}", *([self.frame] if self.frame else [])]
        if self.hint:
            parts.append(_shortened(f"Hint: {self.hint}", most // 2))
        text = _shortened("\n".join([*parts, *self._last_lines(most // 4)]), most)
        return without_surrogates(text)

    def _last_lines(self, most: int) -> list[str]:
        """Return the end of the console output, with at most so many characters."""
        lines: list[str] = []
        for each in reversed(self.console):
            line = f"  {each.level}: {_shortened(printable(each.text), _MOST_LINE)}"
            most -= len(line) + 1
            if most < 0:
                lines.append("  …")
                break
            lines.append(line)
        return [self._console_title(), *reversed(lines)] if lines else []

    def _console_title(self) -> str:
        if not self.console_is_cut:
            return "Console:"
        dropped = self.console_dropped
        if dropped is None:
            return "Console (cut, because there was too much):"
        return f"Console (cut: {dropped.characters} characters, {dropped.lines} lines are missing):"

    def __str__(self) -> str:
        head = f"{self.name}: {self.message}" if self.name else f"[{self.code}] {self.message}"
        if self.place is None:
            return head
        return "\n".join(part for part in (head, f"  at {self.place}", self.place.frame) if part)


def _copied(kind: type[SandboxError], code: str, message: str) -> SandboxError:
    return kind(code, message)


#: The smallest text for a model, and the maximum characters of a line of output in it.
_LEAST_TEXT, _MOST_LINE = 200, 200


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


class SandboxTimeoutError(SandboxError, TimeoutError):
    """An evaluation exceeded its timeout."""


def thrown(name: str, message: str, trace: Trace) -> SandboxError:
    """Return the exception for an error that the source threw."""
    return SandboxError(
        "JAVASCRIPT_ERROR",
        printable(message),
        name=printable(name),
        place=trace.place,
        stack=trace.text,
    )


@dataclass(frozen=True, slots=True)
class Trace:
    """A stack trace: its first place in the source, and its frames in the source and archives."""

    place: Place | None
    text: str


def trace_of(stack: str, *, file: str, source: str) -> Trace:
    """Return what *stack* says.

    Args:
        stack: The stack trace; the source can forge it, so its positions may be wrong.
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
            place = place_of_units(file, source, position)
        shown = file if is_own else where
        lines.append(
            printable(f"    at {frame['what']}{shown}:{frame[3]}:{frame[4]}{frame['end']}")
        )
    return Trace(place, "\n".join(lines))


def place_of_units(file: str, source: str, position: Position) -> Place | None:
    """Return the place with its code frame, or None if the position is not in the source.

    Args:
        file: The file name of the source.
        source: The source text.
        position: Of V8, which counts columns in UTF-16 code units.
    """
    lines = LINE_END.split(source)
    if not 0 < position.line <= len(lines):
        return None
    line = lines[position.line - 1]
    units = line.encode("utf-16-le", "surrogatepass")[: 2 * (position.column - 1)]
    column = len(units.decode("utf-16-le", "replace"))
    content = line.encode("utf-8", "replace")
    start = len(line[:column].encode("utf-8", "replace"))
    frame = code_frame(content, Span(min(start, len(content)), min(start + 1, len(content))))
    numbered = frame.replace("  1 |", f"{position.line:>3} |", 1)
    return Place(file=file, position=Position(position.line, column + 1), frame=numbered)
