"""One evaluation as a generator of steps.

Nothing here waits or calls. `evaluation_steps` yields the next step and receives its result; the
caller performs it in a thread (`blocking`) or in an event loop (`asynchronous`).
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

from compartment_mapper.sandbox.calls import Call, InvalidCallError, calls
from compartment_mapper.sandbox.console import dropped_of, line_of
from compartment_mapper.sandbox.engine import GRACE
from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.messages import Message, TooLargeError, record_of, text_of
from compartment_mapper.sandbox.outcome import (
    lost,
    may_be_syntax_error,
    thrown_error,
    too_late,
    with_hint,
)
from compartment_mapper.sandbox.probe import Probe
from compartment_mapper.sandbox.running import Evaluation, Running
from compartment_mapper.sandbox.values import UNDEFINED, NotDataError, decode, encode

#: Node's error code for TypeScript syntax that type stripping cannot remove.
_MORE_THAN_TYPES = "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
#: Seconds after which an idle process that does not start the evaluation counts as hung.
_PATIENCE = 2.0
#: Seconds after which a held timeout is looked at again, at least and at most.
_LEAST, _OFTEN = 0.2, 1.0
#: Seconds to find a syntax error.
_PARSING = 1.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Request the next message, or None after a timeout in seconds."""

    seconds: float


Steps = Generator[Wait | Call, Message | None, Evaluation]


def evaluation_steps(running: Running) -> Steps:
    """Yield steps until the evaluation ends.

    Raises:
        SandboxError: The evaluation failed.
    """
    engine, entry, order = running.engine, running.entry, running.order
    try:
        program = yield from _program(running)
        given = {
            name: encode(value, path=f"globals[{name!r}]", depth=running.depth)
            for name, value in order.globals.items()
        }
        engine.begin(
            entry,
            {
                "type": "evaluate",
                "compartment": order.compartment,
                "file": order.file,
                "globals": given,
                "program": program,
            },
        )
        return (yield from _outcome(running))
    except SandboxError as error:
        error.console = tuple(running.console)
        error.console_is_cut = running.console_is_cut
        error.console_dropped = running.console_dropped
        with_hint(error)
        raise
    except TooLargeError as problem:
        raise SandboxError("TOO_LARGE", f"the source and its globals are {problem}") from problem
    except BaseException:  # the caller was interrupted
        engine.abandon(entry)
        raise
    finally:
        engine.end(entry)
        if running.probe is not None:
            running.probe.end()


def ended(stop: StopIteration) -> Evaluation:
    """Return the result of finished steps."""
    value = stop.value
    assert isinstance(value, Evaluation)
    return value


def _program(running: Running) -> Generator[Wait, Message | None, Message]:
    """Return the message with the compiled program."""
    order = running.order
    if len(order.source) > running.engine.settings.limits.source:
        most = running.engine.settings.limits.source
        raise SandboxError("TOO_LARGE", f"the source is longer than {most} characters")
    # 80 ms, during which the process can start.
    from compartment_mapper.sandbox.program import program_of  # noqa: PLC0415 - as above

    keeps = order.compartment is not None
    program = program_of(order.source, keeps=keeps)
    running.parse_uncertainty = program.parse_uncertainty
    if not program.is_javascript:
        running.stripped = yield from _without_types(running)
        if running.stripped is not None:
            program = program_of(running.stripped, keeps=keeps)
    running.kind = text_of(program.message, "kind")
    return program.message


def _without_types(running: Running) -> Generator[Wait, Message | None, str | None]:
    """Return the source with its types stripped, or None if it is not TypeScript."""
    engine, entry = running.engine, running.entry
    engine.begin(entry, {"type": "strip", "text": running.order.source})
    until = time.monotonic() + running.order.timeout
    message: Message | None = {"type": "restarted"}
    while message is not None and message["type"] == "restarted":
        message = yield Wait(max(0.0, until - time.monotonic()))
    if message is None:
        engine.kill(entry)
        raise too_late(running, None)
    if message["type"] == "lost":
        raise lost(message)
    if message["type"] != "stripped":
        raise _broken(running)
    running.type_problem = record_of(message, "problem")
    if message.get("code") == _MORE_THAN_TYPES:
        raise _thrown(running, message, {})
    text = message.get("text")
    return text if isinstance(text, str) else None


def _outcome(running: Running) -> Steps:
    while True:
        message = yield Wait(_patience(running))
        running.console_dropped = None if message is None else dropped_of(message)
        if message is None:
            yield from _ended_late(running)
        elif message["type"] == "call":
            try:
                yield from calls(running, message)
            except InvalidCallError as problem:
                raise _broken(running) from problem
        elif message["type"] == "done":
            return _evaluation(running, message)
        elif message["type"] == "failed":
            raise _thrown(running, message, (yield from _syntax_problem(running, message)))
        else:
            _note(running, message)


def _note(running: Running, message: Message) -> None:
    """Handle *message*, or raise the failure that it reports."""
    match message["type"]:
        case "started":
            running.started = running.started or time.monotonic()
        case "restarted":
            running.started = 0
            running.console.clear()
            running.console_is_cut = False
        case "output":
            _add_output(running, message)
        case "lost":
            raise lost(message)
        case _:
            raise _broken(running)


def _broken(running: Running) -> SandboxError:
    """Terminate a process that sent an invalid message, and return the error."""
    running.engine.kill(running.entry)
    return SandboxError("PROCESS_BROKEN", "the process sent an invalid message")


def _patience(running: Running) -> float:
    if not running.started:
        return _PATIENCE
    order = running.order
    left = running.started + order.timeout + order.hold.seconds - time.monotonic()
    return max(_LEAST, min(left, _OFTEN)) if order.hold.is_held else max(0.0, left)


def _ended_late(running: Running) -> Generator[Wait, Message | None, None]:
    """Handle a timeout: of the evaluation, or of a process that did not start it."""
    engine, entry = running.engine, running.entry
    if not running.started:
        engine.restart_if_stuck(entry)
        return
    if _patience(running) > 0:  # it was held in the meantime
        _check_alive(running)
        return
    engine.cancel(entry)
    until = time.monotonic() + GRACE
    while True:
        message = yield Wait(max(0.0, until - time.monotonic()))
        if message is None:
            engine.kill(entry)
            raise too_late(running, None)
        if message["type"] in {"cancelled", "done", "failed", "lost"}:
            running.console_dropped = dropped_of(message)
            raise too_late(running, message)
        if message["type"] == "output":
            _add_output(running, message)


def _check_alive(running: Running) -> None:
    """Terminate a process that computes while the timeout is held: all others wait for it."""
    running.probe = running.probe or Probe(running.engine)
    if running.probe.seconds() > running.order.timeout + _PATIENCE:
        running.engine.kill(running.entry)
        raise too_late(running, None)


def _syntax_problem(running: Running, message: Message) -> Generator[Wait, Message | None, Message]:
    """Return where the source is invalid, if that is why it failed; the process parses it."""
    if not may_be_syntax_error(running, message):
        return {}
    text = running.order.source if running.stripped is None else running.stripped
    running.engine.begin(running.entry, {"type": "parse", "kind": running.kind, "text": text})
    answer = yield Wait(_PARSING)
    return answer if answer is not None and answer["type"] == "parsed" else {}


def _thrown(running: Running, message: Message, problem: Message) -> SandboxError:
    try:
        return thrown_error(running, message, problem)
    except NotDataError as invalid:
        raise _broken(running) from invalid


def _add_output(running: Running, message: Message) -> None:
    running.console.append(line_of(message))
    if message.get("cut"):
        running.console_is_cut = True


def _evaluation(running: Running, message: Message) -> Evaluation:
    try:
        value = decode(message.get("value"))
    except NotDataError as problem:
        raise SandboxError("NOT_DATA", str(problem)) from problem
    return Evaluation(
        value=None if value is UNDEFINED else value,
        console=tuple(running.console),
        console_is_cut=running.console_is_cut,
        console_dropped=running.console_dropped,
        tool_calls=running.calls,
        seconds=time.monotonic() - running.started,
    )
