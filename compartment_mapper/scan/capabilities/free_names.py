"""Scan free names of the host that a source uses, and names that it assigns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.authority.scopes import SCOPED_GLOBALS
from compartment_mapper.authority.table import (
    GLOBAL_ALIASES,
    HARMLESS_GLOBALS,
    HOST_GLOBALS,
    INTRINSICS,
    KNOWN_GLOBALS,
    NODE_GLOBAL_ALIASES,
    PROCESS_MEMBERS,
    RARE_PAGE_GLOBALS,
    VIEWED_GLOBALS,
    WORKER_SCOPE,
)
from compartment_mapper.records.module_record import BuiltinUse, Edit, FreeName
from compartment_mapper.scan.capabilities.builtin_uses import builtin_module_calls
from compartment_mapper.scan.capabilities.members import member_uses, static_key
from compartment_mapper.scan.capabilities.targets import targets_at
from compartment_mapper.scan.syntax.names import Occurrence, has_own_global, occurrences
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.tree import Syntax
from compartment_mapper.scan.syntax.words import word_pattern
from compartment_mapper.text import Span

#: Grants are not deeper than ``process.env.HOME``.
_DEPTH = 3

_WRITES = frozenset({"assignment_expression", "augmented_assignment_expression"})


def scan_free_names(
    syntax: Syntax, builtin_uses: Iterable[BuiltinUse] = (), *, page: bool = False
) -> tuple[list[FreeName], list[Edit]]:
    """Return the host names that *syntax* uses, and the edits of ``typeof`` tests.

    The module ``process`` is the global of that name.

    ``typeof fetch`` must be ``undefined`` if ``fetch`` is denied, although using it throws an
    explanatory error: so the test reads the global object, where it is absent.
    """
    known = KNOWN_GLOBALS if page else HOST_GLOBALS
    free: list[FreeName] = []
    edits: list[Edit] = []
    looked_for = _USABLE[page]
    hides_global = has_own_global(syntax)
    starts = [start for start, _, name in known_words(syntax.source, page) if name in looked_for]
    for occurrence in occurrences(syntax, looked_for, known=starts):
        if occurrence.scope != "free":
            continue
        free += _free_names(syntax, occurrence, known)
        is_asked = occurrence.role == "typeof" and occurrence.name not in _ALWAYS_THERE[page]
        if is_asked and not hides_global:
            start = occurrence.span.start
            edits.append(Edit(start, start, "globalThis."))
    free += _process_names(builtin_uses)
    free += _clocks(syntax)
    free = _without_builtin_calls(syntax, free)
    paths = {name.path for name in free}
    free += [name for name in _names_by_alias(syntax.source) if name.path not in paths]
    free += [name for name in _mentioned_members(syntax.source, free) if name.path not in paths]
    free += _worker_scopes(syntax.source) if page else ()
    return free, edits


def typeof_edits(syntax: Syntax) -> list[Edit]:
    """Return the edits of `scan_free_names`."""
    return scan_free_names(syntax)[1] if b"typeof" in syntax.source else []


#: The searched names of the host, to use and to assign, for Node and pages.
_HOST = {False: HOST_GLOBALS, True: HOST_GLOBALS | RARE_PAGE_GLOBALS}
_USABLE = {page: names | GLOBAL_ALIASES for page, names in _HOST.items()}
_ASSIGNABLE = {page: names | INTRINSICS for page, names in _HOST.items()}
_WORDS = {page: names | INTRINSICS for page, names in _USABLE.items()}


def _clocks(syntax: Syntax) -> Iterator[FreeName]:
    """Yield the use of the clock by ``Intl.DateTimeFormat``, which formats the current time."""
    for match in _FORMATTER.finditer(syntax.source):
        if syntax.path_to(match.start())[-1].kind in _NAMES:
            yield FreeName(path="Date", span=Span(match.start(), match.end()), exact=False)
            return


_FORMATTER = re.compile(word(b"DateTimeFormat", rb"\w$") + rb"(?![\w$])")
_NAMES = frozenset(
    {"property_identifier", "string_fragment", "shorthand_property_identifier_pattern"}
)


def _process_names(builtin_uses: Iterable[BuiltinUse]) -> Iterator[FreeName]:
    for use in builtin_uses:
        if is_builtin(use.specifier) == "process":
            path = f"process.{use.path}" if use.path else "process"
            yield FreeName(path=path, span=use.span, exact=use.exact)


def _without_builtin_calls(syntax: Syntax, free: list[FreeName]) -> list[FreeName]:
    """Return *free* without calls that load a builtin by name, which are uses of the builtin."""
    if not any(name.path == "process.getBuiltinModule" for name in free):
        return free
    calls = {path[-1].node.start_byte for _, path in builtin_module_calls(syntax)}
    return [
        name
        for name in free
        if name.path != "process.getBuiltinModule" or name.span.start not in calls
    ]


def _names_by_alias(source: bytes) -> Iterator[FreeName]:
    """Yield the harmless names that occur as members, if the global object may be aliased.

    ``var root = freeGlobal || freeSelf; root.Date.now()``: only running shows the value of
    ``root``. Granting harmless names is the conservative choice.
    """
    if not _LIKE_GLOBAL_OBJECT.search(source):
        return
    seen: set[bytes] = set()
    for match in _HARMLESS_MEMBER.finditer(source):
        name = match[1] or match[2]
        if name not in seen:
            seen.add(name)
            span = Span(match.start(), match.end())
            yield FreeName(path=name.decode(), span=span, exact=False, tested=not match[1])


def _worker_scopes(source: bytes) -> Iterator[FreeName]:
    """Yield the use of a worker's messages, if the global object may be aliased.

    ``expose(api, endpoint = globalThis)`` with ``endpoint.addEventListener('message', …)``.
    """
    found = _MESSAGES.search(source)  # the rarer one
    if found and _LIKE_GLOBAL_OBJECT.search(source):
        yield FreeName(path=WORKER_SCOPE, span=Span(*found.span()), exact=False)


_MESSAGES = re.compile(rb"\.\s*(?:postMessage|onmessage)(?![\w$])")
#: A name of the global object, as a whole word.
GLOBAL_OBJECT = re.compile(
    rb"(?:"
    + word(b"global")
    + rb"(?:This)?|"
    + word(b"self")
    + rb"|"
    + word(b"window")
    + rb")(?![\w$])"
)
#: Or a variable from another module that may hold it: ``globalThis_1.globalThisShim``.
_LIKE_GLOBAL_OBJECT = re.compile(GLOBAL_OBJECT.pattern + rb"|[gG]lobal[\w$]*(?=\s*\.)")
_ANY = b"|".join(sorted(name.encode() for name in HOST_GLOBALS))
_HARMLESS = b"|".join(sorted(name.encode() for name in HARMLESS_GLOBALS))
#: Not spread. Also with a computed key: ``globalThis[name]``, which may only be a test.
_HARMLESS_MEMBER = re.compile(
    rb"\.(?<!\.\.\.)\s*(" + _HARMLESS + rb")(?![\w$])|['\"](" + _ANY + rb")['\"]"
)
_IN_NODE = HARMLESS_GLOBALS | NODE_GLOBAL_ALIASES | {"process"}
#: Names that every package has, for Node and pages.
_ALWAYS_THERE = {False: _IN_NODE, True: _IN_NODE - {"Buffer", "setImmediate", "clearImmediate"}}


def _mentioned_members(source: bytes, free: list[FreeName]) -> Iterator[FreeName]:
    """Yield the members of ``process`` that the source names, if the object escapes.

    Inference never grants all of it; the source names the members that it uses somewhere.
    """
    if not any(name.path == "process" and not (name.exact or name.tested) for name in free):
        return
    seen: set[str] = set()
    for match in _PROCESS_MEMBER.finditer(source):
        name = (match[1] or match[2] or match[3]).decode()
        inner = _INNER.match(source, match.end()) if match[1] else None
        if inner and name in VIEWED_GLOBALS["process"]:
            name = f"{name}.{inner[1].decode()}"
        if name not in seen:
            seen.add(name)
            span = Span(match.start(), match.end())
            yield FreeName(path=f"process.{name}", span=span, exact=False)


_MEMBERS = b"|".join(sorted((name.encode() for name in PROCESS_MEMBERS), reverse=True))
_INNER = re.compile(rb"\s*\??\.\s*([\w$]+)")
_PROCESS_MEMBER = re.compile(
    rb"\.(?<!\.\.\.)\s*(" + _MEMBERS + rb")(?![\w$])|['\"](" + _MEMBERS + rb")['\"]"
    rb"|[{,]\s*(" + _MEMBERS + rb")\s*[,:}=]"
)


def scan_handed_names(syntax: Syntax, free: Iterable[FreeName]) -> Iterator[FreeName]:
    """Yield the members of variables and properties named like ``process``, without duplicates.

    ``function main(nodeProcess) { nodeProcess.argv }``,
    ``class Killer { constructor({ process }) { this.process = process } … this.process.on(…) }``
    """
    seen = {name.path for name in free}
    for match in _HANDED_MEMBER.finditer(syntax.source):
        path = ".".join(part.decode() for part in match.groups() if part)
        if match[1].decode() not in VIEWED_GLOBALS["process"]:
            path = path.partition(".")[0]
        path = f"process.{path}"
        if path not in seen and syntax.path_to(match.start(1))[-1].kind == "property_identifier":
            seen.add(path)
            yield FreeName(path=path, span=Span(match.start(), match.end(1)), exact=False)


#: Not ``childProcess``, ``subprocess``.
_NAMED_LIKE = rb"(?:" + word(b"process", rb"\w$") + rb"|[\w$](?<!child)(?<!sub)Process)"
_HANDED_MEMBER = re.compile(
    _NAMED_LIKE + rb"\s*\??\.\s*(" + _MEMBERS + rb")(?![\w$])(?:\s*\??\.\s*([\w$]+))?"
)


def _free_names(
    syntax: Syntax, occurrence: Occurrence, known: frozenset[str]
) -> Iterator[FreeName]:
    """Yield the uses of the host by one occurrence of a name."""
    if occurrence.name not in VIEWED_GLOBALS and occurrence.name not in GLOBAL_ALIASES:
        path, exact, end = member_path(syntax, occurrence)
        yield FreeName(
            path=".".join(path.split(".")[:_DEPTH]),
            span=occurrence.span,
            exact=exact,
            written=_is_written(occurrence, end),
            tested=occurrence.role == "typeof" and "." not in path,
            targets=targets_at(syntax, occurrence.span) if path in SCOPED_GLOBALS else "",
        )
        return
    if occurrence.role in {"write", "update"}:  # an assignment to the global variable itself
        if occurrence.name in VIEWED_GLOBALS:
            yield FreeName(path=occurrence.name, span=occurrence.span, exact=False, written=True)
        return
    base = () if occurrence.name in GLOBAL_ALIASES else (occurrence.name,)
    for use in member_uses(syntax, occurrence.path):
        names = (*base, *use.names)
        if names and names[0] in known:
            yield FreeName(
                path=".".join(names[:_DEPTH]),
                span=occurrence.span if len(names) == 1 else use.span,
                exact=use.exact,
                written=use.written,
                tested=use.tested and len(names) == 1,
                computed=use.computed,
            )


def member_path(syntax: Syntax, occurrence: Occurrence) -> tuple[str, bool, int]:
    """Return the dotted path of members that begins at an occurrence.

    Also return whether the source can reach no more than the path (false for a computed key, and
    for an object that is used as a value), and the index in ``occurrence.path`` where it ends.
    """
    segments = [occurrence.name]
    index = len(occurrence.path) - 1
    while index > 0 and occurrence.path[index].field == "object":
        key = static_key(syntax, occurrence.path[index - 1])
        if key is None:
            return ".".join(segments), False, index - 1
        segments.append(key)
        index -= 1
    is_called = occurrence.path[index].field in {"function", "constructor"}
    return ".".join(segments), len(segments) > 1 or is_called, index


def _is_written(occurrence: Occurrence, end: int) -> bool:
    if occurrence.role in {"write", "update"}:
        return True
    parent, field = occurrence.path[end - 1], occurrence.path[end].field
    if parent.kind == "update_expression":
        return True
    return parent.kind in _WRITES and field == "left"


#: What follows a name in an assignment, an increment, a loop head, or a possible pattern.
_AFTER_ASSIGNED = re.compile(
    rb"\s*(?:\+\+|--|/[*/]|(?:of|in)\b|\)+\s*=(?![=>])"
    rb"|(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?![=>])|[\],}])"
)


def scan_assigned_names(syntax: Syntax, *, page: bool = False) -> Iterator[str]:
    """Yield the assigned global names, sorted: they cannot become constants."""
    assignable = _ASSIGNABLE[page]
    suspects = set(_suspects(syntax.source, page=page)) & assignable
    found = {
        occurrence.name
        for occurrence in (occurrences(syntax, suspects) if suspects else ())
        if occurrence.scope == "free" and occurrence.role in {"write", "update"}
    }
    if _ASSIGNED_MEMBER.search(syntax.source):
        found.update(_assigned_members(syntax))
    if _GLOBAL_PROTOTYPE.search(syntax.source):
        members = {match[1].decode() for match in _MEMBER_ASSIGNED.finditer(syntax.source)}
        found.update(members & assignable)
    yield from sorted(found)


def _suspects(source: bytes, *, page: bool) -> Iterator[str]:
    for start, end, name in known_words(source, page):
        if _AFTER_ASSIGNED.match(source, end) or source[max(0, start - 16) : start].rstrip()[
            -2:
        ] in {b"++", b"--"}:
            yield name


@lru_cache(maxsize=1)
def known_words(source: bytes, page: bool) -> tuple[tuple[int, int, str], ...]:  # noqa: FBT001 - a parameter of a table or of a cache
    """Return the positions of names of the host and the language: one search for all scanners."""
    matches = word_pattern(_WORDS[page]).finditer(source)
    return tuple((match.start(), match.end(), match[0].decode()) for match in matches)


def _assigned_members(syntax: Syntax) -> Iterator[str]:
    """Yield the names that are assigned as members: ``globalThis.Promise = …``."""
    for occurrence in occurrences(syntax, NODE_GLOBAL_ALIASES):
        path, _, end = member_path(syntax, occurrence)
        _, *members = path.split(".")
        if occurrence.scope == "free" and len(members) == 1 and _is_written(occurrence, end):
            yield from members


_ASSIGNED_MEMBER = re.compile(
    word(b"global") + rb"(?:This)?\s*[.\[][^=;]{1,80}(?:\+\+|--|=(?![=>]))"
)

#: Members inherited by the global object cannot become constants there.
_GLOBAL_PROTOTYPE = re.compile(
    rb"(?:Object\.create|setPrototypeOf)\([^()]{0,80}(?<![\w$.])(?:globalThis|global|self)\s*[,)]"
)
_MEMBER_ASSIGNED = re.compile(rb"\.\s*([\w$]+)\s*=(?![=>])")
