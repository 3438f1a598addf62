"""What of a policy deserves to be read first: grave grants, and secrets that can leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from compartment_mapper.authority import Effect, has_effect
from compartment_mapper.infer_policy import Use
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A dependency that reads secrets and reaches the network: it can send them away."""

    package: CanonicalName
    #: The first use of each kind.
    reads: Use
    sends: Use

    def to_dict(self, place_of: Callable[[Use], str]) -> dict[str, object]:
        """Return what ``--json`` prints."""
        return {
            "kind": "leak",
            "package": self.package,
            "reads": use_to_dict(self.reads, place_of),
            "sends": use_to_dict(self.sends, place_of),
        }


def use_to_dict(use: Use, place_of: Callable[[Use], str]) -> dict[str, object]:
    """Return what ``--json`` prints of one use."""
    return {
        "package": use.package,
        "part": use.part,
        "authority": use.path,
        "severity": use.severity,
        "place": place_of(use),
    }


def granted_uses(uses: Iterable[Use], policy: Policy) -> list[Use]:
    """Return the powers that dependencies use, and that *policy* grants them.

    Globals, builtins, and files of the application's own package.
    """
    return [
        use
        for use in uses
        if use.package != ROOT_NAME
        and (use.part != "packages" or use.link == "application")
        and not use.load
        and policy.of(use.package).allows(use.part, use.path, write=use.write)
    ]


def grave(uses: Iterable[Use]) -> list[Use]:
    """Return the uses whose severity is high, or worse."""
    return [use for use in uses if use.severity in {"high", "critical"}]


def leaks_of(uses: Sequence[Use]) -> list[Leak]:
    """Return the packages that do both: each of *uses* is of a global or a builtin."""
    reads, sends = _first(uses, "reads secrets"), _first(uses, "reaches the network")
    return [
        Leak(package=package, reads=use, sends=sends[package])
        for package, use in sorted(reads.items())
        if package in sends
    ]


def _first(uses: Iterable[Use], effect: Effect) -> dict[CanonicalName, Use]:
    found: dict[CanonicalName, Use] = {}
    for use in uses:
        if has_effect(effect, use.part, use.path):
            found.setdefault(use.package, use)
    return found


def risks_to_dict(uses: Sequence[Use], place_of: Callable[[Use], str]) -> dict[str, object]:
    """Return what ``--json`` prints of what is granted."""
    return {
        "granted": [use_to_dict(use, place_of) for use in grave(uses)],
        "findings": [leak.to_dict(place_of) for leak in leaks_of(uses)],
    }
