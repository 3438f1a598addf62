"""Rewrite assignments to members as calls."""

from __future__ import annotations

from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax


def assignment_as_call(
    syntax: Syntax, target: Node, value: Node, *, function: str, key: str
) -> Iterator[Edit]:
    """Yield the edits that turn ``target.key = value`` into ``function(target,key,value)``."""
    lines = syntax.line_ends(target.end_byte, value.start_byte)
    yield Edit(target.start_byte, target.start_byte, f"{function}(")
    yield Edit(target.end_byte, value.start_byte, f",{key},{lines}")
    yield Edit(value.end_byte, value.end_byte, ")")


def begins_statement(path: tuple[Step, ...], start: int) -> bool:
    """Return whether a statement begins at *start*: ``(`` could continue the previous line."""
    statements = [step.node.start_byte for step in path if step.kind == "expression_statement"]
    return statements[-1:] == [start]
