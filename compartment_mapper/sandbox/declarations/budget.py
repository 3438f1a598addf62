"""Declarations within a number of characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compartment_mapper.sandbox.declarations.model import Declaration
from compartment_mapper.sandbox.declarations.names import member_name, member_path
from compartment_mapper.sandbox.declarations.printer import print_declarations
from compartment_mapper.text import printable, without_surrogates

#: The smallest budget: enough to say what is missing.
LEAST = 200
#: The maximum characters of a summary in a list.
_SUMMARY = 100
#: How code that has the sandbox gets the rest.
HOW = 'call declarations("NAME", …) with names of this list'


def declarations_within(
    declarations: Iterable[Declaration], budget: int | None, *, how: str = HOW
) -> str:
    """Return the text of all *declarations*, or a list of them if it is longer than *budget*.

    Args:
        declarations: What to print.
        budget: The maximum number of characters; None: no limit.
        how: How to get the declarations that are missing, as part of a sentence.

    Raises:
        ValueError: *budget* is less than 200.
    """
    every = list(declarations)
    if budget is not None and budget < LEAST:
        raise ValueError(f"the budget must be at least {LEAST} characters, got {budget}")
    text = print_declarations(every)
    if budget is None or len(text) <= budget:
        return text
    head = f"// The declarations of {len(every)} tools have {len(text)} characters.\n"
    for lines in (
        [_line(each, _SUMMARY) for each in every],
        [_line(each, 0) for each in every],
        _namespaces(every),
    ):
        listed = f"{head}// This is a list: {how}.\n" + "".join(lines)
        if len(listed) <= budget:
            return listed
    return _cut(head, how, _namespaces(every), budget)


def _line(declaration: Declaration, most: int) -> str:
    summary = printable(without_surrogates(declaration.summary))[:most]
    return f"// {declaration.name}" + (f" - {summary}" if summary else "") + "\n"


def _namespaces(declarations: Sequence[Declaration]) -> list[str]:
    counts: dict[str, int] = {}
    for each in declarations:
        if len(each.path) > 1:
            name = member_path("", each.path[:1]).removeprefix(".")
            counts[name] = counts.get(name, 0) + 1
        else:
            counts[member_name(each.path[0])] = 1
    return [
        f"// {name}{f': {count} tools' if count > 1 else ''}\n" for name, count in counts.items()
    ]


def _cut(head: str, how: str, lines: Sequence[str], budget: int) -> str:
    more = f"// … and more: {how}.\n"
    text = head
    for line in lines:
        if len(text) + len(line) + len(more) > budget:
            break
        text += line
    return (text + more)[:budget]
