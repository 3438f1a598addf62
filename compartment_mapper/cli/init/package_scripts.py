"""Add scripts to a package.json, and leave every other character as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_BLANKS = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A member of a JSON object, by offsets in the text."""

    name: str
    start: int
    #: Where the value starts and ends.
    value: int
    end: int


def with_scripts(text: str, scripts: Mapping[str, str], *, replaces: bool) -> str:
    """Return *text*, a package.json, with *scripts*.

    Args:
        text: The content of the file, a JSON object.
        scripts: The commands by name.
        replaces: Whether to replace scripts of the same name; otherwise they stay.

    >>> print(with_scripts('{ "scripts": { "a": "b" } }', {"c": "d"}, replaces=False))
    { "scripts": { "a": "b", "c": "d" } }
    """
    for name, command in scripts.items():
        members = {member.name: member for member in _members(text, _start(text))}
        held = members.get("scripts")
        if held is None:
            text = _inserted(text, _start(text), "scripts", {name: command})
            continue
        known = {member.name: member for member in _members(text, held.value)}
        if name not in known:
            text = _inserted(text, held.value, name, command)
        elif replaces:
            own = known[name]
            text = text[: own.value] + json.dumps(command) + text[own.end :]
    return text


def _start(text: str) -> int:
    return _after_blanks(text, len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0)


def _after_blanks(text: str, index: int) -> int:
    found = _BLANKS.match(text, index)
    assert found is not None
    return found.end()


def _members(text: str, start: int) -> Iterator[_Member]:
    """Yield the members of the valid JSON object that starts at *start*."""
    assert text[start] == "{", text[start : start + 20]
    index = _after_blanks(text, start + 1)
    while text[index] != "}":
        name, end = _DECODER.raw_decode(text, index)
        value = _after_blanks(text, _after_blanks(text, end) + 1)  # after the colon
        _, last = _DECODER.raw_decode(text, value)
        yield _Member(name=name, start=index, value=value, end=last)
        index = _after_blanks(text, last)
        if text[index] == ",":
            index = _after_blanks(text, index + 1)


def _inserted(text: str, start: int, name: str, value: object) -> str:
    """Return *text* with a member added at the end of the object that starts at *start*."""
    members = [*_members(text, start)]
    newline = "\r\n" if "\r\n" in text else "\n"
    if members:
        before = text[: members[-1].start]
        blanks = before[len(before.rstrip()) :] or " "
        written = _member(name, value, blanks, newline)
        end = members[-1].end
        return f"{text[:end]},{blanks}{written}{text[end:]}"
    line = text[text.rfind("\n", 0, start) + 1 : start]
    outer = line[: len(line) - len(line.lstrip())]
    blanks = f"{newline}{outer}  "
    close = text.index("}", start)
    written = f"{blanks}{_member(name, value, blanks, newline)}{newline}{outer}"
    return f"{text[: start + 1]}{written}{text[close:]}"


def _member(name: str, value: object, blanks: str, newline: str) -> str:
    """Return a member as text, which stands after *blanks*."""
    if "\n" not in blanks or not isinstance(value, dict):
        return f"{json.dumps(name)}: {json.dumps(value)}"
    indent = blanks[blanks.rfind("\n") + 1 :]
    lines = json.dumps({name: value}, indent=indent).splitlines()[1:-1]
    return newline.join([lines[0].removeprefix(indent), *lines[1:]])
