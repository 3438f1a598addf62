"""argv → workflow → text and exit status: 0 fine, 1 bad input or findings, 2 wrong usage."""

from __future__ import annotations

import click

from compartment_mapper.cli.bundle import bundle_command
from compartment_mapper.cli.inspect import inspect_command
from compartment_mapper.cli.policy import policy_group
from compartment_mapper.cli.run import run_command
from compartment_mapper.cli.shared import Commands
from compartment_mapper.cli.verify import verify_command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="compartment-mapper")
def main() -> None:
    """Run a JavaScript application with one SES compartment per package.

    \b
    compartment-mapper bundle src/main.js -o app.zip   pack an application
    compartment-mapper inspect app.zip                 see its packages and their powers
    compartment-mapper run app.zip -- --port 8080      run it, confined

    Exit status: 0 fine, 1 bad input or findings, 2 wrong usage; `run` passes on the program's own.
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character


for _command in (bundle_command, inspect_command, run_command, policy_group, verify_command):
    main.add_command(_command)
