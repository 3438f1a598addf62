"""``install-scripts list``: which packages have lifecycle scripts, and which may run."""

from __future__ import annotations

import click

from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.install_scripts.loading import (
    InstalledScripts,
    folder_options,
    installed_scripts_in,
)
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import reporting, show
from compartment_mapper.locations import CanonicalName


@click.command(
    "list",
    cls=configured(),
    short_help="List the packages with install scripts, and the decisions.",
    epilog="Example: compartment-mapper install-scripts list",
)
@folder_options
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@reporting
def list_command(*, folder: str, policy: str | None, as_json: bool) -> None:
    """List the lifecycle scripts of all packages installed for the application in FOLDER.

    A package is allowed, denied, changed since the review, or not reviewed.
    """
    found = installed_scripts_in(folder, policy)
    if as_json:
        rows = [_to_dict(found, name) for name in found.installed]
        print_json({"packages": rows})
        return
    for name, own in found.installed.items():
        show(f"{state_of(found, name):<12} {name} {own.version or ''}".rstrip())
        for event, script in own.scripts.items():
            show(f"               {event}: {script.command}")
    allowed = sum(state_of(found, name) == "allowed" for name in found.installed)
    count = len(found.installed)
    packages = "1 package has" if count == 1 else f"{count} packages have"
    show(f"{packages} install scripts, {allowed} allowed to run")


def state_of(found: InstalledScripts, name: CanonicalName) -> str:
    """Return ``allowed``, ``denied``, ``changed`` or ``not reviewed``."""
    if name not in (found.reviewed or {}):
        return "not reviewed"
    if found.is_changed(name):
        return "changed"
    return "allowed" if found.is_allowed(name) else "denied"


def _to_dict(found: InstalledScripts, name: CanonicalName) -> dict[str, object]:
    own = found.installed[name]
    return {
        "package": name,
        "version": own.version,
        "state": state_of(found, name),
        "scripts": {
            event: {"command": script.command, "integrity": script.integrity}
            for event, script in own.scripts.items()
        },
    }
