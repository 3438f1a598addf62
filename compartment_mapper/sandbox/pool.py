"""`SandboxPool` and `AsyncSandboxPool`: processes that are started ahead, one evaluation each."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Generic, Self, TypeVar, Unpack

from compartment_mapper.sandbox.asynchronous import AsyncSandbox
from compartment_mapper.sandbox.blocking import Sandbox
from compartment_mapper.sandbox.failures import SandboxError, SandboxTimeoutError
from compartment_mapper.sandbox.metrics import Metrics
from compartment_mapper.sandbox.options import SandboxOptions
from compartment_mapper.sandbox.running import Evaluation
from compartment_mapper.sandbox.slots import Slot, Slots, Waiting

_Sandbox = TypeVar("_Sandbox", Sandbox, AsyncSandbox)


class _Pool(Generic[_Sandbox]):
    """What both pools have."""

    #: The class of the processes.
    _kind: type[_Sandbox]

    def __init__(
        self,
        *,
        size: int = 2,
        queue: int = 1000,
        uses: int = 1000,
        **options: Unpack[SandboxOptions],
    ) -> None:
        kind = self._kind
        self._slots: Slots[_Sandbox] = Slots(
            lambda: kind(**options), size=size, queue=queue, uses=uses
        )

    def health(self) -> Mapping[str, int]:
        """Return the numbers of ``processes``, ``idle``, ``busy``, ``waiting`` and ``restarts``."""
        return self._slots.health()

    def metrics(self) -> str:
        """Return counters in the text format of Prometheus."""
        return self._slots.metrics.text(self._slots.health())


class SandboxPool(_Pool[Sandbox]):
    """Several `Sandbox` processes; each has one evaluation at a time.

    An endless loop stops nobody else. Thread-safe: who asks first gets the next free process.

    Args:
        size: The number of processes, which start at once.
        queue: The maximum number of evaluations that wait for a process.
        uses: The number of evaluations after which a process is replaced by a new one.
        options: The options of each `Sandbox`.

    Raises:
        ValueError: A number is too small.
        TypeError: A tool is invalid.
        InputError: An archive or *node* is invalid.

    >>> with SandboxPool(size=1) as pool:
    ...     pool.evaluate("1 + 1")
    2
    """

    _kind = Sandbox

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.close()

    def evaluate(
        self,
        source: str,
        *,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,
        wait: float | None = None,
        name: str = "evaluation.js",
    ) -> object:
        """Return the value of *source*; see `run`."""
        return self.run(source, globals=globals, timeout=timeout, wait=wait, name=name).value

    def run(
        self,
        source: str,
        *,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,
        wait: float | None = None,
        name: str = "evaluation.js",
    ) -> Evaluation:
        """Evaluate *source* in the next free process; see `Sandbox.run`.

        Args:
            source: See `Sandbox.run`.
            globals: See `Sandbox.run`.
            timeout: The timeout of the evaluation in seconds, from its start.
            wait: The maximum number of seconds to wait for a process. Default: no limit.
            name: See `Sandbox.run`.

        Raises:
            SandboxError: POOL_FULL; CLOSED; or see `Sandbox.run`.
            SandboxTimeoutError: The evaluation exceeded its timeout, or *wait* is over.
        """
        slot = self._granted(source, wait)
        try:
            with counted(self._slots.metrics):
                return slot.sandbox.run(source, globals=globals, timeout=timeout, name=name)
        finally:
            self._slots.release(slot)

    def _granted(self, source: str, wait: float | None) -> Slot[Sandbox]:
        began = time.monotonic()
        answers: queue.SimpleQueue[Slot[Sandbox] | SandboxError] = queue.SimpleQueue()

        def granted(slot: Slot[Sandbox]) -> bool:
            answers.put(slot)
            return True

        waiting: Waiting[Sandbox] = Waiting(granted=granted, failed=answers.put)
        self._slots.request(waiting)
        try:
            _scan_ahead(source)
            left = None if wait is None else max(0.0, began + wait - time.monotonic())
            answer = answers.get(timeout=left)
        except BaseException as problem:
            if not self._slots.withdraw(waiting):  # it was granted in this moment
                late = answers.get()
                if isinstance(late, Slot):
                    self._slots.release(late, is_used=False)
            if isinstance(problem, queue.Empty):
                raise _waited(wait) from None
            raise
        if isinstance(answer, SandboxError):
            raise answer
        return answer

    def close(self, *, grace: float = 5.0) -> None:
        """Refuse new evaluations, wait for running ones, and end the processes.

        Args:
            grace: The maximum number of seconds to wait; then running evaluations raise CLOSED.
        """
        self._slots.close(grace=grace)


class AsyncSandboxPool(_Pool[AsyncSandbox]):
    """The awaitable `SandboxPool`, of `AsyncSandbox` processes; takes the same arguments."""

    _kind = AsyncSandbox

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_problem: object) -> None:
        await self.close()

    async def evaluate(
        self,
        source: str,
        *,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,  # noqa: ASYNC109 - limits the evaluation, not the coroutine
        wait: float | None = None,
        name: str = "evaluation.js",
    ) -> object:
        """Return the value of *source*; see `SandboxPool.run`."""
        done = await self.run(source, globals=globals, timeout=timeout, wait=wait, name=name)
        return done.value

    async def run(
        self,
        source: str,
        *,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,  # noqa: ASYNC109 - limits the evaluation, not the coroutine
        wait: float | None = None,
        name: str = "evaluation.js",
    ) -> Evaluation:
        """Evaluate *source* in the next free process; see `SandboxPool.run`."""
        slot = await self._granted(source, wait)
        try:
            with counted(self._slots.metrics):
                return await slot.sandbox.run(source, globals=globals, timeout=timeout, name=name)
        finally:
            self._slots.release(slot)

    async def _granted(self, source: str, wait: float | None) -> Slot[AsyncSandbox]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Slot[AsyncSandbox]] = loop.create_future()
        waiting: Waiting[AsyncSandbox] = Waiting(
            granted=partial(_soon, loop, self._settle, answer),
            failed=partial(_soon, loop, _fail, answer),
        )
        self._slots.request(waiting)
        try:
            async with asyncio.timeout(wait):
                _scan_ahead(source)
                return await answer
        except TimeoutError:
            self._give_back(waiting, answer)
            raise _waited(wait) from None
        except BaseException:
            self._give_back(waiting, answer)
            raise

    def _give_back(
        self, waiting: Waiting[AsyncSandbox], answer: asyncio.Future[Slot[AsyncSandbox]]
    ) -> None:
        """Wait no longer; a process that was granted in this moment goes back."""
        if self._slots.withdraw(waiting) or answer.get_loop().is_closed():
            return
        if not answer.done():
            answer.cancel()  # `_settle` follows
        elif not answer.cancelled() and answer.exception() is None:
            self._slots.release(answer.result(), is_used=False)

    def _settle(self, answer: asyncio.Future[Slot[AsyncSandbox]], slot: Slot[AsyncSandbox]) -> None:
        if answer.done():
            self._slots.release(slot, is_used=False)
        else:
            answer.set_result(slot)

    async def close(self, *, grace: float = 5.0) -> None:
        """Refuse new evaluations, wait for running ones, and end the processes.

        Args:
            grace: The maximum number of seconds to wait; then running evaluations raise CLOSED.
        """
        await asyncio.to_thread(self._slots.close, grace=grace)


def _scan_ahead(source: str) -> None:
    """Scan *source* while it waits for a process."""
    if isinstance(source, str):  # `run` checks it
        from compartment_mapper.sandbox.program import scan_ahead  # noqa: PLC0415 - 80 ms

        scan_ahead(source)


def _soon(
    loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object
) -> bool:
    """Call *function* in *loop*, at once if it is the running one; return whether it is open."""
    if asyncio._get_running_loop() is loop:  # noqa: SLF001 - documented, and needs no exception
        function(*arguments)
        return True
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:  # it is closed
        return False
    return True


def _fail(answer: asyncio.Future[Slot[AsyncSandbox]], error: SandboxError) -> None:
    if not answer.done():
        answer.set_exception(error)


def _waited(wait: float | None) -> SandboxError:
    return SandboxTimeoutError("POOL_WAIT", f"no process was free within {wait:g} seconds")


@contextlib.contextmanager
def counted(metrics: Metrics) -> Iterator[None]:
    """Count an evaluation with its outcome."""
    began, outcome = time.monotonic(), "interrupted"
    try:
        yield
        outcome = "ok"
    except SandboxError as error:
        outcome = error.code.lower()
        raise
    finally:
        metrics.ended(outcome, time.monotonic() - began)
