"""`AsyncSandbox`: the sandbox for programs with an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Mapping
from typing import Self

from compartment_mapper.sandbox.base import BaseSandbox
from compartment_mapper.sandbox.calls import Call
from compartment_mapper.sandbox.console import Console, streaming
from compartment_mapper.sandbox.engine import Entry
from compartment_mapper.sandbox.hold import Hold
from compartment_mapper.sandbox.messages import Message
from compartment_mapper.sandbox.options import order_of
from compartment_mapper.sandbox.running import Evaluation, Running
from compartment_mapper.sandbox.steps import Steps, Wait, ended, evaluation_steps
from compartment_mapper.sandbox.streams import Stream, SyncStream

#: Seconds to wait for generators to end.
_MOMENT = 1.0


class AsyncSandbox(BaseSandbox):
    """An awaitable `Sandbox`: async tools run in the caller's event loop, others in threads.

    Takes the arguments of `Sandbox`. Evaluations and tool calls may overlap.
    """

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_problem: object) -> None:
        self.close()

    async def evaluate(
        self,
        source: str,
        *,
        compartment: str | None = None,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,  # noqa: ASYNC109 - limits the evaluation, not the coroutine
        name: str = "evaluation.js",
        console: Console | None = None,
    ) -> object:
        """Return the value of *source*; see `Sandbox.run`."""
        evaluation = await self.run(
            source,
            compartment=compartment,
            globals=globals,
            timeout=timeout,
            name=name,
            console=console,
        )
        return evaluation.value

    async def run(  # noqa: PLR0913 - all are independent and keyword-only
        self,
        source: str,
        *,
        compartment: str | None = None,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,  # noqa: ASYNC109 - limits the evaluation, not the coroutine
        name: str = "evaluation.js",
        console: Console | None = None,
        hold: Hold | None = None,
    ) -> Evaluation:
        """Evaluate *source*; see `Sandbox.run`. Canceling the coroutine cancels the evaluation.

        Args:
            source: See `Sandbox.run`.
            compartment: See `Sandbox.run`.
            globals: See `Sandbox.run`.
            timeout: See `Sandbox.run`.
            name: See `Sandbox.run`.
            console: See `Sandbox.run`.
            hold: While it is held, the timeout does not pass: a tool waits for a person.
        """
        posted: asyncio.Queue[Message] = asyncio.Queue()
        entry = Entry(post=streaming(_poster(posted), console))
        seconds = self._timeout if timeout is None else timeout
        order = order_of(source, name, compartment, globals, seconds, hold)
        running = Running(engine=self._engine, entry=entry, order=order, tools=self._tools)
        steps = evaluation_steps(running)
        called: set[asyncio.Task[None]] = set()
        try:
            return await _taken(steps, posted, called)
        finally:
            steps.close()
            for task in called:
                task.cancel()
            if streams := running.streams.taken():
                # The closing goes on if the caller is canceled again.
                await asyncio.wait([asyncio.create_task(_closed(streams))], timeout=_MOMENT)


def _poster(posted: asyncio.Queue[Message]) -> Callable[[Message], None]:
    """Return a function that queues messages from any thread."""
    loop = asyncio.get_running_loop()

    def post(message: Message) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits for the message
            loop.call_soon_threadsafe(posted.put_nowait, message)

    return post


async def _taken(
    steps: Steps, posted: asyncio.Queue[Message], called: set[asyncio.Task[None]]
) -> Evaluation:
    """Run *steps*, and add running tools to *called*."""
    message: Message | None = None
    while True:
        try:
            step = steps.send(message)
        except StopIteration as stop:
            return ended(stop)
        message = None
        if isinstance(step, Wait):
            message = await _next(posted, step.seconds)
        else:
            task = asyncio.create_task(_called(step))
            called.add(task)
            task.add_done_callback(called.discard)


async def _closed(streams: list[Stream]) -> None:
    """End the generators of an evaluation that has ended."""
    for stream in streams:
        if isinstance(stream, SyncStream):
            await asyncio.to_thread(stream.close)
        else:
            await stream.close()


async def _called(call: Call) -> None:
    try:
        value = call.invoke() if call.is_async else await asyncio.to_thread(call.invoke)
        if inspect.isawaitable(value):
            value = await value
    except (asyncio.CancelledError, KeyboardInterrupt, SystemExit) as error:
        call.fail(error)
        raise
    except BaseException as error:  # noqa: BLE001 - every exception of a tool is passed to the code
        call.fail(error)
        return
    call.answer(value)


async def _next(posted: asyncio.Queue[Message], seconds: float) -> Message | None:
    try:
        async with asyncio.timeout(seconds):  # before Python 3.12, `wait_for` loses cancellations
            return await posted.get()
    except TimeoutError:
        return None
