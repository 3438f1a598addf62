"""Determine whether code runs when its module is evaluated, or may run later."""

from __future__ import annotations

import re

from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Step, Syntax

#: Methods that call their callback before they return.
_SYNCHRONOUS = re.compile(r"\.\s*(?:every|filter|forEach|map|reduce|some)\Z")


def is_load_time(syntax: Syntax, path: tuple[Step, ...]) -> bool:
    """Return whether every function around the end of *path* is called immediately."""
    return all(
        step.kind not in FUNCTIONS or _is_called(syntax, path[: index + 1])
        for index, step in enumerate(path)
    )


def _is_called(syntax: Syntax, path: tuple[Step, ...]) -> bool:
    if path[-1].kind not in {"function_expression", "arrow_function"}:
        return False
    index = len(path) - 1
    while path[index - 1].kind == "parenthesized_expression":
        index -= 1
    parent, field = path[index - 1], path[index].field
    if parent.kind == "call_expression":
        return field == "function"
    if parent.kind == "member_expression" and field == "object":  # (function () {}).call(this)
        key = parent.node.child_by_field_name("property")
        return key is not None and syntax.text(key) in {"apply", "call"}
    return parent.kind == "arguments" and _calls_its_argument(syntax, path[index - 2])


def _calls_its_argument(syntax: Syntax, call: Step) -> bool:
    callee = call.node.child_by_field_name("function")
    while callee is not None and callee.type == "parenthesized_expression":
        callee = callee.named_children[0] if callee.named_children else None
    if callee is None:
        return False
    if callee.type in {"function_expression", "arrow_function"}:  # a factory, as in UMD
        return True
    return callee.type == "member_expression" and bool(_SYNCHRONOUS.search(syntax.text(callee)))
