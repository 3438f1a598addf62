"""Assignments to frozen functions of the language that the source does not depend on.

``each(keys(_), (key) => { var func = _[key]; if (typeof func == 'function') func.convert = … })``
decorates all exports of a library, including ``Array.isArray``. In sloppy code the assignment may
fail silently, as in Node with ``--frozen-intrinsics``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.rewrites.assignments import assignment_as_call
from compartment_mapper.scan.rewrites.global_this import is_strict
from compartment_mapper.scan.syntax.tree import Step, Syntax

#: A variable that holds any function of an object.
_ANY_FUNCTION = re.compile(rb"typeof\s+([A-Za-z_$][\w$]*)\s*={2,3}\s*['\"]function['\"]")
_LOOKED_UP = re.compile(rb"=\s*[\w$.]+\[\s*[A-Za-z_$]")
_VARIABLE = re.compile(rb"([A-Za-z_$][\w$]*)\s*\Z")
#: What core-js assigns for existing methods: ``ArrayPrototype[UNSCOPABLES][key] = true``.
_MARK = re.compile(rb"\]\s*\[\s*[A-Za-z_$][\w$]*\s*\](?=\s*=(?![=>])\s*(?:true|!0)\b)")
_MEMBER_WRITE = rb"(?<![\w$.])%s\s*\.\s*[\w$]+(?=\s*=(?![=>]))"


#: core-js makes its functions look like the engine's; no code depends on that.
_TO_STRING = re.compile(rb"toString\s*=(?![=>])")
_OF_FUNCTIONS = re.compile(rb"(?<![\w$.])Function\s*\.\s*prototype\s*\.\s*\Z")


def scan_frozen_writes(
    syntax: Syntax, *, prefix: str, is_script: bool
) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits, and the declarations that they need."""
    shown = list(_shown(syntax))
    edits = [*(_puts(syntax, prefix) if is_script else ()), *_marks(syntax, prefix)]
    put = (
        f"const {prefix}put=(object,key,value)=>{{try{{object[key]=value}}catch(error){{"
        "if(object==null||object[key]!==value&&"
        '(typeof object!=="function"||({}).constructor.isExtensible(object)))throw error}'
        "return value};"
    )
    return [*edits, *shown], (put,) if edits else ()


def _shown(syntax: Syntax) -> Iterator[Edit]:
    for match in _TO_STRING.finditer(syntax.source):
        start = max(0, match.start() - 60)
        before = _OF_FUNCTIONS.search(syntax.source, start, match.start())
        if before and syntax.path_to(before.start())[-1].kind == "identifier":
            span = (before.start(), match.end())
            yield Edit(*span, syntax.line_ends(*span))


def _marks(syntax: Syntax, prefix: str) -> Iterator[Edit]:
    for match in _MARK.finditer(syntax.source):
        path = syntax.path_to(match.end() - 1)
        kinds = [step.kind for step in path[-3:-1]]
        if kinds == ["assignment_expression", "subscript_expression"] and path[-2].field == "left":
            key = path[-2].node.child_by_field_name("index")
            if key is not None:
                yield from _put(syntax, prefix, path, syntax.text(key))


def _puts(syntax: Syntax, prefix: str) -> Iterator[Edit]:
    names = {match[1] for match in _ANY_FUNCTION.finditer(syntax.source)}
    for name in sorted(names & set(_looked_up(syntax.source)) if names else ()):
        for match in re.finditer(_MEMBER_WRITE % re.escape(name), syntax.source):
            path = syntax.path_to(match.end() - 1)
            if path[-3].kind != "assignment_expression" or path[-2].kind != "member_expression":
                continue
            if not is_strict(syntax, path):
                yield from _put(syntax, prefix, path, f'"{syntax.text(path[-1].node)}"')


def _looked_up(source: bytes) -> Iterator[bytes]:
    """Yield the variables that are assigned a member with a computed key."""
    for match in _LOOKED_UP.finditer(source):
        variable = _VARIABLE.search(source[max(0, match.start() - 60) : match.start()])
        if variable:
            yield variable[1]


def _put(syntax: Syntax, prefix: str, path: tuple[Step, ...], key: str) -> Iterator[Edit]:
    """Yield the edits of the assignment to a member whose last token is at the end of *path*."""
    target = path[-2].node.child_by_field_name("object")
    value = path[-3].node.child_by_field_name("right")
    if target is not None and value is not None:
        yield from assignment_as_call(syntax, target, value, function=f"{prefix}put", key=key)
