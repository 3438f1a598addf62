"""Requests that are computed, as far as the text says what they may be.

``require(`./locales/${name}.js`)`` may mean any file of that form: all must travel in the archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.module_record import PatternRequest, RequestKind
from compartment_mapper.scan.requests import reach_of
from compartment_mapper.scan.syntax import Node, Step, Syntax, string_value
from compartment_mapper.text import Span

_CALL = rb"\s*\(\s*(?=(['\"])\.(?:(?!\1)[^\\\n])*\1\s*\+|`\.[^`$]*\$\{)"
#: Patterns that begin with a word are found several times as fast as those with a choice.
_COMPUTED = (
    re.compile(rb"require(?<!\wrequire)" + _CALL),
    re.compile(rb"import(?<!\wimport)" + _CALL),
)
_RELATIVE = re.compile(r"\.{1,2}/")


def scan_patterns(syntax: Syntax) -> Iterator[PatternRequest]:
    """Yield the requests whose specifier begins with a known folder and goes on computed."""
    found = [match for pattern in _COMPUTED for match in pattern.finditer(syntax.source)]
    for match in sorted(found, key=lambda match: match.start()):
        path = syntax.path_to(match.start())
        kind = _call_kind(path)
        if kind is None:
            continue
        call = next(step for step in reversed(path) if step.kind == "call_expression").node
        argument = _first_argument(call)
        pattern = _pattern(syntax, argument) if argument is not None else None
        if argument is not None and pattern and "*" in pattern and _RELATIVE.match(pattern):
            yield PatternRequest(
                pattern=pattern,
                kind=kind,
                span=Span(argument.start_byte, argument.end_byte),
                reach="guarded" if reach_of(path) == "guarded" else "maybe",
            )


def scan_mentioned(syntax: Syntax) -> Iterator[PatternRequest]:
    """Yield relative paths among the strings of a text that requests what it computes.

    ``const page = late ? './a.js' : './b.js'; await import(page)``: what is asked for stands
    somewhere in the text.
    """
    kinds: dict[RequestKind, bool] = {
        "import": _ANY_IMPORT.search(syntax.source) is not None,
        "require": _ANY_REQUIRE.search(syntax.source) is not None,
    }
    for match in _MENTIONED.finditer(syntax.source) if any(kinds.values()) else ():
        if syntax.path_to(match.start() + 1)[-1].kind in {"string_fragment", "string"}:
            for kind, is_computed in kinds.items():
                if is_computed:
                    yield PatternRequest(
                        pattern=string_value(match[2].decode("utf-8", "replace")),
                        kind=kind,
                        span=Span(match.start(), match.end()),
                        reach="guarded",
                    )


_ANY_IMPORT = re.compile(rb"import(?<!\wimport)\s*\(\s*(?!['\"`)\s])")
_ANY_REQUIRE = re.compile(rb"require(?<!\wrequire)\s*\(\s*(?!['\"`)\s])")
_MENTIONED = re.compile(rb"(['\"])(\.{1,2}/[^'\"\\\n*]+)\1")


def _call_kind(path: tuple[Step, ...]) -> RequestKind | None:
    if path[-1].kind == "identifier" and path[-2].kind == "call_expression":
        return "require"
    if path[-1].kind == "import" and path[-3].kind == "call_expression":
        return "import"
    return None


def _first_argument(call: Node) -> Node | None:
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        return None
    return next((node for node in arguments.named_children if node.type != "comment"), None)


def _pattern(syntax: Syntax, node: Node) -> str:
    """Return the text of a string expression, with ``*`` for what is not known."""
    if node.type == "string":
        return syntax.string_value(node).replace("*", "")
    if node.type == "template_string":
        parts = [
            "*" if child.type == "template_substitution" else syntax.text(child)
            for child in node.named_children
        ]
        return string_value("".join(parts))
    if node.type == "binary_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left and right and operator is not None and operator.type == "+":
            return _pattern(syntax, left) + _pattern(syntax, right)
    return "*"
