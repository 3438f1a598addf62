"""The tools, resources and prompts of servers as functions: ``tools.files.read_file({ path })``."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import mcp_types as types
from mcp import Client

from compartment_mapper.mcp.access import Rule, rule_for
from compartment_mapper.mcp.calls import Called, Gate, current_run
from compartment_mapper.mcp.connection import Connection, listed
from compartment_mapper.mcp.results import content_value, resource_value, value_of
from compartment_mapper.mcp.schemas import checked_schema
from compartment_mapper.sandbox.tools import Tool, Tools, bind_tools

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_$]+")
#: A result of these parts: what a tool without structured content returns.
_TEXT_OR_PARTS = {
    "description": "A text, or parts: texts, and objects with the bytes of images and resources.",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {}}, {"type": "null"}],
}
#: The maximum characters of a description in a question.
_MOST_ABOUT = 200
_URI = {"type": "string", "description": "The URI of a resource."}
_RESOURCE = {
    "type": "object",
    "properties": {
        "uri": {"type": "string"},
        "mimeType": {"type": "string"},
        "text": {"type": "string"},
        "blob": {"description": "A Uint8Array."},
    },
    "required": ["uri"],
}


@dataclass(frozen=True, slots=True)
class _Function:
    """A function of a server, for code."""

    description: str
    schema: Mapping[str, object]
    output_schema: Mapping[str, object] | None
    call: Callable[[Client, dict[str, object]], Awaitable[object]]
    #: The name in rules of the configuration.
    name: str = ""
    is_read_only: bool = False


def catalogue(connections: Iterable[Connection], gate: Gate) -> dict[str, Tools]:
    """Return the functions of all servers that are connected: by server and name.

    A denied tool is left out. Names that are no identifiers are changed to some.
    """
    found: dict[str, Tools] = {}
    for connection in connections:
        if connection.offer is not None:
            server = name_in_code(connection.config.name, found)
            found[server] = _members(server, connection, gate)
    return found


def name_in_code(name: str, taken: Iterable[str]) -> str:
    """Return an identifier like *name* that is not in *taken*.

    >>> name_in_code("my-server", ()), name_in_code("7zip", ()), name_in_code("a b", ["a_b"])
    ('my_server', '_7zip', 'a_b_2')
    """
    plain = _NOT_IN_NAMES.sub("_", name).strip("_") or "tool"
    if plain[0].isdigit() or plain in {"then", "constructor", "__proto__"}:
        plain = f"_{plain}"
    names, count = set(taken), 1
    found = plain
    while found in names:
        count += 1
        found = f"{plain}_{count}"
    return found


def _members(server: str, connection: Connection, gate: Gate) -> Tools:
    offer = connection.offer
    assert offer is not None
    members: dict[str, Callable[..., object] | Tool | Tools] = {}
    maker = _Maker(connection, gate)
    maker.add(members, server, [(tool.name, _of_tool(tool)) for tool in offer.tools])
    resources = _of_resources() if offer.has_resources else []
    prompts = [(prompt.name, _of_prompt(prompt)) for prompt in offer.prompts]
    for name, functions in (("resources", resources), ("prompts", prompts)):
        inner: dict[str, Callable[..., object] | Tool | Tools] = {}
        own = name_in_code(name, members)
        maker.add(inner, f"{server}.{own}", functions)
        if inner:
            members[own] = inner
    return members


@dataclass(frozen=True, slots=True)
class _Maker:
    connection: Connection
    gate: Gate

    def add(
        self,
        members: dict[str, Callable[..., object] | Tool | Tools],
        owner: str,
        functions: Iterable[tuple[str, _Function]],
    ) -> None:
        """Add *functions* by their names, without denied ones."""
        rules = self.connection.config.rules
        for name, function in functions:
            rule = rule_for(function.name, rules, is_read_only=function.is_read_only)
            if rule.access != "deny":
                own = name_in_code(name, members)
                members[own] = self._tool(f"{owner}.{own}", function, rule)

    def _tool(self, name: str, function: _Function, rule: Rule) -> Tool:
        called = Called(
            connection=self.connection,
            tool=name,
            rule=rule,
            description=function.description.strip().partition("\n")[0][:_MOST_ABOUT],
            send=function.call,
        )

        async def call(**arguments: object) -> object:
            return await self.gate.call(called, arguments)

        tool = Tool(
            function=call,
            schema=function.schema,
            checked_schema=checked_schema(function.schema),
            output_schema=function.output_schema,
            description=function.description,
        )
        try:
            bind_tools({"tool": tool})
        except TypeError:  # the server checks the arguments itself
            anything = {"type": "object"}
            return replace(tool, checked_schema=anything, output_schema=None)
        return tool


def _of_tool(tool: types.Tool) -> _Function:
    async def call(client: Client, arguments: dict[str, object]) -> object:
        run = current_run.get(None)  # the context of the call crosses to the thread of the servers

        async def report(progress: float, total: float | None, message: str | None) -> None:
            if run is not None and run.progress is not None:
                run.progress(tool.name, progress, total, message)

        result = await client.call_tool(tool.name, arguments, progress_callback=report)
        return value_of(result, tool=tool.name)

    hints = tool.annotations
    return _Function(
        name=tool.name,
        description=tool.description or tool.title or "",
        schema=tool.input_schema,
        output_schema=tool.output_schema or _TEXT_OR_PARTS,
        is_read_only=hints is not None and hints.read_only_hint is True,
        call=call,
    )


def _of_resources() -> list[tuple[str, _Function]]:
    async def resources(client: Client, arguments: dict[str, object]) -> object:
        del arguments
        found = await listed(client.list_resources, lambda page: page.resources)
        return [_about(resource) for resource in found]

    async def templates(client: Client, arguments: dict[str, object]) -> object:
        del arguments
        found = await listed(client.list_resource_templates, lambda page: page.resource_templates)
        return [
            {"uriTemplate": each.uri_template, "name": each.name, "description": each.description}
            for each in found
        ]

    async def read(client: Client, arguments: dict[str, object]) -> object:
        result = await client.read_resource(f"{arguments['uri']}")
        return [resource_value(contents) for contents in result.contents]

    nothing = {"type": "object", "properties": {}}
    uri = {"type": "object", "properties": {"uri": _URI}, "required": ["uri"]}
    many = {"type": "array", "items": {"type": "object"}}
    contents = {"type": "array", "items": _RESOURCE}
    functions = {
        "list": _Function("Lists resources.", nothing, many, resources),
        "templates": _Function("Lists templates of URIs.", nothing, many, templates),
        "read": _Function("Reads a resource.", uri, contents, read),
    }
    return [
        (name, replace(function, name=f"resources.{name}", is_read_only=True))
        for name, function in functions.items()
    ]


def _about(resource: types.Resource) -> dict[str, object]:
    return {
        "uri": f"{resource.uri}",
        "name": resource.name,
        "description": resource.description,
        "mimeType": resource.mime_type,
    }


def _of_prompt(prompt: types.Prompt) -> _Function:
    async def call(client: Client, arguments: dict[str, object]) -> object:
        texts = {key: f"{value}" for key, value in arguments.items()}
        result = await client.get_prompt(prompt.name, texts)
        return [
            {"role": message.role, "content": content_value(message.content)}
            for message in result.messages
        ]

    given = prompt.arguments or []
    properties = {
        each.name: {"type": "string", "description": each.description or ""} for each in given
    }
    required = [each.name for each in given if each.required]
    return _Function(
        description=prompt.description or "A prompt of the server.",
        schema={"type": "object", "properties": properties, "required": required},
        output_schema={"type": "array", "items": {"type": "object"}},
        call=call,
        name=f"prompts.{prompt.name}",
        is_read_only=True,
    )
