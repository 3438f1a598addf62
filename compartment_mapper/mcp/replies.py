"""Replies of the code mode server."""

from __future__ import annotations

import base64

import mcp_types as types

from compartment_mapper.sandbox.replies import Reply
from compartment_mapper.text import without_surrogates


def text_reply(text: str, *, is_error: bool = False) -> types.CallToolResult:
    """Return a reply of one text."""
    return replied(Reply(text=without_surrogates(text), is_error=is_error))


def replied(reply: Reply) -> types.CallToolResult:
    """Return the reply for a run."""
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=reply.text)]
    for image in reply.images:
        data = base64.b64encode(image.data).decode()
        content.append(types.ImageContent(type="image", data=data, mime_type=image.mime_type))
    return types.CallToolResult(content=content, is_error=reply.is_error)
