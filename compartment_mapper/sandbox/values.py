"""Encode data for JavaScript and decode it: see ``docs/formats/sandbox.md``.

Values that JSON cannot express use the prefixes of Endo's smallcaps where it has them:
https://github.com/endojs/endo/blob/master/packages/marshal/docs/smallcaps-cheatsheet.md
"""

from __future__ import annotations

import base64
import dataclasses
import math
import re
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, TypeGuard, final
from uuid import UUID

if TYPE_CHECKING:
    from pydantic import BaseModel

#: ECMA-262 21.1.2.6: a number cannot represent larger integers exactly; they become BigInts.
_MAX_SAFE_INTEGER = 2**53 - 1
#: The prefix characters that smallcaps reserves.
_MARKS = re.compile(r"[!-\-]")
_DATE = "#date:"


@final
class Undefined:
    """The type of `UNDEFINED`."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __copy__(self) -> Undefined:
        return self

    def __deepcopy__(self, memo: object) -> Undefined:
        return self


#: JavaScript's ``undefined`` inside data; ``null`` is None.
UNDEFINED: Final = Undefined()


class JavaScriptError(Exception):
    """A JavaScript Error as data; a tool can raise it to choose the name of the error.

    Args:
        name: For example ``TypeError``.
        message: The error message.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message

    def __str__(self) -> str:
        return f"{self.name}: {self.message}" if self.message else self.name


#: The bits of an integer that is written in decimals: Python refuses, or takes long for, larger
#: ones.
_MOST_BITS = 8192


def plain_json(value: object, special: Callable[[object], object]) -> object:
    """Return a value of code for JSON: dates in ISO 8601, errors and odd numbers as strings.

    Args:
        value: The value.
        special: Called first with each part; returns another value for it, or the part itself.
    """
    match special(value):
        case list() | tuple() as items:
            return [plain_json(item, special) for item in items]
        case Mapping() as members:
            return {f"{key}": plain_json(member, special) for key, member in members.items()}
        case datetime() as date:
            return date.isoformat()
        case JavaScriptError() as error:
            return f"{error}"
        case int() as integer if integer.bit_length() > _MOST_BITS:
            return hex(integer)
        case float() as number if not math.isfinite(number):
            return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number, "NaN")
        case other:
            return None if other is UNDEFINED else other


class NotDataError(TypeError):
    """A value that cannot be encoded; the message names its path and the reason."""


_CONSTANTS: Mapping[str, object] = {
    "#undefined": UNDEFINED,
    "#NaN": math.nan,
    "#Infinity": math.inf,
    "#-Infinity": -math.inf,
    "#-0": -0.0,
}


def encode(value: object, *, path: str, depth: int) -> object:
    """Return *value* encoded as JSON data.

    Args:
        value: None, bool, int, float, str, bytes, datetime with a time zone, `UNDEFINED`, an
            exception; date, time, timedelta, UUID, Decimal, Path; members of an Enum; lists,
            tuples, sets, dictionaries with string keys, dataclasses, and models of pydantic.
        path: The name of the value in errors.
        depth: The maximum nesting depth of lists and dictionaries.

    Raises:
        NotDataError: *value* has another type, is nested too deeply, or contains itself.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return encode(value.value, path=path, depth=depth - 1)
    if isinstance(value, int | float):
        return _encoded_number(value)
    if isinstance(value, str | bytes | bytearray | memoryview):
        return _encoded_text(value)
    if isinstance(value, datetime):
        return _encoded_date(value, path)
    if isinstance(value, Exception):
        return encode_error(value)
    if value is UNDEFINED:
        return "#undefined"
    scalar = _scalar(value)
    return _encoded_members(value, path, depth) if scalar is None else scalar


def _scalar(value: object) -> str | float | None:
    """Return the text or number of a value that JavaScript has no type for."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal | PurePath):
        return _marked(str(value))
    return value.total_seconds() if isinstance(value, timedelta) else None


def encode_error(error: BaseException) -> dict[str, str]:
    """Return an exception as an Error: its name and message, never its traceback."""
    if isinstance(error, JavaScriptError):
        return {"#error": _marked(error.message), "name": _marked(error.name)}
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - its conversion to a string may raise
        message = ""
    return {"#error": _marked(message), "name": type(error).__name__}


def _marked(text: str) -> str:
    return f"!{text}" if _MARKS.match(text) else text


def _encoded_number(value: float) -> object:
    if isinstance(value, int):
        digits = f"{'-' if value < 0 else '+'}{abs(value):#x}"
        return int(value) if abs(value) <= _MAX_SAFE_INTEGER else digits
    if math.isnan(value):
        return "#NaN"
    if math.isinf(value):
        return "#Infinity" if value > 0 else "#-Infinity"
    return "#-0" if value == 0 and math.copysign(1, value) < 0 else float(value)


def _encoded_text(value: str | bytes | bytearray | memoryview) -> str:
    if isinstance(value, str):
        return _marked(str(value))
    return "*" + base64.b64encode(value).decode("ascii")


def _encoded_date(value: datetime, path: str) -> str:
    if value.tzinfo is None:
        message = f"{path} is a datetime without a time zone: add one, for example datetime.UTC"
        raise NotDataError(message)
    try:
        moment = value.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as problem:
        raise NotDataError(f"{path} is a datetime that is out of range in UTC") from problem
    return f"{_DATE}{moment.isoformat(timespec='milliseconds')}Z"


def _encoded_members(value: object, path: str, depth: int) -> object:
    if depth <= 0:
        raise NotDataError(f"{path} is nested too deeply, or contains itself")
    if isinstance(value, Mapping):
        return _encoded_record(value, path, depth)
    if isinstance(value, AbstractSet):
        value = _in_order(value)
    if isinstance(value, Sequence):
        return [
            # To format paths takes longer than to encode such items.
            _encoded_number(item)
            if type(item) is int or type(item) is float
            else encode(item, path=f"{path}[{index}]", depth=depth - 1)
            for index, item in enumerate(value)
        ]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return _encoded_record({name: getattr(value, name) for name in names}, path, depth)
    if is_model(value):
        # Nested values stay objects of Python. The model decides about names and hidden fields.
        return encode(value.model_dump(by_alias=True, warnings=False), path=path, depth=depth - 1)
    if isinstance(value, Generator | AsyncGenerator):
        raise NotDataError(f"{path} is a generator: only a whole result of a tool can be one")
    raise NotDataError(f"{path} is of type {type(value).__name__}, which is not data")


def is_model(value: object) -> TypeGuard[BaseModel]:
    """Return whether *value* is a model of pydantic, without importing it."""
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and isinstance(value, getattr(pydantic, "BaseModel", ()))


def _in_order(values: AbstractSet[object]) -> list[object]:
    """Return *values* sorted, because the order of a set differs between processes."""
    try:
        return sorted(values)  # type: ignore[type-var]  # if they can be compared
    except TypeError:
        return sorted(values, key=repr)


def _encoded_record(value: Mapping[str, object], path: str, depth: int) -> dict[str, object]:
    encoded: dict[str, object] = {}
    key: object
    for key, member in value.items():
        if not isinstance(key, str):
            raise NotDataError(f"{path} has the key {key!r}: keys must be strings")
        encoded[_marked(key)] = encode(member, path=f"{path}[{key!r}]", depth=depth - 1)
    return encoded


_BIGINT = re.compile(r"([+-])0x([0-9a-f]+)")


def decode(encoded: object) -> object:
    """Return the value that *encoded* represents; objects become dictionaries.

    Raises:
        NotDataError: It is not an encoded value, or is a date outside of Python's range.
    """
    try:
        return _decoded(encoded)
    except (ValueError, RecursionError) as problem:
        raise NotDataError(f"not an encoded value: {problem}") from problem


def _decoded(encoded: object) -> object:
    match encoded:
        case str():
            return _decoded_string(encoded)
        case list():
            return [_decoded(item) for item in encoded]
        case {"#error": str(message), "name": str(name)}:
            return JavaScriptError(f"{_decoded(name)}", f"{_decoded(message)}")
        case dict():
            return {key.removeprefix("!"): _decoded(member) for key, member in encoded.items()}
        case _:
            return encoded


def _decoded_string(text: str) -> object:
    if not _MARKS.match(text):
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] == "!":
        return text[1:]
    if text[0] == "*":
        return base64.b64decode(text[1:])
    if text.startswith(_DATE):
        return _decoded_date(text.removeprefix(_DATE))
    bigint = _BIGINT.fullmatch(text)
    if bigint is None:
        raise NotDataError(f"{text[:20]!r} is not an encoded value")
    return int(bigint[1] + bigint[2], 16)


def _decoded_date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as problem:
        raise NotDataError(f"the date {text} is out of range for Python's datetime") from problem
