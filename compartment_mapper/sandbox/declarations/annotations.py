"""Types of Python annotations: of arguments, which code passes, and of results, which it gets."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import datetime as dt
import decimal
import enum
import inspect
import pathlib
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from compartment_mapper.sandbox.declarations.model import (
    BOOLEAN,
    NULL,
    NUMBER,
    STRING,
    UNKNOWN,
    ArrayType,
    GenericType,
    Keyword,
    LiteralType,
    NamedType,
    Reference,
    TupleItem,
    TupleType,
    Type,
    record_of,
    union,
)
from compartment_mapper.sandbox.declarations.names import type_name
from compartment_mapper.sandbox.values import JavaScriptError, Undefined

Direction = Literal["input", "output"]
#: Arguments of generic classes.
Arguments = Mapping[object, object]
#: Returns the definition of a class, or None if it has no members that cross.
Define = Callable[["TypeBuilder", type, Arguments], NamedType | None]

BYTES = Keyword("Uint8Array")
_DATE = Keyword("Date")

_PLAIN: Mapping[object, Type] = {
    None: NULL,
    type(None): NULL,
    bool: BOOLEAN,
    int: NUMBER,
    float: NUMBER,
    complex: NUMBER,
    str: STRING,
    bytes: BYTES,
    bytearray: BYTES,
    memoryview: BYTES,
    dt.date: STRING,
    dt.time: STRING,
    dt.timedelta: NUMBER,
    uuid.UUID: STRING,
    Undefined: Keyword("undefined"),
    typing.NoReturn: Keyword("never"),
    typing.Never: Keyword("never"),
    typing.LiteralString: STRING,
    list: ArrayType(UNKNOWN),
    tuple: ArrayType(UNKNOWN),
    set: ArrayType(UNKNOWN),
    frozenset: ArrayType(UNKNOWN),
    dict: record_of(UNKNOWN),
}

#: How values are written that are strings or numbers in JavaScript.
NOTES: Mapping[object, str] = {
    dt.date: "A date: YYYY-MM-DD.",
    dt.time: "A time: HH:MM:SS.",
    dt.timedelta: "In seconds.",
    uuid.UUID: "A UUID.",
    decimal.Decimal: "A decimal number, as a string to be exact.",
    pathlib.Path: "A path.",
}

_STREAMS = (
    collections.abc.AsyncIterator,
    collections.abc.AsyncGenerator,
    collections.abc.AsyncIterable,
    collections.abc.Iterator,
    collections.abc.Generator,
)
_ITERABLES = frozenset([collections.abc.Iterable, collections.abc.Collection])
_ARRAYS = (collections.abc.Sequence, collections.abc.Set, collections.deque)


def bases_of(found: object) -> tuple[object, tuple[object, ...]]:
    """Return the class of an annotation and its arguments."""
    return typing.get_origin(found) or found, typing.get_args(found)


@dataclass(slots=True, kw_only=True)
class TypeBuilder:
    """Builds types in one direction, and collects the named ones."""

    direction: Direction
    define: Define
    #: Where names in annotations are looked up that Python left as strings.
    scope: Mapping[str, object] = field(default_factory=dict)
    types: dict[str, NamedType] = field(default_factory=dict)
    _names: dict[object, str] = field(default_factory=dict)

    def type_of(self, annotation: object, arguments: Arguments | None = None) -> Type:
        """Return the type of *annotation*; *arguments* are those of its type variables."""
        known = arguments or {}
        if _is_hashable(annotation) and annotation in known:
            return self.type_of(known[annotation])
        if _is_hashable(annotation) and annotation in _PLAIN:
            return _PLAIN[annotation]
        if isinstance(annotation, str | typing.ForwardRef):
            return self._forward(annotation)
        origin, inner = bases_of(annotation)
        special = self._special(annotation, origin, inner, known)
        if special is not None:
            return special
        return self._class(origin, inner, known) if inspect.isclass(origin) else UNKNOWN

    def _special(
        self, annotation: object, origin: object, inner: tuple[object, ...], known: Arguments
    ) -> Type | None:
        """Return the type of a form of `typing`, or None for a class."""
        if origin in {typing.Union, types.UnionType}:
            return union(*(self.type_of(each, known) for each in inner))
        if origin is Literal:
            return union(*map(_literal, inner))
        if origin in _WRAPPERS:
            return self.type_of(inner[0], known) if inner else UNKNOWN
        if isinstance(annotation, typing.NewType):
            return self.type_of(annotation.__supertype__, known)
        if isinstance(annotation, typing.TypeVar):
            return UNKNOWN if annotation.__bound__ is None else self.type_of(annotation.__bound__)
        value = getattr(origin, "__value__", None)  # `type Name = …` of Python 3.12
        if value is not None and type(origin).__name__ == "TypeAliasType":
            return self._alias(f"{getattr(origin, '__name__', '')}", origin, lambda: value)
        return None

    def _forward(self, annotation: str | typing.ForwardRef) -> Type:
        text = annotation if isinstance(annotation, str) else annotation.__forward_arg__
        if not text.isidentifier():  # a recursive alias: Json = list["str | Json"]
            return self._alias("Recursive", text, lambda: self._evaluated(text))
        if text not in self.scope:
            return UNKNOWN
        found = self.scope[text]
        return (
            self.type_of(found)
            if inspect.isclass(found)
            else self._alias(text, text, lambda: found)
        )

    def _evaluated(self, text: str) -> object:
        """Return the annotation that Python left as a string."""

        def holder() -> None: ...

        holder.__annotations__ = {"return": text}
        try:
            return typing.get_type_hints(holder, globalns=dict(self.scope))["return"]
        except (NameError, SyntaxError, TypeError):
            return object

    def _alias(self, name: str, key: object, value: Callable[[], object]) -> Type:
        return self._named(name, key, lambda: NamedType(type=self.type_of(value())))

    def _named(self, name: str, key: object, define: Callable[[], NamedType | None]) -> Type:
        """Return a reference to the type of *key*, which is defined on first use."""
        if key in self._names:
            return Reference(self._names[key])
        own = type_name(name, self.types)
        self._names[key] = own
        self.types[own] = NamedType(type=UNKNOWN)  # in case the definition refers to it
        found = define()
        if found is None:
            del self.types[own], self._names[key]
            return UNKNOWN
        self.types[own] = found
        return Reference(own)

    def _class(self, found: type, inner: tuple[object, ...], known: Arguments) -> Type:
        collection = self._collection(found, inner, known)
        if collection is not None:
            return collection
        scalar = self._scalar(found)
        if scalar is not None:
            return scalar
        arguments = {
            variable: known.get(each, each)
            for variable, each in zip(getattr(found, "__parameters__", ()), inner, strict=False)
        }
        name = "_".join([found.__name__, *(getattr(each, "__name__", "") for each in inner)])
        key = (found, tuple(map(repr, arguments.values())))
        return self._named(name, key, lambda: self.define(self, found, arguments))

    def _collection(self, found: type, inner: tuple[object, ...], known: Arguments) -> Type | None:
        if found is tuple:
            return self._tuple(inner, known)
        item = self.type_of(inner[0], known) if inner else UNKNOWN
        if issubclass(found, collections.abc.Mapping) and not _has_fields(found):
            return record_of(self.type_of(inner[1], known) if len(inner) > 1 else UNKNOWN)
        if found in _STREAMS:
            is_array = found is collections.abc.Iterator and self.direction == "input"
            return ArrayType(item) if is_array else GenericType("AsyncGenerator", (item,))
        if found in {collections.abc.Coroutine, collections.abc.Awaitable}:
            return self.type_of(inner[-1], known) if inner else UNKNOWN
        is_array = found in _ITERABLES or issubclass(found, _ARRAYS)
        is_other = issubclass(found, str | bytes | enum.Enum) or _has_fields(found)
        return ArrayType(item) if is_array and not is_other else None

    def _scalar(self, found: type) -> Type | None:
        if issubclass(found, dt.datetime):
            return union(_DATE, STRING) if self.direction == "input" else _DATE
        if issubclass(found, decimal.Decimal):
            return union(STRING, NUMBER) if self.direction == "input" else STRING
        if issubclass(found, pathlib.PurePath):
            return STRING
        if issubclass(found, JavaScriptError | Exception):
            return Keyword("Error")
        plain = next((base for base in (bool, int, float, str) if issubclass(found, base)), None)
        return None if plain is None or issubclass(found, enum.Enum) else _PLAIN[plain]

    def _tuple(self, inner: tuple[object, ...], known: Arguments) -> Type:
        if len(inner) == 2 and inner[1] is Ellipsis:  # noqa: PLR2004 - tuple[T, ...]
            return ArrayType(self.type_of(inner[0], known))
        items = [each for each in inner if each != ()]
        return TupleType(tuple(TupleItem(self.type_of(each, known)) for each in items))


#: Forms around a type that say nothing about it.
_WRAPPERS = frozenset(
    [typing.Annotated, typing.Required, typing.NotRequired, typing.Final, typing.ClassVar]
)


def _has_fields(found: type) -> bool:
    is_named_tuple = issubclass(found, tuple) and hasattr(found, "_fields")
    return dataclasses.is_dataclass(found) or is_named_tuple or typing.is_typeddict(found)


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _literal(value: object) -> Type:
    if isinstance(value, enum.Enum):
        return _literal(value.value)
    if isinstance(value, str | int | float | bool | None):
        return NULL if value is None else LiteralType(value)
    return BYTES if isinstance(value, bytes) else UNKNOWN


def enum_type(found: type[enum.Enum]) -> Type:
    """Return the union of the values of an enumeration."""
    return union(*(_literal(member) for member in found))
