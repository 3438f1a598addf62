"""`AsyncSandbox`: the same for programs with an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Mapping
from typing import Self

from compartment_mapper.sandbox.base import BaseSandbox
from compartment_mapper.sandbox.engine import Entry
from compartment_mapper.sandbox.messages import Message
from compartment_mapper.sandbox.options import order_of
from compartment_mapper.sandbox.steps import Call, Evaluation, Steps, Wait, ended, evaluation_steps


class AsyncSandbox(BaseSandbox):
    """`Sandbox`, awaited: asynchronous tools run in the caller's loop, all others in threads.

    The arguments are those of `Sandbox`. Evaluations, and the calls of one, may overlap.
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
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the word of SES
        timeout: float | None = None,  # noqa: ASYNC109 - of the text, not of the coroutine
        name: str = "evaluation.js",
    ) -> object:
        """Return the value of *source*; see `Sandbox.run`."""
        evaluation = await self.run(
            source, compartment=compartment, globals=globals, timeout=timeout, name=name
        )
        return evaluation.value

    async def run(
        self,
        source: str,
        *,
        compartment: str | None = None,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the word of SES
        timeout: float | None = None,  # noqa: ASYNC109 - of the text, not of the coroutine
        name: str = "evaluation.js",
    ) -> Evaluation:
        """Evaluate *source*; see `Sandbox.run`. Cancelling the coroutine gives the text up."""
        posted: asyncio.Queue[Message] = asyncio.Queue()
        entry = Entry(post=_poster(posted))
        seconds = self._timeout if timeout is None else timeout
        order = order_of(source, name, compartment, globals, seconds)
        steps = evaluation_steps(self._engine, entry, order, self._tools)
        called: set[asyncio.Task[None]] = set()
        try:
            return await _taken(steps, posted, called)
        finally:
            steps.close()
            for task in called:
                task.cancel()


def _poster(posted: asyncio.Queue[Message]) -> Callable[[Message], None]:
    """Return what puts messages there, from any thread."""
    loop = asyncio.get_running_loop()

    def post(message: Message) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(posted.put_nowait, message)

    return post


async def _taken(
    steps: Steps, posted: asyncio.Queue[Message], called: set[asyncio.Task[None]]
) -> Evaluation:
    """Take *steps*, adding the tools that run to *called*."""
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


async def _called(call: Call) -> None:
    tool, positional, named = call.tool, call.positional, call.named
    try:
        if tool.is_async:
            value = tool.function(*positional, **named)
        else:
            value = await asyncio.to_thread(tool.function, *positional, **named)
        if inspect.isawaitable(value):
            value = await value
    except (asyncio.CancelledError, KeyboardInterrupt, SystemExit) as error:
        call.fail(error)
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a tool raises, crosses
        call.fail(error)
        return
    call.answer(value)


async def _next(posted: asyncio.Queue[Message], seconds: float) -> Message | None:
    try:
        return await asyncio.wait_for(posted.get(), seconds)
    except TimeoutError:
        return None
