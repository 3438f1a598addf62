"""Assignments that sloppy code makes in vain where they can't be made; strict code throws.

``f.name = 'g'`` where ``f`` is a function, or an object whose class has a getter of that name, and
``to[key] = from[key]``, by which members of all names are copied to a function (ECMA-262 6.2.5.6).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.rewrites.assignments import assignment_as_call, begins_statement
from compartment_mapper.scan.rewrites.global_this import is_strict
from compartment_mapper.scan.syntax.names import RESERVED_IN_STRICT
from compartment_mapper.scan.syntax.tree import Node, Syntax

_NAME = re.compile(rb"(?:\.\s*name|\[\s*(?:'name'|\"name\")\s*\])(?=\s*=(?![=>]))")
_COMPUTED = re.compile(rb"\[\s*([A-Za-z_$][\w$]*)\s*\](?=\s*=(?![=>]))")
#: The value has the key in it: ``to[key] = from[key]``, ``a[name][key] = bind(from[key])``.
_HAS_KEY = rb"\s*=[^;={}\n]{0,80}\w\s*\[\s*%s\s*\]"
#: Loops over indexes are hot, and functions are not what they fill.
_COUNTS = re.compile(rb"\+\+|--|[-+]=")
_WORD_BEFORE = re.compile(rb"([A-Za-z_$][\w$]*)\s*\Z")
_WORD_AFTER = re.compile(rb"\s*([A-Za-z_$][\w$]*)")
#: Or it is one of all keys: ``for (var key in from) { var value = from[key]; to[key] = value }``.
_EACH_KEY = re.compile(rb"for\s*\(\s*(?:(?:var|let|const)\s+)?([A-Za-z_$][\w$]*)\s+in\b")
#: Names that get others.
_RENAMED = RESERVED_IN_STRICT | {"let", "arguments", "eval"}
#: What is announced to importers, and the constructor's own affair.
_PLAIN = frozenset({"super", "exports", "module.exports"})


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
    return [*names, *_copies(syntax, prefix, others)], (_set(prefix),) if names else ()


def _names(syntax: Syntax, prefix: str, others: Container[int]) -> Iterator[Edit]:
    for match in _NAME.finditer(syntax.source):
        target, value = _assigned(syntax, match.end() - 1)
        is_instance = target is not None and target.type == "this"  # its class would have a setter
        if target is None or value is None or is_instance or target.start_byte in others:
            continue
        yield from assignment_as_call(syntax, target, value, function=f"{prefix}set", key='"name"')


def _copies(syntax: Syntax, prefix: str, others: Container[int]) -> Iterator[Edit]:
    """Yield edits without declarations: such functions are shown as text, and evaluated again."""
    each = set(_EACH_KEY.findall(syntax.source))
    copied = [
        match
        for match in _COMPUTED.finditer(syntax.source)
        if match[1] in each
        or re.compile(_HAS_KEY % re.escape(match[1])).match(syntax.source, match.end())
    ]
    indexes = set(_counted(syntax.source)) - each if copied else set()
    for match in copied:
        if match[1] in indexes:
            continue
        key = match[1].decode()
        target, _ = _assigned(syntax, match.end() - 1)
        if target is None or target.start_byte in others or key in _RENAMED:
            continue
        start = target.start_byte
        # Else the line before would go on with it.
        before = "void 0," if begins_statement(syntax.path_to(start), start) else ""
        is_lost = f'typeof {prefix}to==="function"&&({key}==="name"||{key}==="length")'
        yield Edit(start, start, f"{before}(({prefix}to)=>{is_lost}?{{}}:{prefix}to)(")
        yield Edit(target.end_byte, target.end_byte, ")")


def _counted(source: bytes) -> Iterator[bytes]:
    """Yield the names of variables that are added to."""
    for match in _COUNTS.finditer(source):
        start = max(0, match.start() - 60)
        before = _WORD_BEFORE.search(source[start : match.start()])
        found = before or _WORD_AFTER.match(source, match.end())
        if found:
            yield found[1]


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
