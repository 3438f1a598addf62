"""Scan computed requests, as far as the source restricts them.

``require(`./locales/${name}.js`)`` matches any file of that form: all must be bundled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.locations import Specifier
from compartment_mapper.records.module_record import (
    RESOLVES,
    AssetRequest,
    BuiltinUse,
    ModuleRequest,
    PatternRequest,
    Reach,
    RequestKind,
)
from compartment_mapper.scan.requests.calls import (
    attribute_type,
    first_argument,
    literal_argument,
    reach_of,
)
from compartment_mapper.scan.requests.constants import MOST_HOPS, UNKNOWN, texts_of
from compartment_mapper.scan.requests.requirers import RequireCalls
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax, string_value
from compartment_mapper.text import Span

_RELATIVE = re.compile(r"\.{1,2}/")
#: Strings that may name a package or files: names between slashes.
_BARE = re.compile(r"(?:@[\w*.~-]+/|#)?[\w*~-][\w*.~-]*(?:/[\w*.~@+-]+)*/?", re.ASCII)
_IMPORT = re.compile(word(b"import", rb"\w") + rb"\s*(?=\()")
_GET_BUILTIN = re.compile(word(b"getBuiltinModule", rb"\w") + rb"\s*\(")

_Path = tuple[Step, ...]


@dataclass(slots=True)
class Computed:
    """The computed requests of a source."""

    #: Specifiers that are known in full.
    requests: list[ModuleRequest] = field(default_factory=list)
    #: Specifiers that are partially known, and ``*`` for unknown ones.
    patterns: list[PatternRequest] = field(default_factory=list)
    #: The kinds of fully computed requests.
    kinds: set[RequestKind] = field(default_factory=set)


def scan_computed(syntax: Syntax, requires: RequireCalls) -> Computed:
    """Return the computed requests of *syntax*: by ``import()`` and by *requires*."""
    found = Computed()
    for path in _import_calls(syntax):
        _add_call(syntax, path, "import", found, resolves=False)
    for path in requires.calls:
        _add_call(syntax, path, "require", found, resolves=False)
    for path in requires.resolving:
        _add_call(syntax, path, "require", found, resolves=True)
    if requires.escapes or _gets_computed_builtin(syntax):
        found.kinds.add("require")
    return found


def _import_calls(syntax: Syntax) -> Iterator[_Path]:
    for match in _IMPORT.finditer(syntax.source):
        path = syntax.path_to(match.start())
        if path[-1].kind == "import" and path[-3].kind == "call_expression":
            yield path[:-2]


def _gets_computed_builtin(syntax: Syntax) -> bool:
    for match in _GET_BUILTIN.finditer(syntax.source):
        path = syntax.path_to(match.start())
        if path[-1].kind == "property_identifier" and path[-3].kind == "call_expression":
            call = path[-3].node
            if first_argument(call) is not None and literal_argument(call) is None:
                return True
    return False


def _add_call(
    syntax: Syntax, path: _Path, kind: RequestKind, found: Computed, *, resolves: bool
) -> None:
    call = path[-1].node
    argument = first_argument(call)
    if argument is None or literal_argument(call) is not None:
        return
    reach = reach_of(path)
    expects = resolves or reach == "guarded"
    span = Span(argument.start_byte, argument.end_byte)
    texts = texts_of(syntax, argument)
    for text in texts:
        if UNKNOWN not in text and not _RELATIVE.match(text):
            request = ModuleRequest(
                specifier=Specifier(text),
                kind=kind,
                span=span,
                reach="guarded" if expects or len(texts) > 1 else "maybe",
                attribute_type=RESOLVES
                if resolves
                else attribute_type(syntax, call)
                if kind == "import"
                else None,
            )
            found.requests.append(request)
        elif _RELATIVE.match(text) or _names_package(text):
            wanted: Reach = "guarded" if expects or UNKNOWN not in text else "maybe"
            found.patterns.append(PatternRequest(pattern=text, kind=kind, span=span, reach=wanted))
        else:
            found.kinds.add(kind)
            wanted = "guarded" if resolves else reach
            found.patterns.append(
                PatternRequest(pattern=UNKNOWN, kind=kind, span=span, reach=wanted)
            )


def _names_package(pattern: str) -> bool:
    """Return whether a pattern restricts the name of the package: ``@a/b-*``, ``a/*``.

    >>> _names_package("@a/b-*"), _names_package("*-linux"), _names_package("*/package.json")
    (True, True, False)
    """
    if not _BARE.fullmatch(pattern):
        return False
    parts = pattern.split("/")
    name = "/".join(parts[: 2 if pattern.startswith("@") else 1])
    return len(name.replace("*", "").strip("@/-_.")) > 1


def at_places(
    patterns: Iterable[PatternRequest], places: Iterable[AssetRequest]
) -> Iterator[PatternRequest]:
    """Yield *patterns*; for a request of an asset reference, with the path to it."""
    known = [place for place in places if _RELATIVE.match(place.path)]
    for request in patterns:
        found = [place for place in known if _is_within(place.span, request.span)]
        if request.pattern != UNKNOWN or not found:
            yield request
        else:
            yield from (replace(request, pattern=at.path, reach="guarded") for at in found)


def _is_within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def scan_mentioned(
    syntax: Syntax, computed: Computed, known: Iterable[ModuleRequest]
) -> Iterator[PatternRequest]:
    """Yield the strings in a source with computed requests that may be specifiers.

    ``const page = late ? './a.js' : './b.js'; load(page)``: the specifier occurs somewhere in the
    source. Names of packages count too, if they are dependencies.

    Args:
        syntax: The syntax of the source.
        computed: Its computed requests.
        known: Requests that need no such guess: their literals do not count.
    """
    if not computed.kinds:
        return
    spans = {request.span.start for request in known}
    for text, span in _mentions(syntax, spans):
        for kind in sorted(computed.kinds):
            yield PatternRequest(pattern=text, kind=kind, span=span, reach="guarded")


def builtins_mentioned(patterns: Iterable[PatternRequest]) -> Iterator[BuiltinUse]:
    """Yield a use of each builtin that such a source names, without a known member."""
    for request in patterns:
        if is_builtin(request.pattern) is not None:
            yield BuiltinUse(Specifier(request.pattern), "", request.span, exact=False)


_QUOTED = re.compile(rb"(['\"`])([.@#\w](?:[\w@./:+~#-]|\\[^\n])*)\1")
_OPEN = re.compile(rb"`([.@\w][\w@./+~-]*)\$\{|(['\"])([.@\w][\w@./+~-]*)\2\s*\+")
_MOST_MENTIONS = 3000
#: A word that is not a value in this many places is ignored.
_MOST_TRIES = 4
#: A cheap check before one in the tree.
_COMPARED_BEFORE = re.compile(rb"(?:[=!]=|\bcase)\s*$")
#: An array with this many names of builtins is a list of builtins.
_LIST_OF_BUILTINS = 10
_LITERALS = frozenset({"string", "template_string"})
_STRINGS = _LITERALS | {"string_fragment"}


def _mentions(syntax: Syntax, known: set[int]) -> Iterator[tuple[str, Span]]:
    tries: dict[bytes, int] = {}
    for match in _QUOTED.finditer(syntax.source):
        tried = tries.get(match[2], 0)
        if tried >= _MOST_TRIES or match.start() in known:
            continue
        if tried == 0 and len(tries) >= _MOST_MENTIONS:
            continue
        text = string_value(match[2].decode("utf-8", "replace"))
        tries[match[2]] = tried + 1 if _may_be_requested(text) else _MOST_TRIES
        if tries[match[2]] > tried + 1 or _COMPARED_BEFORE.search(
            syntax.source, max(0, match.start() - 8), match.start()
        ):
            continue
        if _is_value(syntax.path_to(match.start() + 1), match.start(), text):
            tries[match[2]] = _MOST_TRIES
            yield text, Span(match.start(), match.end())
    for match in islice(_OPEN.finditer(syntax.source), _MOST_MENTIONS):
        yield from _open_mentions(syntax, match.start())


def _may_be_requested(text: str) -> bool:
    is_path = bool(_RELATIVE.match(text))
    return is_path or bool(_BARE.fullmatch(text)) or is_builtin(text) is not None


_COMPARED = frozenset({"===", "!==", "==", "!=", "in", "instanceof"})


def _is_value(path: _Path, start: int, text: str) -> bool:
    """Return whether the string at the end of *path* may be passed on."""
    index = next(
        (
            n
            for n, step in enumerate(path)
            if step.node.start_byte == start and step.kind in _LITERALS
        ),
        None,
    )
    if index is None or path[-1].kind not in _STRINGS:
        return False
    parent, step = path[index - 1], path[index]
    if parent.kind == "binary_expression":
        operator = parent.node.child_by_field_name("operator")
        return operator is None or operator.type not in _COMPARED
    if parent.kind in {"pair", "pair_pattern"} and step.field == "key":
        return is_builtin(text) is None
    if parent.kind == "array" and is_builtin(text) is not None and _lists_builtins(parent.node):
        return False
    is_case = parent.kind == "switch_case" and step.field == "value"
    return not is_case and parent.kind not in _NO_VALUES


def _lists_builtins(array: Node) -> bool:
    texts = (node.text or b"" for node in array.named_children if node.type == "string")
    named = (text for text in texts if is_builtin(text[1:-1].decode("utf-8", "replace")))
    return next(islice(named, _LIST_OF_BUILTINS - 1, None), None) is not None


#: Positions where a string is not a value: a key, a directive, the source of an import.
_NO_VALUES = frozenset(
    {"subscript_expression", "expression_statement", "import_statement", "export_statement"}
)


def _open_mentions(syntax: Syntax, start: int) -> Iterator[tuple[str, Span]]:
    """Yield the possible specifiers that begin with the string at *start* and continue computed."""
    path = syntax.path_to(start)
    node: Node | None = None
    for step in reversed(path):
        is_sum = step.kind in {"binary_expression", "template_string", "string"}
        if not is_sum or step.node.start_byte != start:
            if node is not None:
                break
            continue
        node = step.node
    for text in texts_of(syntax, node, hops=MOST_HOPS) if node is not None else ():
        if UNKNOWN in text and (_RELATIVE.match(text) or _names_package(text)) and node:
            yield text, Span(node.start_byte, node.end_byte)
