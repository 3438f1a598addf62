"""Scan calls of an imported function that may load builtins: ``__require("fs")``.

Bundlers put ``createRequire(import.meta.url)`` into one file, which exports it to the
others. Whether a file does so is known when all modules are: see ``ModuleRecord.lends_require``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.locations import Specifier
from compartment_mapper.records.module_record import ImportEntry, ModuleRequest
from compartment_mapper.scan.requests.calls import reach_of
from compartment_mapper.scan.syntax.tree import Syntax
from compartment_mapper.text import Span

#: The only argument, a name of at most 23 characters.
_ARGUMENT = re.compile(
    rb"\(\s*(?P<literal>(['\"`])(?P<name>(?:node:)?[a-z_][a-z_/0-9]{1,17})\2)\s*\)"
)
_CALLEE = re.compile(rb"(?<![\w$.])([A-Za-z_$][\w$]*)\s*\Z")
#: The longest callee that is looked for.
_WINDOW = 60


def lent_calls(
    syntax: Syntax, imports: Iterable[ImportEntry]
) -> Iterator[tuple[Specifier, ModuleRequest]]:
    """Yield the calls of imported functions with the name of a builtin, and where they come from.

    Only imports of files count: other packages get no ``require`` of this one.
    """
    sources = {e.local_name.encode(): e.request for e in imports if e.request.startswith(".")}
    for match in _ARGUMENT.finditer(syntax.source) if sources else ():
        start = match.start()
        callee = _CALLEE.search(syntax.source, max(0, start - _WINDOW), start)
        specifier = match["name"].decode()
        if callee and callee[1] in sources and is_builtin(specifier) is not None:
            span = Span(*match.span("literal"))
            path = syntax.path_to(callee.start(1))
            if path[-1].kind == "identifier" and path[-2].kind == "call_expression":
                yield (
                    sources[callee[1]],
                    ModuleRequest(
                        specifier=Specifier(specifier),
                        kind="require",
                        span=span,
                        reach=reach_of(path),
                    ),
                )
