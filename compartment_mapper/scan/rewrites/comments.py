"""Remove comments that no program can observe from stored modules.

The source of a function (``Function.prototype.toString``, ECMA-262 20.2.3.5) begins and ends with
the function, so comments between the statements of a module are not observable. They are a tenth to
a third of typical packages. Licenses stay, as in esbuild and terser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.tree import Syntax

_LEGAL = re.compile(rb"^/[*/]!|@preserve|licen[cs]e|copyright|\(c\)", re.IGNORECASE)
#: Otherwise the following code would change its column.
_NOTHING_FOLLOWS = re.compile(rb"[ \t]*(?=[\r\n]|\Z)")


def elide_comments(syntax: Syntax) -> Iterator[Edit]:
    """Yield edits that remove comments at the top level, and preserve all lines and columns."""
    if syntax.root.has_error:
        return  # text that looks like a comment may not be one
    source = syntax.source
    for node in syntax.root.children:
        if node.type != "comment" or not _NOTHING_FOLLOWS.match(source, node.end_byte):
            continue
        start, end = node.start_byte, node.end_byte
        if _LEGAL.search(source[start:end]) is None:
            yield Edit(start, end, syntax.line_ends(start, end))
