"""`Sandbox`: evaluations that the calling thread waits for."""

from __future__ import annotations

import inspect
import queue
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Self

from compartment_mapper.sandbox.base import BaseSandbox
from compartment_mapper.sandbox.engine import Entry
from compartment_mapper.sandbox.messages import Message
from compartment_mapper.sandbox.options import order_of
from compartment_mapper.sandbox.steps import Call, Evaluation, Steps, Wait, ended, evaluation_steps

if TYPE_CHECKING:
    from compartment_mapper.sandbox.loop import ToolLoop


class Sandbox(BaseSandbox):
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
        report: Is told of each call of a tool, of denials to packages of archives, and of their
            uses of what is high or critical: called with a `CapabilityUse`, in any thread.

    Raises:
        TypeError: Something is wrong with a tool.
        InputError: Something is wrong with an archive, or with *node*.

    >>> with Sandbox(tools={"add": lambda a, b: a + b}) as sandbox:
    ...     sandbox.evaluate("const five = await tools.add(2, 3); return five * 2")
    10
    """

    _loop: ToolLoop | None = None
    _lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process; what still goes on in it raises CLOSED."""
        super().close()
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
        seconds = self._timeout if timeout is None else timeout
        order = order_of(source, name, compartment, globals, seconds)
        steps = evaluation_steps(self._engine, entry, order, self._tools)
        called: list[Callable[[], object]] = []
        try:
            return self._taken(steps, posted, called)
        finally:
            steps.close()
            for give_up in called:
                give_up()

    def _taken(
        self, steps: Steps, posted: queue.SimpleQueue[Message], called: list[Callable[[], object]]
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

    def _call(self, call: Call, called: list[Callable[[], object]]) -> None:
        try:
            value = call.tool.function(*call.positional, **call.named)
        except Exception as error:  # noqa: BLE001 - whatever a tool raises, crosses
            call.fail(error)
            return
        if not inspect.isawaitable(value):
            call.answer(value)
            return
        called.append(self._tool_loop().answer(call, value))

    def _tool_loop(self) -> ToolLoop:
        from compartment_mapper.sandbox.loop import ToolLoop  # noqa: PLC0415 - 40 ms

        with self._lock:
            if self._loop is None:
                self._loop = ToolLoop()
            return self._loop


def _next(posted: queue.SimpleQueue[Message], seconds: float) -> Message | None:
    try:
        return posted.get(timeout=seconds)
    except queue.Empty:
        return None
