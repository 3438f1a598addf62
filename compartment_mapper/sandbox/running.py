"""The parameters, state and result of one evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compartment_mapper.sandbox.console import ConsoleDropped, ConsoleLine
from compartment_mapper.sandbox.engine import Engine, Entry
from compartment_mapper.sandbox.hold import Hold
from compartment_mapper.sandbox.messages import Message
from compartment_mapper.sandbox.probe import Probe
from compartment_mapper.sandbox.streams import Streams
from compartment_mapper.sandbox.tools import ToolSet
from compartment_mapper.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The result of a successful evaluation."""

    #: The value of a script, the return value of a function body, or the exports of a module except
    #: functions; None for ``undefined``.
    value: object
    console: tuple[ConsoleLine, ...]
    #: Whether console output exceeded the limit and was truncated.
    console_is_cut: bool
    #: How much was dropped, if output was truncated.
    console_dropped: ConsoleDropped | None
    #: The number of calls, including the steps of generators.
    tool_calls: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The parameters of an evaluation."""

    source: str
    file: str
    compartment: str | None
    globals: Mapping[str, object]
    timeout: float
    #: Stops the clock of the timeout.
    hold: Hold


@dataclass(slots=True, kw_only=True)
class Running:
    """The state of a running evaluation."""

    engine: Engine
    entry: Entry
    order: Order
    tools: ToolSet
    streams: Streams = field(default_factory=Streams)
    parse_uncertainty: Span | None = None
    #: The kind of the program: ``script``, ``body`` or ``module``.
    kind: str = "script"
    #: The source without types, which has the same positions; None if it is JavaScript.
    stripped: str | None = None
    #: Where types could not be stripped: ``message``, ``line`` and ``column``.
    type_problem: Message = field(default_factory=dict)
    started: float = 0
    #: Made if the timeout is held.
    probe: Probe | None = None
    calls: int = 0
    console: list[ConsoleLine] = field(default_factory=list)
    console_is_cut: bool = False
    console_dropped: ConsoleDropped | None = None
    #: The tool of each failed call as code writes it, and its exception.
    failures: dict[int, tuple[str, BaseException]] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """The maximum nesting depth of values."""
        return self.engine.settings.limits.depth

    def answer(self, number: int, answer: Message) -> None:
        """Send the answer to a call.

        Raises:
            TooLargeError: It exceeds the limit.
        """
        self.engine.answer(self.entry, {"type": "answer", "call": number, **answer})
