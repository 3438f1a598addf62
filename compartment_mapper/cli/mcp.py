"""``mcp``: serve the tools of MCP servers in code mode."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.sandbox_options import (
    CLOCK_OPTION,
    RANDOM_OPTION,
    memory_option,
    timeout_option,
)
from compartment_mapper.cli.shared import NODE_OPTION, read_file, reporting
from compartment_mapper.errors.diagnostic import InputError

_MOST_PORT = 65535


@click.command(
    "mcp",
    short_help="Serve the tools of MCP servers in code mode.",
    epilog="Example: compartment-mapper mcp mcp.json --audit calls.jsonl",
)
@click.argument("config", type=PATH, metavar="CONFIG")
@click.option(
    "--http",
    "address",
    metavar="[HOST:]PORT",
    help="Serve streamable HTTP at /mcp, instead of standard input and output. Hosts other than "
    "this machine need --token-env.",
)
@click.option(
    "--token-env",
    metavar="NAME",
    help="The environment variable with the token that HTTP clients must send.",
)
@click.option("--audit", type=PATH, metavar="FILE", help="Append a JSON line for each call.")
@CLOCK_OPTION
@RANDOM_OPTION
@timeout_option(
    30.0,
    "Stop a program after SECONDS, tool calls included. The time of people does not count.",
)
@memory_option(256, "Stop programs when they use more than MB of memory.")
@NODE_OPTION
@reporting
def mcp_command(  # noqa: PLR0913 - one for each option
    *,
    config: str,
    address: str | None,
    token_env: str | None,
    audit: str | None,
    clock: bool,
    random: bool,
    timeout: float,
    memory_mb: int,
    node: str | None,
) -> None:
    """Connect to the servers of CONFIG, and serve their tools as functions for programs.

    CONFIG is JSON with `mcpServers`, as MCP clients use it. A model finds functions with
    search_tools and describe, and calls them from one program with run_code, in a sandbox that has
    no other capability. Needs the extra `mcp`; see docs/mcp.md.
    """
    host, port = _address(address) if address is not None else ("", 0)
    token = _token(token_env)
    try:
        from compartment_mapper.mcp.command import Order, serve  # noqa: PLC0415 - an extra
    except ImportError as problem:
        raise InputError(errors.mcp_not_installed()) from problem
    order = Order(
        content=read_file(config),
        file=config,
        address=None if address is None else (host, port),
        token=token,
        audit=None if audit is None else Path(audit),
        options={
            "timeout": timeout,
            "memory_mb": memory_mb,
            "clock": clock,
            "random": random,
            "node": node,
        },
    )
    asyncio.run(serve(order, tell=lambda text: click.echo(text, err=True)))


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not port.isdigit() or int(port) > _MOST_PORT or (colon and not host):
        message = f"'{text}' must be PORT or HOST:PORT"
        raise click.UsageError(message)
    return host.strip("[]") or "127.0.0.1", int(port)


def _token(name: str | None) -> str | None:
    if name is None:
        return None
    token = os.environ.get(name, "")
    if not token:
        message = f"the environment variable {name} is not set"
        raise click.UsageError(message)
    return token
