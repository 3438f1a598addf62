"""Console output of evaluated code."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from compartment_mapper.sandbox.messages import Message, record_of, text_of


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """The output of one console call."""

    #: The method: ``log``, ``info``, ``debug``, ``warn``, ``error`` or ``trace``.
    level: str
    text: str
    #: Whether it tells of an error that nobody caught, for example a rejected promise.
    is_uncaught: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleDropped:
    """How much output the limit dropped."""

    characters: int
    #: Lines of which nothing was kept; one more may be incomplete.
    lines: int


#: Called with each line, in any thread.
Console = Callable[[ConsoleLine], object]


def line_of(message: Message) -> ConsoleLine:
    """Return the line that the process sent."""
    is_uncaught = message.get("uncaught") is True
    return ConsoleLine(text_of(message, "level"), text_of(message, "text"), is_uncaught)


def dropped_of(message: Message) -> ConsoleDropped | None:
    """Return what the process dropped, if it says so at the end of an evaluation."""
    record = record_of(message, "dropped")
    characters, lines = record.get("characters"), record.get("lines")
    if not isinstance(characters, int) or not isinstance(lines, int):
        return None
    return ConsoleDropped(characters=characters, lines=lines)


def streaming(
    post: Callable[[Message], None], console: Console | None
) -> Callable[[Message], None]:
    """Return *post*, and also call *console* with lines, as soon as they arrive."""
    if console is None:
        return post

    def both(message: Message) -> None:
        post(message)
        if message["type"] != "output":
            return
        try:
            console(line_of(message))
        except Exception:
            logging.getLogger(__name__).exception("the sandbox's console callback raised")

    return both
