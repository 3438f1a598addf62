"""Assignments to members that a hardened, inherited prototype would reject.

``Sub.prototype = Object.create(Base.prototype); Sub.prototype.constructor = Sub`` is how classes
were extended before class syntax. Assigning an inherited non-writable property is a TypeError
(ECMA-262 10.1.9.2); defining it is not. Most methods of the language's prototypes are accessors, so
assignments work unchanged; ``next`` and ``Symbol.iterator`` are not, because engines optimize those
of arrays, sets and maps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.rewrites.assignments import assignment_as_call
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Syntax

_WRITE = re.compile(
    rb"(?:\.\s*(?P<name>constructor|next)|\[\s*(?P<symbol>Symbol\.iterator)\s*\])(?=\s*=(?![=>]))"
)


def scan_constructor_writes(syntax: Syntax, *, prefix: str) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits that turn them into definitions, and the declarations that they need."""
    edits: list[Edit] = []
    for match in _WRITE.finditer(syntax.source):
        path = syntax.path_to(match.end() - 1)
        kinds = [step.kind for step in path[-3:-1]]
        if kinds[:1] != ["assignment_expression"] or kinds[1] not in _MEMBERS:
            continue
        target = path[-2].node.child_by_field_name("object")
        value = path[-3].node.child_by_field_name("right")
        if path[-2].field != "left" or target is None or value is None or target.type == "super":
            continue
        name = match["name"]
        if name != b"constructor" and not _is_function(value):
            continue
        key = f'"{name.decode()}"' if name else "Symbol.iterator"
        edits += assignment_as_call(syntax, target, value, function=f"{prefix}own", key=key)
    made = (_define(prefix),) if edits else ()
    return [*edits, *_array_likes(syntax)], made


#: ``Array.prototype.length`` is not an accessor, and cannot become one.
_ARRAY_LIKE = re.compile(rb"Object\.create\(\s*Array\.prototype\s*(?P<end>\))")
_LENGTH = ",{length:{value:0,writable:true,configurable:true}}"


def _array_likes(syntax: Syntax) -> Iterator[Edit]:
    """Yield the edits that give objects that inherit from arrays an assignable ``length``."""
    for match in _ARRAY_LIKE.finditer(syntax.source):
        if syntax.path_to(match.start())[-1].kind == "identifier":
            yield Edit(match.start("end"), match.start("end"), _LENGTH)


_MEMBERS = frozenset({"member_expression", "subscript_expression"})


def _is_function(value: Node) -> bool:
    """Return whether a method is assigned, and not the ``next`` of a linked list."""
    return value.type in FUNCTIONS


def _define(prefix: str) -> str:
    # Uses a literal, because the source may declare its own `Object`.
    return (
        f"const {prefix}own=(object,key,value)=>{{const Own=({{}}).constructor;"
        "if(Own(object)===object&&!Own.hasOwn(object,key)&&Own.isExtensible(object))"
        "Own.defineProperty(object,key,{value,writable:true,enumerable:true,configurable:true});"
        "else object[key]=value;return value};"
    )
