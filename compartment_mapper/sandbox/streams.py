"""Generators that tools return: evaluated code steps through them as async iterators."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)
_RAISED = "the generator of %s raised when it was closed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a generator: the value that it yields, or that it returns at its end."""

    value: object
    is_done: bool = False


class SyncStream:
    """A generator; its steps and its end are calls that may be slow."""

    is_async = False

    def __init__(self, generator: Generator[object, None, object], name: str) -> None:
        self._generator = generator
        self.name = name
        self._is_closed = False
        self._running = threading.Lock()

    def advance(self) -> Step:
        """Return the next step, or raise what the generator raises."""
        with self._running:
            try:
                step = Step(next(self._generator))
            except StopIteration as stop:
                step = Step(stop.value, is_done=True)
        if self._is_closed:  # meanwhile
            self.close()
        return step

    def close(self) -> None:
        """End the generator; if it is running in another thread, that thread ends it."""
        self._is_closed = True
        if not self._running.acquire(blocking=False):
            return
        try:
            self._generator.close()
        except Exception:  # noqa: BLE001 - nobody else receives it
            _LOG.exception(_RAISED, self.name)
        finally:
            self._running.release()


class AsyncStream:
    """An async generator; its steps and its end run in one event loop."""

    is_async = True

    def __init__(self, generator: AsyncGenerator[object, None], name: str) -> None:
        self._generator = generator
        self.name = name
        self._step: asyncio.Task[object] | None = None

    async def advance(self) -> Step:
        """Return the next step, or raise what the generator raises."""
        self._step = asyncio.current_task()
        try:
            return Step(await anext(self._generator))
        except StopAsyncIteration:
            return Step(None, is_done=True)
        finally:
            self._step = None

    async def close(self) -> None:
        """End the generator, after its current step, which should be canceled first."""
        if self._step is not None:
            await asyncio.wait({self._step})
        try:
            await self._generator.aclose()
        except Exception:  # noqa: BLE001 - as above
            _LOG.exception(_RAISED, self.name)


Stream = SyncStream | AsyncStream


class Streams:
    """The open streams of one evaluation, by the number of their call; thread-safe."""

    def __init__(self) -> None:
        self._open: dict[int, Stream] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def add(self, number: int, value: object, name: str) -> bool:
        """Return whether *value* is a generator; it is open until the evaluation ends."""
        stream: Stream
        if isinstance(value, Generator):
            stream = SyncStream(value, name)
        elif isinstance(value, AsyncGenerator):
            stream = AsyncStream(value, name)
        else:
            return False
        with self._lock:
            if not self._is_closed:
                self._open[number] = stream
                return True
        if isinstance(stream, SyncStream):  # an async one that has not begun has nothing to end
            stream.close()
        return True

    def get(self, number: object) -> Stream | None:
        """Return the open stream with this number."""
        return self._open.get(number) if isinstance(number, int) else None

    def remove(self, number: int) -> None:
        """Forget a stream that has ended."""
        self._open.pop(number, None)

    def taken(self) -> list[Stream]:
        """Return the open streams, which the caller closes; later ones are closed at once."""
        with self._lock:
            self._is_closed = True
            found = list(self._open.values())
            self._open.clear()
        return found
