"""Assignments to members of an ``exports`` that may be a frozen intrinsic.

Old shims use ``exports = module.exports = Object.keys || shim; exports.shim = shim``. In sloppy
code an assignment to a frozen object fails silently (ECMA-262 6.2.5.6); SES evaluates all code as
strict code, where it throws.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.rewrites.global_this import is_strict
from compartment_mapper.scan.syntax.tree import Syntax

_INTRINSIC_EXPORTED = re.compile(
    rb"exports\s*=\s*module\.exports\s*=[^;{}]{0,80}\b(?:Array|Object|Promise|Reflect|String)\.\w"
)
_MEMBER = re.compile(rb"(?<![\w$.])exports\.(\w+)\s*=(?!=)")


def scan_frozen_exports(syntax: Syntax) -> Iterator[Edit]:
    """Yield the edits that let such assignments fail silently, where they are statements."""
    if not _INTRINSIC_EXPORTED.search(syntax.source):
        return
    for match in _MEMBER.finditer(syntax.source):
        path = syntax.path_to(match.start())
        kinds = [step.kind for step in path[-4:]]
        if kinds[:3] != ["expression_statement", "assignment_expression", "member_expression"]:
            continue
        value = path[-3].node.child_by_field_name("right")
        if value is not None and not is_strict(syntax, path):
            lines = syntax.line_ends(match.start(), value.start_byte)
            setting = f'Reflect.set(exports,"{match[1].decode()}",{lines}'
            yield Edit(match.start(), value.start_byte, setting)
            yield Edit(value.end_byte, value.end_byte, ")")


_LONE_GETTER = re.compile(
    rb"Object\.defineProperty\(\s*(?:module\.)?exports\s*,\s*(?P<quote>['\"])(?P<name>[\w$]+)(?P=quote)\s*,"
    rb"\s*(?P<brace>\{)(?P<descriptor>[^{}]*\bget\b)"
)


def scan_lone_getters(syntax: Syntax) -> Iterator[Edit]:
    """Yield the edits that let an assignment to an export with only a getter fail silently.

    As in sloppy code (ECMA-262 10.1.9.2). The export gets a setter that does nothing.
    """
    for match in _LONE_GETTER.finditer(syntax.source):
        assigned = re.compile(rb"(?<![\w$])exports\.%b\s*=(?!=)" % re.escape(match["name"]))
        is_code = syntax.path_to(match.start())[-1].kind == "identifier"
        if is_code and assigned.search(syntax.source, match.end()):
            yield Edit(match.end("brace"), match.end("brace"), "set(value){},")
