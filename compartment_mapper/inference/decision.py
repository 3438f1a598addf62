"""Decide which policy applies to an application, and check a given policy against it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from compartment_mapper import errors
from compartment_mapper.authority.node_builtins import is_builtin, known_builtins
from compartment_mapper.authority.table import (
    KNOWN_GLOBALS,
    MEMBERS_OF_PROCESS,
    Part,
)
from compartment_mapper.errors.diagnostic import Diagnostic, InputError, Place
from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.inference.hardening import patches_of, unchanging_packages
from compartment_mapper.inference.policy_file import (
    OVERRIDE_FILE,
    POLICY_FILE,
    PolicyDiagnostic,
    changed_packages,
    missing_grants,
    undecided_patches,
    unused_grants,
)
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.policy.format import parse_policy
from compartment_mapper.policy.merge import merge_policies
from compartment_mapper.policy.model import PackagePolicy, Policy, grant_to_json, policy_key
from compartment_mapper.policy.scope import Scope
from compartment_mapper.powers import ReadPowers
from compartment_mapper.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """The content of a policy file, and its name for messages."""

    text: bytes
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPolicy:
    """A policy that the user provides, with overrides applied."""

    policy: Policy
    #: The name for messages.
    file: str


def given_policy(policy: PolicyFile | None, override: PolicyFile | None) -> GivenPolicy | None:
    """Return the merged policy of the files, or None if there is no policy.

    Raises:
        InputError: INVALID_POLICY.
    """
    if policy is None:
        return None
    base = parsed_policy(policy)
    merged = base if override is None else merge_policies(base, parsed_policy(override))
    return GivenPolicy(policy=merged, file=policy.name)


def parsed_policy(file: PolicyFile) -> Policy:
    """Return the policy of one file.

    Raises:
        InputError: INVALID_POLICY.
    """
    policy = parse_policy(file.text, file=file.name)
    if isinstance(policy, Diagnostic):
        raise InputError(policy)
    return policy


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGrant:
    """A grant on the command line: ``PACKAGE:CAPABILITY``."""

    package: CanonicalName
    part: Part
    path: str


def named_grant(text: str) -> NamedGrant | Diagnostic:
    """Parse *text* as a grant; the prefix ``node:`` selects a builtin.

    >>> named_grant("a>b:fs.stat")
    NamedGrant(package='a>b', part='builtins', path='fs.stat')
    >>> named_grant("a:process.kill").part, named_grant("a:node:crypto.createHash").part
    ('globals', 'builtins')
    """
    package, colon, authority = text.partition(":")
    path = authority.removeprefix("node:")
    first = path.partition(".")[0]
    if not (package and colon and path):
        return errors.invalid_grant(text, "")
    if authority == path and first in KNOWN_GLOBALS and not _is_of_builtin(path):
        return NamedGrant(package=CanonicalName(package), part="globals", path=path)
    if is_builtin(f"node:{first}") is None:
        known = KNOWN_GLOBALS | known_builtins()
        return errors.invalid_grant(text, errors.did_you_mean(first, known))
    return NamedGrant(package=CanonicalName(package), part="builtins", path=path)


def _is_of_builtin(path: str) -> bool:
    """Return whether a member belongs to a builtin and not to the global of the same name.

    >>> _is_of_builtin("crypto.createHash"), _is_of_builtin("crypto.subtle")
    (True, False)
    """
    first, dot, member = path.partition(".")
    return first == "crypto" and bool(dot) and member.partition(".")[0] not in _OF_WEB_CRYPTO


_OF_WEB_CRYPTO = frozenset({"subtle", "getRandomValues", "randomUUID"})


_NATIVE = ":native"


def native_package(text: str) -> CanonicalName | None:
    """Return the package of a grant to load its native addons: ``bcrypt:native``; else None."""
    name = text.removesuffix(_NATIVE)
    return CanonicalName(name) if name and name != text else None


def with_named_grants(
    policy: Policy, texts: Iterable[str], packages: Iterable[CanonicalName]
) -> Policy:
    """Return *policy* with the grants on the command line added.

    Raises:
        InputError: INVALID_GRANT, UNKNOWN_PACKAGE.
    """
    known = list(packages)
    for text in texts:
        if native_package(text) is not None:
            continue
        found = named_grant(text)
        if isinstance(found, Diagnostic):
            raise InputError(found)
        if found.package not in known:
            raise InputError(errors.unknown_package(found.package, known))
        for grant in (found, *_also_meant(found)):
            policy = _with_grant(policy, grant)
    return policy


def _with_grant(policy: Policy, grant: NamedGrant) -> Policy:
    known = policy.of(grant.package)
    decided = None if grant.part == "packages" else known.decision(grant.part, grant.path)
    is_restricted = decided is not None and isinstance(decided[1], Scope)
    if known.allows(grant.part, grant.path) and not is_restricted:
        return policy
    own = PackagePolicy().with_grants(grant.part, {grant.path: True})
    is_root = grant.package == ROOT_NAME
    more = Policy(
        entry=own if is_root else PackagePolicy(),
        resources={} if is_root else {grant.package: own},
    )
    return merge_policies(policy, more)


def _also_meant(grant: NamedGrant) -> Iterator[NamedGrant]:
    """Yield the other capabilities that a name covers: ``crypto`` is a builtin and a global.

    The module `process` is the global, so a grant of one covers the other.
    """
    first, dot, _ = grant.path.partition(".")
    if (
        grant.part == "globals"
        and is_builtin(first) is not None
        and (first == "process" or not dot)
    ):
        yield replace(grant, part="builtins")
    elif grant.part == "builtins" and first == "process":
        yield replace(grant, part="globals")


def policy_beside(root: Location, read: ReadPowers) -> tuple[PolicyFile | None, PolicyFile | None]:
    """Return the policy and the overrides beside the application's package.json."""

    def found(name: str) -> PolicyFile | None:
        text = read.maybe_read(Location(root + name))
        return None if text is None else PolicyFile(text=text, name=name)

    return found(POLICY_FILE), found(OVERRIDE_FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedApplication:
    """The result of scanning an application."""

    root: Location
    modules: ModuleGraph
    packages: PackageGraph
    uses: tuple[CapabilityUse, ...]

    def place_of(self, module: Location, span: Span) -> Place:
        """Return a place in a module, with its code frame."""
        name = display_name(module, self.root)
        known = self.modules.modules.get(module)  # an open application may load other files
        return Place(file=name) if known is None else known.place(name, span)

    @property
    def names(self) -> list[CanonicalName]:
        """The reachable packages."""
        return [package.canonical_name for package in self.packages.packages.values()]


def policy_problems(
    given: GivenPolicy, scanned: ScannedApplication, *, frozen: bool
) -> Iterator[Diagnostic]:
    """Yield the differences between *given* and the application: errors and stale entries.

    Harmless uses need no grant.

    Args:
        given: The policy.
        scanned: The application.
        frozen: Whether another version or other files of a package are an error.
    """
    for finding in missing_grants(given.policy, scanned.uses):
        assert finding.use is not None
        use = finding.use
        yield _missing(finding, use, given.file, scanned.place_of(use.module, use.span))
    for finding in undecided_patches(given.policy, scanned.modules, scanned.packages):
        assert finding.patch is not None
        place = scanned.place_of(finding.patch.module, finding.patch.span)
        yield errors.patches_another(place, finding.package, finding.path, given.file)
    yield from package_problems(given, scanned, frozen=frozen)
    for finding in unused_grants(given.policy, scanned.uses):
        yield from _mistyped(finding, given.file)


def package_problems(
    given: GivenPolicy, scanned: ScannedApplication, *, frozen: bool
) -> Iterator[Diagnostic]:
    """Yield the packages whose version or files differ from those in *given*."""
    for finding in changed_packages(given.policy, scanned.modules, scanned.packages):
        yield _changed(finding, given, scanned.names, frozen=frozen)


def _mistyped(finding: PolicyDiagnostic, file: str) -> Iterator[Diagnostic]:
    """Warn of a grant of an unknown `process` member whose name is close to a real one."""
    first, *members = finding.path.split(".")
    if finding.part != "globals" or first != "process" or not members:
        return
    near = errors.did_you_mean(members[0], MEMBERS_OF_PROCESS)
    if members[0] not in MEMBERS_OF_PROCESS and near:
        where = "entry" if finding.package == ROOT_NAME else f'resources["{finding.package}"]'
        problem = f"{where}.globals[\"{finding.path}\"]: process has no '{members[0]}'"
        yield errors.invalid_policy(file, problem, near)


def hardened_packages(scanned: ScannedApplication, *, believed: bool) -> frozenset[CanonicalName]:
    """Return the packages whose functions and classes are hardened by default.

    Args:
        scanned: The application.
        believed: Whether a package that another package modifies stays unhardened. Without a
            policy, only `--infer` does this.
    """
    patched = {patch.target for patch in patches_of(scanned.modules, scanned.packages)}
    unchanging = unchanging_packages(scanned.modules, scanned.packages)
    return unchanging - patched if believed else unchanging


def _missing(finding: PolicyDiagnostic, use: CapabilityUse, file: str, place: Place) -> Diagnostic:
    is_root = use.package == ROOT_NAME
    scope = finding.scope
    listed = "" if scope is None else f" for {scope.text}"
    key = f'{policy_key(use.package)}.{use.part}["{finding.path}"]'
    line = f"{key} = {json.dumps(grant_to_json(use.grant))}"
    if scope is not None:
        lists = scope.to_json().items()
        line = ", ".join(f"add {json.dumps(each)[1:-1]} to {key}.{name}" for name, each in lists)
    return errors.policy_too_narrow(
        place,
        package="the application" if is_root else f"package '{use.package}'",
        authority=f"{use.part.removesuffix('s')} '{finding.path}'{listed}",
        severity=f"{use.severity}: {use.authority.reason}",
        line=line,
        file=file,
    )


def _changed(
    finding: PolicyDiagnostic, given: GivenPolicy, known: list[CanonicalName], *, frozen: bool
) -> Diagnostic:
    if finding.kind == "unknown":
        others = [name for name in known if name not in given.policy.resources]
        hint = errors.did_you_mean(finding.package, others)
        return errors.policy_names_unknown_package(given.file, finding.package, hint)
    if finding.kind == "version":
        versions = (finding.expected, finding.found)
        found = errors.policy_of_other_version(given.file, finding.package, versions)
    else:
        found = errors.policy_of_other_files(given.file, finding.package, finding.found)
    return replace(found, severity="error" if frozen else "warning")
