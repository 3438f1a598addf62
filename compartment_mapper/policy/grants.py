"""Read the grants of a policy: the values of ``globals``, ``builtins`` and ``packages``."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from difflib import get_close_matches

from compartment_mapper import errors
from compartment_mapper.authority.node_builtins import is_builtin, known_builtins
from compartment_mapper.authority.table import INTRINSICS, KNOWN_GLOBALS, Part
from compartment_mapper.limits import LIMITS
from compartment_mapper.policy.model import VARIABLES, Attenuation, Grant, Grants
from compartment_mapper.policy.scope import SCOPE_KEYS, Scope, scope_of


@dataclass(frozen=True, slots=True)
class WrongValueError(Exception):
    """A value of a policy violates the format."""

    problem: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """The path of a value in a policy, and the default attenuator for lists of parameters."""

    path: str
    attenuator: str | None = None
    part: Part | None = None
    #: In an archive, unknown global names are valid, and our own keywords are not.
    in_archive: bool = False
    #: The path of the grant.
    name: str = ""

    def part_at(self, part: Part) -> ValuePlace:
        """Return the place of a part of the policy."""
        return replace(self, path=f"{self.path}.{part}", part=part)

    def name_at(self, name: str) -> ValuePlace:
        """Return the place of the grant of *name*."""
        return replace(self, path=f'{self.path}["{name}"]', name=name)


def as_grants(value: object, at: ValuePlace) -> tuple[Grants, dict[str, str]]:
    """Return the grants of a part, and their reasons."""
    if value == "any":
        return "any", {}
    if isinstance(value, list) and at.part == "globals":
        return _attenuation({"attenuate": at.attenuator, "params": value}, at), {}
    if isinstance(value, dict) and "attenuate" in value:
        return _attenuation(value, at), {}
    grants: dict[str, Grant] = {}
    reasons: dict[str, str] = {}
    for name, written in as_record(value, at.path, None).items():
        inner = at.name_at(name)
        bare = name.removeprefix("node:") if at.part == "builtins" else name
        grant, reason = _grant_with_reason(written, inner)
        # Inferred names are correct: packages define globals with names close to those of the host.
        if not at.in_archive and (at.part != "globals" or not (reason or grant == "write")):
            _check_name(bare, inner)
        if grants.get(bare, grant) != grant and not at.in_archive:
            raise WrongValueError(f"{inner.path}: '{bare}' has two different grants")
        grants[bare] = _both(grants.get(bare, grant), grant)
        if reason is not None:
            reasons[bare] = reason
    return grants, reasons


def _both(first: Grant, other: Grant) -> Grant:
    """Return the effective grant where `fs` and `node:fs` differ, as the runtime decides."""
    if first is False or other is False:
        return False
    return other if isinstance(other, Attenuation) else first


def check_depth(value: object, path: str) -> None:
    """Raise if *value*, which may be any JSON, is nested too deeply for a reader."""
    level = [value]
    for _ in range(LIMITS["depth"] + 1):
        level = [
            member
            for found in level
            for member in (
                found.values()
                if isinstance(found, dict)
                else found
                if isinstance(found, list)
                else ()
            )
        ]
        if not level:
            return
    raise WrongValueError(f"{path} is nested too deeply")


def _grant_with_reason(value: object, at: ValuePlace) -> tuple[Grant, str | None]:
    is_scope = isinstance(value, dict) and not SCOPE_KEYS.isdisjoint(value)
    is_wrapped = isinstance(value, dict) and "attenuate" not in value and not is_scope
    if is_wrapped and not at.in_archive:
        found = as_record(value, at.path, ("grant", "why"))
        if "grant" not in found:
            raise WrongValueError(f"{at.path} must have a 'grant'")
        return _grant(found["grant"], at), as_text(found.get("why"), f"{at.path}.why")
    return _grant(value, at), None


def _grant(value: object, at: ValuePlace) -> Grant:
    if isinstance(value, bool):
        return value
    if value == "write" and at.part == "globals":
        return "write"
    if value == "load" and at.part == "builtins" and not at.in_archive:
        return "load"
    if at.part != "packages":
        if isinstance(value, list):
            return _attenuation({"attenuate": at.attenuator, "params": value}, at)
        if isinstance(value, dict) and "attenuate" in value:
            return _attenuation(value, at)
        if isinstance(value, dict) and not SCOPE_KEYS.isdisjoint(value) and not at.in_archive:
            return scope_at(value, at)
    words = {"globals": ', "write"', "builtins": ', "load"'}.get(at.part or "", "")
    known = (
        f"true, false{words}, a scope or an attenuation"
        if at.part != "packages"
        else "true or false"
    )
    raise WrongValueError(f"{at.path} must be {known}, got {shown(value)}")


def scope_at(value: object, at: ValuePlace) -> Scope:
    """Return the scope that restricts the grant at *at*."""
    assert at.part is not None
    path = at.name.removeprefix("node:") if at.part == "builtins" else at.name
    found = scope_of(as_record(value, at.path, None), at.part, path)
    if isinstance(found, str):
        raise WrongValueError(f"{at.path}: {found}")
    if not found:
        raise WrongValueError(f"{at.path} allows nothing", "write false")
    return found


def _attenuation(value: object, at: ValuePlace) -> Attenuation:
    found = as_record(value, at.path, ("attenuate", "params"))
    specifier, params = found["attenuate"], found.get("params", [])
    check_depth(params, f"{at.path}.params")
    if specifier is None:
        raise WrongValueError(f"{at.path}: a list of parameters requires a defaultAttenuator")
    if not isinstance(specifier, str) or not specifier:
        raise WrongValueError(f"{at.path}.attenuate must be a specifier, got {shown(specifier)}")
    if not isinstance(params, list):
        raise WrongValueError(f"{at.path}.params must be a list, got {shown(params)}")
    return Attenuation(specifier=specifier, params=tuple(params))


def _check_name(name: str, at: ValuePlace) -> None:
    """Raise for an unknown builtin, and for a global whose name is close to one of the host.

    Only the host knows which other globals exist.
    """
    first = name.partition(".")[0]
    is_pattern = "*" in name and at.part != "packages"
    if is_pattern and not (name.startswith(VARIABLES) and name.index("*") == len(name) - 1):
        problem = f"{at.path}: '*' is allowed only at the end of the name of a variable"
        raise WrongValueError(problem, f"such as {VARIABLES}AWS_*")
    if at.part == "builtins" and is_builtin(first) is None and is_builtin(f"node:{first}") is None:
        hint = errors.did_you_mean(first, known_builtins())
        raise WrongValueError(f"{at.path}: there is no builtin '{first}'", hint)
    if at.part == "globals" and first not in _KNOWN_GLOBALS:
        near = get_close_matches(first, sorted(_KNOWN_GLOBALS), n=1, cutoff=0.75)
        if near:
            hint = f"did you mean '{near[0]}'?"
            raise WrongValueError(f"{at.path}: there is no global '{first}'", hint)


_KNOWN_GLOBALS = KNOWN_GLOBALS | INTRINSICS


def as_record(value: object, path: str, known: tuple[str, ...] | None) -> dict[str, object]:
    """Return *value* if it is an object with *known* keys; None: any keys."""
    if not isinstance(value, dict):
        raise WrongValueError(f"{path} must be an object, got {shown(value)}")
    for key in value:
        if known is not None and key not in known:
            raise WrongValueError(
                f"{path} has an unknown key '{key}'",
                errors.did_you_mean(str(key), known) or f"known keys: {', '.join(known)}",
            )
    return value


def shown(value: object) -> str:
    """Return *value* as JSON, shortened for a message."""
    text = json.dumps(value)
    return text if len(text) < 60 else text[:60] + "…"  # noqa: PLR2004 - one line


def as_flag(value: object, path: str) -> bool | None:
    """Return *value* if it is a boolean, or absent."""
    if value is not None and not isinstance(value, bool):
        raise WrongValueError(f"{path} must be true or false, got {shown(value)}")
    return value


def as_text(value: object, path: str) -> str | None:
    """Return *value* if it is a string, or absent."""
    if value is not None and not isinstance(value, str):
        raise WrongValueError(f"{path} must be a string, got {shown(value)}")
    return value
