"""Function declarations that only sloppy code allows, and assignments to their own names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.rewrites.assignments import begins_statement
from compartment_mapper.scan.syntax.names import Occurrence, occurrences
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.scopes import FUNCTIONS, owner_of
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax
from compartment_mapper.text import Span

_LABELED = re.compile(rb":\s*(?P<function>function\b)")
_CONDITIONAL = re.compile(rb"(?:\)|" + word(b"else", rb"\w") + rb")\s*(?P<function>function\b)")
#: An expression, because the preceding text does not end a statement.
_EXPRESSION = re.compile(
    rb"(?:[(=,:!+\-~?&|\[]|\b(?:return|void|typeof|new|case))\s*"
    rb"(?P<function>function)\s*\*?\s*(?P<name>[\w$]+)\s*\("
)
#: Reserved as variable names in strict code, ECMA-262 13.1.1.
_SPECIAL = frozenset({"arguments", "eval"})
_SPECIAL_NAMED = re.compile(
    rb"(?:\b(?:var|let|const|function)\s+|[,(]\s*)(?:eval|arguments)\s*(?:[=,;]|\)\s*(?:\{|=>))"
    rb"|\bfunction\s+(?:eval|arguments)\s*\(|\barguments\s*(?:[-+*/%&|^]|<<|>>>?)?=(?![=>])"
)
#: SES rejects text that looks like a direct call.
_CALLED = re.compile(rb"\s*\(")


def scan_labeled_functions(syntax: Syntax) -> Iterator[Edit]:
    """Yield the edits that remove the labels of functions (B.3.1), which nothing can target."""
    for match in _LABELED.finditer(syntax.source):
        path = syntax.path_to(match.start("function"))
        labeled = path[-3] if path[-2:-1] and path[-2].kind == "function_declaration" else path[0]
        index = len(path) - 3
        while index > 0 and path[index].kind == "labeled_statement":
            labeled, index = path[index], index - 1
        if labeled.kind == "labeled_statement":
            start, end = labeled.node.start_byte, match.start("function")
            yield Edit(start, end, syntax.line_ends(start, end))


def scan_conditional_functions(syntax: Syntax) -> Iterator[Edit]:
    """Yield the edits that wrap functions that are branches of ``if`` in blocks (B.3.3)."""
    for match in _CONDITIONAL.finditer(syntax.source):
        path = syntax.path_to(match.start("function"))
        kinds = [step.kind for step in path[-3:-1]]
        if kinds in (
            ["if_statement", "function_declaration"],
            ["else_clause", "function_declaration"],
        ):
            function = path[-2].node
            yield Edit(function.start_byte, function.start_byte, "{")
            yield Edit(function.end_byte, function.end_byte, "}")


def scan_own_name_writes(syntax: Syntax) -> Iterator[Edit]:
    """Yield the edits of assignments to the own name of a function expression.

    In sloppy code they do nothing (ECMA-262 9.1.1.1.5), but still evaluate to the assigned value. A
    discarded array element receives the value instead.
    """
    for match in _EXPRESSION.finditer(syntax.source):
        path = syntax.path_to(match.start("name"))
        function = path[-2].node
        if path[-2].kind not in {"function_expression", "generator_function"}:
            continue
        name = match["name"]
        written = re.compile(
            rb"(?<![\w$.])%(name)s\s*(?:[-+*/%%&|^]*=(?![=>])|\+\+|--|[,\]}])|(?:\+\+|--)\s*%(name)s\b"
            % {b"name": re.escape(name)}
        )
        if written.search(syntax.source, match.end(), function.end_byte):
            yield from _own_name_writes(syntax, function, name.decode())


def _own_name_writes(syntax: Syntax, function: Node, name: str) -> Iterator[Edit]:
    within = Span(function.start_byte, function.end_byte)
    found = [o for o in occurrences(syntax, {name}, within) if o.declared_in == function.id]
    if any(o.role == "binding" and o.path[-2].id != function.id for o in found):
        return  # a parameter or a variable of that name
    for occurrence in found:
        if occurrence.role in {"write", "update"}:
            # Otherwise the previous line would continue.
            is_first = begins_statement(occurrence.path, occurrence.span.start)
            before = "void 0," if is_first else ""
            yield occurrence.replaced(f"{before}[{name}][0]")


def scan_special_names(syntax: Syntax, *, prefix: str) -> Iterator[Edit]:
    """Yield the edits that rename variables named ``eval`` or ``arguments``.

    An ``arguments`` that a function declares with ``var``, or assigns, is initialized with the
    function's.
    """
    if not _SPECIAL_NAMED.search(syntax.source):
        return
    found = occurrences(syntax, _SPECIAL)
    scopes = {(o.name, o.declared_in) for o in found if o.role == "binding"}
    owners = dict(_owners_of_arguments(found))
    for occurrence in found:
        owner = owner_of(occurrence.path)
        is_owned = occurrence.name == "arguments" and owner is not None and owner.id in owners
        is_free = occurrence.scope == "free"
        if is_owned if is_free else (occurrence.name, occurrence.declared_in) in scopes:
            renamed = occurrence.replaced(f"{prefix}{occurrence.name}")
            called = _CALLED.match(syntax.source, renamed.end)
            end = called[0].decode() if called else ""
            yield Edit(renamed.start, renamed.end + len(end), renamed.text + end)
    for node in owners.values():
        body = node.child_by_field_name("body")
        if body is not None:
            start = body.start_byte + 1
            yield Edit(start, start, f"var {prefix}arguments=arguments;")


def _owners_of_arguments(found: list[Occurrence]) -> Iterator[tuple[int, Node]]:
    """Yield the functions that assign ``arguments``, or declare a variable of that name."""
    for occurrence in found:
        owner = owner_of(occurrence.path)
        if owner is not None and occurrence.name == "arguments":
            is_assigned = occurrence.scope == "free" and occurrence.role in {"write", "update"}
            if is_assigned or _is_plain_variable(occurrence, owner, found):
                yield owner.id, owner.node


def _is_plain_variable(occurrence: Occurrence, owner: Step, found: list[Occurrence]) -> bool:
    """Return whether *owner* declares a name with ``var`` and has no parameter of that name."""
    around = occurrence.enclosing("variable_declaration", "lexical_declaration", *FUNCTIONS)
    if occurrence.role != "binding" or around is None or around.kind != "variable_declaration":
        return False
    parameters = owner.node.child_by_field_name("parameters")
    return parameters is None or not any(
        other.name == occurrence.name
        and other.role == "binding"
        and parameters.start_byte <= other.span.start < parameters.end_byte
        for other in found
    )
