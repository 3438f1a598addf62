"""Scan globals that a source defines for other packages: ``globalThis.indexedDB = …``.

Also scans members added to objects of the language: ``Reflect.decorate``, ``Promise.method``. If
the object is passed to a helper, strings at the beginning of calls may be such names. False
positives do no harm: a name matters only if another package uses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from compartment_mapper.authority.table import (
    GLOBAL_ALIASES,
    HOST_GLOBALS,
    INTRINSICS,
    STATICS,
    WHOLE_GLOBAL,
)
from compartment_mapper.records.module_record import FreeName
from compartment_mapper.scan.capabilities.free_names import GLOBAL_OBJECT, known_words
from compartment_mapper.scan.capabilities.members import MemberUse, binding_uses, member_uses
from compartment_mapper.scan.syntax.names import WRAPPER_PARAMETERS, occurrences
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax, parse
from compartment_mapper.text import Span

_GLOBAL = re.compile(GLOBAL_OBJECT.pattern + rb"(?!\s*===?)")
_OPERATOR = rb"(?:\|\||&&|\?\?|[-+*/])?=(?![=>])"
#: ``Math.sech = …``, and an object that escapes as an argument: the text after the name.
_WRITTEN = re.compile(
    rb"\s*(?:\.\s*(?P<name>[\w$]+)|\[\s*['\"](?P<key>[\w$]+)['\"]\s*\])\s*" + _OPERATOR
)
_HANDED = re.compile(rb"\s*[,)]")
_BEFORE_ARGUMENT = re.compile(rb"[(,]\s*\Z")
#: A promise library that replaces the language's, under any name.
_TAKEN_OVER = re.compile(rb"\.\s*(all|race|allSettled)\s*=(?![=>])")
_DEFINES = re.compile(rb"(?:definePropert(?:y|ies)|assign)\s*\(\s*\Z")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
#: Not constructors: helpers receive those to specify types.
_NAMESPACES = frozenset({"Atomics", "Intl", "JSON", "Math", "Reflect"})
_NEVER_SHARED = INTRINSICS | GLOBAL_ALIASES | frozenset(WRAPPER_PARAMETERS)
#: A source with more names is not a program that defines a few globals.
_MOST = 200


def scan_made_globals(
    syntax: Syntax, *, page: bool = False
) -> tuple[tuple[FreeName, ...], tuple[str, ...]]:
    """Return the globals that the source defines and the language objects that it modifies, sorted.

    For the former, the first position of each global or member. For the latter, the assigned
    members, or the names of replaced objects; `WHOLE_GLOBAL` for any.
    """
    named = [known for known in known_words(syntax.source, page) if known[2] in STATICS]
    by_global = list(_of_the_global_object(syntax))
    assigned = list(_assigned_members(syntax, named))
    handed = list(_handed(syntax, named))
    found: dict[str, Span] = {}
    for path, span in (*by_global, *assigned, *_made_of_handed(syntax, handed)):
        first, _, member = path.partition(".")
        is_given = member in STATICS[first] if member else first in _NEVER_SHARED
        is_name = _NAME.fullmatch(member or first) and not is_given
        if (is_name or path == WHOLE_GLOBAL) and len(found) < _MOST:
            found.setdefault(path, span)
    paths = {path for path, _ in by_global if "." in path or path in INTRINSICS}
    paths.update(path for path, _ in (*assigned, *_defined_members(syntax, handed)))
    changed = {path for path in paths if _is_changed(*path.split("."))}
    if b"Promise" in syntax.source:
        taken = _TAKEN_OVER.finditer(syntax.source)
        changed.update(f"Promise.{match[1].decode()}" for match in taken)
    names = (
        FreeName(path=path, span=span, exact=True, written=True)
        for path, span in sorted(found.items())
    )
    return tuple(names), tuple(sorted(changed))


def _is_changed(owner: str, member: str = "") -> bool:
    """Return whether the package needs its own *owner*: mostly not for members of constructors."""
    if not member or owner in _NAMESPACES:
        return True
    return member != "prototype" and member not in STATICS[owner]


_Found = Iterator[tuple[str, Span]]
#: The start, end and name of an occurrence.
_Word = tuple[int, int, str]


def _of_the_global_object(syntax: Syntax) -> _Found:
    starts = [match.start() for match in _GLOBAL.finditer(syntax.source)]
    if not starts:
        return
    for occurrence in occurrences(syntax, GLOBAL_ALIASES, known=starts):
        if occurrence.scope == "free" and occurrence.role != "typeof":
            yield from _made_by(syntax, member_uses(syntax, occurrence.path))
    yield from _of_lists(syntax.source)


#: ``for (const name of ['document', 'Node']) globalThis[name] = window[name]``
_COMPUTED = re.compile(GLOBAL_OBJECT.pattern + rb"\s*\[\s*[A-Za-z_$][\w$]*\s*\]\s*=(?![=>])")
#: A list of names shortly before.
_LIST = re.compile(rb"\[((?:\s*(?:'[A-Za-z_$][\w$]*'|\"[A-Za-z_$][\w$]*\")\s*,?)+\s*)\]")
_LISTED = re.compile(rb"[A-Za-z_$][\w$]*")
_NOT_FAR = 1_000


def _of_lists(source: bytes) -> _Found:
    """Yield the names with which a loop defines globals."""
    for match in _COMPUTED.finditer(source):
        start = max(0, match.start() - _NOT_FAR)
        lists = list(_LIST.finditer(source, start, match.start()))
        for listed in _LISTED.finditer(source, *lists[-1].span(1)) if lists else ():
            yield listed[0].decode(), Span(*listed.span())


def _made_by(syntax: Syntax, uses: Iterable[MemberUse]) -> _Found:
    for use in uses:
        if use.written and use.names:
            yield ".".join(use.names[: 1 + (use.names[0] in STATICS)]), use.span
        elif not use.names and not use.exact:
            yield from _made_elsewhere(syntax, use.span)


def _made_elsewhere(syntax: Syntax, span: Span) -> _Found:
    """Yield the definitions on the object at *span*, an argument."""
    path = _path_to(syntax, span)
    if len(path) < 3 or path[-2].kind != "arguments":  # noqa: PLR2004 - a count that the line itself explains
        return
    call, values = path[-3].node, path[-2].node.named_children
    callee = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    if callee is None:
        return
    name = syntax.text(callee).rpartition(".")[2]
    index = next((n for n, value in enumerate(values) if value == path[-1].node), 0)
    function = _function_of(callee)
    if function is not None:
        index -= name == "call"
        yield from _made_of_parameter(syntax, path[:-2], function, index)
    elif index == 0 and name in {"defineProperty", "defineProperties", "assign"}:
        for value in values[1:2]:
            is_known = value.type in {"object", "string"}
            keys = _keys(syntax, value) if is_known else _keys_of_text(syntax)
            yield from ((key, span) for key in keys)
    elif syntax.text(path[-1].node) in _NAMESPACES:
        yield from ((key, span) for key in _texts_of_calls(syntax))
    else:
        yield WHOLE_GLOBAL, span


def _path_to(syntax: Syntax, span: Span) -> tuple[Step, ...]:
    path = syntax.path_to(span.start)
    while len(path) > 1 and path[-1].node.end_byte < span.end:
        path = path[:-1]
    return path


def _function_of(callee: Node) -> Node | None:
    """Return the function that is called immediately, also through ``call``."""
    if callee.type == "member_expression":
        inner = callee.child_by_field_name("object")
        return None if inner is None else _function_of(inner)
    while callee.type == "parenthesized_expression" and callee.named_children:
        callee = callee.named_children[0]
    return callee if callee.type in FUNCTIONS else None


def _made_of_parameter(
    syntax: Syntax, call: tuple[Step, ...], function: Node, index: int
) -> _Found:
    parameters = function.child_by_field_name("parameters")
    named = parameters.named_children if parameters is not None else []
    if 0 <= index < len(named) and named[index].type == "identifier":
        binding = syntax.path_to(named[index].start_byte)
        if len(binding) > len(call):
            yield from _made_by(syntax, binding_uses(syntax, binding))


def _keys(syntax: Syntax, node: Node) -> Iterator[str]:
    """Yield the keys of an object literal, or a string."""
    if node.type == "string":
        yield syntax.string_value(node) or ""
    for child in node.named_children if node.type == "object" else ():
        key = child.child_by_field_name("key") or child.child_by_field_name("name") or child
        if key.type in {"property_identifier", "shorthand_property_identifier"}:
            yield syntax.text(key)
        elif key.type == "string":
            yield syntax.string_value(key) or ""


_KEY = re.compile(rb"[{,]\s*([A-Za-z_$][\w$]*)\s*(?=[:,}(])")


def _keys_of_text(syntax: Syntax) -> Iterator[str]:
    """Yield the keys of all object literals in the source, except names of the host."""
    found = {match[1].decode() for match in _KEY.finditer(syntax.source)}
    yield from sorted(found - HOST_GLOBALS - INTRINSICS)[:_MOST]


_CALL_OF_TEXT = re.compile(rb"[\w$]\s*\(\s*(['\"])([A-Za-z_$][\w$]*)\1\s*,")


def _texts_of_calls(syntax: Syntax) -> Iterator[str]:
    """Yield the strings at the beginning of calls: ``exporter("decorate", decorate)``."""
    found = {match[2].decode() for match in _CALL_OF_TEXT.finditer(syntax.source)}
    yield from sorted(found)[:_MOST]


def _made_of_handed(syntax: Syntax, handed: Iterable[tuple[str, Span]]) -> _Found:
    for owner, span in handed:
        found = _made_elsewhere(syntax, span)
        for name, place in found:
            if name != WHOLE_GLOBAL:
                yield f"{owner}.{name.rpartition('.')[2]}", place


def _handed(syntax: Syntax, named: Iterable[_Word]) -> Iterator[tuple[str, Span]]:
    for start, end, name in named:
        before = syntax.source[max(0, start - 20) : start]
        is_argument = _HANDED.match(syntax.source, end) and _BEFORE_ARGUMENT.search(before)
        if is_argument and syntax.path_to(start)[-1].kind == "identifier":
            yield name, Span(start, end)


def _defined_members(syntax: Syntax, handed: Iterable[tuple[str, Span]]) -> _Found:
    """Yield the definitions of ``Object.defineProperty(Math, 'sech', …)`` and similar calls."""
    for owner, span in handed:
        before = syntax.source[max(0, span.start - 60) : span.start]
        if _DEFINES.search(before):
            yield from ((f"{owner}.{key}", span) for key, _ in _made_elsewhere(syntax, span))


def _assigned_members(syntax: Syntax, named: Iterable[_Word]) -> _Found:
    for start, end, owner in named:
        match = _WRITTEN.match(syntax.source, end)
        if match and syntax.path_to(start)[-1].kind == "identifier":
            name = (match["name"] or match["key"]).decode()
            yield f"{owner}.{name}", Span(start, match.end())


#: A method for other code: ``context.describe = context.context = function``.
_GIVEN = re.compile(
    rb"(?<![\w$.])([A-Za-z_$][\w$]*)\s*\.\s*([A-Za-z_$][\w$]*)\s*=(?![=>])"
    rb"(?=\s*(?:function\b|async\b|\(|[A-Za-z_$][\w$.]*(?:\s*\(|\s*=>|\s*=[^=]|\s*[;\n])))"
)


def functions_given(source: bytes) -> dict[str, Span]:
    """Return the functions that *source* assigns to a parameter, by name, with their positions.

    The object's name only has to occur among the parameters of some function.
    """
    found: dict[str, Span] = {}
    parameters = set(_PARAMETER.findall(source))
    for match in _GIVEN.finditer(source):
        name = match[2].decode()
        if match[1] in parameters and name not in _NOT_GIVEN:
            found.setdefault(name, Span(*match.span()))
    return found


_NOT_GIVEN = _NEVER_SHARED | HOST_GLOBALS
_PARAMETER = re.compile(rb"[(,]\s*([A-Za-z_$][\w$]*)\s*(?=[,)])")


def places_of_globals(source: bytes, paths: Iterable[str]) -> dict[str, Span]:
    """Return where *source* names globals, or members of the language's, that packages define."""
    found: dict[str, Span] = {}
    unseen = set[str]()
    has_global = _GLOBAL.search(source) is not None
    for path in paths:
        owner, _, name = path.rpartition(".")
        if owner:
            member = rb"(%s\s*\??\.\s*%s)(?![\w$])" % (owner.encode(), _quoted(name))
        else:
            member = rb"[\w$)\]]\s*\??\.\s*(%s)(?![\w$])" % _quoted(name)
        match = re.search(member, source) if owner or has_global else None
        if match:
            found[path] = Span(*match.span(1))
        elif not owner and re.search(rb"(?<![\w$.])%s(?![\w$])(?!\s*:)" % _quoted(name), source):
            unseen.add(path)
    for occurrence in occurrences(parse(source), unseen) if unseen else ():
        if occurrence.scope == "free" and occurrence.role in {"read", "typeof"}:
            found.setdefault(occurrence.name, occurrence.span)
    return found


def _quoted(name: str) -> bytes:
    return re.escape(name).encode()
