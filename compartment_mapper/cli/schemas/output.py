"""The ``--json`` output of commands, with its version."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

#: Counts up when a key is removed or changes its meaning; new keys do not count.
SCHEMA_VERSION = 1


def print_json(value: Mapping[str, object], *, ascii_only: bool = False) -> None:
    """Print *value* and the version of the output as JSON.

    Args:
        value: The output of a command.
        ascii_only: Whether to escape other characters, such as lone surrogates.
    """
    versioned = {"schemaVersion": SCHEMA_VERSION, **value}
    click.echo(json.dumps(versioned, indent=2, ensure_ascii=ascii_only))
