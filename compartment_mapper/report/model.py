"""The review of an application: its packages, capabilities, files and changes, as plain records.

`report.collect` makes it from an archive or an application, and the output formats render it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from compartment_mapper import errors
from compartment_mapper.authority.table import SEVERITIES, Part, Severity
from compartment_mapper.errors.diagnostic import Diagnostic, InputError, Place
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.diff import PolicyDifference
from compartment_mapper.policy.model import Hardening, Policy

#: ``denied``: the policy denies it, or the code uses it and no policy grants it.
Status = Literal["granted", "denied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedCapability:
    """A capability that a package is granted, or uses and is denied."""

    package: CanonicalName
    part: Part
    path: str
    severity: Severity
    reason: str
    status: Status
    #: Details of the grant: its scope, ``write``, ``attenuated``; empty if there are none.
    grant: str = ""
    #: Whether the code uses it; None if only the policy is known.
    used: bool | None = None
    #: Whether the code may use more of it than the scanner sees.
    uncertain: bool = False
    #: The first use; None if unknown.
    place: Place | None = None

    @property
    def title(self) -> str:
        """The part and the path: ``builtin fs.readFile``."""
        return f"{self.part.removesuffix('s')} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImport:
    """A request of a file."""

    specifier: str
    #: esbuild's name of the kind: ``import-statement``, ``require-call``, ``dynamic-import``.
    kind: str
    #: The name of the target; a builtin's if it is external.
    target: str
    is_external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedFile:
    """A file of a package in the output."""

    #: The path from the folder of the application; in an archive, the path in it.
    name: str
    #: The path in the package.
    path: str
    #: The bytes of the source; in an archive, the stored bytes.
    size: int
    #: The bytes in the output, and their hash.
    stored: int
    sha512: str
    #: Whether it is an ECMAScript or a CommonJS module; empty for other files.
    format: Literal["esm", "cjs", ""] = ""
    is_entry: bool = False
    imports: tuple[FileImport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStep:
    """One request in the import chain from the entry to a package."""

    package: CanonicalName
    specifier: str
    #: Empty and 0 for an archive, which does not store them.
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedPackage:
    """A package: its files, its links and its capabilities."""

    canonical_name: CanonicalName
    name: str
    #: Empty if its package.json has none.
    version: str
    #: The folder in the archive.
    compartment: str
    files: tuple[ReviewedFile, ...]
    dependencies: tuple[CanonicalName, ...]
    dependents: tuple[CanonicalName, ...]
    harden: Hardening
    #: Most severe first.
    capabilities: tuple[ReviewedCapability, ...]
    #: The shortest chain from the entry; empty for the application.
    chain: tuple[ChainStep, ...] = ()
    #: Whether it can leak secrets: the capability that reads them, and the one that sends them.
    leak: tuple[ReviewedCapability, ReviewedCapability] | None = None

    @property
    def size(self) -> int:
        """Its bytes in the output."""
        return sum(file.stored for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The changes since another archive or policy."""

    #: The name of the other file.
    against: str
    difference: PolicyDifference
    #: The bytes of the other archive; None for a policy.
    size_before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An application under review."""

    #: ``archive``: what an archive carries; ``source``: with places and import chains.
    kind: Literal["archive", "source"]
    #: The name of the archive or the entry, as given.
    target: str
    #: The hash of the compartment map, which contains the hash of each file.
    sha512: str
    entries: tuple[str, ...]
    #: The application first, then by canonical name.
    packages: tuple[ReviewedPackage, ...]
    #: The effective policy, with the versions of the packages and the denied uses.
    policy: Policy
    #: The version of compartment-mapper.
    tool_version: str
    #: Warnings of the build.
    problems: tuple[Diagnostic, ...] = ()
    comparison: Comparison | None = None

    @property
    def capabilities(self) -> list[ReviewedCapability]:
        """The capabilities of all packages, most severe first."""
        found = [each for package in self.packages for each in package.capabilities]
        return sorted(found, key=by_severity)

    @property
    def root(self) -> ReviewedPackage | None:
        """The application's own package, unless it was filtered out."""
        return next((own for own in self.packages if own.canonical_name == ROOT_NAME), None)

    @property
    def size(self) -> int:
        """The bytes of all files in the output."""
        return sum(package.size for package in self.packages)

    def count(self, status: Status) -> Mapping[Severity, int]:
        """Return the number of capabilities with *status* by severity, without zeros."""
        found = Counter(each.severity for each in self.capabilities if each.status == status)
        return {severity: found[severity] for severity in SEVERITIES if found[severity]}


def by_severity(capability: ReviewedCapability) -> tuple[int, bool, str, str, str]:
    """Return the key that sorts capabilities: severity, dependencies first, package, path."""
    is_root = capability.package == ROOT_NAME
    order = SEVERITIES.index(capability.severity)
    return order, is_root, capability.package, capability.part, capability.path


def is_at_least(severity: Severity, minimum: Severity) -> bool:
    """Return whether *severity* is *minimum* or worse.

    >>> is_at_least("high", "medium"), is_at_least("low", "medium")
    (True, False)
    """
    return SEVERITIES.index(severity) <= SEVERITIES.index(minimum)


def restricted(review: Review, *, minimum: Severity, names: Iterable[str]) -> Review:
    """Return *review* with the packages of *names* only, and capabilities from *minimum* up.

    Args:
        review: The whole application.
        minimum: The lowest severity to keep.
        names: Canonical names or package names; all packages if there are none.

    Raises:
        InputError: UNKNOWN_PACKAGE.
    """
    known = {package.canonical_name: package.name for package in review.packages}
    wanted = tuple(names)
    chosen = chosen_names(wanted, known)
    packages = tuple(
        replace(
            package,
            capabilities=tuple(c for c in package.capabilities if is_at_least(c.severity, minimum)),
        )
        for package in review.packages
        if package.canonical_name in chosen
    )
    comparison = review.comparison
    if comparison is not None:
        shown = chosen if wanted else None
        difference = restricted_difference(comparison.difference, minimum=minimum, names=shown)
        comparison = replace(comparison, difference=difference)
    return replace(review, packages=packages, comparison=comparison)


def chosen_names(
    names: Iterable[str], known: Mapping[CanonicalName, str]
) -> frozenset[CanonicalName]:
    """Return the packages that *names* select, or all.

    Args:
        names: Canonical names, or package names, which select each package with the name.
        known: The names in the package.json files, by canonical name.

    Raises:
        InputError: UNKNOWN_PACKAGE.
    """
    wanted = tuple(names)
    if not wanted:
        return frozenset(known)
    found: set[CanonicalName] = set()
    for name in wanted:
        matching = {own for own, called in known.items() if name in {own, called}}
        if not matching:
            raise InputError(errors.unknown_package(name, list(known)))
        found |= matching
    return frozenset(found)


def restricted_difference(
    difference: PolicyDifference, *, minimum: Severity, names: frozenset[CanonicalName] | None
) -> PolicyDifference:
    """Return the changes of *names* (None: of all packages) from severity *minimum* up."""
    return PolicyDifference(
        authority=tuple(
            change
            for change in difference.authority
            if (names is None or change.package in names) and is_at_least(change.severity, minimum)
        ),
        packages=tuple(
            change for change in difference.packages if names is None or change.package in names
        ),
    )
