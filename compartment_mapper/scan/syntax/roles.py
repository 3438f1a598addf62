"""Determine the role of an identifier: read, written, declared, or exported."""

from __future__ import annotations

from typing import Literal

from compartment_mapper.scan.syntax.tree import Step

Role = Literal["read", "write", "update", "typeof", "binding", "export"]


#: Pattern nodes, with the fields that contain targets.
_PATTERN_FIELDS: dict[str, frozenset[str | None]] = {
    "array_pattern": frozenset({None}),
    "object_pattern": frozenset({None}),
    "rest_pattern": frozenset({None}),
    "pair_pattern": frozenset({"value"}),
    "assignment_pattern": frozenset({"left"}),
    "object_assignment_pattern": frozenset({"left"}),
    "parenthesized_expression": frozenset({None}),
}


def pattern_top(path: tuple[Step, ...]) -> int:
    """Return the index in *path* of the outermost pattern that contains the leaf as a target."""
    index = len(path) - 1
    while index > 0:
        fields = _PATTERN_FIELDS.get(path[index - 1].kind)
        if fields is None or path[index].field not in fields:
            break
        index -= 1
    return index


def role_of(path: tuple[Step, ...]) -> Role | None:
    """Return the role of the end of *path*: an identifier, or a member."""
    return role_in(path, pattern_top(path))


def role_in(path: tuple[Step, ...], top: int) -> Role | None:
    """Return the role of the pattern at *top* of *path*; None for a name of another module."""
    parent, field = path[top - 1], path[top].field
    kind = parent.kind
    if kind in _BINDING_FIELDS:
        return _binding_role(path, top)
    if kind in {"import_specifier", "export_specifier", "namespace_export", "labeled_statement"}:
        return _specifier_role(path)
    if kind in {"assignment_expression", "for_in_statement"} and field == "left":
        return "binding" if parent.node.child_by_field_name("kind") else "write"
    if kind == "augmented_assignment_expression" and field == "left":
        return "update"
    if kind == "update_expression":
        return "update"
    if kind == "unary_expression":
        operator = parent.node.child_by_field_name("operator")
        if operator is not None and operator.type == "typeof":
            return "typeof"
    return "read"


_BINDING_FIELDS: dict[str, frozenset[str | None]] = {
    "variable_declarator": frozenset({"name"}),
    "formal_parameters": frozenset({None}),
    "arrow_function": frozenset({"parameter"}),
    "catch_clause": frozenset({"parameter"}),
    "function_declaration": frozenset({"name"}),
    "generator_function_declaration": frozenset({"name"}),
    "function_expression": frozenset({"name"}),
    "generator_function": frozenset({"name"}),
    "class_declaration": frozenset({"name"}),
    "class": frozenset({"name"}),
    "import_clause": frozenset({None}),
    "namespace_import": frozenset({None}),
}


def _binding_role(path: tuple[Step, ...], top: int) -> Role:
    return "binding" if path[top].field in _BINDING_FIELDS[path[top - 1].kind] else "read"


def _specifier_role(path: tuple[Step, ...]) -> Role | None:
    """Return the role of a name in an import or export clause: binding, reference, or neither."""
    parent, field = path[-2], path[-1].field
    if parent.kind == "import_specifier":
        alias = parent.node.child_by_field_name("alias")
        return "binding" if field == "alias" or alias is None else None
    if parent.kind == "export_specifier" and field == "name":
        statements = (step.node for step in reversed(path) if step.kind == "export_statement")
        statement = next(statements, None)  # None: an invalid program
        return "export" if statement and not statement.child_by_field_name("source") else None
    return None
