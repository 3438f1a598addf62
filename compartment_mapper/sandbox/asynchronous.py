"""`AsyncSandbox`: the same for programs with an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import weakref
from collections.abc import Callable, Mapping
from typing import Self

from compartment_mapper.sandbox.engine import Engine, Entry
from compartment_mapper.sandbox.messages import Message
from compartment_mapper.sandbox.options import Modules, order_of, settings_of
from compartment_mapper.sandbox.settings import Limits
from compartment_mapper.sandbox.steps import Call, Evaluation, Steps, Wait, ended, evaluation_steps
from compartment_mapper.sandbox.tools import Tools, bind_tools


class AsyncSandbox:
    """`Sandbox`, awaited: asynchronous tools run in the caller's loop, all others in threads.

    The arguments are those of `Sandbox`. Evaluations, and the calls of one, may overlap.
    """

    def __init__(  # noqa: PLR0913 - all are independent, and named
        self,
        *,
        tools: Tools | None = None,
        timeout: float = 5.0,
        memory_mb: int = 128,
        modules: Modules | None = None,
        clock: bool = False,
        random: bool = False,
        limits: Limits | None = None,
        node: str | None = None,
    ) -> None:
        self._tools = bind_tools(tools or {})
        self._timeout = timeout
        self._engine = Engine(
            settings_of(
                self._tools,
                memory_mb=memory_mb,
                modules=modules or {},
                endowed=(clock, random),
                limits=limits or Limits(),
                node=node,
            )
        )
        weakref.finalize(self, self._engine.close)  # of one that nobody closes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_problem: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process; what still goes on in it raises CLOSED."""
        self._engine.close()

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

    def drop(self, compartment: str) -> None:
        """Forget what is known in a named compartment."""
        self._engine.drop(compartment)

    @property
    def process_id(self) -> int:
        """Of the process that there is now."""
        return self._engine.process_id

    @property
    def starts(self) -> int:
        """How often a process was started: once, and again after each that had to be ended."""
        return self._engine.starts


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
