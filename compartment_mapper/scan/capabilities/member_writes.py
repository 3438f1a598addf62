"""Scan modifications of objects: assignments to members, ``delete``, ``Object.assign``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax

_MEMBERS = frozenset({"member_expression", "subscript_expression"})
_ASSIGNING = frozenset(
    {"assignment_expression", "augmented_assignment_expression", "update_expression"}
)
_OPERATOR = rb"(?:(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?![=>])|\+\+|--)"
_ASSIGNED = re.compile(rb"(?:\.\s*[\w$#]+|\])(?=\s*" + _OPERATOR + rb")")
_PATTERN = re.compile(rb"[\]}](?=\s*(?:=(?![=>])|of\b))")
_PREFIXED = re.compile(rb"(?:\+\+|--)(?=\s*[\w$(])")
_DELETE = re.compile(word(b"delete", rb"\w") + rb"(?=[\s(])")
_LOOP = re.compile(word(b"for", rb"\w") + rb"\s*\(\s*[\w$]+\s*[.\[]")
#: Functions of the language and helpers that modify their first argument.
_CALL = re.compile(
    rb"(?:_{0,2}assign|_{0,2}extends?|defineProps?|definePropert(?:y|ies)|deleteProperty"
    rb"|inherits|merge|mixin|setPrototypeOf|set|__define[GS]etter__)(?=\s*\()"
)


@dataclass(frozen=True, slots=True)
class MemberWrite:
    """A modification of the value of *target*."""

    #: The path to the modifying expression.
    path: tuple[Step, ...]
    target: Node


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate positions of modifications, by their syntax."""

    assigned: list[re.Match[bytes]]
    patterns: list[re.Match[bytes]]
    prefixed: list[re.Match[bytes]]
    loops: list[re.Match[bytes]]
    calls: list[re.Match[bytes]]

    @property
    def count(self) -> int:
        """The number of candidates."""
        lists = (self.assigned, self.patterns, self.prefixed, self.loops, self.calls)
        return sum(len(found) for found in lists)


def candidates(source: bytes) -> Candidates:
    """Return the candidates for `member_writes`, without parsing."""
    prefixed = [*_PREFIXED.finditer(source), *_DELETE.finditer(source)]
    return Candidates(
        assigned=list(_ASSIGNED.finditer(source)),
        patterns=list(_PATTERN.finditer(source)),
        prefixed=sorted(prefixed, key=lambda match: match.start()),
        loops=list(_LOOP.finditer(source)),
        calls=sorted(_calls(source), key=lambda match: match.start()),
    )


#: The first letters of the names in `_CALL`, without underscores: faster to find than the pattern.
_STEMS = (b"assign", b"define", b"delete", b"extend", b"inherits", b"merge", b"mixin", b"set")


def _calls(source: bytes) -> Iterator[re.Match[bytes]]:
    for stem in _STEMS:
        found = source.find(stem)
        while found >= 0:
            start = found
            while start > max(0, found - 2) and source[start - 1 : start] == b"_":
                start -= 1
            before = source[start - 1 : start]
            if not (before.isalnum() or before in {b"_", b"$"}) and (
                match := _CALL.match(source, start)
            ):
                yield match
            found = source.find(stem, found + len(stem))


def member_writes(syntax: Syntax, found: Candidates) -> Iterator[MemberWrite]:
    """Yield the modifications of objects among the candidates *found*."""
    yield from _assigned(syntax, found.assigned)
    for match in found.patterns:
        path = syntax.path_to(match.start())
        if len(path) > 1 and path[-2].kind in {"array_pattern", "object_pattern"}:
            yield from _in_pattern(path[:-1])
    for match in found.prefixed:
        path = syntax.path_to(match.start())
        if len(path) > 1 and path[-2].kind in {"unary_expression", "update_expression"}:
            argument = path[-2].node.child_by_field_name("argument")
            yield from _of_member(path[:-1], argument)
    for match in found.loops:
        path = syntax.path_to(match.start())
        if len(path) > 1:
            yield from _of_member(path[:-1], path[-2].node.child_by_field_name("left"))
    for match in found.calls:
        yield from _of_call(syntax, match)


def _assigned(syntax: Syntax, found: list[re.Match[bytes]]) -> Iterator[MemberWrite]:
    for match in found:
        path = syntax.path_to(match.end() - 1)
        kinds = [step.kind for step in path[-3:-1]]
        if len(kinds) < 2 or kinds[0] not in _ASSIGNING or kinds[1] not in _MEMBERS:  # noqa: PLR2004 - a count that the line itself explains
            continue
        if path[-2].field in {"left", "argument"}:
            yield from _of_member(path[:-1], path[-2].node)


def _of_member(path: tuple[Step, ...], node: Node | None) -> Iterator[MemberWrite]:
    node = unwrapped(node)
    if node is not None and node.type in _MEMBERS:
        target = node.child_by_field_name("object")
        if target is not None:
            yield MemberWrite(path, target)


def _in_pattern(path: tuple[Step, ...]) -> Iterator[MemberWrite]:
    pending = [path[-1].node]
    while pending:
        node = pending.pop()
        if node.type in _MEMBERS:
            yield from _of_member(path, node)
        elif node.type == "pair_pattern":
            value = node.child_by_field_name("value")
            pending += [value] if value is not None else []
        elif node.type.endswith("pattern"):
            pending += node.named_children


def _of_call(syntax: Syntax, match: re.Match[bytes]) -> Iterator[MemberWrite]:
    path = syntax.path_to(match.start())
    while path[-1].kind not in {"call_expression", "program"} and path[-1].field in {
        "function",
        "property",
    }:
        path = path[:-1]
    call = path[-1].node
    arguments = call.child_by_field_name("arguments")
    callee = call.child_by_field_name("function")
    if call.type != "call_expression" or arguments is None or callee is None:
        return
    if match[0] == b"set" and not syntax.text(callee).startswith("Reflect"):
        return  # a method of Map
    if match[0].startswith(b"__define"):
        target = callee.child_by_field_name("object")
    else:
        target = arguments.named_children[0] if arguments.named_children else None
    if target is not None:
        yield MemberWrite(path, target)


def unwrapped(node: Node | None) -> Node | None:
    """Return *node* without enclosing parentheses."""
    while node is not None and node.type == "parenthesized_expression":
        node = node.named_children[0] if node.named_children else None
    return node


def root_of(syntax: Syntax, node: Node) -> tuple[Node, list[str]]:
    """Return the start of a chain of members, and the names in it."""
    names: list[str] = []
    while True:
        inner = unwrapped(node)
        if inner is None or inner.type not in _MEMBERS:
            return inner or node, names
        key = inner.child_by_field_name("property") or inner.child_by_field_name("index")
        names.append(syntax.text(key).strip("'\"`") if key is not None else "")
        found = inner.child_by_field_name("object")
        if found is None:
            return inner, names
        node = found
