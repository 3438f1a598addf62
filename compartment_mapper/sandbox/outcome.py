"""Errors of evaluations: what was thrown and where, and what to do about it."""

from __future__ import annotations

import re

from compartment_mapper.errors.diagnostic import Place, place_in
from compartment_mapper.sandbox import hints
from compartment_mapper.sandbox.failures import (
    SandboxError,
    SandboxTimeoutError,
    Trace,
    place_of_units,
    thrown,
    trace_of,
)
from compartment_mapper.sandbox.messages import Message, record_of, text_of
from compartment_mapper.sandbox.running import Running
from compartment_mapper.sandbox.tools import ArgumentError, BoundTool
from compartment_mapper.sandbox.values import decode
from compartment_mapper.text import LINE_END, Position, Span, printable


def thrown_error(running: Running, message: Message, problem: Message) -> SandboxError:
    """Return the exception for an error that the source threw, or a syntax error.

    Args:
        running: The evaluation.
        message: Of the process: ``error``, ``stack``, and what the runtime knows of the error.
        problem: Where the source is invalid: ``message``, ``line`` and ``column``; may be empty.

    Raises:
        NotDataError: The message is invalid.
    """
    record = record_of(message, "error")
    name, text = (f"{decode(text_of(record, key))}" for key in ("name", "#error"))
    trace = _trace(running, text_of(message, "stack"))
    if name == "SyntaxError" and trace.place is None:
        return _syntax_error(running, text, problem)
    error = thrown(name, text, trace)
    fact = text_of(message, "fact")
    if fact == "call":
        _add_call(running, error, message)
    elif fact == "module":
        error.place = error.place or _import_place(running, text_of(message, "name"))
        error.hint = hints.module_hint(text_of(message, "name"), running.engine.settings)
    elif fact == "undeclared":
        error.place = _place_of_name(running, error.place, text_of(message, "name"))
        error.hint = hints.absent_hint(text_of(message, "name"), running.engine.settings)
    elif "kept" in message:
        error.hint = hints.KEPT if message["kept"] is True else hints.NOT_KEPT
    else:
        error.hint = hints.BY_FACT.get(fact) or hints.thrown_hint(
            name, error.place, running.order.source, running.engine.settings, running.tools
        )
    return error


def _trace(running: Running, stack: str) -> Trace:
    return trace_of(stack, file=running.order.file, source=running.order.source)


def _add_call(running: Running, error: SandboxError, message: Message) -> None:
    """Add the place of the call that failed, its exception and a hint."""
    call = message.get("call")
    if not isinstance(call, int) or call not in running.failures:
        return
    expression, error.__cause__ = running.failures[call]
    error.place = error.place or _trace(running, text_of(message, "site")).place
    is_argument = isinstance(error.__cause__.__cause__, ArgumentError)
    tool = _tool(running, expression)
    if is_argument and tool is not None:
        error.hint = hints.argument_hint(tool)
    else:
        error.hint = hints.exception_hint(expression)


def _tool(running: Running, expression: str) -> BoundTool | None:
    return next((tool for tool in running.tools.tools if tool.expression == expression), None)


def may_be_syntax_error(running: Running, message: Message) -> bool:
    """Return whether the source may be invalid, so that nothing of it was evaluated."""
    name = text_of(record_of(message, "error"), "name")
    return name == "SyntaxError" and _trace(running, text_of(message, "stack")).place is None


def _syntax_error(running: Running, text: str, problem: Message) -> SandboxError:
    order = running.order
    place = _place_of(running, problem)
    hint = ""
    typed = _place_of(running, running.type_problem)
    if place is not None and _starts_jsx(order.source, place):
        hint = hints.NO_JSX
    elif typed is not None and _is_after(typed, place):  # types are why JavaScript is invalid
        place, text = typed, text_of(running.type_problem, "message")
        hint = hints.NO_TYPES if "not supported in strip-only mode" in text else ""
    elif place is None and problem.get("line") is not None:
        hint = hints.UNBALANCED
    error = thrown("SyntaxError", text, Trace(place or _uncertain_place(running), ""))
    error.hint = hint
    return error


def _is_after(place: Place, other: Place | None) -> bool:
    """Return whether *place* is later in the source: the later one is the real problem."""
    if other is None or other.position is None or place.position is None:
        return True
    return place.position > other.position


def _uncertain_place(running: Running) -> Place | None:
    if running.parse_uncertainty is None:
        return None
    source = running.order.source.encode("utf-8", "replace")
    return place_in(running.order.file, source, running.parse_uncertainty)


def _place_of(running: Running, problem: Message) -> Place | None:
    """Return the place of a syntax error; None if it is in the code around the source."""
    line, column = problem.get("line"), problem.get("column")
    if not isinstance(line, int) or not isinstance(column, int):
        return None
    return place_of_units(running.order.file, running.order.source, Position(line, max(1, column)))


def _starts_jsx(source: str, place: Place) -> bool:
    assert place.position is not None
    line = LINE_END.split(source)[place.position.line - 1]
    return re.match(r"<[\w>]", line[place.position.column - 1 :]) is not None


def _import_place(running: Running, specifier: str) -> Place | None:
    """Return the place of the specifier in the source: static imports have no stack."""
    for quote in "'\"":
        source = running.order.source.encode("utf-8", "replace")
        start = source.find(f"{quote}{specifier}{quote}".encode("utf-8", "replace"))
        if start >= 0:
            return place_in(running.order.file, source, Span(start, start + 1))
    return None


def _place_of_name(running: Running, place: Place | None, name: str) -> Place | None:
    """Return the place of a variable: V8 has that of the expression around it."""
    if place is None or place.position is None:
        return place
    line, column = place.position
    text = LINE_END.split(running.order.source)[line - 1]
    found = re.compile(rf"(?<![\w$.]){re.escape(name)}(?![\w$])").search(text, column - 1)
    if found is None:
        return place
    units = len(text[: found.start()].encode("utf-16-le", "surrogatepass")) // 2
    return place_of_units(running.order.file, running.order.source, Position(line, units + 1))


def too_late(running: Running, message: Message | None) -> SandboxTimeoutError:
    """Return the error of an evaluation that exceeded its timeout.

    Args:
        running: The evaluation.
        message: The answer of the process; None if it did not answer, because code was running.
    """
    text = f"the evaluation took longer than {running.order.timeout:g} seconds"
    error = SandboxTimeoutError("TIMEOUT", text)
    if not running.started:
        error.hint = "the process did not start in time: the machine may be busy"
    elif message is None:
        error.hint = _loop_hint(running)
    else:
        error.place = _trace(running, text_of(message, "site")).place
        error.hint = _wait_hint(running, text_of(message, "expression"))
    return error


def _wait_hint(running: Running, expression: str) -> str:
    if _is_known(running, expression):
        return f"it was waiting for `{expression}`: call it less often, or with less work to do"
    strays = [line.text for line in running.console if line.is_uncaught]
    if strays:
        return f"it was waiting for a promise; an earlier error was not caught: {strays[-1][:200]}"
    return "it was waiting for a promise that nothing settles"


def _is_known(running: Running, expression: str) -> bool:
    return _tool(running, expression) is not None


def _loop_hint(running: Running) -> str:
    # 80 ms, but the evaluation has scanned already.
    from compartment_mapper.sandbox.program import loop_lines  # noqa: PLC0415 - as above

    found = loop_lines(running.order.source if running.stripped is None else running.stripped)
    if not found:
        return "it was running and did not wait for anything: use less work, or a longer timeout"
    lines = ", ".join(map(str, found[:_MOST_LINES]))
    where = (
        f"the only loop is in line {lines}" if len(found) == 1 else f"loops are in lines {lines}"
    )
    return f"it was running and did not wait for anything: a loop may never end; {where}"


_MOST_LINES = 10


def lost(message: Message) -> SandboxError:
    """Return the error of an evaluation whose process has ended."""
    return SandboxError(text_of(message, "code"), text_of(message, "message"))


def with_hint(error: SandboxError) -> None:
    """Add the hint for the code of *error*, if it has none."""
    error.hint = printable(error.hint or hints.BY_CODE.get(error.code, ""))
