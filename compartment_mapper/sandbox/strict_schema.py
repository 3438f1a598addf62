"""Core schemas of pydantic in which plain types are strict, and work is bounded.

https://docs.pydantic.dev/latest/api/pydantic_core_schema/ describes core schemas.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from pydantic import ValidationError

#: Types whose schemas become strict.
_STRICT = frozenset({"int", "float", "bool", "str", "bytes"})
#: Types that pydantic also makes from numbers, as a time since 1970.
_MOMENTS = frozenset({"datetime", "date", "time"})
#: Types that can stop at their first invalid item: a million problems need a gigabyte.
_FAIL_FAST = frozenset({"list", "set", "frozenset", "tuple"})
#: Dictionaries cannot, so their problems are counted.
_OF_DICT = ("keys_schema", "values_schema")
#: Keys of a schema that contain schemas, or lists or dictionaries of them.
_INNER = (
    *("schema", "items_schema", "keys_schema", "values_schema", "choices", "steps"),
    *("lax_schema", "strict_schema", "json_schema", "python_schema", "definitions", "fields"),
    *("extras_schema", "extras_keys_schema", "arguments_schema", "var_args_schema"),
    *("var_kwargs_schema", "cls_schema"),
)
_MOST_TEXT = 300
_Schema = dict[str, object]


def strict_schema(schema: object) -> object:
    """Return a core schema that does not convert between plain types."""
    if isinstance(schema, list | tuple):  # a tuple is a choice with its label
        return type(schema)(strict_schema(each) for each in schema)
    return _edited(schema) if isinstance(schema, Mapping) else schema


def _edited(schema: Mapping[str, object]) -> _Schema:
    kind = schema.get("type")
    edited = {key: _inner(key, value) for key, value in schema.items()}
    if kind in _STRICT:
        edited["strict"] = True
    elif kind in {"model", "dataclass"}:
        edited["strict"] = False  # the class may have its own opinion
        edited["config"] = {**_record(schema.get("config")), "strict": False}
    elif kind in _FAIL_FAST:
        edited["fail_fast"] = True
    elif kind == "dict":
        edited |= {key: _counting(edited[key]) for key in _OF_DICT if key in edited}
    elif kind in {"typed-dict", "dataclass-args"}:
        edited["extra_behavior"] = _extra(schema)
    return _guarded(edited, schema)


def _inner(key: str, value: object) -> object:
    if key not in _INNER:
        return value
    if isinstance(value, Mapping) and "type" not in value:  # fields or choices by name
        return {name: strict_schema(each) for name, each in value.items()}
    if key in {"fields", "choices"} and isinstance(value, Mapping):
        is_schema = isinstance(value["type"], str)
        return (
            strict_schema(value)
            if is_schema
            else {name: strict_schema(each) for name, each in value.items()}
        )
    return strict_schema(value)


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


#: The maximum number of problems in dictionaries.
_MOST_COUNTED = 100


class TooManyError(Exception):
    """Too much work: ends a conversion, because pydantic goes on only after a ValueError."""


def _count(value: object) -> int:
    """Return the number of values in *value*."""
    if isinstance(value, dict):
        return 1 + sum(map(_count, value.values()))
    return 1 + sum(map(_count, value)) if isinstance(value, list) else 1


@contextmanager
def bounded(value: object) -> Iterator[None]:
    """Bound the work to convert *value* in this thread; raises TooManyError within."""
    outer = vars(_BUDGET).copy()
    _BUDGET.unions = _MOST_UNIONS + _UNIONS_PER_VALUE * _count(value)
    _BUDGET.problems = _MOST_COUNTED
    try:
        yield
    finally:
        vars(_BUDGET).update(outer)


def _spend_union(value: object) -> object:
    _BUDGET.unions -= 1
    if _BUDGET.unions < 0:
        raise TooManyError("too deep: too many combinations of types to try")
    return value


def _counting(schema: object) -> _Schema:
    """Return a schema that ends the conversion after many problems."""

    def validate(value: object, handler: Callable[[object], object]) -> object:
        try:
            return handler(value)
        except ValidationError as problem:
            _BUDGET.problems -= 1
            if _BUDGET.problems < 0:
                raise TooManyError(f"more than {_MOST_COUNTED} members are wrong") from problem
            raise

    function = {"type": "no-info", "function": validate}
    return {"type": "function-wrap", "function": function, "schema": schema}


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
