"""Messages of the process: JSON objects, whose members are what we sent it to say."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

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


def unpacked(buffer: bytearray, *, most: int) -> Iterator[Message]:
    """Yield the messages that *buffer* begins with, and leave the rest in it.

    Raises:
        BrokenProcessError: What is there is no message, or larger than *most* bytes.
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
    """What the process alone can put on its messages: a key, and a number that counts them.

    What is evaluated there can't know the key. So it is believed nothing that it writes into the
    pipe, should it ever get hold of that.
    """

    def __init__(self) -> None:
        self.key = secrets.token_hex(_KEY)
        self._next = 0

    def check(self, message: Message) -> None:
        """Take the seal off *message*.

        Raises:
            BrokenProcessError: It has none, or that of another message.
        """
        key, number = message.pop("key", None), message.pop("number", None)
        if not isinstance(key, str) or not secrets.compare_digest(key.encode(), self.key.encode()):
            raise BrokenProcessError("a message without the key: code in the sandbox wrote it")
        if type(number) is not int or number != self._next:
            raise BrokenProcessError("a message out of sequence")
        self._next += 1


#: Bytes of a key.
_KEY = 16


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
