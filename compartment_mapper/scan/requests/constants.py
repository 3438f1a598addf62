"""Evaluate the possible strings of an expression; ``*`` stands for unknown parts.

Follows constants, tables, conditions and templates: ``cond ? 'a' : 'b'`` is ``a`` or ``b``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice, product
from urllib.parse import quote

from compartment_mapper.scan.syntax.names import Occurrence, occurrences
from compartment_mapper.scan.syntax.tree import Node, Syntax, string_value
from compartment_mapper.scan.syntax.words import is_named_often
from compartment_mapper.text import Span

UNKNOWN = "*"
_ANYTHING = (UNKNOWN,)
#: The maximum number of alternatives; the rest is unknown.
_MOST_ALTERNATIVES = 64
#: The maximum number of times to follow a name to its value.
MOST_HOPS = 4
#: Names with more occurrences are not followed.
_MOST_OCCURRENCES = 200
#: Characters that ``encodeURIComponent`` does not encode, besides letters and digits.
_UNESCAPED = "-_.!~*'()"

_Texts = tuple[str, ...]


def texts_of(syntax: Syntax, node: Node, *, hops: int = 0) -> _Texts:
    """Return the possible strings of *node*, without duplicates."""
    reader = _READERS.get(node.type)
    found = reader(syntax, node, hops) if reader else _ANYTHING
    return tuple(dict.fromkeys(found))[:_MOST_ALTERNATIVES]


def _string(syntax: Syntax, node: Node, _hops: int) -> _Texts:
    return (syntax.string_value(node).replace("*", ""),)


def _template(syntax: Syntax, node: Node, hops: int) -> _Texts:
    parts: list[_Texts] = []
    for child in node.named_children:
        if child.type == "template_substitution":
            inner = child.named_children[:1]
            parts.append(texts_of(syntax, inner[0], hops=hops) if inner else _ANYTHING)
        else:
            parts.append((string_value(syntax.text(child)).replace("*", ""),))
    return _joined(parts)


def _joined(parts: Iterable[_Texts]) -> _Texts:
    combined = islice(product(*parts), _MOST_ALTERNATIVES)
    return tuple(_without_doubles("".join(texts)) for texts in combined)


def _without_doubles(text: str) -> str:
    while "**" in text:
        text = text.replace("**", "*")
    return text


def _binary(syntax: Syntax, node: Node, hops: int) -> _Texts:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return _ANYTHING
    if operator.type == "+":
        return _joined((texts_of(syntax, left, hops=hops), texts_of(syntax, right, hops=hops)))
    if operator.type in {"||", "??"}:
        return (*texts_of(syntax, left, hops=hops), *texts_of(syntax, right, hops=hops))
    return texts_of(syntax, right, hops=hops) if operator.type == "&&" else _ANYTHING


def _ternary(syntax: Syntax, node: Node, hops: int) -> _Texts:
    parts = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
    return tuple(text for part in parts if part for text in texts_of(syntax, part, hops=hops))


def _last(syntax: Syntax, node: Node, hops: int) -> _Texts:
    parts = [child for child in node.named_children if child.type != "comment"]
    return texts_of(syntax, parts[-1], hops=hops) if parts else _ANYTHING


def _identifier(syntax: Syntax, node: Node, hops: int) -> _Texts:
    values = _values_of(syntax, node) if hops < MOST_HOPS else None
    if not values:
        return _ANYTHING
    return tuple(text for value in values for text in texts_of(syntax, value, hops=hops + 1))


def _entry_of_table(syntax: Syntax, node: Node, hops: int) -> _Texts:
    """Evaluate ``TABLE[key]``, ``TABLE.key``: any value in a constant object or array."""
    owner = node.child_by_field_name("object")
    if owner is None or hops >= MOST_HOPS:
        return _ANYTHING
    tables = _values_of(syntax, owner) if owner.type == "identifier" else [owner]
    found: list[str] = []
    for table in tables or ():
        if table.type not in {"object", "array"}:
            return _ANYTHING
        for entry in table.named_children:
            value = entry.child_by_field_name("value") if table.type == "object" else entry
            found += texts_of(syntax, value, hops=hops + 1) if value is not None else ()
    return tuple(found) or _ANYTHING


def _call(syntax: Syntax, node: Node, hops: int) -> _Texts:
    """Evaluate ``String(x)`` as ``x``, and ``encodeURIComponent('a b')``."""
    function, arguments = (
        node.child_by_field_name("function"),
        node.child_by_field_name("arguments"),
    )
    if function is None or arguments is None or not arguments.named_children:
        return _ANYTHING
    name = syntax.text(function)
    given = texts_of(syntax, arguments.named_children[0], hops=hops)
    if name == "String":
        return given
    if name == "encodeURIComponent" and not any(UNKNOWN in text for text in given):
        return tuple(quote(text, safe=_UNESCAPED) for text in given)
    return _ANYTHING


_READERS: dict[str, Callable[[Syntax, Node, int], _Texts]] = {
    "string": _string,
    "template_string": _template,
    "binary_expression": _binary,
    "ternary_expression": _ternary,
    "parenthesized_expression": _last,
    "sequence_expression": _last,
    "await_expression": _last,
    "identifier": _identifier,
    "subscript_expression": _entry_of_table,
    "member_expression": _entry_of_table,
    "call_expression": _call,
}


def _values_of(syntax: Syntax, node: Node) -> list[Node] | None:
    """Return all values that are assigned to the variable *node*; None if there may be more."""
    name = syntax.identifier(node)
    if is_named_often(syntax.source, name, Span(0, len(syntax.source)), _MOST_OCCURRENCES):
        return None
    found = occurrences(syntax, {name})
    own = next((o.declared_in for o in found if o.span.start == node.start_byte), None)
    if own is None:
        return None
    values: list[Node] = []
    for occurrence in found:
        if occurrence.declared_in == own and occurrence.role in {"binding", "write", "update"}:
            value = _given_value(occurrence)
            if value is None:
                return None
            values += value
    return values


def _given_value(occurrence: Occurrence) -> list[Node] | None:
    """Return the value that a declaration or an assignment gives to its name; None if unknown."""
    parent, field = occurrence.path[-2], occurrence.path[-1].field
    match parent.kind, field:
        case "variable_declarator", "name":
            above = occurrence.path[-3:-2] and occurrence.path[-4:-3]
            if above and above[0].kind == "for_in_statement":
                return None
            value = parent.node.child_by_field_name("value")
        case "assignment_expression", "left":
            value = parent.node.child_by_field_name("right")
            return None if value is None else [value]
        case _:
            return None
    return [] if value is None else [value]
