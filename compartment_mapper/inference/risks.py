"""Find the grants to review first: severe grants, leaks of secrets and unknown globals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from compartment_mapper.authority.table import Effect, has_effect, is_known
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.model import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A dependency that reads secrets and reaches the network, so it can leak them."""

    package: CanonicalName
    #: The first use of each effect.
    reads: CapabilityUse
    sends: CapabilityUse

    def to_dict(self, place_of: Callable[[CapabilityUse], str]) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {
            "kind": "leak",
            "package": self.package,
            "reads": use_to_dict(self.reads, place_of),
            "sends": use_to_dict(self.sends, place_of),
        }


def use_to_dict(use: CapabilityUse, place_of: Callable[[CapabilityUse], str]) -> dict[str, object]:
    """Return the ``--json`` output for one use."""
    return {
        "package": use.package,
        "part": use.part,
        "capability": use.path,
        "severity": use.severity,
        "place": place_of(use),
    }


def granted_uses(uses: Iterable[CapabilityUse], policy: Policy) -> list[CapabilityUse]:
    """Return the capabilities that dependencies use and *policy* grants.

    Covers globals, builtins, and files of the application.
    """
    return [
        use
        for use in uses
        if use.package != ROOT_NAME
        and (use.part != "packages" or use.link == "application")
        and not use.load
        and policy.of(use.package).allows(use.part, use.path, write=use.write)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Risks:
    """The granted uses of dependencies that need review."""

    #: Uses of severity high or critical.
    grave: Sequence[CapabilityUse]
    leaks: Sequence[Leak]
    #: Globals of a page that are not in the table, such as those of wallets and payment providers.
    unknown: Sequence[CapabilityUse]

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.grave or self.leaks or self.unknown)

    def to_dict(self, place_of: Callable[[CapabilityUse], str]) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {
            "granted": [use_to_dict(use, place_of) for use in self.grave],
            "unknownGlobals": [use_to_dict(use, place_of) for use in self.unknown],
            "findings": [leak.to_dict(place_of) for leak in self.leaks],
        }


def risks_of(uses: Sequence[CapabilityUse], *, in_page: bool) -> Risks:
    """Return the *uses* that need review; all of them are granted.

    Args:
        uses: The uses of globals and builtins by dependencies.
        in_page: Whether the host is a page. All globals of Node are in the table.
    """
    return Risks(
        grave=[use for use in uses if use.severity in {"high", "critical"}],
        leaks=leaks_of(uses),
        unknown=[use for use in uses if in_page and not is_known(use.part, use.path)],
    )


def leaks_of(uses: Sequence[CapabilityUse]) -> list[Leak]:
    """Return the packages that both read secrets and reach the network."""
    reads, sends = _first(uses, "reads secrets"), _first(uses, "reaches the network")
    return [
        Leak(package=package, reads=use, sends=sends[package])
        for package, use in sorted(reads.items())
        if package in sends
    ]


def _first(uses: Iterable[CapabilityUse], effect: Effect) -> dict[CanonicalName, CapabilityUse]:
    found: dict[CanonicalName, CapabilityUse] = {}
    for use in uses:
        if has_effect(effect, use.part, use.path):
            found.setdefault(use.package, use)
    return found
