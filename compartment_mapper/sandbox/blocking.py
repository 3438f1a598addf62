"""`Sandbox`: evaluations that block the calling thread."""

from __future__ import annotations

import inspect
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Self

from compartment_mapper.sandbox.base import BaseSandbox
from compartment_mapper.sandbox.calls import Call
from compartment_mapper.sandbox.console import Console, streaming
from compartment_mapper.sandbox.engine import Entry
from compartment_mapper.sandbox.messages import Message
from compartment_mapper.sandbox.options import order_of
from compartment_mapper.sandbox.running import Evaluation, Running
from compartment_mapper.sandbox.steps import Steps, Wait, ended, evaluation_steps
from compartment_mapper.sandbox.streams import SyncStream

if TYPE_CHECKING:
    from compartment_mapper.sandbox.loop import ToolLoop

#: Messages that take no time.
_QUICK = frozenset({"started", "output"})


class Sandbox(BaseSandbox):
    """A locked-down process that evaluates JavaScript with no capabilities but the given tools.

    Thread-safe. Plain functions are called in the evaluating thread, one at a time; async functions
    run in an event loop of the sandbox.

    Args:
        tools: Functions that the code can call as ``tools.NAME``, which returns a promise.
        timeout: Default timeout of an evaluation in seconds, tool calls included.
        memory_mb: Memory limit of the evaluations in mebibytes.
        modules: Archives that `bundle` made (bytes or paths), by their import specifier. Each runs
            with its own policy.
        clock: Whether to provide `Date.now`, `performance.now`, `setTimeout` and the like.
        random: Whether to provide `Math.random`, `crypto.randomUUID` and the like.
        limits: The other limits of an evaluation.
        node: The Node executable. Default: the Node that is installed with this package.
        report: Called with a `CapabilityUse`, in any thread, for each tool call, for each denial to
            a package of an archive, and for its uses of capabilities of severity high or critical.

    Raises:
        TypeError: A tool is invalid.
        InputError: An archive or *node* is invalid.

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
        """End the process; running evaluations raise CLOSED."""
        super().close()
        if self._loop is not None:
            self._loop.close()

    def evaluate(
        self,
        source: str,
        *,
        compartment: str | None = None,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,
        name: str = "evaluation.js",
        console: Console | None = None,
    ) -> object:
        """Return the value of *source*; see `run` for more details of the evaluation."""
        return self.run(
            source,
            compartment=compartment,
            globals=globals,
            timeout=timeout,
            name=name,
            console=console,
        ).value

    def run(
        self,
        source: str,
        *,
        compartment: str | None = None,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,
        name: str = "evaluation.js",
        console: Console | None = None,
    ) -> Evaluation:
        """Evaluate *source*, and return the result.

        Args:
            source: A script, whose value is the value of its last statement; the body of an async
                function, with ``return`` or ``await``; or a module. May contain TypeScript types.
            compartment: The name of a persistent compartment, which keeps its declared variables.
                Default: a new compartment for this evaluation.
            globals: Data for global variables of the compartment.
            timeout: The timeout in seconds.
            name: The file name of the source in errors.
            console: Called with each `ConsoleLine` as soon as it is printed, in any thread. All
                evaluations wait for it. Lines may repeat if the process is restarted.

        Raises:
            SandboxError: See ``docs/sandbox.md`` for the codes.
            SandboxTimeoutError: The evaluation exceeded its timeout.
            NotDataError: *globals* contains a value that cannot be encoded.
        """
        posted: queue.SimpleQueue[Message] = queue.SimpleQueue()
        entry = Entry(post=streaming(posted.put, console), is_attended=True)
        seconds = self._timeout if timeout is None else timeout
        order = order_of(source, name, compartment, globals, seconds)
        running = Running(engine=self._engine, entry=entry, order=order, tools=self._tools)
        steps = evaluation_steps(running)
        called: list[Callable[[], object]] = []
        try:
            return self._taken(steps, entry, posted, called)
        finally:
            self._engine.leave(entry)
            steps.close()
            for give_up in called:
                give_up()
            for stream in running.streams.taken():
                if isinstance(stream, SyncStream):
                    stream.close()
                else:
                    self._tool_loop().run(stream.close())

    def _taken(
        self,
        steps: Steps,
        entry: Entry,
        posted: queue.SimpleQueue[Message],
        called: list[Callable[[], object]],
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
                message = self._next(entry, posted, step.seconds)
                if message is not None and message["type"] not in _QUICK:
                    self._engine.leave(entry)  # what follows may take time
            else:
                self._call(step, entry, called)

    def _next(
        self, entry: Entry, posted: queue.SimpleQueue[Message], seconds: float
    ) -> Message | None:
        until = time.monotonic() + seconds
        if posted.empty():
            self._engine.attend(entry, seconds, lambda: not posted.empty())
        try:
            return posted.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None

    def _call(self, call: Call, entry: Entry, called: list[Callable[[], object]]) -> None:
        try:
            value = call.invoke()
        except Exception as error:  # noqa: BLE001 - every exception of a tool is passed to the code
            call.fail(error)
            return
        if not inspect.isawaitable(value):
            self._engine.claim(entry)
            call.answer(value)
            return
        called.append(self._tool_loop().answer(call, value))

    def _tool_loop(self) -> ToolLoop:
        from compartment_mapper.sandbox.loop import ToolLoop  # noqa: PLC0415 - 40 ms

        with self._lock:
            if self._loop is None:
                self._loop = ToolLoop()
            return self._loop
