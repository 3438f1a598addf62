"""The policy format, as Endo reads it, with dotted paths as in LavaMoat's.

``docs/formats/policy.md`` describes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from compartment_mapper import errors
from compartment_mapper.authority import Part, authority_of, holders_of
from compartment_mapper.errors import Diagnostic
from compartment_mapper.locations import ROOT_NAME, CanonicalName


@dataclass(frozen=True, slots=True, kw_only=True)
class Attenuation:
    """A grant through a function of the application's (Endo's attenuators)."""

    #: None, while a policy is read, for its default attenuator.
    specifier: str | None
    params: tuple[object, ...]

    def to_json(self) -> object:
        """Return the grant as it is written."""
        if self.specifier is None:
            return list(self.params)
        return {"attenuate": self.specifier, "params": list(self.params)}


#: ``write`` is to read and to assign: ``process.exitCode = 1``. ``load`` is to request a builtin,
#: and to get nothing of it.
Grant = bool | Literal["write", "load"] | Attenuation
#: ``any``, one attenuation of the whole set, or grants by name.
Grants = str | Attenuation | Mapping[str, Grant]


#: In ``options`` of an archive's policy: the globals that may be assigned, and the builtins that
#: may be requested although nothing of them is granted.
WRITES = "writes"
LOADS = "loads"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePolicy:
    """What one package may use."""

    globals: Grants = field(default_factory=dict)
    builtins: Grants = field(default_factory=dict)
    packages: Grants = field(default_factory=dict)
    no_global_freeze: bool = False
    options: object = None

    def to_dict(self) -> dict[str, object]:
        """Return the JSON value, sorted, without empty parts."""
        found: dict[str, object] = {}
        for key, grants in (
            ("globals", self.globals),
            ("builtins", self.builtins),
            ("packages", self.packages),
        ):
            if grants or isinstance(grants, Attenuation):
                found[key] = _grants_to_json(grants)
        if self.no_global_freeze:
            found["noGlobalFreeze"] = True
        if self.options is not None:
            found["options"] = self.options
        return found

    def to_endo(self) -> dict[str, object]:
        """Return the JSON value in the words that Endo's reader knows.

        It accepts no ``"write"``, and ignores ``options``: there the names are listed.
        """
        found = self.to_dict()
        options: dict[str, object] = {}
        writes = _granted_as("write", found.get("globals"))
        if writes:
            options[WRITES] = sorted(writes)
            found["globals"] = {**_object(found["globals"]), **dict.fromkeys(writes, True)}
        loads = _granted_as("load", found.get("builtins"))
        if loads:
            options[LOADS] = sorted(loads)
            kept = {k: v for k, v in _object(found["builtins"]).items() if k not in loads}
            found["builtins"] = kept
            if not kept:
                del found["builtins"]
        return found | ({"options": options} if options else {})

    def allows(self, part: Part, path: str, *, write: bool = False, load: bool = False) -> bool:
        """Return whether *path*, or an object that holds it, is granted in *part*.

        An object that is granted whole can be changed; critical members of it have to be granted
        by name. To load a builtin, a grant of any of its members is enough.

        >>> PackagePolicy(globals={"process.env": True}).allows("globals", "process.env.HOME")
        True
        """
        grants: Grants = getattr(self, part)
        if grants == "any" or isinstance(grants, Attenuation):
            return True
        assert isinstance(grants, Mapping)
        if part == "packages":  # their names may have dots
            return bool(grants.get(path))
        own = grants.get(path)
        if load and (own or any(n.startswith(f"{path}.") and g for n, g in grants.items())):
            return True
        is_named_only = authority_of(part, path).severity == "critical"
        whole = [] if is_named_only else [grants.get(holder) for holder in holders_of(path)]
        if any(grant not in {None, False, "load"} for grant in whole if _is_plain(grant)):
            return True
        return own == "write" if write and "." in path else bool(own) and own != "load"


def _is_plain(grant: Grant | None) -> bool:
    return not isinstance(grant, Attenuation)


def _object(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _granted_as(kind: str, grants: object) -> set[str]:
    if not isinstance(grants, dict):
        return set()
    return {name for name, grant in grants.items() if grant == kind}


def _grants_to_json(grants: Grants) -> object:
    if isinstance(grants, str):
        return grants
    if isinstance(grants, Attenuation):
        return grants.to_json()
    return {
        name: grant.to_json() if isinstance(grant, Attenuation) else grant
        for name, grant in sorted(grants.items())
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What each package may use; a package that is not named may use nothing."""

    entry: PackagePolicy
    resources: Mapping[CanonicalName, PackagePolicy]

    def of(self, name: CanonicalName) -> PackagePolicy:
        """Return the policy of the package *name*."""
        return self.entry if name == ROOT_NAME else self.resources.get(name, PackagePolicy())

    def attenuators(self) -> list[str]:
        """Return the specifiers of all attenuators that the policy uses, sorted."""
        found = {
            attenuation.specifier
            for policy in (self.entry, *self.resources.values())
            for grants in (policy.globals, policy.builtins)
            for attenuation in _attenuations(grants)
        }
        return sorted(specifier for specifier in found if specifier)


def _attenuations(grants: Grants) -> list[Attenuation]:
    if isinstance(grants, Attenuation):
        return [grants]
    if isinstance(grants, str):
        return []
    return [grant for grant in grants.values() if isinstance(grant, Attenuation)]


_PACKAGE_KEYS = (
    "globals",
    "builtins",
    "packages",
    "noGlobalFreeze",
    "defaultAttenuator",
    "options",
)
_POLICY_KEYS = ("defaultAttenuator", "entry", "resources")


@dataclass(frozen=True, slots=True)
class _WrongValueError(Exception):
    """A value of a policy that does not follow the format."""

    problem: str
    hint: str = ""


def parse_policy(text: bytes, *, file: str) -> Policy | Diagnostic:
    """Return the policy that *text* (JSON) says, or what is wrong with it.

    Args:
        text: Of the file.
        file: What to call it in a message.
    """
    try:
        value: object = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        return errors.invalid_policy(file, f"not JSON: {problem}")
    try:
        return _policy(value)
    except _WrongValueError as wrong:
        return errors.invalid_policy(file, wrong.problem, wrong.hint)


def _policy(value: object) -> Policy:
    found = _record(value, "the policy", _POLICY_KEYS)
    resources = _record(found.get("resources", {}), "resources", None)
    attenuator = found.get("defaultAttenuator")
    if attenuator is not None and (not isinstance(attenuator, str) or not attenuator):
        raise _WrongValueError(f"defaultAttenuator must be a specifier, got {_shown(attenuator)}")
    return Policy(
        entry=_with_default(_package_policy(found.get("entry", {}), "entry"), attenuator),
        resources={
            CanonicalName(name): _with_default(
                _package_policy(policy, f'resources["{name}"]'), attenuator
            )
            for name, policy in resources.items()
        },
    )


def _with_default(policy: PackagePolicy, attenuator: str | None) -> PackagePolicy:
    """Return *policy* with the default attenuator in grants that name none."""
    return replace(
        policy,
        globals=_grants_with_default(policy.globals, attenuator),
        builtins=_grants_with_default(policy.builtins, attenuator),
    )


def _grants_with_default(grants: Grants, attenuator: str | None) -> Grants:
    if isinstance(grants, str):
        return grants
    if isinstance(grants, Attenuation):
        return _named(grants, attenuator)
    return {
        name: _named(grant, attenuator) if isinstance(grant, Attenuation) else grant
        for name, grant in grants.items()
    }


def _named(attenuation: Attenuation, attenuator: str | None) -> Attenuation:
    if attenuation.specifier is not None:
        return attenuation
    if attenuator is None:
        raise _WrongValueError("a list of parameters needs a defaultAttenuator")
    return replace(attenuation, specifier=attenuator)


def package_policy_from(value: object, *, path: str) -> PackagePolicy | str:
    """Return the package policy that a JSON *value* says, or a sentence on what is wrong."""
    try:
        return _package_policy(value, path)
    except _WrongValueError as wrong:
        return wrong.problem


def _package_policy(value: object, path: str) -> PackagePolicy:
    found = _record(value, path, _PACKAGE_KEYS)
    freeze = found.get("noGlobalFreeze", False)
    if not isinstance(freeze, bool):
        raise _WrongValueError(f"{path}.noGlobalFreeze must be true or false, got {_shown(freeze)}")
    packages = _grants(found.get("packages", {}), f"{path}.packages")
    if isinstance(packages, Attenuation):
        raise _WrongValueError(f"{path}.packages can't be attenuated")
    return PackagePolicy(
        globals=_with_writes(
            _grants(found.get("globals", {}), f"{path}.globals"), found.get("options")
        ),
        builtins=_with_loads(
            _grants(found.get("builtins", {}), f"{path}.builtins"), found.get("options")
        ),
        packages=packages,
        no_global_freeze=freeze,
        options=found.get("options"),
    )


def _with_writes(grants: Grants, options: object) -> Grants:
    """Return *grants* with what the ``options`` of an archive's policy let be assigned."""
    writes = options.get(WRITES) if isinstance(options, dict) else None
    if not isinstance(writes, list) or not isinstance(grants, Mapping):
        return grants
    return {
        name: "write" if grant is True and name in writes else grant
        for name, grant in grants.items()
    }


def _with_loads(grants: Grants, options: object) -> Grants:
    """Return *grants* with what the ``options`` of an archive's policy let be requested."""
    loads = options.get(LOADS) if isinstance(options, dict) else None
    if not isinstance(loads, list) or not isinstance(grants, Mapping):
        return grants
    named: dict[str, Grant] = {name: "load" for name in loads if isinstance(name, str)}
    return {**named, **grants}


def _grants(value: object, path: str) -> Grants:
    if value == "any":
        return "any"
    if isinstance(value, list) and path.endswith(".globals"):
        return Attenuation(specifier=None, params=tuple(value))
    if isinstance(value, dict) and "attenuate" in value:
        return _attenuation(value, path)
    found = _record(value, path, None)
    return {name: _grant(grant, f'{path}["{name}"]') for name, grant in found.items()}


def _grant(value: object, path: str) -> Grant:
    if isinstance(value, bool):
        return value
    if value == "write" and ".globals" in path:
        return "write"
    if value == "load" and ".builtins" in path:
        return "load"
    if isinstance(value, list):
        return Attenuation(specifier=None, params=tuple(value))
    if isinstance(value, dict) and "attenuate" in value:
        return _attenuation(value, path)
    raise _WrongValueError(f"{path} must be true, false or an attenuation, got {_shown(value)}")


def _attenuation(value: object, path: str) -> Attenuation:
    found = _record(value, path, ("attenuate", "params"))
    specifier, params = found["attenuate"], found.get("params", [])
    if not isinstance(specifier, str) or not specifier:
        raise _WrongValueError(f"{path}.attenuate must be a specifier, got {_shown(specifier)}")
    if not isinstance(params, list):
        raise _WrongValueError(f"{path}.params must be a list, got {_shown(params)}")
    return Attenuation(specifier=specifier, params=tuple(params))


def _record(value: object, path: str, known: tuple[str, ...] | None) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _WrongValueError(f"{path} must be an object, got {_shown(value)}")
    for key in value:
        if known is not None and key not in known:
            raise _WrongValueError(
                f"{path} must not have a key '{key}'",
                errors.did_you_mean(str(key), known) or f"known keys: {', '.join(known)}",
            )
    return value


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else text[:60] + "…"  # noqa: PLR2004 - one line
