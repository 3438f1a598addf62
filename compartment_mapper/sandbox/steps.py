"""One evaluation as a generator of steps.

Nothing here waits or calls. `evaluation_steps` yields the next step and receives its result; the
caller performs it in a thread (`blocking`) or in an event loop (`asynchronous`).
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

from compartment_mapper.errors.diagnostic import Place, place_in
from compartment_mapper.sandbox.calls import Call, InvalidCallError, calls
from compartment_mapper.sandbox.console import ConsoleLine
from compartment_mapper.sandbox.engine import GRACE
from compartment_mapper.sandbox.failures import SandboxError, SandboxTimeoutError, thrown
from compartment_mapper.sandbox.messages import Message, TooLargeError, record_of, text_of
from compartment_mapper.sandbox.running import Evaluation, Running
from compartment_mapper.sandbox.values import UNDEFINED, NotDataError, decode, encode

#: Node's error code for TypeScript syntax that type stripping cannot remove.
_MORE_THAN_TYPES = "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
#: Seconds after which an idle process that does not start the evaluation counts as hung.
_PATIENCE = 2.0
#: Seconds after which a held timeout is looked at again.
_LEAST = 0.2


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
        raise
    except TooLargeError as problem:
        raise SandboxError("TOO_LARGE", f"the source and its globals are {problem}") from problem
    except BaseException:  # the caller was interrupted
        engine.abandon(entry)
        raise
    finally:
        engine.end(entry)


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
        stripped = yield from _without_types(running)
        if stripped is not None:
            program = program_of(stripped, keeps=keeps)
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
        raise _too_late(running)
    if message["type"] == "lost":
        raise _lost(message)
    if message["type"] != "stripped":
        raise _broken(running)
    if message.get("code") == _MORE_THAN_TYPES:
        raise _failure(running, message)
    text = message.get("text")
    return text if isinstance(text, str) else None


def _outcome(running: Running) -> Steps:
    while True:
        message = yield Wait(_patience(running))
        if message is None:
            yield from _ended_late(running)
        elif message["type"] == "call":
            try:
                yield from calls(running, message)
            except InvalidCallError as problem:
                raise _broken(running) from problem
        elif message["type"] == "done":
            return _evaluation(running, message)
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
        case "output":
            _add_output(running, message)
        case "failed":
            raise _failure(running, message)
        case "lost":
            raise _lost(message)
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
    return max(_LEAST if order.hold.is_held else 0.0, left)


def _ended_late(running: Running) -> Generator[Wait, Message | None, None]:
    """Handle a timeout: of the evaluation, or of a process that did not start it."""
    engine, entry = running.engine, running.entry
    if not running.started:
        engine.restart_if_stuck(entry)
        return
    if _patience(running) > 0:  # it was held in the meantime
        return
    engine.cancel(entry)
    until = time.monotonic() + GRACE
    while True:
        message = yield Wait(max(0.0, until - time.monotonic()))
        if message is None:
            engine.kill(entry)
            raise _too_late(running)
        if message["type"] in {"cancelled", "done", "failed", "lost"}:
            raise _too_late(running)
        if message["type"] == "output":
            _add_output(running, message)


def _too_late(running: Running) -> SandboxError:
    message = f"the evaluation took longer than {running.order.timeout:g} seconds"
    return SandboxTimeoutError("TIMEOUT", message)


def _add_output(running: Running, message: Message) -> None:
    running.console.append(ConsoleLine(text_of(message, "level"), text_of(message, "text")))
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
        tool_calls=running.calls,
        seconds=time.monotonic() - running.started,
    )


def _failure(running: Running, message: Message) -> SandboxError:
    error = record_of(message, "error")
    try:
        name, text = (decode(text_of(error, key)) for key in ("name", "#error"))
    except NotDataError as problem:
        raise _broken(running) from problem
    stack = text_of(message, "stack")
    order = running.order
    found = thrown(f"{name}", f"{text}", stack, file=order.file, source=order.source)
    if found.name == "SyntaxError" and found.place is None:
        found.place = _place_of_syntax_error(running)
    call = message.get("call")
    if isinstance(call, int) and call in running.failures:
        found.__cause__ = running.failures[call][1]
    return found


def _place_of_syntax_error(running: Running) -> Place | None:
    """Return the position of the parse error; engines do not report it."""
    order = running.order
    if running.parse_uncertainty is None:
        return None
    return place_in(order.file, order.source.encode("utf-8", "replace"), running.parse_uncertainty)


def _lost(message: Message) -> SandboxError:
    return SandboxError(text_of(message, "code"), text_of(message, "message"))
