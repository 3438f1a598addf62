"""All servers of a configuration, in a thread with an event loop of their own.

Sandboxes call tools from other threads and loops, also from one that waits for the result.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TypeVar

from mcp import Client

from compartment_mapper.mcp.config import ServerConfig
from compartment_mapper.mcp.connection import Connection

_Result = TypeVar("_Result")


class Servers:
    """The connections to servers; `start` begins them, and `close` ends them."""

    def __init__(self, configs: Sequence[ServerConfig]) -> None:
        #: Counts changes of what the servers offer.
        self.version = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="compartment-mapper-mcp", daemon=True
        )
        self._tasks: list[asyncio.Task[None]] = []
        self.connections = tuple(Connection(config, changed=self._changed) for config in configs)

    async def start(self) -> None:
        """Connect to all servers, and wait until each is connected or has failed."""
        self._thread.start()
        await self._do(self._start())

    async def close(self) -> None:
        """End all connections and their processes."""
        if not self._thread.is_alive():
            return
        await self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()

    async def refresh(self) -> None:
        """Ask servers that reported a change what they offer."""
        await self._do(self._refresh())

    async def request(
        self,
        connection: Connection,
        send: Callable[[Client], Awaitable[_Result]],
        *,
        seconds: float | None = None,
    ) -> _Result:
        """Return the result of a request; see `Connection.request`. It can be cancelled."""
        return await self._do(connection.request(send, seconds=seconds))

    async def _do(self, work: Coroutine[object, object, _Result]) -> _Result:
        """Return the result of *work*, which runs in the servers' loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _start(self) -> None:
        self._tasks = [asyncio.create_task(each.run()) for each in self.connections]
        await asyncio.gather(*(each.settled() for each in self.connections))

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _refresh(self) -> None:
        await asyncio.gather(*(each.refresh() for each in self.connections), return_exceptions=True)

    def _changed(self) -> None:
        self.version += 1
