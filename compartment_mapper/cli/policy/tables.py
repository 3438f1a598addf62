"""``policy powers`` and ``policy schema``: what can be granted, and how policies are written."""

from __future__ import annotations

import json

import click

from compartment_mapper.authority.table import SEVERITIES, Severity
from compartment_mapper.cli.shared import show
from compartment_mapper.policy.format import policy_schema
from compartment_mapper.report.policy_text import powers, powers_markdown, powers_text


@click.command(
    "schema",
    short_help="Print the JSON Schema of policy files.",
    epilog="Example: compartment-mapper policy schema > compartment-policy.schema.json",
)
def schema_command() -> None:
    """Print the JSON Schema of policy files, for editors."""
    click.echo(policy_schema(), nl=False)


@click.command(
    "powers",
    short_help="List what the host offers, and how bad it is to grant.",
    epilog="Example: compartment-mapper policy powers --severity critical",
)
@click.option(
    "--severity", type=click.Choice(SEVERITIES), help="Only those: harmless ones need no grant."
)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print it as a table for a document.")
def powers_command(*, severity: Severity | None, as_json: bool, as_markdown: bool) -> None:
    """List the globals and builtins that can be granted, the worst first, and why they are bad.

    A path that is not listed is as bad as the object that holds it.
    """
    if as_json:
        rows = [
            {"part": part, "path": path, "severity": row.severity, "reason": row.reason}
            for part, path, row in powers(severity)
        ]
        click.echo(json.dumps({"powers": rows}, indent=2, ensure_ascii=False))
    else:
        show(powers_markdown(severity) if as_markdown else powers_text(severity))
