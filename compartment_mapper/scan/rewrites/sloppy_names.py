"""Names that only sloppy code allows, or resolves differently from strict code."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.rewrites.global_this import is_strict
from compartment_mapper.scan.syntax.names import (
    RESERVED_IN_STRICT,
    WRAPPER_PARAMETERS,
    Occurrence,
    occurrences,
)
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax

#: Reserved in strict code, except those that the parser accepts as names.
_RESERVED = RESERVED_IN_STRICT | {"let"}
_BEFORE_DECLARED = re.compile(rb"(?:\b(?:var|let|const|function)\s+|[,({\[]\s*)\Z")
_AFTER_DECLARED = re.compile(rb"\s*[=,;)(}\]\n]")
_BLOCKS = frozenset(
    {"statement_block", "switch_case", "switch_default", "if_statement", "else_clause"}
)
_BLOCK_FUNCTION = re.compile(word(b"function", rb"\w") + rb"\s*\*?\s*([\w$]+)")


def scan_reserved_names(syntax: Syntax, *, prefix: str) -> Iterator[Edit]:
    """Yield the edits that rename variables whose names are reserved in strict code."""
    names = {name for name in _RESERVED if _is_declared(syntax.source, name.encode())}
    if not names:
        return
    for occurrence in occurrences(syntax, names):
        yield occurrence.replaced(f"{prefix}{occurrence.name}")


def _is_declared(source: bytes, name: bytes) -> bool:
    """Return whether *source* may declare *name*."""
    start = source.find(name)
    while start >= 0:
        end = start + len(name)
        if _AFTER_DECLARED.match(source, end) and _BEFORE_DECLARED.search(
            source[max(0, start - 24) : start]
        ):
            return True
        start = source.find(name, end)
    return False


def scan_deleted_names(syntax: Syntax) -> Iterator[Edit]:
    """Yield the edits for ``delete name``, a SyntaxError in strict code.

    It deletes the property of a global; for a variable it evaluates to false without reading it
    (ECMA-262 13.5.1.2).
    """
    deleted = list(_DELETE.finditer(syntax.source))
    names = {match[1].decode() for match in deleted}
    for occurrence in occurrences(syntax, names) if names else ():
        parent = occurrence.path[-2]
        operator = parent.node.child_by_field_name("operator")
        if parent.kind == "unary_expression" and operator and operator.type == "delete":
            start, end = parent.node.start_byte, parent.node.end_byte
            is_free = occurrence.scope == "free" and occurrence.name not in WRAPPER_PARAMETERS
            name = occurrence.name
            yield Edit(start, end, f"delete globalThis.{name}" if is_free else f"!(()=>{name})")


def scan_duplicate_parameters(syntax: Syntax, *, prefix: str) -> Iterator[Edit]:
    """Yield the edits that rename all but the last of duplicate parameters."""
    for match in _PARAMETERS.finditer(syntax.source):
        names = [name[0] for name in _PARAMETER.finditer(match[1])]
        if len(names) == len(set(names)):
            continue
        if syntax.path_to(match.start(1) - 1)[-2].kind != "formal_parameters":
            continue
        for number, name in enumerate(_PARAMETER.finditer(match[1])):
            if name[0] in names[number + 1 :]:
                start = match.start(1) + name.start()
                yield Edit(start, start + len(name[0]), f"{prefix}{number}unused")


#: Only plain names: other parameter lists cannot have duplicates (ECMA-262 15.2.1).
_PARAMETERS = re.compile(word(b"function", rb"\w") + rb"\b[^()]{0,80}\(([\w$\s,]*)\)")
_PARAMETER = re.compile(rb"[\w$]+")
_DELETE = re.compile(word(b"delete", rb"\w") + rb"\s+([\w$\x80-\xff]+)\s*(?![\w$.\[(`?\x80-\xff])")


def scan_block_functions(syntax: Syntax, *, prefix: str) -> Iterator[Edit]:
    """Yield the edits that make a function in a block visible in the enclosing function.

    Annex B.3.2.1: when the declaration is evaluated, a variable of the enclosing function gets the
    function as its value, unless a parameter has the name. Nothing is done if no code outside of
    the block uses it.
    """
    blocks = list(_functions_in_blocks(syntax))
    if not blocks:
        return
    by_name: dict[str, list[Occurrence]] = {}
    for occurrence in occurrences(syntax, {name for name, _ in blocks}):
        by_name.setdefault(occurrence.name, []).append(occurrence)
    declared = {path[-1].id for _, path in blocks}
    for number, (name, path) in enumerate(blocks):
        block, function = _block_of(path), _body_around(path)
        if function == syntax.root and name in WRAPPER_PARAMETERS:
            continue
        around = _parameters_of(function) or function
        outside = [
            occurrence
            for occurrence in by_name.get(name, [])
            if around.start_byte <= occurrence.span.start < function.end_byte
            and not _is_within(occurrence, block)
        ]
        if outside and all(_may_be_seen(occurrence, declared) for occurrence in outside):
            yield from _block_edits(function, path[-1].node, name, f"{prefix}{number}set")


def _block_of(path: tuple[Step, ...]) -> Node:
    """Return the scope that declares the function at the end of *path*: it may be its own block."""
    match path[-2].kind:
        case "statement_block":
            return path[-2].node
        case "if_statement" | "else_clause":
            return path[-1].node
        case _:
            return path[-3].node


def _may_be_seen(occurrence: Occurrence, declared: Container[int]) -> bool:
    """Return whether an occurrence outside of a block can refer to a variable of the function.

    Not if the name belongs to a parameter, or to ``let``, ``const``, ``class`` or ``catch``.
    """
    if occurrence.role != "binding" or occurrence.path[-2].id in declared:
        return True
    around = occurrence.enclosing("variable_declaration", "lexical_declaration", *FUNCTIONS)
    is_own_name = around is not None and around.id == occurrence.path[-2].id
    if around is None or (is_own_name and around.kind != "function_declaration"):
        return False
    return is_own_name or around.kind == "variable_declaration"


def _functions_in_blocks(syntax: Syntax) -> Iterator[tuple[str, tuple[Step, ...]]]:
    if is_strict(syntax, syntax.path_to(0)[:1]):
        return
    for match in _BLOCK_FUNCTION.finditer(syntax.source):
        path = syntax.path_to(match.start(1))[:-1]
        declared = path[-1].kind == "function_declaration" and path[-2].kind in _BLOCKS
        if declared and path[-3].kind not in FUNCTIONS and not is_strict(syntax, path):
            yield match[1].decode(), path


def _body_around(path: tuple[Step, ...]) -> Node:
    """Return the body of the innermost function around a block, or the program."""
    for parent, step in zip(reversed(path[:-2]), reversed(path[:-1]), strict=False):
        if parent.kind in FUNCTIONS:
            return step.node
    return path[0].node


def _parameters_of(body: Node) -> Node | None:
    return body.parent.child_by_field_name("parameters") if body.parent else None


def _is_within(occurrence: Occurrence, node: Node) -> bool:
    return node.start_byte <= occurrence.span.start < node.end_byte


def _block_edits(body: Node, declaration: Node, name: str, setter: str) -> Iterator[Edit]:
    start = body.start_byte + (1 if body.type == "statement_block" else 0)
    yield Edit(start, start, f"var {name},{setter}=(value)=>{{{name}=value}};")
    yield Edit(declaration.end_byte, declaration.end_byte, f";{setter}({name});")
