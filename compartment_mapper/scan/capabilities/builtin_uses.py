"""Scan the members of the host's builtin modules that a source uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.authority.scopes import SCOPED_BUILTINS
from compartment_mapper.authority.table import DEEP_BUILTIN_MEMBERS
from compartment_mapper.locations import Specifier
from compartment_mapper.records.module_record import BuiltinUse, ModuleRequest
from compartment_mapper.scan.capabilities.members import MemberUse, binding_uses, member_uses
from compartment_mapper.scan.capabilities.targets import targets_at
from compartment_mapper.scan.requests.calls import literal_argument
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax
from compartment_mapper.text import Span


def scan_builtin_uses(
    syntax: Syntax, requests: Iterable[ModuleRequest], *, is_module: bool
) -> list[BuiltinUse]:
    """Return the first use of each member of a builtin in *syntax*.

    A requested builtin without used members is not included.

    Args:
        syntax: The syntax of the source.
        requests: Its calls of ``require`` and ``import()``.
        is_module: Whether it is an ECMAScript module.
    """
    uses = [use for request in requests for use in _call_uses(syntax, request)]
    uses += [use for call in builtin_module_calls(syntax) for use in _value_uses(syntax, call)]
    if is_module:
        uses += [use for node in syntax.statements() for use in _statement_uses(syntax, node)]
    return _first_uses(syntax, uses)


def lent_uses(syntax: Syntax, calls: Iterable[tuple[Specifier, ModuleRequest]]) -> list[BuiltinUse]:
    """Return the uses of builtins that functions of other modules load, see `lent_calls`."""
    by_lender: dict[Specifier, list[ModuleRequest]] = {}
    for lender, request in calls:
        by_lender.setdefault(lender, []).append(request)
    return [
        replace(use, lender=lender)
        for lender, requests in by_lender.items()
        for use in _first_uses(
            syntax,
            [
                found
                for request in requests
                for found in ((request.specifier, _load_of(request)), *_call_uses(syntax, request))
            ],
        )
    ]


def _load_of(request: ModuleRequest) -> MemberUse:
    return MemberUse(names=(), span=request.span)


def _first_uses(syntax: Syntax, uses: Iterable[tuple[str, MemberUse]]) -> list[BuiltinUse]:
    found: dict[tuple[str, str], BuiltinUse] = {}
    targets: dict[tuple[str, str], list[str]] = {}
    for specifier, use in uses:
        path = _path_of(specifier, use.names)
        if not use.tested or path:
            key = (specifier, path)
            exact = use.exact or bool(path)
            found.setdefault(key, BuiltinUse(Specifier(specifier), path, use.span, exact=exact))
            if is_builtin(specifier) in SCOPED_BUILTINS:
                targets.setdefault(key, []).append(targets_at(syntax, use.span))
    return [
        replace(use, targets="\n".join(dict.fromkeys(targets[key])))
        if all(targets.get(key, [""]))
        else use
        for key, use in found.items()
    ]


_Uses = Iterator[tuple[str, MemberUse]]


def _path_of(specifier: str, names: tuple[str, ...]) -> str:
    """Return the member to grant, as deep as grants go; an empty path for the whole builtin."""
    builtin = is_builtin(specifier)
    names = tuple(name for n, name in enumerate(names) if n > 1 or name != "default")
    deep = names[:1] and names[0] in DEEP_BUILTIN_MEMBERS.get(builtin or "", ())
    return ".".join(names[: 2 if deep else 1])


def _call_uses(syntax: Syntax, request: ModuleRequest) -> _Uses:
    if is_builtin(request.specifier) is None:
        return
    path = syntax.path_to(request.span.start)
    index = next(
        (
            n
            for n, step in enumerate(path)
            if step.node.start_byte == request.span.start
            and step.node.end_byte == request.span.end
            and path[n - 1].kind == "arguments"
        ),
        0,
    )
    if index < _DEEP_ENOUGH:
        return
    call = path[: index - 1]
    callee = call[-1].node.child_by_field_name("function")
    if callee is None or _is_resolve(syntax, callee):
        return
    is_promise = callee.type == "import"
    if is_promise and call[-2].kind != "await_expression":
        kept = call[-2].kind == "expression_statement"
        uses = [] if kept else [MemberUse(names=(), span=request.span, exact=False)]
    else:
        uses = list(member_uses(syntax, call))
    yield from ((request.specifier, use) for use in uses)


def builtin_module_calls(syntax: Syntax) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Yield the calls ``process.getBuiltinModule("literal")``: the builtin, and the path to each.

    On any object: in a compartment the only function of that name is its own, which checks the
    policy of the package.
    """
    for match in _GET_BUILTIN_MODULE.finditer(syntax.source):
        path = syntax.path_to(match.start())
        if path[-1].kind == "property_identifier" and path[-3].kind == "call_expression":
            argument = literal_argument(path[-3].node)
            name = syntax.string_value(argument) if argument is not None else ""
            if is_builtin(name) is not None:
                yield name, path[:-2]


_GET_BUILTIN_MODULE = re.compile(word(b"getBuiltinModule", rb"\w") + rb"\b")


def _value_uses(syntax: Syntax, call: tuple[str, tuple[Step, ...]]) -> _Uses:
    name, path = call
    node = path[-1].node
    yield name, MemberUse(names=(), span=Span(node.start_byte, node.end_byte))
    yield from ((name, use) for use in member_uses(syntax, path))


def _is_resolve(syntax: Syntax, callee: Node) -> bool:
    name = callee.child_by_field_name("property") if callee.type == "member_expression" else None
    return name is not None and syntax.text(name) == "resolve"


_DEEP_ENOUGH = 3


def _statement_uses(syntax: Syntax, statement: Node) -> _Uses:
    source = statement.child_by_field_name("source")
    if source is None or is_builtin(specifier := syntax.string_value(source)) is None:
        return
    if statement.type == "import_statement":
        clause = next((n for n in statement.named_children if n.type == "import_clause"), None)
        found = _clause_uses(syntax, clause) if clause is not None else iter(())
    else:
        found = _export_uses(syntax, statement)
    yield from ((specifier, use) for use in found)


def _clause_uses(syntax: Syntax, clause: Node) -> Iterator[MemberUse]:
    for node in clause.named_children:
        if node.type == "named_imports":
            for specifier in node.named_children:
                name = specifier.child_by_field_name("name")
                if name is not None:
                    bound = specifier.child_by_field_name("alias") or name
                    yield from _import_uses(syntax, bound, _exported_name(syntax, name))
        elif node.type == "namespace_import":
            yield from _import_uses(syntax, node.named_children[0], None)
        elif node.type == "identifier":
            yield from _import_uses(syntax, node, "default")


def _import_uses(syntax: Syntax, bound: Node, name: str | None) -> Iterator[MemberUse]:
    names = () if name is None else (name,)
    if names and name != "default":
        yield MemberUse(names=names, span=Span(bound.start_byte, bound.end_byte))
        return
    yield from binding_uses(syntax, syntax.path_to(bound.start_byte))


def _exported_name(syntax: Syntax, node: Node) -> str:
    return syntax.string_value(node) if node.type == "string" else syntax.identifier(node)


def _export_uses(syntax: Syntax, statement: Node) -> Iterator[MemberUse]:
    span = Span(statement.start_byte, statement.end_byte)
    clause = next((n for n in statement.named_children if n.type == "export_clause"), None)
    if clause is None:
        yield MemberUse(names=(), span=span, exact=False)
        return
    for specifier in clause.named_children:
        name = specifier.child_by_field_name("name")
        if name is not None:
            yield MemberUse(names=(_exported_name(syntax, name),), span=span)
