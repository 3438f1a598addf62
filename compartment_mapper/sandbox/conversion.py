"""Convert values of JavaScript into annotated types, with pydantic (the extra ``pydantic``).

Pydantic's strict mode accepts only instances of dataclasses, models and enumerations; its lax mode
accepts ``true`` and ``"1"`` as an ``int``. Here, plain types are strict, and all others are made
from the data that crosses. See ``docs/decisions/0017-tools-for-models.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from compartment_mapper.sandbox.strict_schema import TooManyError, bounded, strict_schema
from compartment_mapper.sandbox.values import UNDEFINED

_MOST_PROBLEMS = 3
_MOST_TEXT = 300


class ConversionError(ValueError):
    """A value does not have the annotated type; the message says where and why."""


class UnsupportedError(TypeError):
    """Pydantic has no schema for an annotation."""


def converter_of(annotation: object) -> Callable[[object], object]:
    """Return a function that converts a value into *annotation*, or raises ConversionError.

    Raises:
        UnsupportedError: Pydantic does not support the annotation.
    """
    try:
        schema = strict_schema(_adapter(annotation).core_schema)
    except PydanticUserError as problem:
        raise UnsupportedError(problem.message) from problem
    # Otherwise pydantic-core takes the validators of classes, which are lax.
    validator = SchemaValidator(schema, _use_prebuilt=False)  # type: ignore[arg-type]  # edited

    def convert(value: object) -> object:
        try:
            with bounded(value):
                converted: object = validator.validate_python(_without_undefined(value))
        except ValidationError as problem:
            raise ConversionError(_problems(problem)) from problem
        except TooManyError as problem:
            raise ConversionError(_too_many(problem)) from problem
        return converted

    return convert


def _adapter(annotation: object) -> TypeAdapter[object]:
    try:
        config = ConfigDict(arbitrary_types_allowed=True)
        return TypeAdapter(annotation, config=config)  # type: ignore[arg-type]  # any annotation
    except PydanticUserError as problem:
        if problem.code != "type-adapter-config-unused":
            raise
    # The class has a configuration of its own.
    return TypeAdapter(annotation)  # type: ignore[arg-type]  # any annotation


def _without_undefined(value: object) -> object:
    """Return *value* without the members that are ``undefined``, which means absent."""
    if isinstance(value, dict):
        return {
            key: _without_undefined(member)
            for key, member in value.items()
            if member is not UNDEFINED
        }
    return [_without_undefined(item) for item in value] if isinstance(value, list) else value


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False)
    texts = [
        f"{_where(each['loc'])}{_message(each['msg'])}{_got(each['input'], each['msg'])}"
        for each in found[:_MOST_PROBLEMS]
    ]
    more = len(found) - _MOST_PROBLEMS
    return "; ".join(texts) + (f"; and {more} more problems" if more > 0 else "")


def _too_many(error: TooManyError) -> str:
    cause = error.__cause__
    return (
        f"{error}, for example {_problems(cause)}"
        if isinstance(cause, ValidationError)
        else str(error)
    )


def _where(location: tuple[int | str, ...]) -> str:
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return f"{steps[:_MOST_TEXT]}: " if steps else ""


def _message(text: str) -> str:
    plain = text.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return plain.replace("Input should be", "expected", 1)[:_MOST_TEXT]


_NAMES: Mapping[type, str] = {
    bool: "a boolean",
    str: "a string",
    int: "a number",
    float: "a number",
    bytes: "bytes",
    list: "an array",
    dict: "an object",
    type(None): "null",
    datetime: "a Date",
}


def _got(value: object, message: str) -> str:
    name = _NAMES.get(type(value))
    return "" if name is None or "expected" in message or "Field" in message else f", got {name}"


class _Probe(BaseModel):
    number: int


def _check_version() -> None:
    """Raise ImportError if this version of pydantic-core ignores the edited schemas."""
    try:
        converter_of(_Probe)({"number": True})
    except ConversionError:
        return
    except TypeError as problem:  # an older version has other arguments
        raise ImportError(str(problem)) from problem
    raise ImportError("this version of pydantic does not check models by an edited schema")


_check_version()
