"""Calls of tools by evaluated code, and steps of the generators that they return."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass

from compartment_mapper.sandbox.messages import Message, TooLargeError
from compartment_mapper.sandbox.report import CapabilityUse, notify
from compartment_mapper.sandbox.running import Running
from compartment_mapper.sandbox.streams import Step
from compartment_mapper.sandbox.tools import ArgumentError, BoundTool
from compartment_mapper.sandbox.values import (
    JavaScriptError,
    NotDataError,
    decode,
    encode,
    encode_error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Request to call ``invoke``; pass its outcome to ``answer`` or ``fail``, now or later."""

    invoke: Callable[[], object]
    #: Whether it returns an awaitable at once; otherwise it may be slow.
    is_async: bool
    #: How code writes the tool.
    expression: str
    number: int
    running: Running

    def answer(self, value: object) -> None:
        """Send the return value."""
        try:
            if self.running.streams.add(self.number, value, self.expression):
                self._send({"stream": True})
            elif isinstance(value, Step):
                item = self._encoded(value.value, "an item of ")
                self._send({"value": [value.is_done, item]})
            else:
                self._send({"value": self._encoded(value, "the result of ")})
        except Exception as problem:  # noqa: BLE001 - NotDataError, or an exception of an object
            self.fail(problem)

    def _encoded(self, value: object, what: str) -> object:
        return encode(value, path=what + self.expression, depth=self.running.depth)

    def _send(self, answer: Message) -> None:
        try:
            self.running.answer(self.number, answer)
        except TooLargeError as problem:
            raise ValueError(f"the result of {self.expression} is {problem}") from problem

    def fail(self, error: BaseException) -> None:
        """Send the exception of the tool."""
        fail(self.running, self.number, error, self.expression)


def fail(running: Running, number: int, error: BaseException, expression: str) -> None:
    """Send the exception of a call."""
    running.failures[number] = (expression, error)
    with contextlib.suppress(TooLargeError):
        running.answer(number, {"error": encode_error(error)})
        return
    short = JavaScriptError(type(error).__name__, "the error message is too large")
    running.answer(number, {"error": encode_error(short)})


class InvalidCallError(Exception):
    """The process sent a call that its runtime cannot make."""


def calls(running: Running, message: Message) -> Generator[Call, Message | None, None]:
    """Yield the call that *message* requests, if its arguments are valid.

    Raises:
        InvalidCallError: The process is broken.
    """
    running.calls += 1
    number = message.get("call")
    if type(number) is not int or running.calls > running.engine.settings.limits.tool_calls:
        raise InvalidCallError
    if "stream" in message:
        yield _step(running, message, number)
        return
    tool, arguments = _tool(running, message)
    try:
        positional, named = tool.bound([decode(argument) for argument in arguments])
    except Exception as problem:  # noqa: BLE001 - of a validator: each is passed to the code
        _notify(running, tool, allowed=False)
        is_ours = isinstance(problem, ArgumentError | NotDataError)
        error = JavaScriptError("TypeError", str(problem)) if is_ours else problem
        error.__cause__ = problem if is_ours else problem.__cause__
        fail(running, number, error, tool.expression)
        return
    _notify(running, tool, allowed=True)
    yield Call(
        invoke=lambda: tool.function(*positional, **named),
        is_async=tool.is_async,
        expression=tool.expression,
        number=number,
        running=running,
    )


def _tool(running: Running, message: Message) -> tuple[BoundTool, list[object]]:
    index, arguments = message.get("tool"), message.get("arguments")
    tools = running.tools.tools
    if type(index) is not int or not 0 <= index < len(tools) or not isinstance(arguments, list):
        raise InvalidCallError
    return tools[index], arguments


def _step(running: Running, message: Message, number: int) -> Call:
    opened = message["stream"]
    stream = running.streams.get(opened)
    if stream is None or not isinstance(opened, int):
        raise InvalidCallError
    invoke: Callable[[], object] = stream.advance
    if message.get("close"):
        running.streams.remove(opened)
        invoke = stream.close
    return Call(
        invoke=invoke,
        is_async=stream.is_async,
        expression=stream.name,
        number=number,
        running=running,
    )


def _notify(running: Running, tool: BoundTool, *, allowed: bool) -> None:
    report = running.engine.settings.report
    if report is not None:
        use = CapabilityUse(package="", part="tools", capability=tool.name, allowed=allowed)
        notify(report, use)
