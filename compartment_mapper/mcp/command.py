"""What the command ``mcp`` does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.mcp.audit import Audit, AuditLog, no_audit
from compartment_mapper.mcp.config import read_config
from compartment_mapper.mcp.library import connected
from compartment_mapper.mcp.servers import Servers
from compartment_mapper.mcp.transports import is_local, serve_http, serve_stdio
from compartment_mapper.sandbox.options import SandboxOptions

#: Seconds for servers to end.
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The arguments of the command."""

    content: bytes
    file: str
    #: The host and the port for HTTP; None for standard input and output.
    address: tuple[str, int] | None
    token: str | None
    audit: Path | None
    options: SandboxOptions


async def serve(order: Order, *, tell: Callable[[str], None]) -> None:
    """Connect to the servers, and serve clients until they are done.

    Args:
        order: The arguments of the command.
        tell: Prints a line for the operator.

    Raises:
        InputError: INVALID_CONFIGURATION, CANNOT_WRITE, MCP_TOKEN_NEEDED.
    """
    if order.address is not None and order.token is None and not is_local(order.address[0]):
        raise InputError(errors.token_needed(order.address[0]))
    configs = read_config(order.content, order.file)
    with _audit(order.audit) as audit:
        async with await connected(configs, audit=audit) as tools:
            for name, problem in tools.problems.items():
                tell(f"warning: {name} is not available: {problem}")
            if order.address is None:
                _close_when_terminated(tools.servers)
                await serve_stdio(tools, order.options)
                return
            host, port = order.address
            tell(f"serving code mode at http://{host}:{port}/mcp")
            await serve_http(tools, order.options, host=host, port=port, token=order.token)


def _close_when_terminated(servers: Servers) -> None:
    """End the processes of servers before SIGTERM ends this one: it waits for its input."""
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []

    async def close() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await servers.close()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)

    def terminated() -> None:
        if not tasks:
            tasks.append(loop.create_task(close()))

    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGTERM, terminated)


@contextlib.contextmanager
def _audit(path: Path | None) -> Iterator[Audit]:
    if path is None:
        yield no_audit
        return
    try:
        log = AuditLog(path)
    except OSError as problem:
        diagnostic = errors.cannot_write(
            f"{path}", problem.strerror or "", "choose another --audit FILE"
        )
        raise InputError(diagnostic) from problem
    try:
        yield log
    finally:
        log.close()
