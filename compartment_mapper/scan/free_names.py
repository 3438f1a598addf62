"""Names of the host that a text uses free of any scope of its own, and names that it assigns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.authority import GLOBAL_ALIASES, HARMLESS_GLOBALS, HOST_GLOBALS, INTRINSICS
from compartment_mapper.module_record import Edit, FreeName
from compartment_mapper.scan.names import Occurrence, occurrences
from compartment_mapper.scan.syntax import Step, Syntax

#: A path deeper than ``process.env.HOME`` says no more about authority.
_DEPTH = 3

_WRITES = frozenset({"assignment_expression", "augmented_assignment_expression"})


def scan_free_names(syntax: Syntax) -> tuple[list[FreeName], list[Edit]]:
    """Return the host names that *syntax* uses, and the edits of questions for powers.

    ``typeof fetch`` must answer ``undefined`` where ``fetch`` is withheld, although to use it is
    an error that explains itself: so it is asked of the global object, where it is absent.
    """
    free: list[FreeName] = []
    edits: list[Edit] = []
    for occurrence in occurrences(syntax, HOST_GLOBALS | GLOBAL_ALIASES):
        if occurrence.scope != "free":
            continue
        name = _free_name(syntax, occurrence)
        if name is not None:
            free.append(name)
        if occurrence.role == "typeof" and occurrence.name not in _ALWAYS_THERE:
            start = occurrence.span.start
            edits.append(Edit(start, start, "globalThis."))
    return free, edits


_ALWAYS_THERE = HARMLESS_GLOBALS | GLOBAL_ALIASES | {"process"}


def _free_name(syntax: Syntax, occurrence: Occurrence) -> FreeName | None:
    path, exact, end = member_path(syntax, occurrence)
    segments = path.split(".")
    if segments[0] in GLOBAL_ALIASES:
        segments = segments[1:]
        if not segments or segments[0] not in HOST_GLOBALS:
            return None
    return FreeName(
        path=".".join(segments[:_DEPTH]),
        span=occurrence.span,
        exact=exact,
        written=_is_written(occurrence, end),
        tested=occurrence.role == "typeof" and len(segments) == 1,
    )


def member_path(syntax: Syntax, occurrence: Occurrence) -> tuple[str, bool, int]:
    """Return the dotted path of members that begins at an occurrence.

    Also whether the path is all that the text can reach by it (false for a computed key, and for
    an object that is used as a value), and the index in ``occurrence.path`` where it ends.
    """
    segments = [occurrence.name]
    index = len(occurrence.path) - 1
    while index > 0 and occurrence.path[index].field == "object":
        key = _static_key(syntax, occurrence.path[index - 1])
        if key is None:
            return ".".join(segments), False, index - 1
        segments.append(key)
        index -= 1
    is_called = occurrence.path[index].field in {"function", "constructor"}
    return ".".join(segments), len(segments) > 1 or is_called, index


def _static_key(syntax: Syntax, parent: Step) -> str | None:
    if parent.kind == "member_expression":
        node = parent.node.child_by_field_name("property")
        return syntax.text(node) if node is not None else None
    if parent.kind == "subscript_expression":
        node = parent.node.child_by_field_name("index")
        if node is not None and node.type == "string":
            return syntax.string_value(node)
    return None


def _is_written(occurrence: Occurrence, end: int) -> bool:
    if occurrence.role in {"write", "update"}:
        return True
    parent, field = occurrence.path[end - 1], occurrence.path[end].field
    if parent.kind == "update_expression":
        return True
    return parent.kind in _WRITES and field == "left"


#: A word before an assignment, an increment, or in what may be a pattern.
_ASSIGNED = re.compile(
    rb"(?<![\w$.])(?:(?:\+\+|--)\s*)?("
    + b"|".join(sorted((name.encode() for name in INTRINSICS | HOST_GLOBALS), reverse=True))
    + rb")(?![\w$])(?=\s*(?:\+\+|--|(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?![=>])|[\],}]))"
)


def scan_assigned_names(syntax: Syntax) -> Iterator[str]:
    """Yield, sorted, the global names that the text assigns: they can't be made constants."""
    suspects = {match[1].decode() for match in _ASSIGNED.finditer(syntax.source)}
    if suspects:
        yield from sorted(
            {
                occurrence.name
                for occurrence in occurrences(syntax, suspects)
                if occurrence.scope == "free" and occurrence.role in {"write", "update"}
            }
        )
