"""The connection to one server: it is made again when it was lost, and asked what it offers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import mcp_types as types
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.session import IncomingMessage, MessageHandlerFnT
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from compartment_mapper import __version__
from compartment_mapper.mcp.config import Command, ServerConfig

_Result = TypeVar("_Result")

#: Seconds between attempts to connect: at first, and at most.
_FIRST_DELAY, _MOST_DELAY = 0.5, 30.0
#: Pages of a list, and items in all: a server that never ends is cut.
_MOST_PAGES, _MOST_ITEMS = 50, 2000
_CHANGES = (
    types.ToolListChangedNotification,
    types.PromptListChangedNotification,
    types.ResourceListChangedNotification,
)


class ConnectionLostError(Exception):
    """The server can't be reached, or the connection ended during a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a server offers."""

    tools: tuple[types.Tool, ...] = ()
    prompts: tuple[types.Prompt, ...] = ()
    has_resources: bool = False


class Connection:
    """The connection to one server, in the event loop in which `run` is awaited."""

    def __init__(self, config: ServerConfig, *, changed: Callable[[], None]) -> None:
        self.config = config
        self.offer: Offer | None = None
        #: Why there is no connection.
        self.problem = ""
        self._changed = changed
        self._client: Client | None = None
        #: Set while there is a connection, or an attempt has failed.
        self._settled = asyncio.Event()
        #: Set when a request finds the connection broken, or needs one.
        self._wanted = asyncio.Event()
        self._is_stale = False

    async def run(self) -> None:
        """Connect, and connect again when needed, until it is cancelled."""
        delay = 0.0
        while True:
            try:
                await self._serve()
                delay = 0.0
            except Exception as problem:  # noqa: BLE001 - a server can fail in any way
                self.problem = account_of(problem)
                self._settled.set()
                await self._wanted.wait()
                self._wanted.clear()
                await asyncio.sleep(delay)
                delay = min(_MOST_DELAY, delay * 2 or _FIRST_DELAY)

    async def _serve(self) -> None:
        """Connect, and wait until a request finds that the connection ended."""
        try:
            async with _client(self.config, self._heard) as client:
                async with asyncio.timeout(self.config.timeout):
                    offer = await _offer_of(client)
                is_new = offer != self.offer
                self.offer, self.problem, self._client = offer, "", client
                self._wanted.clear()
                self._settled.set()
                if is_new:
                    self._changed()
                await self._wanted.wait()
        finally:
            self._client = None

    async def settled(self) -> None:
        """Wait until there is a connection, or the first attempt has failed."""
        await self._settled.wait()

    async def refresh(self) -> None:
        """Ask again what the server offers, if it reported a change."""
        if not self._is_stale or self._client is None:
            return
        self._is_stale = False  # a server that fails here keeps its offer until it reports again
        offer = await self.request(_offer_of)
        if offer != self.offer:
            self.offer = offer
            self._changed()

    async def request(
        self, send: Callable[[Client], Awaitable[_Result]], *, seconds: float | None = None
    ) -> _Result:
        """Return the result of *send*.

        Args:
            send: Sends the request with the client that it gets.
            seconds: The limit; None: that of the server's configuration.

        Raises:
            ConnectionLostError: There is no connection, or it ended.
            TimeoutError: It took too long.
            MCPError: The server refused.
        """
        limit = self.config.timeout if seconds is None else min(seconds, self.config.timeout)
        async with asyncio.timeout(limit):
            client = await self._connected()
            try:
                return await send(client)
            except MCPError as problem:
                if problem.code != types.CONNECTION_CLOSED:
                    raise
                self._lose(client)
                message = (
                    f"the connection to {self.config.name} ended; the call may have had effects"
                )
                raise ConnectionLostError(message) from problem
            except (OSError, RuntimeError) as problem:  # of streams that are closed
                self._lose(client)
                raise ConnectionLostError(account_of(problem)) from problem

    def _lose(self, client: Client) -> None:
        if client is self._client:
            self._client = None
            self._settled.clear()
            self._wanted.set()

    async def _connected(self) -> Client:
        for _ in range(2):  # the first attempt may be one that failed before
            if self._client is not None:
                return self._client
            self._settled.clear()
            self._wanted.set()
            await self._settled.wait()
        if self._client is not None:
            return self._client
        raise ConnectionLostError(f"{self.config.name} is not available: {self.problem}")

    async def _heard(self, message: IncomingMessage) -> None:
        if isinstance(message, _CHANGES):
            self._is_stale = True


@asynccontextmanager
async def _client(config: ServerConfig, heard: MessageHandlerFnT) -> AsyncIterator[Client]:
    """Connect to the server of *config*."""
    info = types.Implementation(name="compartment-mapper", version=__version__)
    transport = config.transport
    async with contextlib.AsyncExitStack() as stack:
        if isinstance(transport, Command):
            parameters = StdioServerParameters(
                command=transport.command,
                args=list(transport.args),
                env=dict(transport.env),
                cwd=transport.cwd,
            )
            client = Client(parameters, message_handler=heard, client_info=info)
        else:
            http = await stack.enter_async_context(
                create_mcp_http_client(headers=dict(transport.headers))
            )
            stream = streamable_http_client(transport.url, http_client=http)
            client = Client(stream, message_handler=heard, client_info=info)
        async with asyncio.timeout(config.timeout):
            await stack.enter_async_context(client)
        yield client


async def _offer_of(client: Client) -> Offer:
    can = client.server_capabilities
    tools: list[types.Tool] = []
    prompts: list[types.Prompt] = []
    if can.tools is not None:
        tools = await listed(client.list_tools, lambda page: page.tools)
    if can.prompts is not None:
        prompts = await listed(client.list_prompts, lambda page: page.prompts)
    return Offer(
        tools=tuple(tools),
        prompts=tuple(prompts),
        has_resources=can.resources is not None,
    )


async def listed(ask: Callable[..., Awaitable], items_of: Callable) -> list:  # type: ignore[type-arg]
    """Return the items of all pages of a list, up to a limit.

    Args:
        ask: Returns the page at a ``cursor``.
        items_of: Returns the items of a page.
    """
    found: list = []  # type: ignore[type-arg]
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await ask(cursor=cursor)
        found += items_of(page)
        cursor = page.next_cursor
        if cursor is None or len(found) >= _MOST_ITEMS:
            break
    return found[:_MOST_ITEMS]


def account_of(problem: BaseException) -> str:
    """Return a short description of *problem*, the first cause in a group."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    if isinstance(problem, TimeoutError):
        return "it took too long"
    return f"{problem}" or type(problem).__name__
