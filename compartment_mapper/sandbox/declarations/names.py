"""Names in JavaScript and TypeScript: members, parameters and types."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Sequence

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
#: ECMA-262 12.7.2 and 13.1.1: words that strict code cannot use as names of variables.
_RESERVED = frozenset(
    "arguments await break case catch class const continue debugger default delete do else enum "
    "eval export extends false finally for function if implements import in instanceof interface "
    "let new null package private protected public return static super switch this throw true try "
    "typeof undefined var void while with yield".split()
)
#: Members that have another meaning in an object type: constructors, accessors and modifiers.
_SPECIAL_MEMBERS = frozenset(["new", "constructor", "get", "set", "readonly", "__proto__"])
#: Names of types that a declaration must not replace: TypeScript's own, and those of ECMA-262.
_TYPES = frozenset(
    "any asserts bigint boolean infer is keyof never number object string symbol type undefined "
    "unique unknown void Array ArrayBuffer AsyncGenerator AsyncIterable AsyncIterator Awaited "
    "BigInt Boolean DataView Date Error Exclude Extract Function Generator Infinity Intl Iterable "
    "Iterator JSON Map Math NaN Number Object Omit Parameters Partial Pick Promise PromiseLike "
    "Proxy Readonly Record Reflect RegExp Required ReturnType Set String Symbol Uint8Array "
    "WeakMap WeakRef WeakSet console globalThis tools".split()
)


def is_identifier(name: str) -> bool:
    """Return whether *name* can follow a dot. Names with other letters than ASCII are quoted."""
    return _IDENTIFIER.fullmatch(name) is not None


def member_path(base: str, path: Sequence[str]) -> str:
    """Return the expression for a member of *base*.

    >>> member_path("tools", ["fs", "read file"])
    'tools.fs["read file"]'
    """
    return base + "".join(
        f".{name}" if is_identifier(name) else f"[{string_literal(name)}]" for name in path
    )


def string_literal(text: str) -> str:
    """Return *text* as a string in ASCII, which is the same in JSON, JavaScript and TypeScript."""
    return json.dumps(text)


def member_name(name: str) -> str:
    """Return the name of a member of an object type, quoted if necessary."""
    if is_identifier(name) and name not in _SPECIAL_MEMBERS:
        return name
    return string_literal(name)


def parameter_name(name: str, taken: Container[str] = ()) -> str:
    """Return a name for a parameter that resembles *name* and is not in *taken*."""
    plain = _plain(name) or "argument"
    return _unused(f"{plain}_" if plain in _RESERVED else plain, taken)


def type_name(name: str, taken: Container[str] = ()) -> str:
    """Return a name for a type that resembles *name* and is not in *taken*.

    >>> type_name("Page[User]"), type_name("date", {"date"}), type_name("Date")
    ('Page_User', 'date2', 'Date2')
    """
    plain = _plain(name) or "Type"
    return _unused(plain, taken, also=_RESERVED | _TYPES)


def _plain(name: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_$]+", "_", name).strip("_")[:_LONGEST]
    return f"_{text}" if text[:1].isdigit() else text


#: The maximum length of a name that is made from a hostile one.
_LONGEST = 60


def _unused(name: str, taken: Container[str], also: Container[str] = ()) -> str:
    number, found = 1, name
    while found in taken or found in also:
        number += 1
        found = f"{name}{number}"
    return found
