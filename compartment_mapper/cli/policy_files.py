"""Read policy files that are named on the command line."""

from __future__ import annotations

import click

from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.shared import read_file
from compartment_mapper.inference.decision import PolicyFile

POLICY_OPTION = click.option(
    "--policy",
    type=PATH,
    metavar="FILE",
    help="The policy file. Default: compartment-policy.json beside package.json.",
)


def policy_file(path: str) -> PolicyFile:
    """Return the policy file at *path*.

    Raises:
        InputError: CANNOT_READ.
    """
    return PolicyFile(text=read_file(path), name=path)
