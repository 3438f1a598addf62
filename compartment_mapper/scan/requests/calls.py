"""Scan requests by calls: ``import()`` and ``require``, and when they are made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from compartment_mapper.locations import Specifier
from compartment_mapper.records.module_record import RESOLVES, Edit, ModuleRequest, Reach
from compartment_mapper.scan.requests.requirers import RequireCalls
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax
from compartment_mapper.scan.syntax.words import is_word_start
from compartment_mapper.text import Span

_BRANCHES = frozenset(
    {
        "function_declaration",
        "function_expression",
        "generator_function_declaration",
        "generator_function",
        "arrow_function",
        "method_definition",
        "if_statement",
        "ternary_expression",
        "switch_case",
        "switch_default",
        "while_statement",
        "for_statement",
        "for_in_statement",
        "catch_clause",
        "do_statement",
        "labeled_statement",
        "assignment_pattern",
        "object_assignment_pattern",
    }
)
_SHORT_CIRCUITS = frozenset({"&&", "||", "??"})
_IMPORT = re.compile(rb"import\b")


def reach_of(path: tuple[Step, ...]) -> Reach:
    """Return when the code at the end of *path* is executed."""
    reach: Reach = "always"
    for parent, step in pairwise(path):
        if parent.kind == "try_statement" and step.field == "body":
            return "guarded"
        if parent.kind in _BRANCHES or _is_short_circuit(parent, step):
            reach = "maybe"
    return reach


def _is_short_circuit(parent: Step, step: Step) -> bool:
    if parent.kind in {"call_expression", "subscript_expression"}:
        return step.field in {"arguments", "index"} and is_optional(parent.node)
    if parent.kind not in {"binary_expression", "augmented_assignment_expression"}:
        return False
    operator = parent.node.child_by_field_name("operator")
    if step.field != "right" or operator is None:
        return False
    return operator.type.removesuffix("=") in _SHORT_CIRCUITS


def is_optional(node: Node) -> bool:
    """Return whether *node* is skipped if an expression before it is undefined: ``a?.b(c)``."""
    inner: Node | None = node
    while inner is not None:
        if any(child.type == "optional_chain" for child in inner.children):
            return True
        inner = inner.child_by_field_name("function") or inner.child_by_field_name("object")
    return False


def first_argument(call: Node) -> Node | None:
    """Return the first argument of *call*, if there is one."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "arguments":
        return None
    return next((node for node in arguments.named_children if node.type != "comment"), None)


def literal_argument(call: Node) -> Node | None:
    """Return the first argument of *call* if its value is static."""
    first = first_argument(call)
    if first is None or first.type not in {"string", "template_string"}:
        return None
    if any(child.type == "template_substitution" for child in first.named_children):
        return None
    return first


def require_requests(syntax: Syntax, found: RequireCalls) -> Iterator[ModuleRequest]:
    """Yield the calls ``require("literal")`` among the calls *found*.

    Includes those of ``require.resolve``: the caller will load or read the module. A failure to
    resolve is a valid result too.
    """
    paths = [(path, False) for path in found.calls] + [(path, True) for path in found.resolving]
    for path, resolves in sorted(paths, key=lambda row: row[0][-1].node.start_byte):
        argument = literal_argument(path[-1].node)
        is_expected = resolves or path[-1].id in found.guessed
        if argument is not None:
            yield ModuleRequest(
                specifier=Specifier(syntax.string_value(argument)),
                kind="require",
                span=Span(argument.start_byte, argument.end_byte),
                reach="guarded" if is_expected else reach_of(path),
                attribute_type=RESOLVES if resolves else None,
            )


def import_calls(syntax: Syntax, *, prefix: str) -> tuple[list[ModuleRequest], list[Edit], bool]:
    """Return the requests of ``import()``, and the edits of it and of ``import.meta``.

    The last value is whether ``import.meta`` occurs. An ``import()`` makes its request late, so
    that failure is a rejection: its reach is never ``always``.
    """
    requests: list[ModuleRequest] = []
    edits: list[Edit] = []
    uses_meta = False
    for match in _IMPORT.finditer(syntax.source):
        if not is_word_start(syntax.source, match.start()):
            continue
        path = syntax.path_to(match.start())
        if path[-2].kind == "import" and path[-3].kind == "call_expression":
            edits.append(Edit(match.start(), match.end(), f"{prefix}import"))
            requests.extend(_import_request(syntax, path[:-2]))
        elif path[-2].kind == "meta_property":
            node = path[-2].node
            uses_meta = True
            requests.extend(_resolve_request(syntax, path[:-1]))
            lines = syntax.line_ends(node.start_byte, node.end_byte)
            edits.append(Edit(node.start_byte, node.end_byte, f"{prefix}meta{lines}"))
    return requests, edits, uses_meta


def _import_request(syntax: Syntax, path: tuple[Step, ...]) -> Iterator[ModuleRequest]:
    call = path[-1].node
    argument = literal_argument(call)
    if argument is not None:
        reach = reach_of(path)
        yield ModuleRequest(
            specifier=Specifier(syntax.string_value(argument)),
            kind="import",
            span=Span(argument.start_byte, argument.end_byte),
            reach="maybe" if reach == "always" else reach,
            attribute_type=attribute_type(syntax, call),
        )


#: A call, its member, and ``import.meta``.
_RESOLVE_DEPTH = 3


def _resolve_request(syntax: Syntax, meta: tuple[Step, ...]) -> Iterator[ModuleRequest]:
    """Yield the requests of ``import.meta.resolve("literal")``; *meta* leads to ``import.meta``."""
    if len(meta) < _RESOLVE_DEPTH:
        return  # the parser gave up: broken source
    name = meta[-2].node.child_by_field_name("property")
    if meta[-3].kind != "call_expression" or name is None or syntax.text(name) != "resolve":
        return
    argument = literal_argument(meta[-3].node)
    if argument is not None:
        yield ModuleRequest(
            specifier=Specifier(syntax.string_value(argument)),
            kind="import",
            span=Span(argument.start_byte, argument.end_byte),
            reach="guarded",
            attribute_type=RESOLVES,
        )


def attribute_type(syntax: Syntax, node: Node) -> str | None:
    """Return the ``type`` attribute of an import, export or ``import()``, if it is there."""
    pending = [node]
    while pending:
        inner = pending.pop()
        if inner.type == "pair":
            key = inner.child_by_field_name("key")
            value = inner.child_by_field_name("value")
            if key is None or value is None:
                continue
            if syntax.text(key).strip("'\"") == "type" and value.type == "string":
                return syntax.string_value(value)
        pending.extend(
            child
            for child in reversed(inner.named_children)
            if child.type in {"arguments", "import_attribute", "object", "pair"}
            or (inner.type == "pair" and child.type == "object")
        )
    # The parser has no node for the attributes of an export.
    written = _TYPE.search(syntax.source, node.start_byte, node.end_byte)
    return written[1].decode() if written and node.type == "export_statement" else None


_TYPE = re.compile(rb"\bwith\s*\{\s*['\"]?type['\"]?\s*:\s*['\"](\w+)")
