"""``policy capabilities`` and ``policy schema``: list what a policy can grant."""

from __future__ import annotations

import click

from compartment_mapper.authority.table import SEVERITIES, Severity
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import show
from compartment_mapper.policy.format import policy_schema
from compartment_mapper.report.policy_text import (
    capabilities,
    capabilities_markdown,
    capabilities_text,
)


@click.command(
    "schema",
    short_help="Print the JSON Schema of policy files.",
    epilog="Example: compartment-mapper policy schema > compartment-policy.schema.json",
)
def schema_command() -> None:
    """Print the JSON Schema of policy files, for editors."""
    click.echo(policy_schema(), nl=False)


@click.command(
    "capabilities",
    short_help="List the capabilities of the host and their severity.",
    epilog="Example: compartment-mapper policy capabilities --severity critical",
)
@click.option(
    "--severity",
    type=click.Choice(SEVERITIES),
    help="Only capabilities of this severity. Harmless ones need no grant.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print a Markdown table.")
def capabilities_command(*, severity: Severity | None, as_json: bool, as_markdown: bool) -> None:
    """List the globals and builtins that a policy can grant, worst first, with the reason.

    A path that is not listed has the severity of the object that holds it.
    """
    if as_json:
        rows = [
            {"part": part, "path": path, "severity": row.severity, "reason": row.reason}
            for part, path, row in capabilities(severity)
        ]
        print_json({"capabilities": rows})
    else:
        show(capabilities_markdown(severity) if as_markdown else capabilities_text(severity))
