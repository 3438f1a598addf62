"""``bundle``: pack an application into an archive."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.cache.world import ObservedDisk
from compartment_mapper.cli.keeping import Order, make_outcome
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
@click.option(
    "--source-map",
    type=click.Choice(["inline", "none"]),
    default="none",
    help="Pack the source maps of packages too, for traces: --source-map inline.",
)
@click.option("--json", "as_json", is_flag=True, help="Print statistics as JSON.")
@click.option("--watch", is_flag=True, help="Pack again whenever a file of it changes.")
@bundling
@reporting
def bundle_command(  # noqa: PLR0913 - one for each option
    *,
    entry: str,
    output: str,
    compress: bool,
    source_map: str,
    as_json: bool,
    watch: bool,
    choices: Choices,
) -> None:
    """Pack the application that begins at ENTRY, a file or a folder, into one archive.

    Only what is reached is packed. Each package gets a compartment of its own; without --infer or
    --policy, a dependency gets only what is harmless, and what was withheld is listed.

    \b
    compartment-mapper bundle src/main.js -o app.zip --watch    while you work on it
    compartment-mapper bundle src/main.js -o app.zip --timings  to see what takes long
    compartment-mapper bundle src/main.ts -o app.zip --source-map inline  for traces of sources
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character
    if Path(output).is_dir():
        raise InputError(errors.cannot_write(output, "it is a folder"))
    source_maps = source_map == "inline"
    order = Order(entry=entry, choices=choices, compress=compress, source_maps=source_maps)
    if watch:
        from compartment_mapper.cli.watching import watched  # noqa: PLC0415 - only here

        watched(order, partial(_write_bundle, order, output, as_json=as_json))
    else:
        _write_bundle(order, output, None, as_json=as_json)


def _write_bundle(order: Order, output: str, disk: ObservedDisk | None, *, as_json: bool) -> None:
    stages = Stages()
    made = make_outcome(order, stages=stages, disk=disk)
    Disk().write(output, made.content)
    stages.ended("write")
    say_problems(made.warnings)
    timings = order.choices.timings
    if as_json:
        _print_statistics(made, output, stages if timings else None)
    else:
        _say(made, output)
    if timings and not as_json:
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
