"""The code mode server over HTTP: with a token, and only for this machine without one."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_servers import python_server, run


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """Serve the Python server over HTTP; yields the URL."""
    file = folder / "mcp.json"
    config = {"mcpServers": {"orders": python_server(tools={"*": "allow"})}}
    file.write_text(json.dumps(config))
    port = free_port()
    command = [sys.executable, "-m", "compartment_mapper", "mcp", str(file)]
    process = subprocess.Popen(
        [*command, "--http", str(port), *options],
        stderr=subprocess.PIPE,
        env={**os.environ, "MCP_TOKEN": "token-1234567"},
        text=True,
    )
    with process:
        yield from _watched(process, port)


def _watched(process: subprocess.Popen[str], port: int) -> Iterator[str]:
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "serving" in line)
        assert line == f"serving code mode at http://127.0.0.1:{port}/mcp\n"
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        assert process.wait(20) in {0, -15}


async def answer(url: str, token: str | None) -> str:
    """Return the reply to a program, over a connection with *token*."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    for _ in range(40):  # the port opens a moment later
        try:
            async with (
                create_mcp_http_client(headers=headers) as http,
                Client(streamable_http_client(url, http_client=http)) as client,
            ):
                call = "(await tools.orders.find_orders({ status: 'sent' })).result[0].number"
                return await run(client, call)
        except (OSError, ExceptionGroup) as problem:
            if "connect" not in f"{problem!r}".lower():
                raise
            await asyncio.sleep(0.25)
    raise AssertionError("no connection")


def status_of(url: str, **headers: str) -> int:
    """Return the status of a request without a client."""
    host = url.removeprefix("http://").partition("/")[0]
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request("POST", "/mcp", body="{}", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_clients_of_this_machine_need_no_token(tmp_path: Path) -> None:
    with serving(tmp_path) as url:
        assert asyncio.run(answer(url, None)) == "2"
        foreign = status_of(url, Host="evil.example.com", **{"Content-Type": "application/json"})
        assert foreign in {403, 421}  # DNS rebinding


def test_a_token_is_needed_if_there_is_one(tmp_path: Path) -> None:
    with serving(tmp_path, "--token-env", "MCP_TOKEN") as url:
        assert asyncio.run(answer(url, "token-1234567")) == "2"
        assert status_of(url) == 401
        assert status_of(url, Authorization="Bearer token-1234568") == 401
        with pytest.raises((MCPError, ExceptionGroup)):
            asyncio.run(answer(url, "wrong"))


def test_other_machines_need_a_token(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(json.dumps({"mcpServers": {"orders": python_server()}}))
    command = [sys.executable, "-m", "compartment_mapper", "mcp", str(file)]

    done = subprocess.run(
        [*command, "--http", "0.0.0.0:8000"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "error [MCP_TOKEN_NEEDED]: '0.0.0.0' can be reached from other machines" in done.stderr
