"""Capabilities whose grants can have a scope, from ``scopes.json``; the runtime reads it too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, TypedDict

from compartment_mapper.authority.table import Authority, Part
from compartment_mapper.tables import table

#: What a scope lists: hosts to reach, files to access, programs to start, or modules of the archive
#: to start in threads and processes.
ScopeKind = Literal["hosts", "paths", "programs", "modules"]


class _Table(TypedDict):
    #: By part and name: the members that can be restricted, separated by spaces.
    hosts: Mapping[str, Mapping[str, str]]
    paths: Mapping[str, Mapping[str, str]]
    programs: Mapping[str, Mapping[str, str]]
    modules: Mapping[str, Mapping[str, str]]


_TABLE: _Table = json.loads(table("authority/scopes.json"))
_KINDS: tuple[ScopeKind, ...] = ("hosts", "paths", "programs", "modules")

#: The authority of a grant that starts modules of the archive only.
STARTS_OWN_MODULES = Authority(
    "medium", "runs modules of the archive in parallel, each package with its own grants"
)

#: Globals whose grants can have a scope.
SCOPED_GLOBALS = frozenset(_TABLE["hosts"]["globals"])
#: Builtins whose grants, or those of members, can have a scope.
SCOPED_BUILTINS = frozenset(name for kind in _KINDS for name in _TABLE[kind].get("builtins", {}))


def scope_kind(part: Part, path: str) -> ScopeKind | None:
    """Return the kind of scope that a grant of *path* can have, or None.

    >>> scope_kind("globals", "fetch"), scope_kind("builtins", "fs.promises.readFile")
    ('hosts', 'paths')
    >>> scope_kind("builtins", "http.createServer") is None
    True
    """
    head, _, member = path.partition(".")
    if member.startswith("promises.") and head in {"fs", "dns"}:
        head, member = f"{head}/promises", member.removeprefix("promises.")
    for kind in _KINDS:
        members = _TABLE[kind].get(part, {}).get(head)
        if members is None:
            continue
        is_whole = not member and (part == "globals" or kind != "modules")
        if member in members.split() or is_whole:
            return kind
    return None


def members_with_scope(part: Part, name: str) -> list[str]:
    """Return the members of the builtin *name* whose grants can have a scope."""
    rows = (_TABLE[kind].get(part, {}) for kind in _KINDS)
    return [member for row in rows for member in row.get(name, "").split()]
