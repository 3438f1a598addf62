"""Restrict inferred grants of files to the folder of the project, for tools that work in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from compartment_mapper.authority.file_functions import FILE_MODULES, READING
from compartment_mapper.authority.scopes import scope_kind
from compartment_mapper.authority.table import is_harmless
from compartment_mapper.policy.model import Grant, PackagePolicy, Policy
from compartment_mapper.policy.scope import Scope

#: The project, and the folder for temporary files.
_PLACES = ("$TMP/**", "./**")
#: Of results, without access to files.
_CLASSES = frozenset({"Dirent", "Stats"})


def within_project(policy: Policy) -> Policy:
    """Return *policy* with grants of files restricted to the project and temporary files.

    Members that have no scope, such as `fs.watch`, are denied.

    >>> from compartment_mapper.policy.model import Policy, PackagePolicy
    >>> own = PackagePolicy(builtins={"fs.readFileSync": True, "fs.watch": True})
    >>> within_project(Policy(entry=own, resources={})).entry.to_dict()["builtins"]
    {'fs.readFileSync': {'read': ['$TMP/**', './**']}, 'fs.watch': False}
    """
    return replace(
        policy,
        entry=policy_within_project(policy.entry),
        resources={name: policy_within_project(own) for name, own in policy.resources.items()},
    )


def policy_within_project(policy: PackagePolicy) -> PackagePolicy:
    """Return the same for the policy of one package."""
    grants = policy.builtins
    if not isinstance(grants, Mapping):
        return policy
    return replace(policy, builtins={path: _scoped(path, grants[path]) for path in grants})


def _scoped(path: str, grant: Grant) -> Grant:
    builtin, _, member = path.removeprefix("node:").partition(".")
    is_open = grant is True and builtin in FILE_MODULES
    if not is_open or member in _CLASSES or is_harmless("builtins", path):
        return grant
    if scope_kind("builtins", path) != "paths":
        return False
    name = member.removeprefix("promises.").removesuffix("Sync")
    return Scope(kind="paths", read=_PLACES, write=() if name in READING else _PLACES)
