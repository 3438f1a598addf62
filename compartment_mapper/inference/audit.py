"""The audit of a run: what packages used, as grants for a policy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from posixpath import dirname

from compartment_mapper import errors
from compartment_mapper.authority.scopes import scope_kind
from compartment_mapper.authority.table import Part, authority_of
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.model import PARTS, Grant, PackagePolicy, Policy
from compartment_mapper.policy.scope import OWN_MODULES, Scope, scope_of

#: With more files in one folder, the pattern is the folder.
_MOST_FILES = 4


@dataclass(frozen=True, slots=True)
class AuditedUse:
    """A grant that a run needed, or the scope of what it used."""

    package: CanonicalName
    part: Part
    path: str
    grant: Grant
    #: The first use: ``node_modules/a/index.js:3``; empty if unknown.
    place: str


def parse_audit(text: bytes, *, file: str) -> list[AuditedUse] | Diagnostic:
    """Parse the JSON that ``run --audit-output`` writes, or return the problem."""
    try:
        value = json.loads(text)
        rows = [*value["audit"], *value["used"]]
        return [use for row in rows if (use := _use(row)) is not None]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return errors.invalid_audit(file)


def _use(row: Mapping[str, object]) -> AuditedUse | None:
    """Return the use of a row; None if no pattern stands for what was used."""
    part = next((each for each in PARTS if each == row["part"]), None)
    package, path, place, grant = row["label"], row["path"], row["place"], row["grant"]
    if part is None or not all(isinstance(each, str) for each in (package, path, place)):
        raise TypeError
    assert isinstance(package, str)
    assert isinstance(path, str)
    assert isinstance(place, str)
    found = _scope(grant, part, path) if isinstance(grant, dict) else grant
    if isinstance(found, str) and found != "load":
        return None
    if found is not True and found != "load" and not isinstance(found, Scope):
        raise TypeError
    return AuditedUse(CanonicalName(package), part, path, found, place)


def _scope(value: dict[str, object], part: Part, path: str) -> Scope | str:
    kind = scope_kind(part, path)
    lists = {key: _texts(each) for key, each in value.items()}
    listed: dict[str, object] = {
        key: _few(each) if kind == "paths" else each for key, each in lists.items()
    }
    if kind == "programs":  # what environment a program needs is not recorded
        listed["env"] = ["*"]
    return scope_of(listed, part, path)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TypeError
    return value


def _few(paths: Iterable[str]) -> list[str]:
    """Return patterns of *paths*: of their folder if there are many."""
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(dirname(path), []).append(path)
    return [
        pattern
        for folder, files in found.items()
        for pattern in ([f"{folder}/**"] if len(files) > _MOST_FILES and len(folder) > 1 else files)
    ]


def with_audit(policy: Policy, uses: Iterable[AuditedUse]) -> Policy:
    """Return *policy* with the grants that a run needed, and scopes where it grants more.

    A grant that no code shows and that is critical is written as a denial.
    """
    found = {ROOT_NAME: policy.entry, **policy.resources}
    for use in uses:
        own = found.get(use.package)
        if own is not None:
            found[use.package] = _with_use(own, use, is_root=use.package == ROOT_NAME)
    entry = found.pop(ROOT_NAME)
    return replace(policy, entry=entry, resources=found)


def _with_use(policy: PackagePolicy, use: AuditedUse, *, is_root: bool) -> PackagePolicy:
    grants = policy.grants_of(use.part)
    decided = policy.decision(use.part, use.path)
    if not isinstance(grants, Mapping) or policy.denies(use.part, use.path):
        return policy
    if isinstance(use.grant, Scope):
        if decided is None or decided[0] != use.path or is_root:
            return policy
        known = decided[1]
        grant: Grant = known.joined(use.grant) if isinstance(known, Scope) else use.grant
    elif decided is not None and decided[1] != "load":
        return policy
    else:
        grant = use.grant
        if use.part != "packages" and scope_kind(use.part, use.path) == "modules":
            grant = OWN_MODULES
        elif use.part != "packages" and authority_of(use.part, use.path).severity == "critical":
            grant = is_root
    reasons = {(use.part, use.path): use.place, **policy.reasons} if use.place else policy.reasons
    changed = {**grants, use.path: grant}
    return replace(policy, reasons=reasons).with_grants(use.part, changed)
