"""A server whose resources come in pages of two."""

from __future__ import annotations

import asyncio

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import ListResourcesResult, PaginatedRequestParams, Resource


async def page(
    _context: ServerRequestContext[dict[str, object]], params: PaginatedRequestParams | None
) -> ListResourcesResult:
    start = int(params.cursor) if params and params.cursor else 0
    found = [Resource(uri=f"x://{n}", name=f"{n}") for n in range(start, min(start + 2, 5))]
    return ListResourcesResult(resources=found, next_cursor=f"{start + 2}" if start < 3 else None)


async def main() -> None:
    server: Server[dict[str, object]] = Server("paged", on_list_resources=page)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


if __name__ == "__main__":
    asyncio.run(main())
