"""Find what a capability is called with: ``fetch("https://api.example.com/…")``."""

from __future__ import annotations

import itertools

from compartment_mapper.records.module_record import NODE_ITSELF
from compartment_mapper.scan.requests.calls import first_argument
from compartment_mapper.scan.requests.constants import UNKNOWN, texts_of
from compartment_mapper.scan.syntax.names import references
from compartment_mapper.scan.syntax.tree import Step, Syntax
from compartment_mapper.text import Span

_NODE = frozenset({"process.execPath", "process.argv[0]", "process.argv0"})
_CALLEES = {"call_expression": "function", "new_expression": "constructor"}


def targets_at(syntax: Syntax, span: Span) -> str:
    """Return the possible first arguments of the call of the expression at *span*, one per line.

    A name in an import declaration stands for all of its uses. Empty if one of them is not a call,
    or if its argument could be anything.
    """
    path = syntax.path_to(span.start)
    if path[-2].kind != "import_specifier":
        return _targets(syntax, path, span)
    found = [_targets(syntax, use.path, use.span) for use in references(syntax, path) or ()]
    return "\n".join(dict.fromkeys(found)) if all(found) else ""


def _targets(syntax: Syntax, path: tuple[Step, ...], span: Span) -> str:
    for outer, inner in itertools.pairwise(path):
        field = _CALLEES.get(outer.kind)
        if field is None or inner.field != field or inner.node.start_byte != span.start:
            continue
        if inner.node.end_byte < span.end:
            continue
        argument = first_argument(outer.node)
        if argument is None or inner.node.end_byte != span.end:
            return ""
        if syntax.text(argument) in _NODE:
            return NODE_ITSELF
        texts = texts_of(syntax, argument)
        certain = all(text != UNKNOWN and "\n" not in text for text in texts)
        return "\n".join(texts) if certain else ""
    return ""
