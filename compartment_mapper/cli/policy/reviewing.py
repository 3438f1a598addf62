"""Signs and install scripts in the ``policy`` commands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import click

from compartment_mapper.bundle.application import Application, inferred_policy
from compartment_mapper.bundle.review import sign_places, state_of
from compartment_mapper.host.disk import Disk
from compartment_mapper.inference.install_scripts import allowed_by_lavamoat, decided_scripts
from compartment_mapper.locations import Location
from compartment_mapper.policy.model import Policy
from compartment_mapper.policy.review import review_changes
from compartment_mapper.report.review_text import Review

ALL_SIGNS_OPTION = click.option(
    "--all-signs", is_flag=True, help="Also list the signs that many harmless upgrades have."
)


def reviewed_in(policy: Policy, application: Application, *, every: bool) -> Review:
    """Return what *application* has, and *policy* does not record."""
    return reviewed_between(policy, inferred_policy(application), application, every=every)


def reviewed_between(
    old: Policy, new: Policy, application: Application | None, *, every: bool
) -> Review:
    """Return the changes from *old* to *new*, with places if *new* is an application."""
    changes = review_changes(old, new)
    visible = changes.visible(every=every)
    places: dict[tuple[str, str], tuple[str, ...]] = {}
    if application is not None and visible:
        state = state_of(application.scanned, application.install_scripts)
        places = {
            (change.package, change.sign): tuple(
                dict.fromkeys(
                    f"{place.file}:{place.position.line if place.position else 0}"
                    for place in sign_places(application.scanned, state, change)
                )
            )
            for change in visible
        }
    return Review(changes=changes, signs=visible, places=places)


def with_decided_scripts(policy: Policy, known: Policy | None, root: Location) -> Policy:
    """Return *policy* with the decisions of *known*, or of LavaMoat, about install scripts."""
    decided = decided_scripts(
        policy.install_scripts or {},
        known.install_scripts if known else None,
        allowed_by_lavamoat(Disk().maybe_read(Location(root + "package.json"))),
    )
    return replace(policy, install_scripts=decided)


def scripts_summary(policy: Policy, known: Policy | None) -> Iterator[str]:
    """Yield how many packages have install scripts, and which permissions ended."""
    scripts = policy.install_scripts or {}
    before = (known.install_scripts if known else None) or {}
    for name, own in scripts.items():
        if name in before and before[name].run and not own.run:
            yield f"{name}: its install script changed, so it is no longer allowed to run"
    if scripts:
        count = f"{len(scripts)} {'package has' if len(scripts) == 1 else 'packages have'}"
        allowed = sum(own.run is True for own in scripts.values())
        yield f"{count} install scripts, {allowed} allowed to run"
