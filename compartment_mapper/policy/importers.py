"""Import policies of LavaMoat (``policy.json``) and Endo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from compartment_mapper import errors
from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.authority.table import INTRINSICS, KNOWN_GLOBALS, Part
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.format import parse_policy
from compartment_mapper.policy.model import Grant, Grants, PackagePolicy, Policy

#: Keys that only LavaMoat's files have.
_LAVAMOAT_KEYS = frozenset({"resolutions", "root", "include"})
_LAVAMOAT_PACKAGE_KEYS = frozenset({"builtin", "native", "env", "meta"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A policy, and one note for each part that was not imported."""

    policy: Policy
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Notes:
    """Notes about a file, collected while it is read."""

    found: list[str] = field(default_factory=list)

    def add(self, package: str, text: str) -> None:
        self.found.append(f"{package}: {text}")


def import_policy(text: bytes, *, file: str) -> Imported | Diagnostic:
    """Parse a policy of LavaMoat or Endo, or return the problem.

    Args:
        text: JSON.
        file: The name of the file in messages.
    """
    try:
        value: object = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        return errors.invalid_policy(file, f"not JSON: {problem}")
    if isinstance(value, dict) and not value.keys() & {"entry", "resources"}:
        found = "it has neither 'resources' nor 'entry': not a policy of LavaMoat or Endo"
        return errors.invalid_policy(file, found)
    if isinstance(value, dict) and _is_lavamoats(value):
        return _from_lavamoat(value, file)
    policy = parse_policy(_without_root_globals(value), file=file)
    return policy if isinstance(policy, Diagnostic) else Imported(policy=policy)


def _is_lavamoats(value: Mapping[str, object]) -> bool:
    resources = value.get("resources")
    packages = resources.values() if isinstance(resources, dict) else ()
    return (
        bool(_LAVAMOAT_KEYS & value.keys())
        or any(
            isinstance(package, dict) and _LAVAMOAT_PACKAGE_KEYS & package.keys()
            for package in packages
        )
        or ("entry" not in value and "defaultAttenuator" not in value)
    )


def _without_root_globals(value: object) -> bytes:
    """Return Endo's *value* as JSON; LavaMoat on Endo writes ``["root"]`` for all globals."""
    if isinstance(value, dict) and isinstance(value.get("entry"), dict):
        entry = value["entry"]
        if entry.get("globals") == ["root"]:
            value = {**value, "entry": {**entry, "globals": "any"}}
    return json.dumps(value).encode()


def _from_lavamoat(value: Mapping[str, object], file: str) -> Imported | Diagnostic:
    resources = value.get("resources", {})
    if not isinstance(resources, dict):
        return errors.invalid_policy(file, "resources must be an object")
    notes = _Notes()
    found: dict[CanonicalName, PackagePolicy] = {}
    for name, package in sorted(resources.items()):
        if not isinstance(package, dict):
            return errors.invalid_policy(file, f'resources["{name}"] must be an object')
        found[CanonicalName(name)] = _package(name, package, notes)
    for key in sorted(_LAVAMOAT_KEYS - {"root"} & value.keys()):
        notes.add("the file", f"'{key}' has no equivalent")
    return Imported(
        policy=Policy(entry=_entry(value, found), resources=found, harmless=True),
        notes=tuple(notes.found),
    )


def _entry(
    value: Mapping[str, object], resources: Mapping[CanonicalName, PackagePolicy]
) -> PackagePolicy:
    """Return the policy of the application: LavaMoat trusts it, unless the file sets one."""
    root = value.get("root")
    name = root.get("usePolicy") if isinstance(root, dict) else None
    if isinstance(name, str):
        return resources.get(CanonicalName(name), PackagePolicy())
    return PackagePolicy(globals="any", builtins="any", packages="any")


def _package(name: str, value: Mapping[str, object], notes: _Notes) -> PackagePolicy:
    if value.get("native"):
        notes.add(name, "native addons cannot be confined and are not granted")
    for key in sorted({"env", "meta"} & value.keys()):
        notes.add(name, f"'{key}' has no equivalent")
    return PackagePolicy(
        globals=_grants(name, "globals", value.get("globals"), notes),
        builtins=_grants(name, "builtins", value.get("builtin"), notes),
        packages=_grants(name, "packages", value.get("packages"), notes),
    )


def _grants(name: str, part: Part, value: object, notes: _Notes) -> Grants:
    found: dict[str, Grant] = {}
    for path, written in sorted(value.items()) if isinstance(value, dict) else ():
        bare = path.removeprefix("node:") if part == "builtins" else path
        first = bare.partition(".")[0]
        if part == "globals" and first not in KNOWN_GLOBALS:
            if first not in INTRINSICS:
                notes.add(name, f"the host has no global '{path}'")
            continue
        if part == "builtins" and (is_builtin(first) or is_builtin(f"node:{first}")) is None:
            notes.add(name, f"there is no builtin '{path}'")
            continue
        if written == "write":
            found[bare] = "write"
        elif written in {True, "read"}:
            found.setdefault(bare, True)
        elif written is False:
            found[bare] = False
        else:
            notes.add(name, f"invalid grant of '{path}': {json.dumps(written)}")
    return found
