"""Scan code that is evaluated from text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from compartment_mapper.authority.table import GLOBAL_ALIASES
from compartment_mapper.records.module_record import BuiltinUse
from compartment_mapper.scan.requests.calls import first_argument, literal_argument
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax
from compartment_mapper.text import Span

_CALLED = (
    re.compile(rb"eval\s*\("),
    re.compile(rb"Function\s*\("),
    re.compile(rb"eval\s*\)\s*\("),  # (0, eval)(text)
    re.compile(rb"_compile\s*\("),
    re.compile(rb"constructor\s*\(\s*['\"`]"),
    re.compile(rb"set(?:Timeout|Interval)\s*\(\s*['\"`]"),
)
_WORDS = (b"eval", b"Function", b"eval", b"_compile", b"constructor", b"set")
_GLOBALS = frozenset({"eval", "Function", "setTimeout", "setInterval"})
_MEMBERS = frozenset({"_compile", "constructor"})
#: Functions of `vm` that compile text.
_OF_VM = frozenset(
    "Script SourceTextModule compileFunction runInContext runInNewContext runInThisContext".split()
)
_VM = frozenset({"vm", "node:vm"})
#: How old code finds the global object: nothing else is evaluated.
_GLOBAL_OBJECT = frozenset({"return this", "return this;", "return globalThis"})


def evaluations(syntax: Syntax, builtin_uses: Iterable[BuiltinUse]) -> Iterator[Span]:
    """Yield where *syntax* evaluates text as code, and where it takes a function that does."""
    for word, pattern in zip(_WORDS, _CALLED, strict=True):
        if word in syntax.source:
            for match in pattern.finditer(syntax.source):
                path = syntax.path_to(match.start())
                if _evaluates(syntax, path):
                    yield Span(match.start(), path[-1].node.end_byte)
    for use in builtin_uses:
        is_whole = not use.path and not use.exact
        if use.specifier in _VM and (is_whole or use.path.partition(".")[0] in _OF_VM):
            yield use.span


def _evaluates(syntax: Syntax, path: tuple[Step, ...]) -> bool:
    leaf = path[-1]
    name = syntax.text(leaf.node)
    if leaf.kind == "property_identifier":
        owner = path[-2].node.child_by_field_name("object")
        is_global = name in _GLOBALS and owner is not None and syntax.text(owner) in GLOBAL_ALIASES
        if not is_global and name not in _MEMBERS:
            return False
    elif leaf.kind != "identifier" or name not in _GLOBALS:
        return False
    call = _call_around(path)
    if call is None:
        return False
    text = literal_argument(call)
    if text is None:
        return first_argument(call) is not None
    return name not in {"Function", "constructor"} or not _is_global_object(syntax, text)


def _is_global_object(syntax: Syntax, text: Node) -> bool:
    return syntax.string_value(text) in _GLOBAL_OBJECT


def _call_around(path: tuple[Step, ...]) -> Node | None:
    """Return the call whose callee is at the end of *path*, also in parentheses."""
    for outer, inner in zip(reversed(path[:-1]), reversed(path), strict=False):
        if inner.field in {"function", "constructor"}:
            return outer.node
        if outer.kind not in _AROUND:
            return None
    return None


_AROUND = frozenset({"member_expression", "parenthesized_expression", "sequence_expression"})
