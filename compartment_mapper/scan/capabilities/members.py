"""Track the members of an object that a source uses, starting at an expression.

Follows constants, destructuring, and the helpers with which TypeScript, Babel and esbuild wrap
required modules. If the object escapes (an argument, a return value, a computed key), the source
may use all of it, and the use is not exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from compartment_mapper.scan.syntax.names import binding_scope, references
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax
from compartment_mapper.scan.syntax.words import is_named_often
from compartment_mapper.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUse:
    """A use of an object, or of a member."""

    #: The names of the members, starting at the object.
    names: tuple[str, ...]
    span: Span
    #: Whether the source cannot reach more than *names* through this use.
    exact: bool = True
    written: bool = False
    #: Whether only its existence is tested.
    tested: bool = False
    #: Whether a member with a computed name is used.
    computed: bool = False


@dataclass(frozen=True, slots=True)
class _Value:
    """An expression whose value is the object, or a member of it."""

    path: tuple[Step, ...]
    names: tuple[str, ...]
    #: The number of bindings that were followed.
    hops: int = 0

    def at(self, index: int, *names: str) -> _Value:
        return replace(self, path=self.path[: index + 1], names=(*self.names, *names))


#: Two for each binding; a value that is passed on more often counts as escaped.
_MAX_HOPS = 8
#: Names with more occurrences (in minified sources) are not followed.
_MAX_OCCURRENCES = 3000

_INTEROP = re.compile(
    r"(?:\w+\.)?_{0,2}(?:import(?:Default|Star)|interop\w*|to(?:ESM|CommonJS)|esModuleInterop)\d*"
)
_TESTS = frozenset({"===", "!==", "==", "!=", "instanceof"})
_FLOWS = frozenset({"||", "??"})


def member_uses(syntax: Syntax, path: tuple[Step, ...]) -> Iterator[MemberUse]:
    """Yield the uses of the value of the expression at the end of *path*."""
    return _uses(syntax, _Value(path, ()))


def binding_uses(syntax: Syntax, binding: tuple[Step, ...]) -> Iterator[MemberUse]:
    """Yield the uses of the value of the identifier at the end of *binding*."""
    return _uses_of_binding(syntax, _Value(binding, ()))


def _uses(syntax: Syntax, value: _Value) -> Iterator[MemberUse]:
    path = value.path
    parent, field = path[-2], path[-1].field
    up = len(path) - 2
    match parent.kind:
        case "parenthesized_expression" | "await_expression" | "non_null_expression":
            yield from _uses(syntax, value.at(up))
        case "member_expression" | "subscript_expression" if field == "object":
            key = static_key(syntax, parent)
            found = _use(value, exact=False, computed=True)
            yield from found if key is None else _uses(syntax, value.at(up, key))
        case "call_expression" | "new_expression" if field in {"function", "constructor"}:
            yield from _use(value)
        case "arguments" | "return_statement":
            is_argument = parent.kind == "arguments"
            handed = _argument_uses if is_argument else _returned_uses
            yield from handed(syntax, value)
        case "variable_declarator" if field == "value":
            yield from _target_uses(syntax, value.at(up), "name")
        case "assignment_expression" if field == "right":
            yield from _target_uses(syntax, value.at(up), "left")
            if path[-3].kind != "expression_statement":
                yield from _uses(syntax, value.at(up))
        case _:
            yield from _operand_uses(syntax, value)


#: Positions of an assignment target, as (kind, field).
_TARGETS = frozenset(
    {
        ("assignment_expression", "left"),
        ("augmented_assignment_expression", "left"),
        ("update_expression", "argument"),
        ("for_in_statement", "left"),
    }
)
_CONDITIONAL = frozenset({"ternary_expression", "if_statement", "while_statement"})
_IN_PATTERNS = frozenset({"pair_pattern", "array_pattern", "object_pattern"})


def _operand_uses(syntax: Syntax, value: _Value) -> Iterator[MemberUse]:
    """Yield the uses by operators and statements."""
    parent, field = value.path[-2], value.path[-1].field
    outer = value.at(len(value.path) - 2)
    if (parent.kind, field) in _TARGETS:
        yield from _use(value, written=True)
    elif parent.kind == "unary_expression":
        yield from _unary_uses(syntax, value)
    elif parent.kind == "binary_expression":
        yield from _binary_uses(syntax, outer, field)
    elif parent.kind == "sequence_expression":
        is_last = parent.node.named_children[-1] == value.path[-1].node
        yield from _uses(syntax, outer) if is_last else _use(value)
    elif parent.kind == "ternary_expression" and field != "condition":
        yield from _uses(syntax, outer)
    elif parent.kind in _CONDITIONAL:
        yield from _use(value, tested=True)
    else:
        is_exact = parent.kind == "expression_statement"
        yield from _use(value, exact=is_exact, written=parent.kind in _IN_PATTERNS)


def _unary_uses(syntax: Syntax, value: _Value) -> Iterator[MemberUse]:
    node = value.path[-2].node.child_by_field_name("operator")
    operator = syntax.text(node) if node is not None else ""
    yield from _use(value, written=operator == "delete", tested=operator in {"typeof", "!"})


def _binary_uses(syntax: Syntax, outer: _Value, field: str | None) -> Iterator[MemberUse]:
    node = outer.path[-1].node
    operator_node = node.child_by_field_name("operator")
    operator = operator_node.type if operator_node is not None else ""
    if operator in _FLOWS or (operator == "&&" and field == "right"):
        yield from _uses(syntax, outer)
    elif operator == "&&" or operator in _TESTS:
        yield from _use(outer, tested=True)
    elif operator == "in" and field == "right":
        key = _string(syntax, node.child_by_field_name("left"))
        names = outer.names if key is None else (*outer.names, key)
        yield from _use(replace(outer, names=names), exact=key is not None)
    else:
        yield from _use(outer, exact=bool(outer.names))


def _use(
    value: _Value,
    *,
    exact: bool = True,
    written: bool = False,
    tested: bool = False,
    computed: bool = False,
) -> Iterator[MemberUse]:
    node = value.path[-1].node
    yield MemberUse(
        names=value.names,
        span=Span(node.start_byte, node.end_byte),
        exact=exact,
        written=written,
        tested=tested,
        computed=computed,
    )


def _argument_uses(syntax: Syntax, value: _Value) -> Iterator[MemberUse]:
    """Yield the uses of an argument: helpers of compilers return it as ``default``."""
    call = value.path[-3]
    callee = call.node.child_by_field_name("function")
    first = value.path[-2].node.named_children[0]
    if callee is None or first != value.path[-1].node:
        yield from _use(value, exact=False)
    elif _INTEROP.fullmatch(syntax.text(callee)):
        yield from _uses(syntax, value.at(len(value.path) - 3))
    else:
        yield from _use(value, exact=False)


def _returned_uses(syntax: Syntax, value: _Value) -> Iterator[MemberUse]:
    """Yield the uses of a function's return value, if a declaration names its caller."""
    index = next(
        (n for n in reversed(range(len(value.path))) if value.path[n].kind in FUNCTIONS), 0
    )
    name = value.path[index].node.child_by_field_name("name")
    if value.path[index].kind != "function_declaration" or name is None:
        yield from _use(value, exact=False)
        return
    binding = (*value.path[: index + 1], Step(name, "name"))
    callers = references(syntax, binding)
    if not callers:
        yield from _use(value, exact=bool(value.names))
    for occurrence in callers or ():
        caller, field = occurrence.path[-2], occurrence.path[-1].field
        called = replace(value, path=occurrence.path[:-1], hops=value.hops + 1)
        if caller.kind == "call_expression" and field == "function" and value.hops < _MAX_HOPS:
            yield from _uses(syntax, called)
        else:
            yield from _use(replace(called, path=occurrence.path), exact=False)


def _target_uses(syntax: Syntax, value: _Value, field: str) -> Iterator[MemberUse]:
    """Yield the uses through the target of a declaration or an assignment."""
    target = value.path[-1].node.child_by_field_name(field)
    if target is None or value.hops >= _MAX_HOPS:
        yield from _use(value, exact=False)
        return
    inner = replace(value, path=(*value.path, Step(target, field)), hops=value.hops + 1)
    yield from _pattern_uses(syntax, inner)


def _pattern_uses(syntax: Syntax, target: _Value) -> Iterator[MemberUse]:
    node = target.path[-1].node
    if node.type in {"identifier", "shorthand_property_identifier_pattern"}:
        yield from _uses_of_binding(syntax, target)
    elif node.type == "object_pattern":
        for child in node.named_children:
            if child.type != "comment":
                step = Step(child, None)
                yield from _property_uses(syntax, replace(target, path=(*target.path, step)))
    elif node.type in {"assignment_pattern", "object_assignment_pattern"}:
        left = node.child_by_field_name("left")
        if left is not None:
            step = Step(left, "left")
            yield from _pattern_uses(syntax, replace(target, path=(*target.path, step)))
    else:
        yield from _use(target, exact=False)


def _property_uses(syntax: Syntax, target: _Value) -> Iterator[MemberUse]:
    """Yield the uses through one property of an object pattern."""
    node = target.path[-1].node
    if node.type == "shorthand_property_identifier_pattern":
        name = syntax.identifier(node)
        yield from _pattern_uses(syntax, replace(target, names=(*target.names, name)))
    elif node.type == "object_assignment_pattern":
        left = node.child_by_field_name("left")
        if left is not None:
            path = (*target.path, Step(left, "left"))
            yield from _property_uses(syntax, replace(target, path=path))
    elif node.type == "pair_pattern":
        key, inner = node.child_by_field_name("key"), node.child_by_field_name("value")
        known = _property_name(syntax, key)
        if known is None or inner is None:
            yield from _use(target, exact=False)
        else:
            path = (*target.path, Step(inner, "value"))
            names = (*target.names, known)
            yield from _pattern_uses(syntax, replace(target, path=path, names=names))
    else:  # a rest element
        yield from _use(target, exact=False)


def _uses_of_binding(syntax: Syntax, value: _Value) -> Iterator[MemberUse]:
    name = syntax.identifier(value.path[-1].node)
    scope = binding_scope(syntax, value.path)
    too_common = is_named_often(syntax.source, name, scope, _MAX_OCCURRENCES)
    if too_common or value.hops >= _MAX_HOPS:
        yield from _use(value, exact=False)
        return
    uses = references(syntax, value.path)
    if uses is None or (not uses and value.names):
        yield from _use(value, exact=uses is not None)
    for occurrence in uses or ():
        if occurrence.role == "write":
            continue
        if occurrence.role == "export":
            yield from _use(replace(value, path=occurrence.path), exact=False)
        else:
            yield from _uses(syntax, replace(value, path=occurrence.path, hops=value.hops + 1))


def static_key(syntax: Syntax, parent: Step) -> str | None:
    """Return the key with which *parent* reads a member, if it is static; otherwise None."""
    if parent.kind == "member_expression":
        node = parent.node.child_by_field_name("property")
        return syntax.text(node) if node is not None else None
    return _string(syntax, parent.node.child_by_field_name("index"))


def _string(syntax: Syntax, node: Node | None) -> str | None:
    """Return the value of a literal, or None."""
    if node is None or node.type not in {"string", "template_string"}:
        return None
    if any(child.type == "template_substitution" for child in node.named_children):
        return None
    return syntax.string_value(node)


def _property_name(syntax: Syntax, key: Node | None) -> str | None:
    if key is None:
        return None
    if key.type == "property_identifier":
        return syntax.text(key)
    if key.type == "computed_property_name":
        return _string(syntax, key.named_children[0]) if key.named_children else None
    return _string(syntax, key)
