"""``install-scripts``: list and run the lifecycle scripts of installed packages."""

from __future__ import annotations

import click

from compartment_mapper.cli.commands import lazy_commands

_COMMANDS = {
    "list": "compartment_mapper.cli.install_scripts.listing:list_command",
    "run": "compartment_mapper.cli.install_scripts.running:run_command",
}


@click.group(
    "install-scripts",
    cls=lazy_commands(_COMMANDS),
    short_help="List and run the install scripts that the policy allows.",
    epilog="Example: npm ci --ignore-scripts && compartment-mapper install-scripts run",
)
def install_scripts_group() -> None:
    """List and run the lifecycle scripts of installed packages, after an install without scripts.

    \b
    npm ci --ignore-scripts                     install, and run nothing
    compartment-mapper install-scripts list     which packages have scripts, and which may run
    compartment-mapper install-scripts run      run the allowed ones, dependencies first

    compartment-policy.json records each script with a hash, and `"run": true` allows it. Nothing is
    allowed by default. These scripts are programs of the host: no compartment confines them.
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character
