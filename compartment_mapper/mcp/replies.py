"""Replies of the code mode server: short texts, and images as images."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from datetime import datetime

import mcp_types as types

from compartment_mapper.sandbox.console import ConsoleLine
from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.running import Evaluation
from compartment_mapper.sandbox.values import UNDEFINED, JavaScriptError

#: The maximum characters of a value, and of what code prints, in a reply.
MOST_VALUE, MOST_OUTPUT = 40_000, 10_000
_MOST_IMAGES = 8
#: Of an integer that is written in decimals: larger ones take long.
_MOST_BITS = 8192


def text_reply(text: str, *, is_error: bool = False) -> types.CallToolResult:
    """Return a reply of one text."""
    content = types.TextContent(type="text", text=_clean(text))
    return types.CallToolResult(content=[content], is_error=is_error)


def replied(done: Evaluation) -> types.CallToolResult:
    """Return the reply for a successful run."""
    images: list[types.ContentBlock] = []
    value = _plain(done.value, images)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    shown = "undefined" if done.value is None else _cut(text, MOST_VALUE, "return less")
    parts = [shown, *_output(done.console, is_cut=done.console_is_cut)]
    reply = text_reply("\n\n".join(parts))
    return reply.model_copy(update={"content": [*reply.content, *images]})


def failed(error: SandboxError) -> types.CallToolResult:
    """Return the reply for a failed run."""
    parts = [error.for_model(), *_output(error.console, is_cut=False)]
    return text_reply("\n\n".join(parts), is_error=True)


def _output(lines: Iterable[ConsoleLine], *, is_cut: bool) -> list[str]:
    said = "\n".join(
        line.text if line.level == "log" else f"[{line.level}] {line.text}" for line in lines
    )
    if not said:
        return []
    more = "\n… the rest is dropped" if is_cut else ""
    return [f"Printed:\n{_cut(said, MOST_OUTPUT, 'print less')}{more}"]


def _cut(text: str, most: int, remedy: str) -> str:
    if len(text) <= most:
        return text
    return f"{text[:most]}\n… cut after {most} of {len(text)} characters: {remedy}"


def _clean(text: str) -> str:
    """Return *text* without lone surrogates, which no message can have."""
    return text.encode("utf-8", "replace").decode()


def _plain(value: object, images: list[types.ContentBlock]) -> object:
    """Return *value* for JSON, and append its images to *images*."""
    match value:
        case {"type": "image", "mimeType": str(kind), "data": bytes(data)} if (
            len(images) < _MOST_IMAGES
        ):
            images.append(
                types.ImageContent(
                    type="image", data=base64.b64encode(data).decode(), mime_type=_clean(kind)
                )
            )
            return f"[image {len(images)}]"
        case Mapping():
            return {f"{key}": _plain(each, images) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each, images) for each in value]
        case bytes():
            return f"<{len(value)} bytes>"
        case datetime():
            return value.isoformat()
        case JavaScriptError():
            return f"{value}"
        case _:
            return _number(value)


def _number(value: object) -> object:
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return hex(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    return None if value is UNDEFINED else value
