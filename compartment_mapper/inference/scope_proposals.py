"""Propose a scope for a grant, from the literals in the code that uses it.

A proposal is where a person starts: literals may be examples, and code may compute other values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from compartment_mapper.authority.scopes import ScopeKind
from compartment_mapper.policy.scope import scope_of

#: A use, as bytes: the source of its module, and the offset after the name.
Site = tuple[bytes, int]

_URL = re.compile(rb"""['"`](?:https?|wss?)://([\w.-]+(?::\d{1,5})?)""")
_ARGUMENT = re.compile(rb"""\s*\(\s*(['"`])([^'"`$\\\n]{1,200})\1""")
#: Hosts of documentation and examples, not of requests.
_NEVER = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net)|localhost|w3\.org|json-schema\.org)$")
_MOST = 5


def proposed_patterns(kind: ScopeKind, sites: Sequence[Site]) -> list[str]:
    """Return patterns for a scope of *kind*, sorted; empty without any literal.

    >>> proposed_patterns("hosts", [(b"fetch('https://api.acme.dev/v1')", 5)])
    ['api.acme.dev']
    >>> proposed_patterns("programs", [(b"spawn('git', args)", 5)])
    ['git']
    """
    match kind:
        case "hosts":
            sources = dict.fromkeys(source for source, _ in sites)
            found = (match[1].decode().lower() for s in sources for match in _URL.finditer(s))
            hosts = (host for host in found if not _NEVER.search(host.partition(":")[0]))
            return _valid("hosts", "globals", "fetch", hosts)
        case "programs":
            return _valid("programs", "builtins", "child_process.spawn", _arguments(sites))
        case "modules":
            return []
        case "paths":
            named = (text if text.startswith("/") else f"./{text}" for text in _arguments(sites))
            return _valid("paths", "builtins", "fs.readFile", named) or ["./**"]


def _arguments(sites: Iterable[Site]) -> Iterable[str]:
    """Yield the literals that are first arguments of calls."""
    for source, end in sites:
        found = _ARGUMENT.match(source, end)
        if found:
            yield found[2].decode("utf-8", "replace").removeprefix("./")


def _valid(key: ScopeKind, part: str, path: str, patterns: Iterable[str]) -> list[str]:
    """Return the valid patterns, without duplicates."""
    assert part in {"globals", "builtins"}
    return [
        pattern
        for pattern in sorted(set(patterns))
        if not isinstance(
            scope_of({key: [pattern]}, "globals" if part == "globals" else "builtins", path), str
        )
    ][:_MOST]
