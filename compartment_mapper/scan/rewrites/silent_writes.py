"""Assignments that fail silently in sloppy code, and throw in strict code.

``f.name = 'g'`` for a function ``f``, or for an object whose class has a getter of that name;
``to[key] = from[key]``, which copies members of all names to a function; and, for a parameter that
may be a string, ``x.list = x.list || []`` and ``x.list ??= []`` (ECMA-262 6.2.5.6).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from itertools import pairwise
from operator import itemgetter

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.rewrites.assignments import assignment_as_call, begins_statement
from compartment_mapper.scan.rewrites.global_this import is_strict
from compartment_mapper.scan.syntax.names import RESERVED_IN_STRICT
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Syntax

_NAME = re.compile(rb"(?:\.\s*name|\[\s*(?:'name'|\"name\")\s*\])(?=\s*=(?![=>]))")
_COMPUTED = re.compile(rb"\[\s*([A-Za-z_$][\w$]*)\s*\](?=\s*=(?![=>]))")
#: The value contains the key: ``to[key] = from[key]``, ``a[name][key] = bind(from[key])``.
_HAS_KEY = rb"\s*=[^;={}\n]{0,80}\w\s*\[\s*%s\s*\]"
_DEFAULT = re.compile(rb"=\s*([A-Za-z_]\w*)\s*\.\s*(\w+)\s*\|\|")
_SHORT_DEFAULT = re.compile(rb"(?<![\w$.])([A-Za-z_]\w*)\s*\.\s*(\w+)(?=\s*(?:\?\?|\|\|)=)")
_MEMBER = rb"(?<![\w$.])%s\s*\.\s*%s\s*\Z"
#: The longest member that is looked for.
_WINDOW = 100
#: Loops over indexes are performance-critical and do not fill functions.
_COUNTS = re.compile(rb"\+\+|--|[-+]=")
_WORD_BEFORE = re.compile(rb"([A-Za-z_$][\w$]*)\s*\Z")
_WORD_AFTER = re.compile(rb"\s*([A-Za-z_$][\w$]*)")
#: Or a loop over all keys: ``for (var key in from) { var value = from[key]; to[key] = value }``.
_EACH_KEY = re.compile(rb"for\s*\(\s*(?:(?:var|let|const)\s+)?([A-Za-z_$][\w$]*)\s+in\b")
_ASSIGNMENTS = frozenset({"assignment_expression", "augmented_assignment_expression"})
#: Names that are assigned other names.
_RENAMED = RESERVED_IN_STRICT | {"let", "arguments", "eval"}
#: Exported functions, and the constructor's own members.
_PLAIN = frozenset({"super", "exports", "module.exports"})


def scan_silent_writes(
    syntax: Syntax, *, prefix: str, others: Container[int]
) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits, and the declarations that they need.

    Args:
        syntax: The syntax of a script.
        prefix: The prefix of names that do not occur in the source.
        others: The positions of assignments that other rewrites handle.
    """
    names = list(_names(syntax, prefix, others))
    unnamed = (*_copies(syntax, prefix, others), *_defaults(syntax, others))
    return [*names, *unnamed], (_set(prefix),) if names else ()


def _names(syntax: Syntax, prefix: str, others: Container[int]) -> Iterator[Edit]:
    for match in _NAME.finditer(syntax.source):
        target, value = _assigned(syntax, match.end() - 1)
        is_instance = target is not None and target.type == "this"  # its class would have a setter
        if target is None or value is None or is_instance or target.start_byte in others:
            continue
        yield from assignment_as_call(syntax, target, value, function=f"{prefix}set", key='"name"')


def _copies(syntax: Syntax, prefix: str, others: Container[int]) -> Iterator[Edit]:
    """Yield edits without declarations: such functions are converted to strings and reevaluated."""
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
        is_lost = f'typeof {prefix}to==="function"&&({key}==="name"||{key}==="length")'
        yield from _around(syntax, target, f"(({prefix}to)=>{is_lost}?{{}}:{prefix}to)(", ")")


def _defaults(syntax: Syntax, others: Container[int]) -> Iterator[Edit]:
    """Yield edits that assign to another object if a parameter is a primitive value."""
    for name, end in sorted(_written_defaults(syntax.source), key=itemgetter(1)):
        target, _ = _assigned(syntax, end - 1)
        if target is None or target.start_byte in others or target.type != "identifier":
            continue
        if _is_parameter(syntax, name, target):
            is_object = f'typeof {name}==="object"||typeof {name}==="function"||{name}==null'
            yield from _around(syntax, target, f"({is_object}?", ":{})")


def _written_defaults(source: bytes) -> Iterator[tuple[str, int]]:
    """Yield the names in ``x.list = x.list ||`` and ``x.list ??=``, and the ends of members."""
    for match in _DEFAULT.finditer(source):
        member = source[max(0, match.start() - _WINDOW) : match.start()]
        if re.search(_MEMBER % (match[1], match[2]), member):
            yield match[1].decode(), match.start() - len(member) + len(member.rstrip())
    for match in _SHORT_DEFAULT.finditer(source):
        yield match[1].decode(), match.end()


def _is_parameter(syntax: Syntax, name: str, use: Node) -> bool:
    functions = [step.node for step in syntax.path_to(use.start_byte) if step.kind in FUNCTIONS]
    return any(
        name == syntax.text(parameter)
        for function in functions
        if (parameters := function.child_by_field_name("parameters")) is not None
        for parameter in parameters.named_children
    )


def _around(syntax: Syntax, target: Node, before: str, after: str) -> Iterator[Edit]:
    start = target.start_byte
    # Otherwise the previous line would continue.
    begins = "void 0," if begins_statement(syntax.path_to(start), start) else ""
    yield Edit(start, start, f"{begins}{before}")
    yield Edit(target.end_byte, target.end_byte, after)


def _counted(source: bytes) -> Iterator[bytes]:
    """Yield the names of variables that get new members."""
    for match in _COUNTS.finditer(source):
        start = max(0, match.start() - 60)
        before = _WORD_BEFORE.search(source[start : match.start()])
        found = before or _WORD_AFTER.match(source, match.end())
        if found:
            yield found[1]


def _assigned(syntax: Syntax, offset: int) -> tuple[Node | None, Node | None]:
    """Return the object whose member ends at *offset* and is assigned, and the value."""
    path = syntax.path_to(offset)
    for assignment, member in pairwise(path[-3:]):
        if assignment.kind in _ASSIGNMENTS and member.field == "left":
            target = member.node.child_by_field_name("object")
            is_plain = target is None or syntax.text(target) in _PLAIN
            if not is_plain and not is_strict(syntax, path):
                return target, assignment.node.child_by_field_name("right")
    return None, None


def _set(prefix: str) -> str:
    """Return a function that assigns as in sloppy code; exceptions of setters propagate."""
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
