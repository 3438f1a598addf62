"""Messages of the process: JSON objects, whose members are what we sent it to say."""

from __future__ import annotations

import json

Message = dict[str, object]


def text_of(message: Message, key: str) -> str:
    """Return the text at *key*; an empty one if there is none."""
    value = message.get(key)
    return value if isinstance(value, str) else ""


def record_of(message: Message, key: str) -> Message:
    """Return the object at *key*; an empty one if there is none."""
    value = message.get(key)
    return value if isinstance(value, dict) else {}


class TooLargeError(ValueError):
    """What is to be sent is larger than it may be."""


def packed(message: Message, *, most: int) -> bytes:
    """Return *message* as it is sent: its length in four bytes, and JSON.

    Raises:
        TooLargeError: It has more than *most* bytes.
    """
    text = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(text) > most:
        raise TooLargeError(f"larger than {most} bytes")
    return len(text).to_bytes(_HEAD, "big") + text


class BrokenProcessError(Exception):
    """The process said something that it never says."""


def unpacked(buffer: bytearray, *, most: int) -> list[Message]:
    """Return the messages that *buffer* begins with, and leave the rest in it.

    Raises:
        BrokenProcessError: What is there is no message, or larger than *most* bytes.
    """
    found: list[Message] = []
    at = 0
    while len(buffer) - at >= _HEAD:
        length = int.from_bytes(buffer[at : at + _HEAD], "big")
        if length > most:
            raise BrokenProcessError(f"a message of {length} bytes")
        end = at + _HEAD + length
        if end > len(buffer):
            break
        found.append(_message(bytes(buffer[at + _HEAD : end])))
        at = end
    del buffer[:at]
    return found


_HEAD = 4


#: Digits that any integer may have without being beyond those that JavaScript counts exactly.
_EXACT = 15


def _number(digits: str) -> int | float:
    """Return the number that JavaScript writes so: without a point, also where it is rounded."""
    return int(digits) if len(digits) <= _EXACT or abs(int(digits)) < 2**53 else float(digits)


def _message(text: bytes) -> Message:
    try:
        value: object = json.loads(text, parse_int=_number)
    except (ValueError, RecursionError) as problem:
        raise BrokenProcessError(str(problem)) from problem
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise BrokenProcessError("a message without a type")
    return value
