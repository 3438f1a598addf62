"""Comments that no program can see are left out of what is stored.

A function's text (``Function.prototype.toString``, ECMA-262 20.2.3.5) begins and ends with the
function, so comments between the statements of a module are seen by nobody. They are a tenth to a
third of what packages consist of. Licenses stay, as esbuild and terser keep them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.tree import Syntax

_LEGAL = re.compile(rb"^/[*/]!|@preserve|licen[cs]e|copyright|\(c\)", re.IGNORECASE)
#: Else what follows would stand in another column of its line.
_NOTHING_FOLLOWS = re.compile(rb"[ \t]*(?=[\r\n]|\Z)")


def elide_comments(syntax: Syntax) -> Iterator[Edit]:
    """Yield edits that take comments at the top of a text away, and keep all lines and columns."""
    if syntax.root.has_error:
        return  # what looks like a comment may be none
    source = syntax.source
    for node in syntax.root.children:
        if node.type != "comment" or not _NOTHING_FOLLOWS.match(source, node.end_byte):
            continue
        start, end = node.start_byte, node.end_byte
        if _LEGAL.search(source[start:end]) is None:
            yield Edit(start, end, syntax.line_ends(start, end))
