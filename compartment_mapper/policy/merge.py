"""Merge policies: overrides on top of inference, and the intersection of two policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from compartment_mapper.authority.scopes import scope_kind
from compartment_mapper.authority.table import (
    Part,
    harmless_paths,
    holders_of,
    is_global,
    is_harmless,
)
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.model import (
    PARTS,
    Attenuation,
    Grant,
    Grants,
    InstallScripts,
    PackagePolicy,
    Policy,
    patterns_of,
)
from compartment_mapper.policy.scope import Scope
from compartment_mapper.policy.shims import common_shims


def merge_policies(base: Policy, override: Policy) -> Policy:
    """Return *base* overridden by *override*, package by package and path by path.

    A decision of *override* about a path applies to the path and its members, whatever *base* has
    for them. A part that is ``"any"`` or attenuated as a whole is replaced. For policies that list
    their grants, merging is associative.
    """
    names = base.resources.keys() | override.resources.keys()
    return Policy(
        entry=_merged(base.entry, override.entry),
        resources={
            name: _merged(
                base.resources.get(name, PackagePolicy()),
                override.resources.get(name, PackagePolicy()),
            )
            for name in sorted(names)
        },
        harmless=base.harmless or override.harmless,
        install_scripts=_merged_scripts(base.install_scripts, override.install_scripts),
    )


_Scripts = Mapping[CanonicalName, InstallScripts] | None


def _merged_scripts(base: _Scripts, override: _Scripts) -> _Scripts:
    """Return the scripts of both; an override usually decides only whether they run."""
    if base is None or override is None:
        return base if override is None else override
    merged = dict(base)
    for name, decided in override.items():
        known = base.get(name, InstallScripts())
        merged[name] = InstallScripts(
            version=known.version if decided.version is None else decided.version,
            scripts=decided.scripts or known.scripts,
            run=known.run if decided.run is None else decided.run,
        )
    return merged


def _merged(base: PackagePolicy, override: PackagePolicy) -> PackagePolicy:
    return PackagePolicy(
        globals=_merged_grants("globals", base.globals, override.globals),
        builtins=_merged_grants("builtins", base.builtins, override.builtins),
        packages=_merged_grants("packages", base.packages, override.packages),
        no_global_freeze=base.no_global_freeze or override.no_global_freeze,
        options=base.options if override.options is None else override.options,
        native={**base.native, **override.native},
        shims={**base.shims, **override.shims},
        harden=base.harden if override.harden is None else override.harden,
        version=base.version if override.version is None else override.version,
        integrity=base.integrity if override.integrity is None else override.integrity,
        entry_points=base.entry_points if override.entry_points is None else override.entry_points,
        signs=base.signs if override.signs is None else override.signs,
        reasons={**base.reasons, **override.reasons},
    )


def _merged_grants(part: Part, base: Grants, override: Grants) -> Grants:
    if not isinstance(override, Mapping):
        return override
    if not isinstance(base, Mapping):
        return override or base
    kept = {
        path: grant
        for path, grant in base.items()
        if part == "packages"
        or override.keys().isdisjoint((*holders_of(path), *patterns_of(override, path)))
    }
    return {**kept, **override}


def restrict_policy(policy: Policy, within: Policy, names: Iterable[CanonicalName]) -> Policy:
    """Return the intersection of both policies; it grants nothing that *policy* does not grant.

    Args:
        policy: The policy of an archive.
        within: The restricting policy. If it grants harmless capabilities implicitly, those of
            *policy* stay.
        names: The packages of the archive.
    """
    return Policy(
        entry=_restricted(policy.entry, within.entry, harmless=within.harmless),
        resources={
            name: _restricted(policy.of(name), within.of(name), harmless=within.harmless)
            for name in sorted(names)
        },
    )


def _restricted(policy: PackagePolicy, within: PackagePolicy, *, harmless: bool) -> PackagePolicy:
    parts = {part: _restricted_grants(part, policy, within, harmless=harmless) for part in PARTS}
    return replace(
        policy,
        globals=parts["globals"],
        builtins=parts["builtins"],
        packages=parts["packages"],
        harden=True if True in (policy.harden, within.harden) else policy.harden or within.harden,
        native=dict(policy.native.items() & within.native.items()),
        shims=common_shims(policy.shims, within.shims),
        version=None,
        integrity=None,
        entry_points=None,
        signs=None,
        reasons={},
    )


def _restricted_grants(
    part: Part, policy: PackagePolicy, within: PackagePolicy, *, harmless: bool
) -> Grants:
    grants, limits = policy.grants_of(part), within.grants_of(part)
    if limits in ("any", grants):
        return grants
    if isinstance(grants, Attenuation) or isinstance(limits, Attenuation):
        return {}  # two functions cannot be compared
    kept = _harmless_of(part, grants, within) if harmless else {}
    for path, grant in _listed(grants):
        allowed = _limited(part, path, grant, within)
        if allowed is not None and kept.get(path) in {None, "load"}:
            kept[path] = allowed
    for path, grant in _listed(limits):
        if path not in kept and (allowed := _limited(part, path, grant, policy)) is not None:
            kept[path] = allowed
    lost = {path for path, _ in (*_listed(grants), *_listed(limits)) if path not in kept}
    return {**kept, **{path: False for path in sorted(lost) if _comes_back(path, kept)}}


def _comes_back(path: str, kept: Mapping[str, Grant]) -> bool:
    """Return whether the object that holds a member grants it without an entry for the member."""
    holders = (*holders_of(path), *patterns_of(kept, path))
    return any(kept.get(holder) not in (None, False, "load") for holder in holders)


def _harmless_of(part: Part, grants: Grants, within: PackagePolicy) -> dict[str, Grant]:
    """Return the harmless part of *grants*, including ``load`` of builtins with granted members.

    Paths that *within* denies are omitted.
    """
    if grants == "any":
        found: dict[str, Grant] = dict.fromkeys(harmless_paths(part), True)
    else:
        granted = [(path, grant) for path, grant in _listed(grants) if grant is not False]
        tops = [path.partition(".")[0] for path, _ in granted] if part == "builtins" else []
        found = dict.fromkeys(tops, "load")
        # Defining a global is never harmless.
        found |= {
            path: True if grant == "write" and is_global(path) else grant
            for path, grant in granted
            if is_harmless(part, path)
        }
    return {path: grant for path, grant in found.items() if not within.denies(part, path)}


def _listed(grants: Grants) -> Iterable[tuple[str, Grant]]:
    return grants.items() if isinstance(grants, Mapping) else ()


def _limited(part: Part, path: str, grant: Grant, other: PackagePolicy) -> Grant | None:
    """Return the part of *grant* of *path* that *other* grants too, or None."""
    if grant is False:
        return False
    found = other.decision(part, path)
    if found is None:
        return "load" if other.allows(part, path, load=True) and part == "builtins" else None
    _, limit = found
    if limit is False or "load" in (grant, limit):
        return False if limit is False else "load"
    if isinstance(grant, Attenuation) or isinstance(limit, Attenuation):
        return grant if limit is True or limit == grant else None
    if isinstance(grant, Scope) or isinstance(limit, Scope):
        return _common_scope(part, path, grant, limit)
    return "write" if grant == "write" and other.allows(part, path, write=True) else True


def _common_scope(part: Part, path: str, grant: Grant, limit: Grant) -> Grant:
    """Return what both grants of *path* allow, one of which has a scope; False if nothing."""
    if scope_kind(part, path) is None:  # the scope of its object does not include it
        return False
    if not (isinstance(grant, Scope) and isinstance(limit, Scope)):
        return grant if isinstance(grant, Scope) else limit
    return (grant.kind == limit.kind and grant.within(limit)) or False
