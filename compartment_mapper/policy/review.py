"""What changed in packages besides capabilities: signs, entry points and install scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.model import LIFECYCLE, PackagePolicy, Policy

#: The sign for entry points that a package did not have.
ENTRY_POINTS = "entry-points"


@dataclass(frozen=True, slots=True)
class SignInfo:
    """A sign, in the words of reports."""

    text: str
    #: Whether it is shown by default: at most one false alarm in ten upgrades.
    shown: bool = True


#: ``docs/signs.md`` describes each with its measured rate.
SIGNS: Mapping[str, SignInfo] = {
    "eval": SignInfo("evaluates text as code"),
    "computed-request": SignInfo("requests modules by computed names"),
    "computed-member": SignInfo("reads members of host objects by computed names"),
    "assembled-name": SignInfo("puts names together from literals"),
    "decoded-literal": SignInfo("decodes literals"),
    "obfuscated": SignInfo("has obfuscated or hidden code"),
    "minified": SignInfo("has minified code"),
    "unlisted-file": SignInfo('loads files that "files" of its package.json does not list'),
    ENTRY_POINTS: SignInfo("has new entry points", shown=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignChange:
    """A sign that a package has in more places than at the review."""

    package: CanonicalName
    sign: str
    before: int
    after: int
    #: The new entry points.
    entry_points: tuple[str, ...] = ()

    @property
    def shown(self) -> bool:
        """Whether it is shown by default."""
        return SIGNS[self.sign].shown

    @property
    def text(self) -> str:
        """What the package does, in words."""
        what = SIGNS[self.sign].text
        if self.entry_points:
            return f"{what}: {', '.join(self.entry_points)}"
        if self.after == 1:
            return what
        return f"{what} ({self.after} places{f', {self.before} before' if self.before else ''})"


ScriptChangeKind = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallScriptChange:
    """A lifecycle script that was added, removed or changed."""

    kind: ScriptChangeKind
    package: CanonicalName
    event: str
    command: str

    def to_dict(self) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {
            "kind": self.kind,
            "package": self.package,
            "event": self.event,
            "command": self.command,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewChanges:
    """The changes since the review, besides capabilities."""

    signs: tuple[SignChange, ...] = ()
    scripts: tuple[InstallScriptChange, ...] = field(default=())

    @property
    def failing(self) -> tuple[InstallScriptChange, ...]:
        """The install scripts that nobody has reviewed."""
        return tuple(change for change in self.scripts if change.kind != "removed")

    def visible(self, *, every: bool) -> tuple[SignChange, ...]:
        """Return the signs to show: by default only those with few false alarms."""
        return tuple(change for change in self.signs if every or change.shown)


def review_changes(old: Policy, new: Policy) -> ReviewChanges:
    """Return what *new* has and *old*, the reviewed state, has not.

    A policy that did not record signs, or install scripts, is not compared in them.
    """
    return ReviewChanges(
        signs=tuple(_sign_changes(old, new)), scripts=tuple(_script_changes(old, new))
    )


def _sign_changes(old: Policy, new: Policy) -> Iterator[SignChange]:
    records = any(own.entry_points is not None for own in old.resources.values())
    for name, after in sorted(new.resources.items()) if records else ():
        before = old.resources.get(name)
        if after.entry_points is None or (before and before.entry_points is None):
            continue
        yield from _changes_of(name, before, after)


def _changes_of(
    name: CanonicalName, before: PackagePolicy | None, after: PackagePolicy
) -> Iterator[SignChange]:
    """Yield the signs that grew; for a package that is new, all that it has."""
    known = (before.signs if before else None) or {}
    found = after.signs or {}
    for sign in SIGNS:
        old, new = known.get(sign, 0), found.get(sign, 0)
        # The number of minified files depends on how a package is split.
        if new > old and not (sign == "minified" and old):
            yield SignChange(package=name, sign=sign, before=old, after=new)
    if before is not None:
        known_points = frozenset(before.entry_points or ())
        more = tuple(path for path in after.entry_points or () if path not in known_points)
        if more:
            counts = len(known_points), len(after.entry_points or ())
            yield SignChange(
                package=name,
                sign=ENTRY_POINTS,
                before=counts[0],
                after=counts[1],
                entry_points=more,
            )


def _script_changes(old: Policy, new: Policy) -> Iterator[InstallScriptChange]:
    if old.install_scripts is None or new.install_scripts is None:
        return
    for name in sorted(old.install_scripts.keys() | new.install_scripts.keys()):
        before, after = old.install_scripts.get(name), new.install_scripts.get(name)
        for event in LIFECYCLE:
            known = before.scripts.get(event) if before else None
            found = after.scripts.get(event) if after else None
            script = found or known
            if script is not None and known != found:
                kind: ScriptChangeKind = "changed"
                if known is None or found is None:
                    kind = "added" if known is None else "removed"
                yield InstallScriptChange(
                    kind=kind, package=name, event=event, command=script.command
                )
