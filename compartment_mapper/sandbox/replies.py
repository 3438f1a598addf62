"""What a model reads of an evaluation: a short text, and images as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from compartment_mapper.sandbox.console import ConsoleLine
from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.running import Evaluation
from compartment_mapper.sandbox.values import plain_json
from compartment_mapper.text import without_surrogates

#: The maximum characters of a value, and of what code prints.
MOST_VALUE, MOST_OUTPUT = 40_000, 10_000
_MOST_IMAGES = 8


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a value: ``{ type: 'image', mimeType, data }``."""

    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model reads."""

    #: Without lone surrogates.
    text: str
    images: tuple[Image, ...] = ()
    is_error: bool = False


def reply_of(result: Evaluation | SandboxError) -> Reply:
    """Return the reply for the outcome of an evaluation: its value and output, or its error."""
    if isinstance(result, SandboxError):
        return Reply(text=without_surrogates(result.for_model()), is_error=True)
    images: list[Image] = []
    value = plain_json(result.value, _with_images(images))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    shown = "undefined" if result.value is None else _cut(text, MOST_VALUE, "return less")
    parts = [shown, *_output(result.console, is_cut=result.console_is_cut)]
    return Reply(text=without_surrogates("\n\n".join(parts)), images=tuple(images))


def _output(lines: tuple[ConsoleLine, ...], *, is_cut: bool) -> list[str]:
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


def _with_images(images: list[Image]) -> Callable[[object], object]:
    """Return a function that appends images to *images*, and names them and other bytes."""

    def named(value: object) -> object:
        match value:
            case {"type": "image", "mimeType": str(kind), "data": bytes(data)} if (
                len(images) < _MOST_IMAGES
            ):
                images.append(Image(without_surrogates(kind), data))
                return f"[image {len(images)}]"
            case bytes():
                return f"<{len(value)} bytes>"
            case _:
                return value

    return named
