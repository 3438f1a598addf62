"""``this`` as the global object in sloppy code.

In plain calls of sloppy functions ``this`` is the global object (ECMA-262 10.2.1.2); in strict
functions, including all code under SES, it is undefined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax

_RETURN_THIS = re.compile(
    rb"Function\s*\(\s*(['\"])return this;?\1\s*\)\s*(?P<closing>\)\s*)?\(\s*\)"
)
_NEW = re.compile(rb"(?<![\w$.])new\s+\Z")
_CALLED = re.compile(rb"\}(?=\s*\)?\s*\()")
_THIS = re.compile(word(b"this", rb"\w") + rb"\b")
_OWN_THIS = FUNCTIONS - {"arrow_function"} | {"class_body"}


def scan_global_this(syntax: Syntax, *, is_sloppy: bool) -> Iterator[Edit]:
    """Yield the edits that replace ``this`` with the global object.

    Args:
        syntax: The syntax of the source.
        is_sloppy: Whether it is a script, which a directive may still make strict.
    """
    for match in _RETURN_THIS.finditer(syntax.source):
        start = _start_of_call(syntax, match)
        if start is not None:
            lines = syntax.line_ends(start, match.end())
            yield Edit(start, match.end(), f"globalThis{lines}")
    if is_sloppy and not is_strict(syntax, syntax.path_to(0)[:1]):
        yield from _compared_this(syntax)
        for body in _called_bodies(syntax):
            yield from _this_edits(syntax, body)


#: Idioms that detect strict mode.
_COMPARED = re.compile(word(b"this") + rb"(?=\s*[!=]==?\s*(?:undefined|null|void 0)\b)")


def _compared_this(syntax: Syntax) -> Iterator[Edit]:
    """Yield the edits of each ``this`` in functions that test whether it is undefined."""
    owners: dict[int, Node] = {}
    for match in _COMPARED.finditer(syntax.source):
        path = syntax.path_to(match.start())
        owner = _owner(path)
        if path[-1].kind == "this" and owner is not None and not is_strict(syntax, path):
            owners[owner.id] = owner
    for owner in owners.values():
        for match in _THIS.finditer(syntax.source, owner.start_byte, owner.end_byte):
            path = syntax.path_to(match.start())
            if path[-1].kind == "this" and _owner(path) == owner:
                yield Edit(match.start(), match.end(), "(this??globalThis)")


def _start_of_call(syntax: Syntax, match: re.Match[bytes]) -> int | None:
    """Return where ``Function('return this')()`` begins, including parentheses and ``new``."""
    path = syntax.path_to(match.start())
    if path[-1].kind != "identifier":
        return None
    if match["closing"] is None:
        before = max(0, match.start() - 24)
        new = _NEW.search(syntax.source[before : match.start()])
        return before + new.start() if new else match.start()
    outer = path[-3].node
    ends_there = outer.end_byte == match.start("closing") + 1
    return outer.start_byte if outer.type == "parenthesized_expression" and ends_there else None


def _called_bodies(syntax: Syntax) -> Iterator[Node]:
    """Yield the bodies of immediately called sloppy functions."""
    for match in _CALLED.finditer(syntax.source):
        path = syntax.path_to(match.start())
        if len(path) > 3 and _is_called(path[:-2]) and not is_strict(syntax, path):  # noqa: PLR2004 - a count that the line itself explains
            yield path[-2].node


def _is_called(path: tuple[Step, ...]) -> bool:
    """Return whether the function at the end of *path* is a callee, with or without parentheses."""
    if path[-1].kind != "function_expression":
        return False
    index = len(path) - 1
    while path[index - 1].kind == "parenthesized_expression":
        index -= 1
    return path[index - 1].kind == "call_expression" and path[index].field == "function"


def is_strict(syntax: Syntax, path: tuple[Step, ...]) -> bool:
    """Return whether a ``'use strict'`` directive (ECMA-262 11.2.1) applies to *path*'s end."""
    return any(_is_strict_in(syntax, step) for step in path)


def _is_strict_in(syntax: Syntax, step: Step) -> bool:
    if step.kind == "class_body":
        return True
    # A directive also applies to the name and the parameters of its function.
    body = step.node.child_by_field_name("body") if step.kind in FUNCTIONS else None
    if step.kind != "program" and (body is None or body.type != "statement_block"):
        return False
    return _has_directive(syntax, body or step.node)


def _has_directive(syntax: Syntax, body: Node) -> bool:
    for index in range(body.named_child_count):
        statement = body.named_child(index)
        if statement.type == "comment":
            continue
        if statement.type != "expression_statement" or statement.named_child_count != 1:
            return False
        expression = statement.named_children[0]
        if expression.type != "string":
            return False
        if syntax.text(expression)[1:-1] == "use strict":
            return True
    return False


def _this_edits(syntax: Syntax, body: Node) -> Iterator[Edit]:
    for match in _THIS.finditer(syntax.source, body.start_byte, body.end_byte):
        path = syntax.path_to(match.start())
        if path[-1].kind == "this" and _owner(path) == body.parent:
            yield Edit(match.start(), match.end(), "globalThis")


def _owner(path: tuple[Step, ...]) -> Node | None:
    """Return the function (or class body) that ``this`` at the end of *path* belongs to."""
    return next((step.node for step in reversed(path) if step.kind in _OWN_THIS), None)
