"""``bundle``: pack an application into an archive."""

from __future__ import annotations

import json
from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.cli.keeping import make_outcome
from compartment_mapper.cli.shared import Choices, bundling, reporting, say_problems, show
from compartment_mapper.cli.stages import Stages
from compartment_mapper.disk import Disk
from compartment_mapper.errors import InputError
from compartment_mapper.outcome import Outcome


@click.command(
    "bundle",
    short_help="Pack an application into an archive.",
    epilog="Example: compartment-mapper bundle src/main.js -o app.zip --infer",
)
@click.argument("entry")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where to write the archive.")
@click.option("--compress", is_flag=True, help="Deflate the files (Endo can't read those).")
@click.option("--json", "as_json", is_flag=True, help="Print statistics as JSON.")
@bundling
@reporting
def bundle_command(
    *, entry: str, output: str, compress: bool, as_json: bool, choices: Choices
) -> None:
    """Pack the application that begins at ENTRY, a file or a folder, into one archive.

    Only what is reached is packed. Each package gets a compartment of its own; without --infer or
    --policy, a dependency gets only what is harmless, and what was withheld is listed.
    """
    if Path(output).is_dir():
        raise InputError(errors.cannot_write(output, "it is a folder"))
    stages = Stages()
    made = make_outcome(entry, choices, stages=stages, compress=compress)
    Disk().write(output, made.content)
    stages.ended("write")
    say_problems(made.warnings)
    if as_json:
        _print_statistics(made, output, stages if choices.timings else None)
    else:
        _say(made, output)
    if choices.timings and not as_json:
        show(f"timings: {stages.text()}", err=True)


def _say(made: Outcome, output: str) -> None:
    for text in (made.withheld, made.needs):
        if text:
            show(text, err=True)
    show(f"{output}: {made.extent}")
    show(f"sha512 {made.sha512}")


def _print_statistics(made: Outcome, output: str, stages: Stages | None) -> None:
    found: dict[str, object] = {"archive": output, **json.loads(made.statistics)}
    if stages is not None:
        found["timings"] = stages.milliseconds()
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))
