"""Assignments that sloppy code makes in vain where they can't be made; strict code throws.

``f.name = 'g'`` where ``f`` is a function, or an object whose class has a getter of that name, and
``to[key] = from[key]``, by which members of all names are copied to a function (ECMA-262 6.2.5.6).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.global_this import is_strict
from compartment_mapper.scan.syntax import Node, Syntax

_NAME = re.compile(rb"\.\s*name(?=\s*=(?![=>]))")
#: The value has the key in it: ``to[key] = from[key]``, ``a[name][key] = bind(from[key])``.
_COPY = re.compile(rb"\[\s*([A-Za-z_$][\w$]*)\s*\](?=\s*=(?![=>])[^;={}\n]{0,80}\w\s*\[\s*\1\s*\])")
_SIMPLE = re.compile(r"(?:this|[A-Za-z_$][\w$]*)(?:\.[A-Za-z_$][\w$]*|\[[A-Za-z_$][\w$]*\])*")
#: Of instances, of which classes have setters; and what is announced to importers.
_PLAIN = frozenset({"this", "super", "exports", "module.exports"})


def scan_silent_writes(
    syntax: Syntax, *, prefix: str, others: Container[int]
) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits, and the declarations that they need.

    Args:
        syntax: Of a script.
        prefix: Of names that the text does not have.
        others: Where assignments begin that are rewritten otherwise.
    """
    names = list(_names(syntax, prefix, others))
    return [*names, *_copies(syntax, others)], (_set(prefix),) if names else ()


def _names(syntax: Syntax, prefix: str, others: Container[int]) -> Iterator[Edit]:
    for match in _NAME.finditer(syntax.source):
        target, value = _assigned(syntax, match.end() - 1)
        if target is not None and value is not None and target.start_byte not in others:
            yield Edit(target.start_byte, target.start_byte, f"{prefix}set(")
            lines = syntax.line_ends(target.end_byte, value.start_byte)
            yield Edit(target.end_byte, value.start_byte, f',"name",{lines}')
            yield Edit(value.end_byte, value.end_byte, ")")


def _copies(syntax: Syntax, others: Container[int]) -> Iterator[Edit]:
    """Yield edits without names of ours: such functions are shown as text, and evaluated again."""
    for match in _COPY.finditer(syntax.source):
        target, _ = _assigned(syntax, match.end() - 1)
        name = "" if target is None else syntax.text(target)
        is_simple = _SIMPLE.fullmatch(name) is not None
        if target is not None and is_simple and target.start_byte not in others:
            key = match[1].decode()
            is_lost = f'typeof {name}==="function"&&({key}==="name"||{key}==="length")'
            # Else the line before would go on with it.
            before = "void 0," if _begins_statement(syntax, target) else ""
            yield Edit(target.start_byte, target.end_byte, f"{before}({is_lost}?{{}}:{name})")


def _begins_statement(syntax: Syntax, target: Node) -> bool:
    path = syntax.path_to(target.start_byte)
    starts = [step.node.start_byte for step in path if step.kind == "expression_statement"]
    return starts[-1:] == [target.start_byte]


def _assigned(syntax: Syntax, offset: int) -> tuple[Node | None, Node | None]:
    """Return the object whose member ends at *offset* and is assigned, and the value."""
    path = syntax.path_to(offset)
    for assignment, member in zip(path[-3:-1], path[-2:], strict=True):
        if assignment.kind == "assignment_expression" and member.field == "left":
            target = member.node.child_by_field_name("object")
            is_plain = target is None or syntax.text(target) in _PLAIN
            if not is_plain and not is_strict(syntax, path):
                return target, assignment.node.child_by_field_name("right")
    return None, None


def _set(prefix: str) -> str:
    """Return a function that assigns as sloppy code does; a setter that throws, throws."""
    return (
        f"const {prefix}set=(object,key,value)=>{{const O=({{}}).constructor;let at=object,set;"
        "if(object==null)object[key]=value;"
        'if(typeof at!=="object"&&typeof at!=="function")return value;'
        "for(;at!==null;at=O.getPrototypeOf(at)){const found=O.getOwnPropertyDescriptor(at,key);"
        "if(found!==undefined){if(found.set===undefined&&found.writable!==true)return value;"
        "set=found.set;break}}"
        "if(at!==object&&set===undefined&&!O.isExtensible(object))return value;"
        "object[key]=value;return value};"
    )
