"""Assignments to ``constructor``, which a locked prototype that is inherited from would forbid.

``Sub.prototype = Object.create(Base.prototype); Sub.prototype.constructor = Sub`` is how classes
were extended before there were classes. An assignment to a property that is inherited and not
writable is a TypeError (ECMA-262 10.1.9.2); a definition is not.
"""

from __future__ import annotations

import re

from compartment_mapper.module_record import Edit
from compartment_mapper.scan.syntax import Syntax

_WRITE = re.compile(rb"\.\s*(constructor)(?=\s*=(?![=>]))")


def scan_constructor_writes(syntax: Syntax, *, prefix: str) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits that make them definitions, and the declarations that they need."""
    edits: list[Edit] = []
    for match in _WRITE.finditer(syntax.source):
        path = syntax.path_to(match.start(1))
        if [step.kind for step in path[-3:-1]] != ["assignment_expression", "member_expression"]:
            continue
        target = path[-2].node.child_by_field_name("object")
        value = path[-3].node.child_by_field_name("right")
        if path[-2].field != "left" or target is None or value is None or target.type == "super":
            continue
        lines = "\n" * syntax.source.count(b"\n", target.end_byte, value.start_byte)
        edits += [
            Edit(target.start_byte, target.start_byte, f"{prefix}own("),
            Edit(target.end_byte, value.start_byte, f",{lines}"),
            Edit(value.end_byte, value.end_byte, ")"),
        ]
    return edits, (_define(prefix),) if edits else ()


def _define(prefix: str) -> str:
    # By way of a literal, since a text may have an `Object` of its own.
    return (
        f"const {prefix}own=(object,value)=>{{const Own=({{}}).constructor,key='constructor';"
        "if(Own(object)===object&&!Own.hasOwn(object,key)&&Own.isExtensible(object))"
        "Own.defineProperty(object,key,{value,writable:true,enumerable:true,configurable:true});"
        "else object[key]=value;return value};"
    )
