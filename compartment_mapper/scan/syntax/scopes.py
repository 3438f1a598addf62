"""Find the scope that declares a name: ECMA-262 section 8.2, in strict mode.

A function name declared in a block also belongs to the enclosing function, as in Annex B.3.2 for
sloppy code.
"""

from __future__ import annotations

from collections.abc import Iterator

from compartment_mapper.scan.syntax.tree import Step

FUNCTIONS = frozenset(
    {
        "function_declaration",
        "function_expression",
        "generator_function_declaration",
        "generator_function",
        "arrow_function",
        "method_definition",
    }
)


#: Functions with their own ``arguments`` and ``this``.
OWNERS = FUNCTIONS - {"arrow_function"}


_FUNCTION_DECLARATIONS = frozenset({"function_declaration", "generator_function_declaration"})


_NAMED_FROM_AROUND = _FUNCTION_DECLARATIONS | {"method_definition"}


_BLOCKS = frozenset(
    {
        "statement_block",
        "for_statement",
        "for_in_statement",
        "switch_body",
        "class_static_block",
        "catch_clause",
        "program",
    }
)


def owner_of(path: tuple[Step, ...]) -> Step | None:
    """Return the innermost function around the end of *path* with its own ``arguments``."""
    return next((step for step in reversed(path[:-1]) if step.kind in OWNERS), None)


def declaring_scopes(path: tuple[Step, ...], top: int) -> Iterator[int]:
    """Yield the IDs of the scopes in which a binding occurrence declares its name."""
    parent = path[top - 1]
    kind = parent.kind
    if kind in {"function_expression", "generator_function", "class", "catch_clause"}:
        yield parent.node.id
    elif kind in {"formal_parameters", "arrow_function"}:
        yield _nearest(path[: top if kind == "arrow_function" else top - 1], FUNCTIONS)
    elif kind in _FUNCTION_DECLARATIONS:
        yield _nearest(path[: top - 1], _BLOCKS)
        yield _function_scope(path[: top - 1])
    elif (kind == "variable_declarator" and path[top - 2].kind == "variable_declaration") or (
        kind == "for_in_statement" and _declares_var(parent)
    ):
        yield _function_scope(path[: top - 1])
    else:
        around = path[:top] if kind == "for_in_statement" else path[: top - 1]
        yield _nearest(around, _BLOCKS)


def _declares_var(statement: Step) -> bool:
    kind = statement.node.child_by_field_name("kind")
    return kind is not None and kind.type == "var"


def _nearest(path: tuple[Step, ...], kinds: frozenset[str]) -> int:
    for step in reversed(path):
        if step.kind in kinds:
            return step.id
    return path[0].id


def _function_scope(path: tuple[Step, ...]) -> int:
    return _nearest(path, FUNCTIONS | {"class_static_block", "program"})


def scope_of(path: tuple[Step, ...], scopes: set[int]) -> int | None:
    """Return the innermost of *scopes* on the path to a name.

    The name of a declared function, and the computed key of a method, are inside its node but
    belong to the enclosing scope.
    """
    inner: Step | None = None
    for step in reversed(path):
        is_around = inner is not None and inner.field == "name" and step.kind in _NAMED_FROM_AROUND
        if step.id in scopes and not is_around:
            return step.id
        inner = step
    return None
