"""An event loop in a thread, for asynchronous tools of those who have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

from compartment_mapper.sandbox.steps import Call


class ToolLoop:
    """The loop, and its thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="sandbox tools", daemon=True
        )
        self._thread.start()

    def answer(self, call: Call, value: Awaitable[object]) -> Callable[[], object]:
        """Answer *call* with what comes of *value*; return what gives it up."""
        return asyncio.run_coroutine_threadsafe(_answered(call, value), self._loop).cancel

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _answered(call: Call, value: Awaitable[object]) -> None:
    try:
        result = await value
    except Exception as error:  # noqa: BLE001 - whatever a tool raises, crosses
        call.fail(error)
        return
    call.answer(result)


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
