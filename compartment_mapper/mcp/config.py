"""The configuration of servers: the ``mcpServers`` that MCP clients share, with rules for tools.

``docs/mcp.md`` describes it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError, did_you_mean
from compartment_mapper.mcp.access import Rule, RuleError, rules_of

#: Keys of clients that name the transport, with their values for streamable HTTP.
_HTTP = frozenset({"http", "streamable-http", "streamableHttp", "streamable_http"})
_KEYS = frozenset({"command", "args", "env", "cwd", "url", "headers", "tools", "timeout"})
#: Keys of clients that have no meaning here.
_IGNORED = frozenset(
    {"type", "transport", "transportType", "disabled", "autoApprove", "alwaysAllow"}
)
#: As clients write references to the environment: ``${TOKEN}``, ``${env:TOKEN}``.
_VARIABLE = re.compile(r"\$\{(?:env:)?([A-Za-z_]\w*)(?::-([^}]*))?\}")
_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A server that is started as a process; it uses standard input and output."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A server that is reached by streamable HTTP."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """One server."""

    name: str
    transport: Command | Address
    rules: tuple[Rule, ...] = ()
    #: Seconds that a request may take.
    timeout: float = _TIMEOUT

    @property
    def secrets(self) -> Mapping[str, str]:
        """The values of variables and headers, which no result may contain, by their names."""
        if isinstance(self.transport, Command):
            return self.transport.env
        return self.transport.headers


def read_config(content: bytes, file: str) -> tuple[ServerConfig, ...]:
    """Return the servers that are enabled.

    Args:
        content: JSON with the key ``mcpServers``.
        file: The name of the file, for errors.

    Raises:
        InputError: INVALID_CONFIGURATION.
    """
    try:
        value: object = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise _invalid(file, f"is not JSON: {problem}") from problem
    listed = value.get("mcpServers", value.get("servers")) if isinstance(value, dict) else None
    if not isinstance(listed, dict) or not listed:
        hint = '{"mcpServers": {"files": {"command": "npx", "args": ["SERVER"]}}}'
        raise _invalid(file, "has no servers: 'mcpServers' must be an object", hint)
    reader = _Reader(file)
    return tuple(
        reader.server(name, server)
        for name, server in listed.items()
        if not (isinstance(server, dict) and server.get("disabled") is True)
    )


def _invalid(file: str, problem: str, hint: str = "") -> InputError:
    return InputError(errors.invalid_configuration(file, problem, hint))


@dataclass(frozen=True, slots=True)
class _Reader:
    file: str

    def server(self, name: str, value: object) -> ServerConfig:
        where = f"mcpServers[{json.dumps(name)}]"
        if not isinstance(value, dict):
            raise _invalid(self.file, f"{where} must be an object")
        for key in value:
            if key not in _KEYS | _IGNORED:
                raise _invalid(self.file, f"{where} has the unknown key '{key}'", _nearest(key))
        if ("command" in value) == ("url" in value):
            raise _invalid(self.file, f"{where} needs 'command' or 'url', and not both")
        kind = value.get("type", value.get("transport", "http"))
        if "url" in value and kind not in _HTTP:
            hint = "use the server's URL for streamable HTTP"
            raise _invalid(self.file, f"{where} has the transport {kind!r}", hint)
        timeout = value.get("timeout", _TIMEOUT)
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0:
            raise _invalid(self.file, f"{where}.timeout must be a number of seconds")
        try:
            rules = rules_of(value.get("tools", {}), where=f"{where}.tools")
        except RuleError as problem:
            raise _invalid(self.file, f"{problem}", problem.hint) from problem
        transport = self._command(value, where) if "command" in value else self._url(value, where)
        return ServerConfig(name=name, transport=transport, rules=rules, timeout=float(timeout))

    def _command(self, value: Mapping[str, object], where: str) -> Command:
        args = value.get("args", [])
        if not isinstance(args, list):
            raise _invalid(self.file, f"{where}.args must be a list of strings")
        cwd = value.get("cwd")
        return Command(
            command=self._text(value["command"], f"{where}.command"),
            args=tuple(self._text(arg, f"{where}.args[{at}]") for at, arg in enumerate(args)),
            env=self._texts(value.get("env", {}), f"{where}.env"),
            cwd=None if cwd is None else self._text(cwd, f"{where}.cwd"),
        )

    def _url(self, value: Mapping[str, object], where: str) -> Address:
        url = self._text(value["url"], f"{where}.url")
        if not url.startswith(("http://", "https://")):
            raise _invalid(self.file, f"{where}.url must begin with https:// or http://")
        return Address(url=url, headers=self._texts(value.get("headers", {}), f"{where}.headers"))

    def _texts(self, value: object, where: str) -> Mapping[str, str]:
        if not isinstance(value, dict):
            raise _invalid(self.file, f"{where} must be an object of strings")
        return {key: self._text(each, f"{where}[{json.dumps(key)}]") for key, each in value.items()}

    def _text(self, value: object, where: str) -> str:
        """Return a string with the variables of the environment that it refers to."""
        if not isinstance(value, str) or "\0" in value:
            raise _invalid(self.file, f"{where} must be a string without NUL")

        def read(match: re.Match[str]) -> str:
            found = os.environ.get(match[1], match[2])
            if found is None:
                raise _invalid(
                    self.file,
                    f"{where} refers to the environment variable {match[1]}, which is not set",
                    f"set it, or write ${{{match[1]}:-default}}",
                )
            return found

        return _VARIABLE.sub(read, value)


def _nearest(key: str) -> str:
    return did_you_mean(key, sorted(_KEYS))
