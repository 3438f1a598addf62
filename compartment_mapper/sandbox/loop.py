"""An event loop in a thread, for the async tools of a blocking sandbox."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine

from compartment_mapper.sandbox.calls import Call

#: Seconds to wait for canceled tools.
_PATIENCE = 5.0
#: Seconds to wait for generators to end.
_MOMENT = 1.0


class ToolLoop:
    """The event loop and its thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._finishing: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox tools", daemon=True)
        self._thread.start()

    def answer(self, call: Call, value: Awaitable[object]) -> Callable[[], object]:
        """Answer *call* with the result of *value*; return a function that cancels it."""
        return asyncio.run_coroutine_threadsafe(_answered(call, value), self._loop).cancel

    def run(self, work: Coroutine[object, object, object]) -> None:
        """Run *work*, and wait for it for at most a second; afterwards it goes on by itself."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        if self._thread is not threading.current_thread():
            with contextlib.suppress(TimeoutError, concurrent.futures.CancelledError):
                future.result(_MOMENT)

    def close(self) -> None:
        """Cancel running tools, then end the thread."""
        with contextlib.suppress(RuntimeError):  # already closed
            self._loop.call_soon_threadsafe(self._begin_to_finish)
        if self._thread is not threading.current_thread():
            self._thread.join(_PATIENCE)

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def _begin_to_finish(self) -> None:
        if self._finishing is None:  # do not start a second one
            self._finishing = self._loop.create_task(self._finish())

    async def _finish(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._loop.stop()


async def _answered(call: Call, value: Awaitable[object]) -> None:
    try:
        result = await value
    except asyncio.CancelledError as error:  # canceled by us or by the tool itself
        call.fail(error)
        raise
    except BaseException as error:  # noqa: BLE001 - otherwise it would end the loop
        call.fail(error)
        return
    call.answer(result)
