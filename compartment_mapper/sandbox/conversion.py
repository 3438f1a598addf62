"""Convert values of JavaScript into annotated types, with pydantic (the extra ``pydantic``).

Pydantic's strict mode accepts only instances of dataclasses, models and enumerations; its lax mode
accepts ``true`` and ``"1"`` as an ``int``. Here, plain types are strict, and all others are made
from the data that crosses. See ``docs/decisions/0017-tools-for-models.md``.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from compartment_mapper.sandbox.values import UNDEFINED

#: Types whose schemas become strict.
_STRICT = frozenset({"int", "float", "bool", "str", "bytes"})
#: Types that pydantic also makes from numbers, as a time since 1970.
_MOMENTS = frozenset({"datetime", "date", "time"})
#: Keys of a schema that contain schemas, or lists or dictionaries of them.
_INNER = (
    *("schema", "items_schema", "keys_schema", "values_schema", "choices", "steps"),
    *("lax_schema", "strict_schema", "json_schema", "python_schema", "definitions", "fields"),
    *("extras_schema", "extras_keys_schema", "arguments_schema", "var_args_schema"),
    *("var_kwargs_schema", "cls_schema"),
)
_MOST_PROBLEMS = 3
_MOST_TEXT = 300
_Schema = dict[str, object]


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
        schema = _strict(_adapter(annotation).core_schema)
    except PydanticUserError as problem:
        raise UnsupportedError(problem.message) from problem
    # Otherwise pydantic-core takes the validators of classes, which are lax.
    validator = SchemaValidator(schema, _use_prebuilt=False)  # type: ignore[arg-type]  # edited

    def convert(value: object) -> object:
        outer = getattr(_BUDGET, "unions", 0)
        _BUDGET.unions = _MOST_UNIONS + _UNIONS_PER_VALUE * _count(value)
        try:
            converted: object = validator.validate_python(_without_undefined(value))
        except ValidationError as problem:
            raise ConversionError(_problems(problem)) from problem
        except _TooManyUnionsError as problem:
            raise ConversionError("too deep: too many combinations of types to try") from problem
        finally:
            _BUDGET.unions = outer
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


def _strict(schema: object) -> object:
    """Return a core schema that does not convert between plain types."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if isinstance(schema, tuple):  # a choice with its label
        return tuple(_strict(each) for each in schema)
    if not isinstance(schema, Mapping):
        return schema
    kind = schema.get("type")
    edited = {key: _inner(key, value) for key, value in schema.items()}
    if kind in _STRICT:
        edited["strict"] = True
    elif kind in {"model", "dataclass"}:
        edited["strict"] = False  # the class may have its own opinion
        edited["config"] = {**_record(schema.get("config")), "strict": False}
    elif kind in {"typed-dict", "dataclass-args"}:
        edited["extra_behavior"] = _extra(schema)
    return _guarded(edited, schema)


def _inner(key: str, value: object) -> object:
    if key not in _INNER:
        return value
    if isinstance(value, Mapping) and "type" not in value:  # fields or choices by name
        return {name: _strict(each) for name, each in value.items()}
    if key in {"fields", "choices"} and isinstance(value, Mapping):
        is_schema = isinstance(value["type"], str)
        return (
            _strict(value) if is_schema else {name: _strict(each) for name, each in value.items()}
        )
    return _strict(value)


def _record(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _extra(schema: Mapping[str, object]) -> object:
    """Return what happens to unknown members: an error, unless the class allows them."""
    configured = _record(schema.get("config")).get("extra_fields_behavior")
    return "allow" if "allow" in {configured, schema.get("extra_behavior")} else "forbid"


def _guarded(schema: _Schema, original: Mapping[str, object]) -> _Schema:
    """Return *schema* with a check before it, if it accepts values of other types."""
    kind = original.get("type")
    check: Callable[[object], object]
    if kind in _MOMENTS:
        check = _check_moment
    elif kind in {"timedelta", "decimal", "complex"}:
        check = _check_no_boolean
    elif kind == "union":
        check = _spend_union
    elif kind == "literal":
        check = _one_of(original["expected"])
    elif kind == "enum":
        members = original["members"]
        assert isinstance(members, list)
        check = _one_of([each.value for each in members if isinstance(each, enum.Enum)])
    else:
        return schema
    reference = {"ref": schema.pop("ref")} if "ref" in schema else {}
    return {
        "type": "function-before",
        "function": {"type": "no-info", "function": check},
        "schema": schema,
        **reference,
    }


#: Trying all choices of nested unions takes exponential time, and the timeout does not cover it.
_MOST_UNIONS, _UNIONS_PER_VALUE = 100_000, 4
_BUDGET = threading.local()


class _TooManyUnionsError(Exception):
    """Ends a conversion; pydantic treats only a ValueError as a problem of the value."""


def _count(value: object) -> int:
    """Return the number of values in *value*."""
    if isinstance(value, dict):
        return 1 + sum(map(_count, value.values()))
    return 1 + sum(map(_count, value)) if isinstance(value, list) else 1


def _spend_union(value: object) -> object:
    _BUDGET.unions -= 1
    if _BUDGET.unions < 0:
        raise _TooManyUnionsError
    return value


def _check_moment(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError("expected a string in ISO 8601 format, got a number")  # noqa: TRY004
    return value


def _check_no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("expected a number, got a boolean")  # noqa: TRY004 - pydantic reports it
    return value


def _one_of(expected: object) -> Callable[[object], object]:
    assert isinstance(expected, list)

    def check(value: object) -> object:
        given = value.value if isinstance(value, enum.Enum) else value
        for each in expected:
            plain = each.value if isinstance(each, enum.Enum) else each
            if type(given) is not bool and type(plain) is not bool:
                if given == plain:
                    return value
            elif given is plain:
                return value
        shown = ", ".join(repr(getattr(each, "value", each)) for each in expected)
        raise ValueError(f"expected one of {shown[:_MOST_TEXT]}")

    return check


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
