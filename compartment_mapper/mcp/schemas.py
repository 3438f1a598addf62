"""Schemas of servers as this process checks them: without what takes unlimited time or a network.

The server checks the arguments itself, and declarations show the whole schema.
"""

from __future__ import annotations

from collections.abc import Mapping

from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

#: Keywords of regular expressions: with some, a short text takes hours.
_EXPRESSIONS = frozenset({"pattern", "patternProperties", "format"})
#: Keywords that depend on those.
_DEPENDENT = frozenset({"additionalProperties", "unevaluatedProperties"})
#: Keywords whose members have names of their own.
_NAMED = frozenset({"properties", "$defs", "definitions", "dependentSchemas", "dependencies"})
#: Keywords with data.
_DATA = frozenset({"const", "enum", "default", "examples"})


def checked_schema(schema: Mapping[str, object]) -> Mapping[str, object]:
    """Return the part of *schema* to check here.

    >>> checked_schema({"type": "string", "pattern": "^(a+)+$"})
    {'type': 'string'}
    """
    left_out = _EXPRESSIONS | (_DEPENDENT if "patternProperties" in schema else frozenset())
    return {
        key: _inner(key, value)
        for key, value in schema.items()
        if key not in left_out and not _is_elsewhere(key, value)
    }


def _inner(key: str, value: object) -> object:
    if key in _DATA:
        return value
    if key in _NAMED and isinstance(value, Mapping):
        return {name: _schema(each) for name, each in value.items()}
    return _schema(value)


def _schema(value: object) -> object:
    if isinstance(value, Mapping):
        return checked_schema(value)
    return [_schema(each) for each in value] if isinstance(value, list) else value


def _is_elsewhere(key: str, value: object) -> bool:
    """Return whether it refers to a schema at another place: the library would fetch it."""
    if key == "$schema":  # of the drafts that the library has: they differ in keywords
        return not (isinstance(value, str) and value.rstrip("#") in REGISTRY)
    if key in {"$id", "id", "$dynamicRef", "$recursiveRef"}:
        return isinstance(value, str)
    return key == "$ref" and isinstance(value, str) and not value.startswith("#")
