"""How clients reach the code mode server: standard input and output, or streamable HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address

import uvicorn
from mcp.server.mcpserver import MCPServer

from compartment_mapper.mcp.library import McpTools
from compartment_mapper.mcp.server import CodeMode, code_mode_server
from compartment_mapper.sandbox.options import SandboxOptions

_Message = MutableMapping[str, object]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]


async def serve_stdio(tools: McpTools, options: SandboxOptions) -> None:
    """Serve one client on standard input and output, until it closes them."""
    mode = CodeMode(tools, options)
    try:
        await code_mode_server(mode).run_stdio_async()
    finally:
        mode.close()


async def serve_http(
    tools: McpTools, options: SandboxOptions, *, host: str, port: int, token: str | None
) -> None:
    """Serve clients at ``http://HOST:PORT/mcp``, until the process is told to end.

    Args:
        tools: The functions for code.
        options: Of the sandbox.
        host: The address to listen on; others than those of this machine need a token.
        port: The port.
        token: What clients send as ``Authorization: Bearer TOKEN``.
    """
    mode = CodeMode(tools, options)
    try:
        config = uvicorn.Config(
            application(code_mode_server(mode), host, token),
            host=host,
            port=port,
            log_level="warning",
        )
        await uvicorn.Server(config).serve()
    finally:
        mode.close()


def is_local(host: str) -> bool:
    """Return whether only this machine reaches *host*."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def application(server: MCPServer[object], host: str, token: str | None) -> _App:
    """Return the ASGI application, which requires *token* if there is one."""
    inner: _App = server.streamable_http_app(host=host)
    if token is None:
        return inner
    expected = f"Bearer {token}".encode()

    async def checked(scope: _Message, receive: _Receive, send: _Send) -> None:
        headers = scope.get("headers", [])
        assert isinstance(headers, list)
        given = next((value for name, value in headers if name == b"authorization"), b"")
        if scope["type"] != "http" or secrets.compare_digest(given, expected):
            await inner(scope, receive, send)
            return
        start = {
            "type": "http.response.start",
            "status": 401,
            "headers": [(b"www-authenticate", b"Bearer"), (b"content-length", b"0")],
        }
        await send(start)
        await send({"type": "http.response.body", "body": b""})

    return checked
