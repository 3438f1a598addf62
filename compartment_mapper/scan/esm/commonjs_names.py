"""``require``, ``module`` and similar names in ECMAScript modules, which lack these variables.

SES evaluates undeclared names to undefined. Reading these names is a common mistake that must not
continue with undefined:
https://nodejs.org/api/esm.html#differences-between-es-modules-and-commonjs
"""

from __future__ import annotations

import re

from compartment_mapper.records.module_record import Edit, FreeName
from compartment_mapper.scan.requests.calls import reach_of
from compartment_mapper.scan.syntax.names import WRAPPER_PARAMETERS, has_own_global, occurrences
from compartment_mapper.scan.syntax.tree import Syntax

_NAMED = re.compile(rb"(?<![\w$.])(?:require|module|exports|__filename|__dirname)(?![\w$])")


def scan_commonjs_names(
    syntax: Syntax, *, prefix: str
) -> tuple[list[Edit], tuple[str, ...], list[FreeName]]:
    """Return the edits that make reading them an error, and the declarations of the edits.

    Also return the reads during evaluation. ``typeof require`` is unchanged, and so is a global
    variable of that name, if it exists at run time.
    """
    if not _NAMED.search(syntax.source) or has_own_global(syntax):
        return [], (), []
    found = [
        occurrence
        for occurrence in occurrences(syntax, WRAPPER_PARAMETERS)
        if occurrence.scope == "free" and occurrence.role == "read"
    ]
    # Members, so that `new module.A()` works unchanged.
    edits = [
        occurrence.replaced(f"{prefix}cjs.{occurrence.name}")
        if occurrence.path[-1].kind.startswith("shorthand_property_identifier")
        else Edit(occurrence.span.start, occurrence.span.start, f"{prefix}cjs.")
        for occurrence in found
    ]
    names = sorted({occurrence.name for occurrence in found})
    at_once = [
        FreeName(path=occurrence.name, span=occurrence.span, exact=True)
        for occurrence in found
        if reach_of(occurrence.path) == "always" and occurrence.enclosing("class_body") is None
    ]
    return edits, _define(names, prefix) if names else (), at_once[:1]


def _define(names: list[str], prefix: str) -> tuple[str, ...]:
    getters = ",".join(f"get {name}(){{return {prefix}lost('{name}')}}" for name in names)
    lost = (
        f"const {prefix}lost=(name)=>{{if(name in globalThis)return globalThis[name];"
        "throw new ReferenceError(name+' is not defined')};"
    )
    return lost, f"const {prefix}cjs={{{getters}}};"
