"""Determine whether ``this`` is an instance of a constructor, or may be an exported object."""

from __future__ import annotations

import re

from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax

_OWN_THIS = FUNCTIONS - {"arrow_function"} | {"class_body", "program"}


def is_instance(syntax: Syntax, path: tuple[Step, ...]) -> bool:
    """Return whether ``this`` at the end of *path* is certainly an instance, judging by names."""
    index = next(i for i in range(len(path) - 1, -1, -1) if path[i].kind in _OWN_THIS)
    step = path[index]
    if step.kind == "program":
        return False
    if step.kind == "class_body":  # the initial value of a field
        return not _is_static(path[index + 1].node)
    if step.kind == "method_definition":
        if path[index - 1].kind == "class_body":
            return not _is_static(step.node)
        return _is_on_prototype(syntax, path[: index + 1])
    name = step.node.child_by_field_name("name")
    if name is not None and syntax.text(name)[:1].isupper():
        return True
    return step.kind == "function_expression" and _is_method(syntax, path[: index + 1])


def _is_static(member: Node) -> bool:
    return any(child.type == "static" for child in member.children)


def _is_method(syntax: Syntax, path: tuple[Step, ...]) -> bool:
    """Return whether the function at the end of *path* is a constructor, a method or a callback."""
    parent = path[-2]
    if parent.kind == "arguments":  # the caller determines `this`
        return True
    if parent.kind == "variable_declarator":
        name = parent.node.child_by_field_name("name")
        return name is not None and syntax.text(name)[:1].isupper()
    if parent.kind == "assignment_expression":
        return _is_method_target(syntax, parent.node.child_by_field_name("left"))
    return parent.kind == "pair" and _is_on_prototype(syntax, path)


def _is_method_target(syntax: Syntax, target: Node | None) -> bool:
    text = syntax.text(target) if target is not None else ""
    holder, _, name = text.rpartition(".")
    if name[:1].isupper() or re.search(r"\.prototype\b", holder):
        return True
    is_name = re.fullmatch(r"[\w$]+", holder)
    return bool(is_name) and _holds_prototype(syntax.source, holder.encode())


def _holds_prototype(source: bytes, name: bytes) -> bool:
    """Return whether *source* assigns a prototype to *name*."""
    if b".prototype" not in source:
        return False
    word = re.escape(name)
    pattern = word + rb"(?<![\w$.]" + word + rb")\s*=\s*[\w$.]+\.prototype\b"
    return re.search(pattern, source) is not None


def _is_on_prototype(syntax: Syntax, path: tuple[Step, ...]) -> bool:
    """Return whether the object literal around *path*'s end is a prototype, or copied to one."""
    index = next((i for i in range(len(path) - 1, -1, -1) if path[i].kind == "object"), 0)
    parent = path[index - 1]
    if parent.kind == "assignment_expression":
        target = parent.node.child_by_field_name("left")
        return target is not None and syntax.text(target).endswith(".prototype")
    if parent.kind == "arguments" and parent.node.named_children:
        return syntax.text(parent.node.named_children[0]).endswith(".prototype")
    return False
