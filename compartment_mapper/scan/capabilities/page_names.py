"""Scan unknown globals that a source expects from its page, defined by other scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.authority.table import GLOBAL_ALIASES, INTRINSICS, KNOWN_GLOBALS
from compartment_mapper.records.module_record import FreeName
from compartment_mapper.scan.capabilities.members import member_uses
from compartment_mapper.scan.syntax.names import occurrences
from compartment_mapper.scan.syntax.tree import Syntax

#: Names that are not globals of a page.
_OF_THE_LANGUAGE = frozenset("arguments await eval Infinity NaN undefined".split())
_OF_MODULES = frozenset("__dirname __filename define exports module require".split())
_OF_SES = frozenset("Compartment harden lockdown".split())
_KNOWN = KNOWN_GLOBALS | GLOBAL_ALIASES | INTRINSICS | _OF_THE_LANGUAGE | _OF_MODULES | _OF_SES

_OF_THE_WINDOW = re.compile(rb"(?<![\w$.])(?:window|self|globalThis)\s*(?:\?\.|[.\[])")


def scan_page_names(syntax: Syntax) -> Iterator[FreeName]:
    """Yield the first use of each global that only the page can have, sorted.

    A name that the source declares or assigns anywhere is its own. The result is for review and for
    suggested grants: a missed name is not granted.
    """
    found: dict[str, FreeName] = {}
    for name in (*_free(syntax), *_of_the_window(syntax)):
        found.setdefault(name.path, name)
    yield from (found[path] for path in sorted(found) if not found[path].written)


def _free(syntax: Syntax) -> Iterator[FreeName]:
    names = {name for name in syntax.undeclared() if name not in _KNOWN}
    for occurrence in occurrences(syntax, names) if names else ():
        if occurrence.scope == "free" and occurrence.role != "typeof":
            yield FreeName(path=occurrence.name, span=occurrence.span, exact=False)


def _of_the_window(syntax: Syntax) -> Iterator[FreeName]:
    if not _OF_THE_WINDOW.search(syntax.source):
        return
    used: list[FreeName] = []
    for occurrence in occurrences(syntax, GLOBAL_ALIASES):
        if occurrence.scope == "free":
            used += [
                FreeName(path=use.names[0], span=use.span, exact=False, written=use.written)
                for use in member_uses(syntax, occurrence.path)
                if use.names and use.names[0] not in _KNOWN and not use.tested
            ]
    # A name that it assigns anywhere is its own, in any order.
    yield from sorted(used, key=lambda name: not name.written)
