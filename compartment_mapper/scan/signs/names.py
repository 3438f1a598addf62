"""Scan names that only exist at run time: computed members, and names in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.scan.syntax.names import occurrences
from compartment_mapper.scan.syntax.tree import Syntax
from compartment_mapper.text import Span

_INDEXED = re.compile(
    rb"\b(globalThis|global|window|self|process)(?![\w$])\s*(?:\?\.\s*)?\["
    rb"(?!\s*(?:\d|'[^'\\\n]*'\s*\]|\"[^\"\\\n]*\"\s*\]))"
)
_STATIC = frozenset({"string", "number"})

#: Two short pieces of one word on one line: ``'child' + '_process'``.
_PIECES = re.compile(rb"(['\"])[A-Za-z_$][\w$]{0,19}\1[ \t]*\+[ \t]*(['\"])[\w$]{0,19}[A-Za-z_$]\2")
_NO_CODE = frozenset({"comment", "string_fragment", "template_string", "regex_pattern"})


def computed_members(syntax: Syntax) -> Iterator[Span]:
    """Yield where *syntax* reads a member of the global object or of `process` by a computed name.

    The host's objects give everything that a name can say; the tree shows no name.
    """
    names = {match[1].decode() for match in _INDEXED.finditer(syntax.source)}
    for occurrence in occurrences(syntax, names) if names else ():
        parent = occurrence.path[-2]
        if occurrence.scope == "free" and parent.kind == "subscript_expression":
            index = parent.node.child_by_field_name("index")
            is_object = occurrence.path[-1].field == "object"
            if is_object and index is not None and index.type not in _STATIC:
                yield Span(parent.node.start_byte, parent.node.end_byte)


def assembled_names(syntax: Syntax) -> Iterator[Span]:
    """Yield where *syntax* puts a name together from literals, so that no search finds it."""
    for match in _PIECES.finditer(syntax.source):
        if syntax.path_to(match.start())[-1].kind not in _NO_CODE:
            yield Span(match.start(), match.end())
