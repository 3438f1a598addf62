"""The reviewed state of an application: signs and install scripts, recorded and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic, Place
from compartment_mapper.graph.installed import installed_packages
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.inference.decision import GivenPolicy, ScannedApplication
from compartment_mapper.inference.install_scripts import install_scripts_of
from compartment_mapper.inference.signs import PackageSigns, signs_of
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.policy.model import InstallScripts, PackagePolicy, Policy
from compartment_mapper.policy.review import SignChange, review_changes
from compartment_mapper.resolve.resolver import ResolverContext

#: The places that a message lists.
_MOST_PLACES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedState:
    """The signs and the install scripts of an application."""

    signs: Mapping[CanonicalName, PackageSigns]
    #: Of all installed packages, or of the reachable ones.
    scripts: Mapping[CanonicalName, InstallScripts]

    def recorded_in(self, policy: Policy) -> Policy:
        """Return *policy* with this state."""
        recorded = {name: self._with_signs(name, own) for name, own in policy.resources.items()}
        return replace(policy, resources=recorded, install_scripts=self.scripts)

    def _with_signs(self, name: CanonicalName, policy: PackagePolicy) -> PackagePolicy:
        found = self.signs.get(name)
        if found is None:
            return policy
        return replace(policy, entry_points=found.entry_points, signs=found.counts)


def state_of(
    scanned: ScannedApplication, scripts: Mapping[CanonicalName, InstallScripts]
) -> ReviewedState:
    """Return the state of an application with these install *scripts*."""
    return ReviewedState(signs=signs_of(scanned.modules, scanned.packages), scripts=scripts)


def installed_scripts(
    root: Location, context: ResolverContext, reached: PackageGraph | None = None
) -> dict[CanonicalName, InstallScripts]:
    """Return the install scripts of all packages of the application in *root*.

    Args:
        root: The folder of the application.
        context: Finds packages.
        reached: Limits the search to reachable packages: a bundle reads no other.
    """
    only = None
    if reached is not None:
        only = frozenset(folder for folder in reached.packages if folder != root)
    return install_scripts_of(installed_packages(root, context=context, only=only), context.powers)


def sign_places(
    scanned: ScannedApplication, state: ReviewedState, change: SignChange
) -> Iterator[Place]:
    """Yield the first places of a sign; none for entry points."""
    found = state.signs.get(change.package)
    for place in found.places.get(change.sign, ())[:_MOST_PLACES] if found else ():
        yield scanned.place_of(place.module, place.span)


def review_problems(
    given: GivenPolicy,
    scanned: ScannedApplication,
    scripts: Mapping[CanonicalName, InstallScripts],
    *,
    frozen: bool,
) -> Iterator[Diagnostic]:
    """Yield what changed in the packages since the policy was written, besides capabilities.

    Args:
        given: The policy.
        scanned: The application.
        scripts: The install scripts of its reachable packages.
        frozen: Whether a new or changed install script is an error.
    """
    if not _records(given.policy):
        return
    state = state_of(scanned, scripts)
    empty = Policy(entry=PackagePolicy(), resources={name: PackagePolicy() for name in state.signs})
    changes = review_changes(given.policy, state.recorded_in(empty))
    for change in changes.visible(every=False):
        place = next(sign_places(scanned, state, change), None)
        yield errors.new_sign(place or Place(file=given.file), change.package, change.text)
    for script in changes.failing:
        found = errors.install_script_not_reviewed(
            given.file, script.package, f"{script.event}: {script.command}", script.kind
        )
        yield replace(found, severity="error" if frozen else "warning")


def _records(policy: Policy) -> bool:
    return policy.install_scripts is not None or any(
        own.entry_points is not None for name, own in policy.resources.items() if name != ROOT_NAME
    )
