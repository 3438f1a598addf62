"""``require``, ``module`` and their like in ECMAScript modules, which have no such variables.

Undeclared names are read as undefined under SES. These are read by a mistake that is common, and
must not go on with undefined:
https://nodejs.org/api/esm.html#differences-between-es-modules-and-commonjs
"""

from __future__ import annotations

import re

from compartment_mapper.module_record import Edit
from compartment_mapper.scan.names import occurrences
from compartment_mapper.scan.syntax import Syntax

_NAMES = frozenset({"__dirname", "__filename", "exports", "module", "require"})
_NAMED = re.compile(rb"(?<![\w$.])(?:require|module|exports|__filename|__dirname)(?![\w$])")


def scan_commonjs_names(syntax: Syntax, *, prefix: str) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits that make them errors where they are read, and what these need.

    ``typeof require`` is left, and so is a global variable of the name, if there is one by then.
    """
    if not _NAMED.search(syntax.source):
        return [], ()
    found = occurrences(syntax, _NAMES | {"globalThis"})
    if any(o.name == "globalThis" and o.scope != "free" for o in found):
        return [], ()
    edits: list[Edit] = []
    for occurrence in found:
        if occurrence.scope != "free" or occurrence.role != "read":
            continue
        if occurrence.name in _NAMES:
            span, text = occurrence.span, f'{prefix}cjs("{occurrence.name}")'
            shorthand = occurrence.path[-1].kind == "shorthand_property_identifier"
            text = f"{occurrence.name}:{text}" if shorthand else text
            edits.append(Edit(span.start, span.end, text))
    return edits, (_define(prefix),) if edits else ()


def _define(prefix: str) -> str:
    return (
        f"const {prefix}cjs=(name)=>{{if(name in globalThis)return globalThis[name];"
        "throw new ReferenceError(name+' is not defined')};"
    )
