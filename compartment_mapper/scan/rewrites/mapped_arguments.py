"""``arguments`` of sloppy functions, whose elements alias the parameters: ECMA-262 10.4.4.

SES evaluates all code as strict code, where they are copies. In a function that could observe the
difference, each element becomes an accessor of its parameter before the body runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.rewrites.global_this import is_strict
from compartment_mapper.scan.syntax.names import RESERVED_IN_STRICT, Occurrence, occurrences
from compartment_mapper.scan.syntax.roles import role_of
from compartment_mapper.scan.syntax.scopes import FUNCTIONS, owner_of
from compartment_mapper.scan.syntax.tree import Node, Syntax
from compartment_mapper.scan.syntax.words import candidate_offsets
from compartment_mapper.text import Span

_WRITES = frozenset({"write", "update"})
#: Calls that modify their array-like argument: ``Array.prototype.shift.call(arguments)``.
_CHANGING = re.compile(
    r"(?:^|\W)(?:copyWithin|fill|pop|push|reverse|shift|sort|splice|unshift)"
    r"(?:\s*\.\s*(?:call|apply))?\s*\Z"
)
#: Characters around an assigned name, or a possible pattern.
_BEFORE_WRITTEN = re.compile(rb"(?:\+\+|--|\bfunction[\s*]|\*/)\s*\Z")
_AFTER_WRITTEN = re.compile(
    rb"\s*(?:\+\+|--|/[*/]|(?:of|in)\b|\)+\s*=(?![=>])"
    rb"|(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?![=>])|[\],}])"
)


@dataclass(slots=True)
class _Use:
    """The uses of ``arguments`` in one function."""

    function: Node
    #: Indices of elements that are read or written; None: any.
    reads: set[int | None] = field(default_factory=set)
    writes: set[int | None] = field(default_factory=set)


def scan_mapped_arguments(syntax: Syntax, *, prefix: str) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits that map ``arguments``, and the declarations that they need."""
    edits = [
        edit for use in _uses(syntax).values() for edit in _mapping(syntax, use, prefix=prefix)
    ]
    return edits, (_define(prefix),) if edits else ()


def _define(prefix: str) -> str:
    # Uses a literal, because the source may declare its own `Object`.
    return (
        f"const {prefix}map=(object,index,get,set)=>{{if(index<object.length)"
        "({}).constructor.defineProperty"
        "(object,index,{get,set,enumerable:true,configurable:true})};"
    )


def _uses(syntax: Syntax) -> Mapping[int, _Use]:
    found: dict[int, _Use] = {}
    for occurrence in occurrences(syntax, {"arguments"}):
        owner = owner_of(occurrence.path)
        if owner is None or occurrence.scope != "free":
            continue
        if owner.id not in found:
            found[owner.id] = _Use(owner.node)
        _note(found[owner.id], occurrence, syntax)
    return {key: use for key, use in found.items() if use.reads or use.writes}


def _note(use: _Use, occurrence: Occurrence, syntax: Syntax) -> None:
    path = occurrence.path
    parent, is_object = path[-2], path[-1].field == "object"
    if parent.kind == "subscript_expression" and is_object:
        index = _index(parent.node, syntax)
        use.reads.add(index)
        if role_of(path[:-1]) in _WRITES:
            use.writes.add(index)
    elif parent.kind == "member_expression" and is_object:
        key = parent.node.child_by_field_name("property")
        if key is None or syntax.text(key) not in {"length", "callee"}:
            use.reads.add(None)
            use.writes.add(None)
    elif occurrence.role != "typeof":
        use.reads.add(None)
        call = path[-3].node.child_by_field_name("function")
        if parent.kind == "arguments" and call and _CHANGING.search(syntax.text(call)):
            use.writes.add(None)


def _index(subscript: Node, syntax: Syntax) -> int | None:
    index = subscript.child_by_field_name("index")
    text = syntax.text(index) if index is not None else ""
    return int(text) if re.fullmatch("0|[1-9][0-9]{0,4}", text) else None


def _mapping(syntax: Syntax, use: _Use, *, prefix: str) -> Iterator[Edit]:
    """Yield the edit of one function, if it could observe unmapped arguments."""
    body = use.function.child_by_field_name("body")
    parameters = _simple_parameters(syntax, use.function)
    if body is None or not parameters or is_strict(syntax, syntax.path_to(body.start_byte)):
        return
    mapped = sorted((parameters[name], name) for name in _told_apart(syntax, use, parameters))
    calls = [_call(index, name, prefix) for index, name in mapped]
    if calls:
        yield Edit(body.start_byte + 1, body.start_byte + 1, "".join(calls))


def _simple_parameters(syntax: Syntax, function: Node) -> dict[str, int]:
    """Return the index of each parameter, the last one for duplicates; nothing if not simple.

    A list with default values, patterns or a rest parameter is not simple (ECMA-262 15.1.3):
    nothing is mapped.
    """
    parameters = function.child_by_field_name("parameters")
    nodes = [
        node for node in (parameters.named_children if parameters else ()) if not _is_comment(node)
    ]
    if any(node.type != "identifier" for node in nodes):
        return {}
    return {syntax.identifier(node): index for index, node in enumerate(nodes)}


def _is_comment(node: Node) -> bool:
    return node.type in {"comment", "html_comment"}


def _told_apart(syntax: Syntax, use: _Use, parameters: Mapping[str, int]) -> Iterator[str]:
    """Yield the parameters that are written while their elements are read, or vice versa."""
    span = Span(use.function.start_byte, use.function.end_byte)
    asked = {
        name
        for name, index in parameters.items()
        if {index, None} & use.writes
        or ({index, None} & use.reads and _looks_written(syntax.source, name, span))
    }
    written: set[str] = set()
    read: set[str] = set()
    for occurrence in occurrences(syntax, asked, span) if asked else ():
        if _is_of(occurrence, use.function):
            (written if _is_written(occurrence) else read).add(occurrence.name)
            if occurrence.role == "update":
                read.add(occurrence.name)
    for name in asked:
        index = {parameters[name], None}
        if (name in written and index & use.reads) or (name in read and index & use.writes):
            yield name


def _looks_written(source: bytes, name: str, span: Span) -> bool:
    for start in candidate_offsets(source, frozenset({name}), span):
        end = start + len(name.encode())
        if not source.startswith(name.encode(), start):  # an escape
            return True
        if _AFTER_WRITTEN.match(source, end) or _BEFORE_WRITTEN.search(
            source, max(0, start - 24), start
        ):
            return True
    return False


def _is_of(occurrence: Occurrence, function: Node) -> bool:
    """Return whether an occurrence uses a parameter of *function*, outside of its declaration."""
    body = function.child_by_field_name("body")
    nearest = occurrence.enclosing("formal_parameters", "statement_block", *FUNCTIONS)
    if nearest is None or (
        nearest.node != body and function in {nearest.node, nearest.node.parent}
    ):
        return False
    return occurrence.declared_in in {function.id, body.id if body else None}


def _is_written(occurrence: Occurrence) -> bool:
    """Return whether a parameter is written, also by ``var`` or a function of its name."""
    if occurrence.role != "binding":
        return occurrence.role in _WRITES
    declarator = occurrence.enclosing("variable_declarator", "for_in_statement", *FUNCTIONS)
    if declarator is None or declarator.kind != "variable_declarator":
        return True
    return declarator.node.child_by_field_name("value") is not None


def _call(index: int, name: str, prefix: str) -> str:
    name = f"{prefix}{name}" if name in RESERVED_IN_STRICT else name
    setter = f"({prefix}value)=>{{{name}={prefix}value}}"
    return f"{prefix}map(arguments,{index},()=>{name},{setter});"
