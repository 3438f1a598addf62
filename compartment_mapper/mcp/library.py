"""`mcp_tools`: the tools of servers for a sandbox of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.mcp.audit import Audit, no_audit
from compartment_mapper.mcp.calls import Ask, Gate, Run, nobody_to_ask
from compartment_mapper.mcp.catalogue import catalogue
from compartment_mapper.mcp.config import ServerConfig, read_config
from compartment_mapper.mcp.connection import ConnectionLostError
from compartment_mapper.mcp.results import Redaction
from compartment_mapper.mcp.servers import Servers
from compartment_mapper.sandbox.tools import Tools


class McpTools(Mapping[str, Tools]):
    """The functions of servers, by the name of the server; close it to end the servers."""

    def __init__(self, servers: Servers, gate: Gate) -> None:
        self.servers = servers
        self.gate = gate
        self._found = catalogue(servers.connections, gate)

    def refresh(self) -> None:
        """Read again what the servers offer; a sandbox keeps what it was made with."""
        self._found = catalogue(self.servers.connections, self.gate)

    def __getitem__(self, name: str) -> Tools:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def functions(self) -> Tools:
        """The functions, as a sandbox takes them."""
        return self._found

    @property
    def problems(self) -> Mapping[str, str]:
        """Why servers are not available, by their names."""
        hidden = self.gate.redaction.text
        broken = [each for each in self.servers.connections if each.problem]
        return {each.config.name: hidden(each.problem) for each in broken}

    async def aclose(self) -> None:
        """End the connections and the processes of the servers."""
        await self.servers.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_problem: object) -> None:
        await self.aclose()


async def mcp_tools(
    config: Mapping[str, object] | str | Path,
    *,
    ask: Ask | None = None,
    audit: Audit | None = None,
    optional: bool = False,
) -> McpTools:
    """Connect to servers, and return their tools for a sandbox.

    Usage: ``Sandbox(tools=await mcp_tools({"mcpServers": {…}}))``.

    Args:
        config: The configuration, or the path of its file; ``docs/mcp.md`` describes it.
        ask: Returns whether a call is allowed that the rules leave to a person. Default: no.
        audit: Called for each call of a tool.
        optional: Whether to go on without servers that can't be reached.

    Raises:
        InputError: INVALID_CONFIGURATION, CANNOT_READ.
        ConnectionLostError: A server can't be reached.
    """
    configs = read_config(*_content(config))
    tools = await connected(configs, ask=ask or nobody_to_ask, audit=audit or no_audit)
    if tools.problems and not optional:
        await tools.aclose()
        said = "; ".join(f"{name}: {problem}" for name, problem in tools.problems.items())
        raise ConnectionLostError(f"servers can't be reached: {said}")
    return tools


async def connected(
    configs: Sequence[ServerConfig], *, ask: Ask = nobody_to_ask, audit: Audit = no_audit
) -> McpTools:
    """Connect to servers; `McpTools.problems` names those that can't be reached."""
    servers = Servers(configs)
    gate = Gate(
        servers=servers,
        audit=audit,
        redaction=Redaction(each.secrets for each in configs),
        default=Run(ask=ask),
    )
    try:
        await servers.start()
    except BaseException:  # it was cancelled
        await servers.close()
        raise
    return McpTools(servers, gate)


def _content(config: Mapping[str, object] | str | Path) -> tuple[bytes, str]:
    if isinstance(config, Mapping):
        return json.dumps(config).encode(), "the configuration"
    try:
        return Path(config).read_bytes(), f"{config}"
    except OSError as problem:
        raise InputError(errors.cannot_read(f"{config}", problem.strerror or "")) from problem
