"""Documentation of functions and classes, and of their parameters and fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

#: Of Google's style: https://google.github.io/styleguide/pyguide.html#383-functions-and-methods
_SECTION = re.compile(r"^(Args|Arguments|Parameters|Attributes):\s*$")
_ENTRY = re.compile(r"^(?P<indent>\s+)\*{0,2}(?P<name>\w+)\s*(?:\([^)]*\))?:\s*(?P<text>.*)$")
#: Of Sphinx.
_FIELD = re.compile(r"^\s*:param\s+(?:[^:]*\s)?(?P<name>\w+):\s*(?P<text>.*)$")


@dataclass(frozen=True, slots=True)
class Doc:
    """A docstring: its text, and the texts of parameters or fields."""

    text: str = ""
    members: Mapping[str, str] = field(default_factory=dict)


def doc_of_function(function: object) -> Doc:
    """Return the documentation of *function*; for a callable object, of its method."""
    function = inspect.unwrap(function) if callable(function) else function
    if not inspect.isroutine(function) and not inspect.isclass(function):
        function = vars(type(function)).get("__call__")
        if not inspect.isfunction(function):  # a class in C, such as partial, describes itself
            return Doc()
    return parse_doc(inspect.getdoc(function) or "")


def doc_of_class(found: type) -> Doc:
    """Return the documentation of a class, unless it is generated or inherited."""
    text = vars(found).get("__doc__")
    if not isinstance(text, str) or text.startswith((f"{found.__name__}(", "An enumeration.")):
        return Doc()
    return parse_doc(inspect.cleandoc(text))


def parse_doc(text: str) -> Doc:
    r"""Split a docstring.

    >>> parse_doc("Read.\n\nArgs:\n    id: The ID\n        of it.\n\nRaises:\n    OSError: no")
    Doc(text='Read.\n\nRaises:\n    OSError: no', members={'id': 'The ID of it.'})
    """
    kept: list[str] = []
    members: dict[str, str] = {}
    name, indent, is_inside = "", -1, False
    for line in text.splitlines():
        if _SECTION.match(line):
            name, indent, is_inside = "", -1, True
            continue
        is_inside = is_inside and (not line.strip() or line[:1].isspace())
        entry = _ENTRY.match(line) if is_inside else _FIELD.match(line)
        own = len(line) - len(line.lstrip())
        if entry is not None and (indent < 0 or own <= indent):
            name, indent = entry["name"], own if is_inside else -1
            members[name] = entry["text"]
        elif is_inside:
            if name and line.strip():
                members[name] = f"{members[name]} {line.strip()}".strip()
        else:
            kept.append(line)
    return Doc(re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip(), members)
