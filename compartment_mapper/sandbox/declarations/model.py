"""Declarations of functions and their types, independent of the language that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from compartment_mapper.sandbox.declarations.names import member_path


@dataclass(frozen=True, slots=True)
class Keyword:
    """A type with a word of its own: ``string``, ``null``, ``Date``."""

    word: str


@dataclass(frozen=True, slots=True)
class LiteralType:
    """The type of one value."""

    value: str | int | float | bool
    #: Python's type, because ``True`` equals 1.
    kind: type = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", type(self.value))


@dataclass(frozen=True, slots=True)
class ArrayType:
    """Any number of items."""

    item: Type


@dataclass(frozen=True, slots=True)
class TupleItem:
    """One item of a tuple."""

    type: Type
    name: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class TupleType:
    """A fixed number of items, and perhaps more of the type of ``rest``."""

    items: tuple[TupleItem, ...]
    rest: Type | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object."""

    name: str
    type: Type
    is_optional: bool = False
    doc: str = ""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object with members, and perhaps others of the type of ``rest``."""

    members: tuple[Member, ...] = ()
    rest: Type | None = None


@dataclass(frozen=True, slots=True)
class UnionType:
    """Any of the types."""

    choices: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class IntersectionType:
    """All of the types."""

    parts: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class GenericType:
    """A type with arguments: ``AsyncGenerator<string>``."""

    name: str
    arguments: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A named type of the declaration."""

    name: str


Type = (
    Keyword
    | LiteralType
    | ArrayType
    | TupleType
    | ObjectType
    | UnionType
    | IntersectionType
    | GenericType
    | Reference
)

UNKNOWN = Keyword("unknown")
NULL = Keyword("null")
STRING = Keyword("string")
NUMBER = Keyword("number")
BOOLEAN = Keyword("boolean")


def union(*choices: Type) -> Type:
    """Return the union of *choices*: flat, without repetitions; ``unknown`` absorbs all others."""
    flat: list[Type] = []
    for choice in choices:
        flat += choice.choices if isinstance(choice, UnionType) else [choice]
    if UNKNOWN in flat:
        return UNKNOWN
    distinct = tuple(dict.fromkeys(flat))
    if not distinct:
        return Keyword("never")
    return distinct[0] if len(distinct) == 1 else UnionType(distinct)


def record_of(value: Type) -> Type:
    """Return the type of dictionaries with any keys."""
    return ObjectType(rest=value)


def parts_of(found: Type) -> tuple[Type, ...]:
    """Return the types that *found* consists of."""
    match found:
        case ArrayType(item=item):
            return (item,)
        case TupleType(items=items, rest=rest):
            return (*(item.type for item in items), *_maybe(rest))
        case ObjectType(members=members, rest=rest):
            return (*(member.type for member in members), *_maybe(rest))
        case UnionType(choices=parts) | IntersectionType(parts=parts):
            return parts
        case GenericType(arguments=parts):
            return parts
        case Keyword() | LiteralType() | Reference():
            return ()


def renamed(found: Type, names: Mapping[str, str]) -> Type:
    """Return *found* with the references in *names* replaced."""
    match found:
        case Reference(name=name):
            return Reference(names.get(name, name))
        case ArrayType(item=item):
            return ArrayType(renamed(item, names))
        case TupleType(items=items, rest=rest):
            return TupleType(
                tuple(replace(item, type=renamed(item.type, names)) for item in items),
                None if rest is None else renamed(rest, names),
            )
        case ObjectType(members=members, rest=rest):
            return ObjectType(
                tuple(replace(member, type=renamed(member.type, names)) for member in members),
                None if rest is None else renamed(rest, names),
            )
        case UnionType(choices=parts) | IntersectionType(parts=parts):
            return type(found)(tuple(renamed(part, names) for part in parts))
        case GenericType(name=name, arguments=parts):
            return GenericType(name, tuple(renamed(part, names) for part in parts))
        case Keyword() | LiteralType():
            return found


def _maybe(found: Type | None) -> tuple[Type, ...]:
    return () if found is None else (found,)


def references_in(*roots: Type) -> list[str]:
    """Return the names of the types that *roots* refer to, in order, without repetitions."""
    names: dict[str, None] = {}
    pending = list(reversed(roots))
    while pending:
        found = pending.pop()
        if isinstance(found, Reference):
            names[found.name] = None
        pending += reversed(parts_of(found))
    return list(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedType:
    """The definition of a named type."""

    type: Type
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a function."""

    name: str
    type: Type
    is_optional: bool = False
    #: Whether it takes all further arguments; then the type is that of one of them.
    is_rest: bool = False
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One function: where it is, what it takes and what its promise resolves to."""

    #: Names of the namespaces, then of the function: ``("server", "tool")``.
    path: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    result: Type = UNKNOWN
    doc: str = ""
    #: Named types by the name of their references.
    types: Mapping[str, NamedType] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The path as code writes it after ``tools.``: ``server.tool``."""
        return member_path("tools", self.path).removeprefix("tools").removeprefix(".")

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return next((line.strip() for line in self.doc.splitlines() if line.strip()), "")
