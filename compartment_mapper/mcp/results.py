"""Results of servers as values for code."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

import mcp_types as types

from compartment_mapper.sandbox.values import JavaScriptError

#: Shorter values of variables are no secrets: ``1``, ``true``, ``production``.
_SHORTEST = 8


def value_of(result: types.CallToolResult, *, tool: str) -> object:
    """Return the value of a call: its structured content, its only text, or its contents.

    Raises:
        JavaScriptError: ToolError: the tool reported an error.
    """
    if result.is_error:
        said = "\n".join(
            part.text for part in result.content if isinstance(part, types.TextContent)
        )
        raise JavaScriptError("ToolError", said or f"{tool} failed")
    if result.structured_content is not None:
        content: object = result.structured_content
        return content
    parts = [content_value(part) for part in result.content]
    match parts:
        case []:
            return None
        case [str() as text]:
            return text
        case _:
            return parts


def content_value(content: types.ContentBlock) -> object:
    """Return the value of a part: text as a string, images and sounds with bytes."""
    match content:
        case types.TextContent():
            return content.text
        case types.ImageContent() | types.AudioContent():
            return {
                "type": content.type,
                "mimeType": content.mime_type,
                "data": _bytes_of(content.data),
            }
        case types.EmbeddedResource():
            return {"type": "resource", **resource_value(content.resource)}
        case types.ResourceLink():
            return {
                "type": "resource_link",
                "uri": str(content.uri),
                "name": content.name,
                **({"mimeType": content.mime_type} if content.mime_type else {}),
            }


def resource_value(
    contents: types.TextResourceContents | types.BlobResourceContents,
) -> dict[str, object]:
    """Return the value of a resource: its text, or its bytes."""
    about: dict[str, object] = {"uri": str(contents.uri)}
    if contents.mime_type:
        about["mimeType"] = contents.mime_type
    if isinstance(contents, types.TextResourceContents):
        return {**about, "text": contents.text}
    return {**about, "blob": _bytes_of(contents.blob)}


def _bytes_of(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as problem:
        message = f"the server sent data that is not base64: {problem}"
        raise JavaScriptError("ToolError", message) from problem


def size_of(value: object) -> int:
    """Return the approximate number of bytes of *value*."""
    pending, size = [value], 0
    while pending:
        found = pending.pop()
        match found:
            case str() | bytes():
                size += len(found)
            case Mapping():
                size += 2 + sum(len(f"{key}") for key in found)
                pending += found.values()
            case list() | tuple():
                size += 2 + len(found)
                pending += found
            case int():
                size += 1 + found.bit_length() // 3
            case _:
                size += 8
    return size


class Redaction:
    """Replaces the secrets of the configuration in what servers return.

    It helps against servers that print their environment. It does not find encoded secrets, so it
    is no wall: code gets no secret from elsewhere.
    """

    def __init__(self, secrets: Iterable[Mapping[str, str]]) -> None:
        found = {
            value: name
            for named in secrets
            for name, text in named.items()
            for value in (text, text.removeprefix("Bearer "))
            if len(value) >= _SHORTEST
        }
        #: Longest first: one can contain another.
        self._names = sorted(found.items(), key=lambda pair: -len(pair[0]))

    def text(self, text: str) -> str:
        """Return *text* with the names of secrets instead of their values."""
        for value, name in self._names:
            text = text.replace(value, f"[{name}]")
        return text

    def value(self, value: object) -> object:
        """Return a copy of *value* without secrets."""
        if not self._names:
            return value
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {self.text(f"{key}"): self.value(each) for key, each in value.items()}
            case list() | tuple():
                return [self.value(each) for each in value]
            case bytes():
                return self._without(value)
            case _:
                return value

    def _without(self, content: bytes) -> bytes:
        for secret, name in self._names:
            content = content.replace(secret.encode(), f"[{name}]".encode())
        return content
