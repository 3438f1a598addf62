"""Who may use what: a policy, and what it decides.

The words are Endo's, with dotted paths as in LavaMoat's. ``docs/formats/policy.md`` describes
the format; `policy_format` reads and writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from compartment_mapper.authority.table import Part, comes_with, holders_of, is_global
from compartment_mapper.locations import ROOT_NAME, CanonicalName


@dataclass(frozen=True, slots=True, kw_only=True)
class Attenuation:
    """A grant through a function of the application's (Endo's attenuators)."""

    specifier: str
    params: tuple[object, ...]

    def to_json(self) -> object:
        """Return the grant as it is written."""
        return {"attenuate": self.specifier, "params": list(self.params)}


#: ``write`` is to read and to assign: ``process.exitCode = 1``. ``load`` is to request a builtin,
#: and to get nothing of it.
Grant = bool | Literal["write", "load"] | Attenuation
#: All that a package exports is frozen for others, nothing, or the functions and classes alone.
Hardening = bool | Literal["code"]
#: ``any``, one attenuation of the whole set, or grants by name.
Grants = str | Attenuation | Mapping[str, Grant]


#: In ``options`` of an archive's policy: the globals that may be assigned, and the builtins that
#: may be requested although nothing of them is granted.
WRITES = "writes"
LOADS = "loads"
#: And there: whether what the package exports is frozen for others.
HARDEN = "harden"

#: The parts of a policy, in the order in which they are written.
PARTS: tuple[Part, ...] = ("globals", "builtins", "packages")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePolicy:
    """What one package may use."""

    globals: Grants = field(default_factory=dict)
    builtins: Grants = field(default_factory=dict)
    packages: Grants = field(default_factory=dict)
    no_global_freeze: bool = False
    options: object = None
    #: Whether what the package exports is frozen for others; None: nobody said.
    harden: Hardening | None = None
    #: Of the package that the policy was made for.
    version: str | None = None
    integrity: str | None = None
    #: Where each authority is used first, by part and path: ``lib/file.js:12``.
    reasons: Mapping[tuple[Part, str], str] = field(default_factory=dict, compare=False)

    def grants_of(self, part: Part) -> Grants:
        """Return one part of the policy."""
        grants: Grants = getattr(self, part)
        return grants

    def with_grants(self, part: Part, grants: Grants) -> PackagePolicy:
        """Return the policy with other *grants* in one part."""
        match part:
            case "globals":
                return replace(self, globals=grants)
            case "builtins":
                return replace(self, builtins=grants)
            case "packages":
                return replace(self, packages=grants)

    def to_dict(self) -> dict[str, object]:
        """Return the JSON value, sorted, without empty parts, and without the reasons."""
        found: dict[str, object] = {}
        if self.version is not None:
            found["version"] = self.version
        if self.integrity is not None:
            found["integrity"] = self.integrity
        if self.harden is not None:
            found["harden"] = self.harden
        for part in PARTS:
            grants = self.grants_of(part)
            if grants or isinstance(grants, Attenuation):
                found[part] = _grants_to_json(grants)
        if self.no_global_freeze:
            found["noGlobalFreeze"] = True
        if self.options is not None:
            found["options"] = self.options
        return found

    def to_endo(self) -> dict[str, object]:
        """Return the JSON value in the words that Endo's reader knows.

        It accepts no ``"write"``, and ignores ``options``: there the names are listed.
        """
        found = replace(self, harden=None, version=None, integrity=None).to_dict()
        options: dict[str, object] = {}
        if isinstance(self.options, dict):
            options |= self.options
        if self.harden is not None:
            options[HARDEN] = self.harden
        writes = _granted_as("write", self.globals)
        if writes:
            options[WRITES] = sorted(writes)
            found["globals"] = {**_object(found["globals"]), **dict.fromkeys(writes, True)}
        loads = _granted_as("load", self.builtins)
        if loads:
            options[LOADS] = sorted(loads)
            kept = {k: v for k, v in _object(found["builtins"]).items() if k not in loads}
            found["builtins"] = kept
            if not kept:
                del found["builtins"]
        return found | ({"options": options} if options else {})

    def decision(self, part: Part, path: str) -> tuple[str, Grant] | None:
        """Return the grant that decides about *path*, and the path it is of; None for none.

        The grant of the nearest object that holds it decides; what may be loaded only grants
        nothing. A critical member is not granted with the object that has it.

        >>> PackagePolicy(globals={"process.env": True}).decision("globals", "process.env.HOME")
        ('process.env', True)
        """
        grants = self.grants_of(part)
        if grants == "any" or isinstance(grants, Attenuation):
            return "any", True
        assert isinstance(grants, Mapping)
        if part == "packages":  # their names may have dots
            return (path, grants[path]) if path in grants else None
        for holder in (path, *holders_of(path)):
            grant = grants.get(holder)
            if grant is None or (grant == "load" and holder != path):
                continue
            is_named = holder == path or comes_with(part, path, holder)
            return (holder, grant) if is_named or grant is False else None
        return None

    def allows(self, part: Part, path: str, *, write: bool = False, load: bool = False) -> bool:
        """Return whether *path*, or an object that holds it, is granted in *part*.

        An object that is granted whole can be changed, but to make a global for other packages is
        more. To load a builtin, a grant of any of its members is enough.

        >>> PackagePolicy(globals={"process.env": True}).allows("globals", "process.env.HOME")
        True
        >>> PackagePolicy(globals={"fetch": True}).allows("globals", "fetch", write=True)
        False
        """
        found = self.decision(part, path)
        if load and (found is None or not found[1]):
            return self._allows_members(part, path)
        if found is None or (found[1] == "load" and not load):
            return False
        holder, grant = found
        is_listed = isinstance(self.grants_of(part), Mapping)
        if write and is_listed and (holder == path or is_global(path)):
            return grant == "write"
        return grant is not False

    def denies(self, part: Part, path: str) -> bool:
        """Return whether somebody decided that *path* is not granted."""
        found = self.decision(part, path)
        return found is not None and found[1] is False

    def _allows_members(self, part: Part, path: str) -> bool:
        grants = self.grants_of(part)
        return isinstance(grants, Mapping) and any(
            name.startswith(f"{path}.") and grant is not False for name, grant in grants.items()
        )


def policy_key(name: CanonicalName) -> str:
    """Return where the policy of a package stands in the file, as people write it.

    >>> policy_key(CanonicalName("a>b"))
    'resources["a>b"]'
    """
    return "entry" if name == ROOT_NAME else f'resources["{name}"]'


def _object(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _granted_as(kind: str, grants: Grants) -> set[str]:
    if not isinstance(grants, Mapping):
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
    #: Every package also gets the harmless part of what its code names.
    harmless: bool = False

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
        return sorted(found)


def _attenuations(grants: Grants) -> list[Attenuation]:
    if isinstance(grants, Attenuation):
        return [grants]
    if isinstance(grants, str):
        return []
    return [grant for grant in grants.values() if isinstance(grant, Attenuation)]
