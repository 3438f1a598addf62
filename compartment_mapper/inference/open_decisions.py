"""The capabilities that a person has not decided about yet, most severe first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from compartment_mapper.authority.table import SEVERITIES, Part, Severity
from compartment_mapper.inference.policy_file import is_personal
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME
from compartment_mapper.policy.model import Policy
from compartment_mapper.policy.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDecision:
    """A capability that a dependency uses, without a decision of a person."""

    #: All uses by the package, in the order of files.
    uses: tuple[CapabilityUse, ...]
    #: The hosts, files or programs to which the policy file restricts it; None: it does not.
    scope: Scope | None = None

    @property
    def use(self) -> CapabilityUse:
        """The first use."""
        return self.uses[0]

    @property
    def capability(self) -> tuple[Part, str]:
        """The part and the path."""
        return self.use.part, self.use.path


def open_decisions(
    uses: Iterable[CapabilityUse],
    every: Iterable[CapabilityUse],
    policy: Policy,
    override: Policy | None,
    *,
    minimum: Severity,
) -> list[OpenDecision]:
    """Return the decisions to make about dependencies: by severity, package and path.

    Args:
        uses: The first use of each capability.
        every: All uses.
        policy: The policy file; what inference wrote there is no decision.
        override: The override file.
        minimum: The lowest severity to decide about.
    """
    places: dict[tuple[str, str, str], list[CapabilityUse]] = {}
    for use in every:
        places.setdefault((use.package, use.part, use.path), []).append(use)
    found = [
        OpenDecision(uses=_with_others(use, places), scope=_scope_of(policy, use))
        for use in uses
        if use.package != ROOT_NAME
        and not (use.load or use.has_form)
        and SEVERITIES.index(use.severity) <= SEVERITIES.index(minimum)
        and not (override and _decides(override, use))
        and not _is_decided_by_hand(policy, use)
    ]
    return sorted(
        found,
        key=lambda one: (
            SEVERITIES.index(one.use.severity),
            one.use.package,
            one.use.part,
            one.use.path,
        ),
    )


def _with_others(
    use: CapabilityUse, places: Mapping[tuple[str, str, str], list[CapabilityUse]]
) -> tuple[CapabilityUse, ...]:
    others = places.get((use.package, use.part, use.path), [])
    return (use, *(other for other in others if other != use and not other.load))


def _scope_of(policy: Policy, use: CapabilityUse) -> Scope | None:
    found = policy.of(use.package).decision(use.part, use.path)
    return found[1] if found is not None and isinstance(found[1], Scope) else None


def _decides(policy: Policy, use: CapabilityUse) -> bool:
    return policy.of(use.package).decision(use.part, use.path) is not None


def _is_decided_by_hand(policy: Policy, use: CapabilityUse) -> bool:
    own = policy.of(use.package)
    found = own.decision(use.part, use.path)
    if found is None:
        return False
    holder = found[0]
    grants = own.grants_of(use.part)
    is_listed = isinstance(grants, Mapping) and holder in grants
    return not is_listed or is_personal(own, use.part, holder, is_root=False)
