"""Read policy files that are named on the command line."""

from __future__ import annotations

from compartment_mapper.cli.shared import read_file
from compartment_mapper.inference.decision import PolicyFile


def policy_file(path: str) -> PolicyFile:
    """Return the policy file at *path*.

    Raises:
        InputError: CANNOT_READ.
    """
    return PolicyFile(text=read_file(path), name=path)
