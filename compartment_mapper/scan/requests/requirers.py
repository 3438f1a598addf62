"""Scan calls of functions that load modules: ``require``, results of `createRequire`, aliases.

Follows a function through constants, assignments, conditions and parentheses. If it escapes (an
argument, a return value, an export), the source may make fully computed requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from compartment_mapper.scan.syntax.names import Occurrence, binding_scope, occurrences, references
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax
from compartment_mapper.scan.syntax.words import is_named_often, is_word_start

_Path = tuple[Step, ...]

_MAX_HOPS = 4
_MAX_OCCURRENCES = 3000

_CREATE = re.compile(rb"\bcreateRequire\b")
#: Hides the name from bundlers.
_EVALUATED = re.compile(rb"\beval\s*\(\s*(['\"`])require\1\s*\)")
_MEMBER = re.compile(rb"\.\s*require\b")
#: Names of Node's Module class.
_OF_CLASS = re.compile(rb"\._(?:(resolveFilename)|load)\s*\(")
#: Objects whose ``require`` is the module's own, or the main module's.
_MODULES = frozenset({"module", "require.main", "process.mainModule", "module.parent"})
#: Names like ``__require`` or ``nodeRequire``, which bundlers use for passed functions.
_NAMED_SO = re.compile(rb"\b[\w$]*[rR]equire\w*\s*\(")
_FLOWS = frozenset({"||", "??"})
_UP = frozenset({"parenthesized_expression", "non_null_expression"})
_TESTS = frozenset({"if_statement", "while_statement", "expression_statement", "unary_expression"})
#: Members of ``require`` that load nothing.
_INERT = frozenset({"cache", "extensions", "main", "paths", "name", "length", "toString", "ensure"})


@dataclass(slots=True)
class RequireCalls:
    """The uses of functions that load modules."""

    #: The paths to the calls, in order.
    calls: list[_Path] = field(default_factory=list)
    #: The paths to the calls of ``resolve``.
    resolving: list[_Path] = field(default_factory=list)
    #: The IDs of calls that may call another function.
    guessed: frozenset[int] = frozenset()
    #: Whether a function escapes.
    escapes: bool = False
    #: Whether a function is an export of an ECMAScript module.
    exported: bool = False


def require_calls(syntax: Syntax) -> RequireCalls:
    """Return the calls in *syntax* that load modules."""
    found = RequireCalls()
    if b"equire" not in syntax.source and not _OF_CLASS.search(syntax.source):
        return found
    named = occurrences(syntax, {"require"})
    for occurrence in named:
        if occurrence.scope != "inner" and occurrence.role == "read":
            _follow(syntax, occurrence.path, found, 0)
    for path in (*_member_functions(syntax), *_evaluated(syntax), *_created(syntax, found)):
        _follow(syntax, path, found, 0)
    _add_calls_of_class(syntax, found)
    if found.escapes:
        certain = {path[-1].id for path in found.calls}
        guessed = [o.path[:-1] for o in named if o.scope == "inner" and _is_called(o.path)]
        guessed += _calls_of_namesakes(syntax)
        found.guessed = frozenset(path[-1].id for path in guessed) - certain
        found.calls += guessed
    found.calls = _each_once(found.calls)
    found.resolving = _each_once(found.resolving)
    return found


def _each_once(paths: Iterable[_Path]) -> list[_Path]:
    known = {path[-1].id: path for path in paths}
    return sorted(known.values(), key=lambda path: path[-1].node.start_byte)


def _is_called(path: _Path) -> bool:
    return path[-2].kind == "call_expression" and path[-1].field == "function"


def _calls_of_namesakes(syntax: Syntax) -> Iterator[_Path]:
    """Yield the calls of functions named like ``require``."""
    for match in _NAMED_SO.finditer(syntax.source):
        if is_word_start(syntax.source, match.start()):
            path = syntax.path_to(match.start())
            if path[-1].kind == "identifier" and _is_called(path):
                yield path[:-1]


def _member_functions(syntax: Syntax) -> Iterator[_Path]:
    """Yield the paths to ``module.require`` and similar members."""
    for match in _MEMBER.finditer(syntax.source):
        path = syntax.path_to(match.end() - 1)
        if path[-1].kind == "property_identifier" and path[-2].kind == "member_expression":
            owner = path[-2].node.child_by_field_name("object")
            if owner is not None and syntax.text(owner).replace("?.", ".") in _MODULES:
                yield path[:-1]


def _evaluated(syntax: Syntax) -> Iterator[_Path]:
    """Yield the paths to ``eval('require')``."""
    for match in _EVALUATED.finditer(syntax.source):
        path = syntax.path_to(match.start())
        if path[-1].kind == "identifier" and _is_called(path):
            yield path[:-1]


def _add_calls_of_class(syntax: Syntax, found: RequireCalls) -> None:
    for match in _OF_CLASS.finditer(syntax.source):
        path = syntax.path_to(match.start() + 1)
        if path[-1].kind == "property_identifier" and path[-3].kind == "call_expression":
            (found.resolving if match[1] else found.calls).append(path[:-2])


def _created(syntax: Syntax, found: RequireCalls) -> Iterator[_Path]:
    """Yield the paths to the calls of ``createRequire``, under any name."""
    for match in _CREATE.finditer(syntax.source):
        path = syntax.path_to(match.start())
        for place in _creators(syntax, path):
            if _is_called(place):
                yield place[:-1]
            else:
                found.escapes |= not _is_inert(place)


def _creators(syntax: Syntax, path: _Path) -> list[_Path]:
    """Return the expressions that hold the function named at the end of *path*."""
    parent, step = path[-2], path[-1]
    if step.kind == "property_identifier" and parent.kind == "member_expression":
        return _used_function(syntax, path[:-1])
    bound: Node | None = None
    if parent.kind == "import_specifier":
        alias = parent.node.child_by_field_name("alias")
        bound = alias or step.node if step.field == "name" else None
    elif step.kind == "shorthand_property_identifier_pattern":
        bound = step.node
    elif parent.kind == "pair_pattern" and step.field == "key":
        bound = parent.node.child_by_field_name("value")
    if bound is None or bound.type not in {"identifier", "shorthand_property_identifier_pattern"}:
        return []
    binding = syntax.path_to(bound.start_byte)
    uses = _uses_of(syntax, binding)
    return _calls_with_own_place(syntax, binding) if uses is None else uses


def _calls_with_own_place(syntax: Syntax, binding: _Path) -> list[_Path]:
    """Return the unambiguous calls of a name that is too common to follow."""
    name = re.escape(syntax.identifier(binding[-1].node).encode())
    place = rb"\s*\(\s*(?:import\s*\.\s*meta\b|__filename\b|new\s+URL\b)"
    found = re.finditer(rb"(?<![\w$.])" + name + place, syntax.source)
    return [syntax.path_to(match.start()) for match in found]


def _used_function(syntax: Syntax, path: _Path) -> list[_Path]:
    """Return *path*, or the uses of the variable that it is assigned to."""
    outer = path
    while outer[-2].kind in _UP or outer[-2].kind == "sequence_expression":
        outer = outer[:-1]
    if outer[-2].kind == "variable_declarator" and outer[-1].field == "value":
        name = outer[-2].node.child_by_field_name("name")
        if name is not None and name.type == "identifier":
            return _uses_of(syntax, syntax.path_to(name.start_byte)) or [outer]
    return [outer]


def _uses_of(syntax: Syntax, binding: _Path) -> list[_Path] | None:
    """Return the paths to the reads of the name that *binding* declares; None for too many."""
    name = syntax.identifier(binding[-1].node)
    if is_named_often(syntax.source, name, binding_scope(syntax, binding), _MAX_OCCURRENCES):
        return None
    found: list[Occurrence] | None = references(syntax, binding)
    if found is None:
        return None
    return [_out_of_parentheses(o.path) for o in found if o.role == "read"]


def _out_of_parentheses(path: _Path) -> _Path:
    while path[-2].kind in _UP or (
        path[-2].kind == "sequence_expression" and path[-2].node.named_children[-1] == path[-1].node
    ):
        path = path[:-1]
    return path


def _is_inert(path: _Path) -> bool:
    """Return whether the value at the end of *path* is only tested, or discarded."""
    if path[-2].kind in _TESTS or path[-2].kind in {"export_specifier", "import_specifier"}:
        return True
    return path[-2].kind == "ternary_expression" and path[-1].field == "condition"


def _follow(syntax: Syntax, path: _Path, found: RequireCalls, hops: int) -> None:
    """Record the use of the function at the end of *path*."""
    path = _out_of_parentheses(path)
    parent, step = path[-2], path[-1]
    if _is_called(path):
        found.calls.append(path[:-1])
    elif parent.kind == "member_expression" and step.field == "object":
        _follow_member(syntax, path, found)
    elif _is_inert(path):
        return
    elif parent.kind in {"ternary_expression", "binary_expression"}:
        _follow_choice(syntax, path, found, hops)
    elif target := _target_of(path):
        _follow_target(syntax, syntax.path_to(target.start_byte), found, hops)
        if parent.kind == "assignment_expression":
            _follow(syntax, path[:-1], found, hops)
    else:
        found.escapes = True


def _follow_member(syntax: Syntax, path: _Path, found: RequireCalls) -> None:
    name = path[-2].node.child_by_field_name("property")
    called = _is_called(_out_of_parentheses(path[:-1]))
    if name is not None and syntax.text(name) == "resolve" and called:
        found.resolving.append(_out_of_parentheses(path[:-1])[:-1])
    elif name is None or syntax.text(name) not in _INERT:
        inner = path[-3]
        is_paths = inner.kind == "member_expression"  # require.resolve.paths
        found.escapes |= not is_paths


def _follow_choice(syntax: Syntax, path: _Path, found: RequireCalls, hops: int) -> None:
    operator = path[-2].node.child_by_field_name("operator")
    kind = operator.type if operator is not None else "?"
    if kind in _FLOWS or kind == "?" or (kind == "&&" and path[-1].field == "right"):
        _follow(syntax, path[:-1], found, hops)


def _target_of(path: _Path) -> Node | None:
    """Return the name that the value at the end of *path* is assigned to."""
    parent, step = path[-2], path[-1]
    target: Node | None = None
    if parent.kind == "variable_declarator" and step.field == "value":
        target = parent.node.child_by_field_name("name")
    elif parent.kind == "assignment_expression" and step.field == "right":
        target = parent.node.child_by_field_name("left")
    return target if target is not None and target.type == "identifier" else None


def _follow_target(syntax: Syntax, binding: _Path, found: RequireCalls, hops: int) -> None:
    uses = _uses_of(syntax, binding) if hops < _MAX_HOPS else None
    if uses is None:
        found.escapes = True
    found.exported |= uses is not None and _is_exported(syntax, binding)
    for path in uses or ():
        _follow(syntax, path, found, hops + 1)


def _is_exported(syntax: Syntax, binding: _Path) -> bool:
    if any(step.kind == "export_statement" for step in binding[-4:]):
        return True
    return any(use.role == "export" for use in references(syntax, binding) or ())
