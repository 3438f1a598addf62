"""``policy import``: read a policy of LavaMoat or Endo."""

from __future__ import annotations

import click

from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.shared import read_file, reporting, show
from compartment_mapper.errors.diagnostic import Diagnostic, InputError
from compartment_mapper.host.disk import Disk
from compartment_mapper.policy.format import policy_text
from compartment_mapper.policy.importers import import_policy
from compartment_mapper.report.policy_text import policy_summary_text


@click.command(
    "import",
    short_help="Convert a policy of LavaMoat or Endo.",
    epilog="Example: compartment-mapper policy import lavamoat/node/policy.json -o policy.json",
)
@click.argument("file", type=PATH)
@click.option(
    "-o", "--output", type=PATH, metavar="FILE", help="Write to FILE. Default: standard output."
)
@reporting
def import_command(*, file: str, output: str | None) -> None:
    """Convert FILE, a policy of LavaMoat or Endo.

    Notes on standard error list what has no equivalent.
    """
    imported = import_policy(read_file(file), file=file)
    if isinstance(imported, Diagnostic):
        raise InputError(imported)
    for note in imported.notes:
        show(f"note: {note}", err=True)
    text = policy_text(imported.policy)
    if output is None:
        click.echo(text, nl=False)
    else:
        Disk().write(output, text.encode())
        show(f"{output}: {policy_summary_text(imported.policy)}")
