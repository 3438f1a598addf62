"""Assignments to functions of the language, which are frozen, where a text does well without.

``each(keys(_), (key) => { var func = _[key]; if (typeof func == 'function') func.convert = … })``
decorates whatever a library exports, ``Array.isArray`` too. Sloppy code may fail to silently, as it
does in Node with ``--frozen-intrinsics``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.module_record import Edit
from compartment_mapper.scan.global_this import is_strict
from compartment_mapper.scan.syntax import Syntax

#: A variable that a text takes for any function of an object.
_ANY_FUNCTION = re.compile(rb"typeof\s+([A-Za-z_$][\w$]*)\s*={2,3}\s*['\"]function['\"]")
_LOOKED_UP = rb"(?<![\w$.])%s\s*=\s*[\w$.]+\[\s*[A-Za-z_$]"
_MEMBER_WRITE = rb"(?<![\w$.])%s\s*\.\s*[\w$]+(?=\s*=(?![=>]))"


def scan_frozen_writes(syntax: Syntax, *, prefix: str) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits of a script, and the declarations that they need."""
    edits = list(_puts(syntax, prefix))
    put = (
        f"const {prefix}put=(object,key,value)=>{{try{{object[key]=value}}catch(error){{"
        'if(typeof object!=="function"||({}).constructor.isExtensible(object))throw error}'
        "return value};"
    )
    return edits, (put,) if edits else ()


def _puts(syntax: Syntax, prefix: str) -> Iterator[Edit]:
    names = {match[1] for match in _ANY_FUNCTION.finditer(syntax.source)}
    for name in sorted(names):
        quoted = re.escape(name)
        if not re.search(_LOOKED_UP % quoted, syntax.source):
            continue
        for match in re.finditer(_MEMBER_WRITE % quoted, syntax.source):
            path = syntax.path_to(match.end() - 1)
            if path[-3].kind != "assignment_expression" or path[-2].kind != "member_expression":
                continue
            target, written = path[-2].node.child_by_field_name("object"), path[-3].node
            key, value = path[-1].node, written.child_by_field_name("right")
            if target is None or value is None or is_strict(syntax, path):
                continue
            lines = syntax.line_ends(target.end_byte, value.start_byte)
            yield Edit(target.start_byte, target.start_byte, f"{prefix}put(")
            yield Edit(target.end_byte, value.start_byte, f',"{syntax.text(key)}",{lines}')
            yield Edit(value.end_byte, value.end_byte, ")")
