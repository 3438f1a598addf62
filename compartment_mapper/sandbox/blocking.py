"""`Sandbox`: evaluations that the calling thread waits for."""

from __future__ import annotations

import asyncio
import inspect
import queue
import threading
from collections.abc import Awaitable, Mapping
from concurrent.futures import Future
from typing import Self

from compartment_mapper.sandbox.engine import Engine, Entry
from compartment_mapper.sandbox.messages import Message
from compartment_mapper.sandbox.options import Modules, order_of, settings_of
from compartment_mapper.sandbox.settings import Limits
from compartment_mapper.sandbox.steps import Call, Evaluation, Steps, Wait, ended, evaluation_steps
from compartment_mapper.sandbox.tools import Tools, bind_tools


class Sandbox:
    """A locked-down process that evaluates JavaScript with nothing but the given tools.

    Any number of threads may use it. Tools that are plain functions are called in the thread that
    evaluates, one after the other; asynchronous ones in an event loop of the sandbox's own.

    Args:
        tools: What a text finds as ``tools.NAME``, which returns a promise.
        timeout: Seconds that an evaluation may take, its tools included, unless it says else.
        memory_mb: Mebibytes that the process may take for what it evaluates.
        modules: Archives that `bundle` has made (bytes, or paths), by the specifiers that import
            them: each runs with its own policy.
        clock: Whether there are `Date.now`, `performance.now`, `setTimeout` and the like.
        random: Whether there are `Math.random`, `crypto.randomUUID` and the like.
        limits: What else an evaluation may take.
        node: The Node executable; by default, that which was installed with this package.

    Raises:
        TypeError: Something is wrong with a tool.
        InputError: Something is wrong with an archive, or with *node*.

    >>> with Sandbox(tools={"add": lambda a, b: a + b}) as sandbox:
    ...     sandbox.evaluate("const five = await tools.add(2, 3); return five * 2")
    10
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
        self._loop: _Loop | None = None
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process; what still goes on in it raises CLOSED."""
        self._engine.close()
        if self._loop is not None:
            self._loop.close()

    def evaluate(
        self,
        source: str,
        *,
        compartment: str | None = None,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the word of SES
        timeout: float | None = None,
        name: str = "evaluation.js",
    ) -> object:
        """Return the value of *source*; see `run`, which says more of the evaluation."""
        return self.run(
            source, compartment=compartment, globals=globals, timeout=timeout, name=name
        ).value

    def run(
        self,
        source: str,
        *,
        compartment: str | None = None,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the word of SES
        timeout: float | None = None,
        name: str = "evaluation.js",
    ) -> Evaluation:
        """Evaluate *source*, and return what came of it.

        Args:
            source: A script, whose value is that of its last statement; the body of an
                asynchronous function, with ``return`` or ``await``; or a module. With types of
                TypeScript or without.
            compartment: The name of a compartment that is kept, with the variables that were
                declared in it; by default, one for this evaluation.
            globals: Data for global variables of the compartment.
            timeout: Seconds that it may take.
            name: What to call the text in errors.

        Raises:
            SandboxError: See ``docs/sandbox.md`` for the codes.
            SandboxTimeoutError: It took too long.
            NotDataError: *globals* can't cross.
        """
        posted: queue.SimpleQueue[Message] = queue.SimpleQueue()
        entry = Entry(post=posted.put)
        order = order_of(source, name, compartment, globals, timeout or self._timeout)
        steps = evaluation_steps(self._engine, entry, order, self._tools)
        called: list[Future[None]] = []
        try:
            return self._taken(steps, posted, called)
        finally:
            steps.close()
            for future in called:
                future.cancel()

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

    def _taken(
        self, steps: Steps, posted: queue.SimpleQueue[Message], called: list[Future[None]]
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
                message = _next(posted, step.seconds)
            else:
                self._call(step, called)

    def _call(self, call: Call, called: list[Future[None]]) -> None:
        try:
            value = call.tool.function(*call.positional, **call.named)
        except Exception as error:  # noqa: BLE001 - whatever a tool raises, crosses
            call.fail(error)
            return
        if not inspect.isawaitable(value):
            call.answer(value)
            return
        self._loop = self._loop or _Loop()
        called.append(self._loop.run(_answered(call, value)))


async def _answered(call: Call, value: Awaitable[object]) -> None:
    """Answer *call* with what comes of *value*."""
    try:
        result = await value
    except Exception as error:  # noqa: BLE001 - whatever a tool raises, crosses
        call.fail(error)
        return
    call.answer(result)


def _next(posted: queue.SimpleQueue[Message], seconds: float) -> Message | None:
    try:
        return posted.get(timeout=seconds)
    except queue.Empty:
        return None


class _Loop:
    """An event loop in a thread, for asynchronous tools of those who have none."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="sandbox tools", daemon=True
        )
        self._thread.start()

    def run(self, coroutine: Awaitable[None]) -> Future[None]:
        """Run *coroutine* there."""
        assert asyncio.iscoroutine(coroutine)
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
