"""``arguments`` outside of any function: five in a CommonJS module, none in an ECMAScript module.

A compiled module is a function with more, or different, arguments than Node's module wrapper
(https://nodejs.org/api/modules.html#the-module-wrapper): functions to import and evaluate, and the
evaluated source.
"""

from __future__ import annotations

from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.names import Occurrence, occurrences
from compartment_mapper.scan.syntax.scopes import owner_of
from compartment_mapper.scan.syntax.tree import Syntax

_NONE = '(()=>{throw new ReferenceError("arguments is not defined")})()'


def scan_script_arguments(syntax: Syntax, *, prefix: str, evaluates: bool) -> tuple[str, ...]:
    """Return the code that gives a CommonJS module's function Node's five ``arguments``.

    Args:
        syntax: The syntax of the source.
        prefix: The prefix of names that we declare.
        evaluates: Whether a direct ``eval`` may use them.
    """
    if not evaluates and next(_of_module(syntax), None) is None:
        return ()
    first, given = f"{prefix}first", f"{prefix}given"
    swapped = f"{first}={given}[0];{given}[0]={given}[1];{given}[1]={first}"
    cut = f"{given}.length=5;delete {given}[5];delete {given}[6]"
    return (f"{{const {given}=arguments,{swapped};{cut}}}",)


def scan_module_arguments(syntax: Syntax) -> list[Edit]:
    """Return the edits that make ``arguments`` of an ECMAScript module an undeclared name."""
    return [edit for occurrence in _of_module(syntax) for edit in _undefined(occurrence)]


def _of_module(syntax: Syntax) -> Iterator[Occurrence]:
    for occurrence in occurrences(syntax, {"arguments"}):
        if occurrence.scope == "free" and owner_of(occurrence.path) is None:
            yield occurrence


def _undefined(occurrence: Occurrence) -> Iterator[Edit]:
    leaf, parent = occurrence.path[-1].node, occurrence.path[-2].node
    if occurrence.role == "typeof":
        yield Edit(parent.start_byte, parent.end_byte, '"undefined"')
    elif leaf.type == "shorthand_property_identifier":
        yield Edit(leaf.end_byte, leaf.end_byte, f":{_NONE}")
    elif occurrence.role == "read":
        yield Edit(leaf.start_byte, leaf.end_byte, _NONE)
