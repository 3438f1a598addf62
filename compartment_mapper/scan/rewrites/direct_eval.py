"""Direct ``eval``, which sees the surrounding variables: ECMA-262 13.3.6.1.

In a compartment ``eval`` is SES's and sees globals only. A direct call becomes a call of a runtime
function that receives functions to read and write each name in scope; the source is evaluated in
the package's own compartment, like that of an indirect ``eval``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.names import RESERVED_IN_STRICT, WRAPPER_PARAMETERS, occurrences
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax

_EVAL = re.compile(word(b"eval") + rb"(?=[\s(/])")
_SCOPES = FUNCTIONS | {"class", "class_declaration", "class_body"}
_NOT_NAMES = RESERVED_IN_STRICT | {"arguments", "await", "eval", "let", "this"}
#: For declarations: the fields, or the kinds of children, with their bindings.
_BOUND = {
    "variable_declarator": "name",
    "catch_clause": "parameter",
    "arrow_function": "parameter",
}
_NAMED = FUNCTIONS - {"arrow_function", "method_definition"} | {"class", "class_declaration"}
_IMPORTS = frozenset({"import_clause", "import_specifier", "namespace_import"})


def scan_direct_evals(syntax: Syntax, *, prefix: str, is_script: bool) -> list[Edit]:
    """Return the edits of the direct calls of ``eval``.

    Args:
        syntax: The syntax of the source.
        prefix: The prefix of names that we declare.
        is_script: Whether it is CommonJS, whose wrapper declares names too.
    """
    if not _EVAL.search(syntax.source):
        return []
    edits: list[Edit] = []
    known: _Known = {}
    for occurrence in occurrences(syntax, {"eval"}):
        path = occurrence.path
        call = path[-2].node
        if occurrence.scope != "free" or path[-2].kind != "call_expression":
            continue
        arguments = call.child_by_field_name("arguments")
        if path[-1].field != "function" or arguments is None or arguments.type != "arguments":
            continue
        if not _is_direct(call, arguments):
            continue
        start, end = path[-1].node.start_byte, arguments.start_byte + 1
        lines = syntax.line_ends(start, end)
        scope = _scope(syntax, path, known, is_script=is_script)
        edits.append(Edit(start, end, f"{prefix}eval(eval,()=>this,{scope},{lines}"))
    return edits


def _is_direct(call: Node, arguments: Node) -> bool:
    """Return whether V8 treats the call as direct: not for optional calls and spreads."""
    is_optional = any(child.type in {"?.", "optional_chain"} for child in call.children)
    return not is_optional and all(a.type != "spread_element" for a in arguments.named_children)


#: The declarations of scopes, by the IDs of their nodes.
_Known = dict[int, dict[str, bool]]


def _scope(syntax: Syntax, path: tuple[Step, ...], known: _Known, *, is_script: bool) -> str:
    """Return code for the names in scope, with functions that read and write each."""
    names: dict[str, bool] = dict.fromkeys(WRAPPER_PARAMETERS, True) if is_script else {}
    own_arguments = is_script
    for step in path:
        if step.kind == "program" or step.kind in _SCOPES:
            if step.id not in known:
                known[step.id] = dict(_declared(syntax, step.node))
            names.update(known[step.id])
            own_arguments |= step.kind in FUNCTIONS - {"arrow_function"}
            if step.kind == "class_body":
                own_arguments = False
    parts = [
        f"[{json.dumps(name)},()=>{name}{f',v=>{{{name}=v}}' if written and name != 'v' else ''}]"
        for name, written in sorted(names.items())
        if name not in _NOT_NAMES
    ]
    if own_arguments:
        parts.append('["arguments",()=>arguments]')
    return f"[{','.join(parts)}]"


def _declared(syntax: Syntax, scope: Node) -> Iterator[tuple[str, bool]]:
    """Yield the names that *scope* declares, including blocks, and whether they are writable."""
    name = scope.child_by_field_name("name")
    if scope.type in _NAMED and name is not None:
        yield syntax.identifier(name), False
    pending = [child for child in scope.children if child.type not in _NOT_DECLARING]
    while pending:
        node = pending.pop()
        if node.type != "arrow_function":  # its parameter is separate
            yield from _declared_by(syntax, node)
        if node.type not in _SCOPES:
            pending += node.named_children
    if scope.type == "arrow_function":
        yield from _declared_by(syntax, scope)


_NOT_DECLARING = frozenset({"comment", "string", "number"})


def _declared_by(syntax: Syntax, node: Node) -> Iterator[tuple[str, bool]]:
    name = node.child_by_field_name("name")
    if node.type in _IMPORTS:
        yield from _imported(syntax, node)
    elif node.type in _NAMED and node.type.endswith("declaration") and name is not None:
        yield syntax.identifier(name), True
    elif node.type == "formal_parameters":
        yield from _bound(syntax, node)
    else:
        field = _BOUND.get(node.type)
        if node.type == "for_in_statement" and node.child_by_field_name("kind") is not None:
            field = "left"
        target = node.child_by_field_name(field) if field is not None else None
        if target is not None:
            yield from _bound(syntax, target)


def _imported(syntax: Syntax, node: Node) -> Iterator[tuple[str, bool]]:
    alias = node.child_by_field_name("alias") or node.child_by_field_name("name")
    for child in [alias] if alias is not None else node.named_children:
        if child.type == "identifier":
            yield syntax.identifier(child), False


def _bound(syntax: Syntax, target: Node) -> Iterator[tuple[str, bool]]:
    """Yield the names in a binding pattern."""
    pending = [target]
    while pending:
        node = pending.pop()
        if node.type in {"identifier", "shorthand_property_identifier_pattern"}:
            yield syntax.identifier(node), True
        elif node.type in {"assignment_pattern", "object_assignment_pattern"}:
            left = node.child_by_field_name("left")
            pending += [left] if left is not None else []
        elif node.type == "pair_pattern":
            value = node.child_by_field_name("value")
            pending += [value] if value is not None else []
        else:
            pending += node.named_children
