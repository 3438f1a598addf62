"""The policy model: which package may use which capabilities.

The terms are Endo's, with dotted paths as in LavaMoat. ``docs/formats/policy.md`` describes the
format; `policy.format` reads and writes it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from compartment_mapper.authority.table import Part, comes_with, holders_of, is_global
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.scope import Scope
from compartment_mapper.policy.shims import Shim


@dataclass(frozen=True, slots=True, kw_only=True)
class Attenuation:
    """A grant through an attenuator, a function of the application (as in Endo)."""

    specifier: str
    params: tuple[object, ...]

    def to_json(self) -> object:
        """Return the grant as it is written in a policy."""
        return {"attenuate": self.specifier, "params": list(self.params)}


#: ``write`` allows reading and assigning: ``process.exitCode = 1``. ``load`` allows requesting a
#: builtin without any of its members.
Grant = bool | Literal["write", "load"] | Attenuation | Scope
#: Whether all exports of a package are hardened, none, or only functions and classes.
Hardening = bool | Literal["code"]
#: ``any``, one attenuation of the whole set, or grants by name.
Grants = str | Attenuation | Mapping[str, Grant]


#: In ``options`` of an archive's policy: the globals that may be assigned, and the builtins that
#: may be requested although none of their members is granted.
WRITES = "writes"
LOADS = "loads"
#: Also in ``options``, by part and path: grants with a scope.
SCOPES = "scopes"
#: Also in ``options``: whether the exports of the package are hardened.
HARDEN = "harden"
#: Also in ``options``: the native addons that the package may load.
NATIVE = "native"
#: Also in ``options``: the shims of the package.
SHIMS = "shims"

#: The parts of a policy, in writing order.
PARTS: tuple[Part, ...] = ("globals", "builtins", "packages")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePolicy:
    """The policy of one package."""

    globals: Grants = field(default_factory=dict)
    builtins: Grants = field(default_factory=dict)
    packages: Grants = field(default_factory=dict)
    no_global_freeze: bool = False
    options: object = None
    #: The native addons that it may load: hashes by path in the package.
    native: Mapping[str, str] = field(default_factory=dict)
    #: Its modules that run before the lockdown, by path in the package.
    shims: Mapping[str, Shim] = field(default_factory=dict)
    #: Whether its exports are hardened; None if unspecified.
    harden: Hardening | None = None
    #: The version and the hash of the package at the time of writing.
    version: str | None = None
    integrity: str | None = None
    #: The files that others may load or run, and the number of places of each sign, at that time;
    #: None if they were not recorded.
    entry_points: tuple[str, ...] | None = None
    signs: Mapping[str, int] | None = None
    #: The first use of each capability, by part and path: ``lib/file.js:12``.
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
        """Return the JSON value, sorted, without empty parts and reasons."""
        found = self._pinned()
        if self.harden is not None:
            found["harden"] = self.harden
        for part in PARTS:
            grants = self.grants_of(part)
            if grants or isinstance(grants, Attenuation):
                found[part] = _grants_to_json(grants)
        if self.native:
            found["native"] = dict(sorted(self.native.items()))
        if self.shims:
            found["shims"] = self._shims()
        if self.no_global_freeze:
            found["noGlobalFreeze"] = True
        if self.options is not None:
            found["options"] = self.options
        return found

    def _shims(self) -> dict[str, object]:
        return {path: shim.to_dict() for path, shim in sorted(self.shims.items())}

    def _pinned(self) -> dict[str, object]:
        """Return the JSON value of the reviewed state."""
        found: dict[str, object] = {}
        if self.version is not None:
            found["version"] = self.version
        if self.integrity is not None:
            found["integrity"] = self.integrity
        if self.entry_points is not None:
            found["entryPoints"] = list(self.entry_points)
        if self.signs:
            found["signs"] = dict(sorted(self.signs.items()))
        return found

    def _own_options(self) -> dict[str, object]:
        options: dict[str, object] = {}
        if isinstance(self.options, dict):
            options |= self.options
        if self.harden is not None:
            options[HARDEN] = self.harden
        if self.native:
            options[NATIVE] = dict(sorted(self.native.items()))
        if self.shims:
            options[SHIMS] = self._shims()
        return options

    def to_endo(self) -> dict[str, object]:
        """Return the JSON value in the format of Endo's reader.

        Endo rejects ``"write"`` and scopes, and ignores ``options``, so ``options`` lists them.
        """
        granted = replace(self, harden=None, version=None, integrity=None, native={}, shims={})
        found = replace(granted, entry_points=None, signs=None).to_dict()
        options = self._own_options()
        scopes: dict[str, dict[str, object]] = {
            part: scoped for part in PARTS if (scoped := _scopes(self.grants_of(part)))
        }
        if scopes:
            options[SCOPES] = scopes
            found = {k: _without(v, scopes.get(k, {})) for k, v in found.items()}
            found = {k: v for k, v in found.items() if v != {}}
        writes = _granted_as("write", self.globals)
        if writes:
            options[WRITES] = sorted(writes)
            found["globals"] = {**_object(found["globals"]), **dict.fromkeys(writes, True)}
        loads = _granted_as("load", self.builtins)
        if loads:
            options[LOADS] = sorted(loads)
            kept = _without(found["builtins"], loads)
            found["builtins"] = kept
            if not kept:
                del found["builtins"]
        return found | ({"options": options} if options else {})

    def decision(self, part: Part, path: str) -> tuple[str, Grant] | None:
        """Return the path and the grant that decide about *path*, or None.

        The nearest object on the path decides; a ``load`` grant grants no members. The grant of an
        object does not include its critical members.

        >>> PackagePolicy(globals={"process.env": True}).decision("globals", "process.env.HOME")
        ('process.env', True)
        """
        grants = self.grants_of(part)
        if grants == "any" or isinstance(grants, Attenuation):
            return "any", True
        assert isinstance(grants, Mapping)
        if part == "packages":  # package names may contain dots
            return (path, grants[path]) if path in grants else None
        patterns = patterns_of(grants, path)
        for holder in (path, *patterns, *holders_of(path)):
            grant = grants.get(holder)
            if grant is None or (grant == "load" and holder != path):
                continue
            is_named = holder in {path, *patterns} or comes_with(part, path, holder)
            return (holder, grant) if is_named or grant is False else None
        return None

    def allows(self, part: Part, path: str, *, write: bool = False, load: bool = False) -> bool:
        """Return whether *path*, or an object that holds it, is granted in *part*.

        The grant of an object allows changing it, but defining a global for other packages requires
        ``write``. Loading a builtin requires a grant of any of its members.

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
        """Return whether the policy denies *path* explicitly."""
        found = self.decision(part, path)
        return found is not None and found[1] is False

    def _allows_members(self, part: Part, path: str) -> bool:
        grants = self.grants_of(part)
        return isinstance(grants, Mapping) and any(
            name.startswith(f"{path}.") and grant is not False for name, grant in grants.items()
        )


#: A name in a policy may end in ``*`` here: ``process.env.AWS_*``.
VARIABLES = "process.env."


def patterns_of(names: Iterable[str], path: str) -> list[str]:
    """Return those of *names* that stand for *path* by a ``*``, the longest first.

    >>> patterns_of(["process.env.A*", "process.env.AWS_*", "fetch"], "process.env.AWS_KEY")
    ['process.env.AWS_*', 'process.env.A*']
    """
    if not path.startswith(VARIABLES):
        return []
    patterns = (name for name in names if name.endswith("*") and name.startswith(VARIABLES))
    found = [name for name in patterns if path.startswith(name[:-1]) and name != path]
    return sorted(found, key=len, reverse=True)


def policy_key(name: CanonicalName) -> str:
    """Return the key of a package's policy in the file.

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


def _without(value: object, names: Container[str]) -> object:
    return {k: v for k, v in value.items() if k not in names} if isinstance(value, dict) else value


def _scopes(grants: Grants) -> dict[str, object]:
    if not isinstance(grants, Mapping):
        return {}
    listed = sorted(grants.items())
    return {name: grant.to_json() for name, grant in listed if isinstance(grant, Scope)}


def _grants_to_json(grants: Grants) -> object:
    if isinstance(grants, str):
        return grants
    if isinstance(grants, Attenuation):
        return grants.to_json()
    return {name: grant_to_json(grant) for name, grant in sorted(grants.items())}


def grant_to_json(grant: Grant) -> object:
    """Return the value of *grant* in a policy."""
    return grant.to_json() if isinstance(grant, Attenuation | Scope) else grant


#: The lifecycle events that run code of a dependency, in the order of npm; ``prepare`` only for
#: dependencies from git.
LifecycleEvent = Literal["preinstall", "install", "postinstall", "prepare"]
LIFECYCLE: tuple[LifecycleEvent, ...] = ("preinstall", "install", "postinstall", "prepare")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallScript:
    """One lifecycle script of a package."""

    command: str
    #: A hash of the command and of the files that it names.
    integrity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallScripts:
    """The lifecycle scripts of a package, and whether they may run."""

    version: str | None = None
    #: By event.
    scripts: Mapping[str, InstallScript] = field(default_factory=dict)
    #: None: no decision.
    run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policies of all packages; a package without an entry is granted nothing."""

    entry: PackagePolicy
    resources: Mapping[CanonicalName, PackagePolicy]
    #: Whether every package is also granted the harmless capabilities that its code names.
    harmless: bool = False
    #: The lifecycle scripts of all installed packages; None if they were not recorded.
    install_scripts: Mapping[CanonicalName, InstallScripts] | None = None

    def of(self, name: CanonicalName) -> PackagePolicy:
        """Return the policy of the package *name*."""
        return self.entry if name == ROOT_NAME else self.resources.get(name, PackagePolicy())

    def with_package(self, name: CanonicalName, policy: PackagePolicy) -> Policy:
        """Return this policy with another one for the package *name*."""
        if name == ROOT_NAME:
            return replace(self, entry=policy)
        return replace(self, resources={**self.resources, name: policy})

    def attenuators(self) -> list[str]:
        """Return the specifiers of all attenuators in the policy, sorted."""
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
