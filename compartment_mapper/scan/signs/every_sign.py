"""All signs of a source, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from compartment_mapper.records.module_record import BuiltinUse, Sign, SignName
from compartment_mapper.scan.requests.constants import UNKNOWN
from compartment_mapper.scan.requests.patterns import Computed
from compartment_mapper.scan.signs.evaluation import evaluations
from compartment_mapper.scan.signs.literals import decoded_literals
from compartment_mapper.scan.signs.names import assembled_names, computed_members
from compartment_mapper.scan.signs.writing import minified_line, obfuscations
from compartment_mapper.scan.syntax.tree import Syntax
from compartment_mapper.text import Span

#: The most places of one sign in one source: a count beyond it says nothing more.
_MOST = 100


def scan_signs(
    syntax: Syntax, computed: Computed, builtin_uses: Iterable[BuiltinUse]
) -> tuple[Sign, ...]:
    """Return the signs of *syntax*, by name and position.

    Args:
        syntax: The syntax of the source.
        computed: Its computed requests.
        builtin_uses: The members of builtins that it uses.
    """
    found: dict[SignName, Iterable[Span]] = {
        "eval": evaluations(syntax, builtin_uses),
        "computed-request": _computed_requests(computed),
        "computed-member": computed_members(syntax),
        "assembled-name": assembled_names(syntax),
        "decoded-literal": decoded_literals(syntax),
        "obfuscated": obfuscations(syntax),
        "minified": minified_line(syntax.source),
    }
    return tuple(
        Sign(sign=name, span=span)
        for name, spans in found.items()
        for span in islice(sorted(set(spans)), _MOST)
    )


def _computed_requests(computed: Computed) -> Iterator[Span]:
    """Yield the requests of which nothing is known."""
    yield from (request.span for request in computed.patterns if request.pattern == UNKNOWN)
