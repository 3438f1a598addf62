"""`mcp_tools` with sandboxes of one's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from mcp_servers import npm_server, python_server

from compartment_mapper import (
    AsyncSandbox,
    JavaScriptError,
    Question,
    Sandbox,
    SandboxError,
    mcp_tools,
)
from compartment_mapper.mcp.connection import ConnectionLostError


def test_tools_of_servers_are_tools_of_a_sandbox(every_server: dict[str, object]) -> None:
    async def test() -> None:
        audited: list[dict[str, object]] = []
        async with await mcp_tools(every_server, audit=audited.append) as tools:
            assert set(tools) == {"files", "memory", "every_thing", "orders"}
            async with AsyncSandbox(tools=tools.functions) as sandbox:
                call = "(await tools.orders.find_orders({ status: 'sent' })).result.length"
                assert await sandbox.evaluate(call) == 1
                assert "find_orders(input: {" in sandbox.declarations("orders")
            with Sandbox(tools=tools.functions) as blocking:  # waits in the thread of the loop
                assert blocking.evaluate(call) == 1
            assert [entry["tool"] for entry in audited] == ["orders.find_orders"] * 2

    asyncio.run(test())


def test_a_function_is_asked(folder: Path) -> None:
    asked: list[Question] = []

    async def ask(question: Question) -> str:
        asked.append(question)
        return "no"

    async def test() -> None:
        config = {"mcpServers": {"files": npm_server("filesystem", folder)}}
        async with (
            await mcp_tools(config, ask=ask) as tools,  # type: ignore[arg-type]  # any string is refused
            AsyncSandbox(tools=tools.functions) as sandbox,
        ):
            with pytest.raises(SandboxError, match="a person refused") as caught:
                await sandbox.evaluate("await tools.files.create_directory({ path: '/x' })")
            assert isinstance(caught.value.__cause__, JavaScriptError)

    asyncio.run(test())
    assert asked[0].tool == "files.create_directory"


def test_a_server_that_cannot_be_reached_is_an_error_unless_it_is_optional(tmp_path: Path) -> None:
    config = {
        "mcpServers": {
            "broken": {"command": str(tmp_path / "none")},
            "nobody": {"url": "http://127.0.0.1:9/mcp"},
            "orders": python_server(),
        }
    }

    async def test() -> None:
        with pytest.raises(ConnectionLostError, match="broken: "):
            await mcp_tools(config)
        async with await mcp_tools(config, optional=True) as tools:
            assert set(tools) == {"orders"}
            assert set(tools.problems) == {"broken", "nobody"}

    asyncio.run(test())
