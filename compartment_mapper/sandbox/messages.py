"""Messages to and from the process: JSON objects with a length prefix."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

Message = dict[str, object]


def text_of(message: Message, key: str) -> str:
    """Return the string at *key*, or an empty string."""
    value = message.get(key)
    return value if isinstance(value, str) else ""


def record_of(message: Message, key: str) -> Message:
    """Return the object at *key*, or an empty object."""
    value = message.get(key)
    return value if isinstance(value, dict) else {}


class TooLargeError(ValueError):
    """A message exceeds its size limit."""


def packed(message: Message, *, most: int) -> bytes:
    """Return *message* in wire format: its length in four bytes, then JSON.

    Raises:
        TooLargeError: It has more than *most* bytes.
    """
    text = _ENCODER.encode(message).encode("ascii")
    if len(text) > most:
        raise TooLargeError(f"larger than {most} bytes")
    return len(text).to_bytes(_HEAD, "big") + text


class BrokenProcessError(Exception):
    """The process sent an invalid message."""


def unpacked(buffer: bytearray, *, most: int) -> Iterator[Message]:
    """Yield the complete messages at the start of *buffer*, and remove them from it.

    Raises:
        BrokenProcessError: The data is not a message, or is larger than *most* bytes.
    """
    while len(buffer) >= _HEAD:
        length = int.from_bytes(buffer[:_HEAD], "big")
        if length > most:
            raise BrokenProcessError(f"a message of {length} bytes")
        end = _HEAD + length
        if end > len(buffer):
            break
        text = bytes(buffer[_HEAD:end])
        del buffer[:end]
        yield _message(text)


_HEAD = 4


class Seal:
    """Authenticates the messages of the process with a key and a sequence number.

    Evaluated code cannot know the key, so anything that it writes to the pipe, if it ever gets
    access, is rejected.
    """

    def __init__(self) -> None:
        self.key = secrets.token_hex(_KEY)
        self._next = 0

    def check(self, message: Message) -> None:
        """Remove the key and the sequence number from *message* and verify them.

        Raises:
            BrokenProcessError: The key or the sequence number is missing or wrong.
        """
        key, number = message.pop("key", None), message.pop("number", None)
        if not isinstance(key, str) or not secrets.compare_digest(key.encode(), self.key.encode()):
            raise BrokenProcessError("a message without the key: code in the sandbox wrote it")
        if type(number) is not int or number != self._next:
            raise BrokenProcessError("a message out of sequence")
        self._next += 1


#: Bytes of a key.
_KEY = 16


#: The most digits with which every integer is exact in JavaScript.
_EXACT = 15


def _number(digits: str) -> int | float:
    """Return the number that JavaScript writes as *digits*: an int if it is exact, else a float."""
    return int(digits) if len(digits) <= _EXACT or abs(int(digits)) < 2**53 else float(digits)


_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_int=_number)


def _message(text: bytes) -> Message:
    try:
        value: object = _DECODER.decode(text.decode())
    except (ValueError, RecursionError) as problem:
        raise BrokenProcessError(str(problem)) from problem
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise BrokenProcessError("a message without a type")
    return value
