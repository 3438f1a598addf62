"""Real servers: the reference servers from npm, and one of the official Python package."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult
from support import NODE

HERE = Path(__file__).parent / "mcp"
SERVERS = HERE / "node_modules" / "@modelcontextprotocol"

Reply = Callable[[str], Mapping[str, str] | None]


def npm_server(name: str, *arguments: object, **more: object) -> dict[str, object]:
    """Return the configuration of a server that npm installed."""
    program = SERVERS / f"server-{name}" / "dist" / "index.js"
    if not program.is_file():
        pytest.fail("servers are missing: run 'npm ci --ignore-scripts' in tests/mcp")
    return {"command": str(NODE), "args": [str(program), *map(str, arguments)], **more}


def python_server(name: str = "orders", **more: object) -> dict[str, object]:
    """Return the configuration of a Python server in ``mcp``."""
    return {"command": sys.executable, "args": [str(HERE / f"{name}_server.py")], **more}


@asynccontextmanager
async def connected(
    config: Mapping[str, object],
    folder: Path,
    *options: str,
    reply: Reply | None = None,
    mode: str = "auto",
) -> AsyncIterator[Client]:
    """Start `compartment-mapper mcp` for *config*, and connect the official client to it."""
    file = folder / "mcp.json"
    file.write_text(json.dumps(config))

    async def elicit(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context
        assert reply is not None
        content = reply(params.message)
        if content is None:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content=dict(content))

    command = [sys.executable, "-m", "compartment_mapper", "mcp", str(file), *options]
    parameters = StdioServerParameters(
        command=command[0], args=command[1:], env={"PATH": os.environ["PATH"]}
    )
    async with Client(
        parameters, mode=mode, elicitation_callback=elicit if reply is not None else None
    ) as client:
        yield client


async def text_of(client: Client, tool: str, **arguments: object) -> str:
    """Return the text of a reply; errors begin with ``error:``."""
    result = await client.call_tool(tool, arguments)
    text = "\n".join(part.text for part in result.content if part.type == "text")
    return f"error: {text}" if result.is_error else text


async def run(client: Client, source: str, **arguments: object) -> str:
    """Return the reply of ``run_code``."""
    return await text_of(client, "run_code", source=source, **arguments)
