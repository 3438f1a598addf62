"""``bundle``: pack an application into an archive, or into a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import click

from compartment_mapper.archive.script import integrity
from compartment_mapper.bundle.build_result import BuildResult, Format
from compartment_mapper.cache.file_dependencies import ObservedDisk
from compartment_mapper.cli.cached_build import Order, make_result
from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.output import (
    STANDARD_OUTPUT,
    check_is_no_input,
    check_output,
    write_output,
)
from compartment_mapper.cli.output_formats import Form, forming
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import Choices, bundling, print_problems, reporting, show
from compartment_mapper.cli.timings import Stages
from compartment_mapper.host.disk import Disk
from compartment_mapper.host.wall import wall_from_dict
from compartment_mapper.text import size_text


@click.command(
    "bundle",
    cls=configured(needs="entries", entries="entry", output="output", source_map="source-map"),
    short_help="Pack an application into an archive or a script.",
    epilog="Example: compartment-mapper bundle src/main.js -o app.zip --infer",
)
@click.argument("entries", type=PATH, metavar="ENTRY...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=PATH,
    metavar="FILE",
    help="Write to FILE; - is standard output.",
)
@forming
@click.option("--json", "as_json", is_flag=True, help="Print statistics as JSON.")
@click.option("--watch", is_flag=True, help="Rebuild whenever an input file changes.")
@bundling
@reporting
def bundle_command(
    *,
    entries: tuple[str, ...],
    output: str,
    form: Form,
    as_json: bool,
    watch: bool,
    choices: Choices,
) -> None:
    """Pack the application that starts at ENTRY, a file or a folder, into one file.

    Several entries share their packages; `run --entry NAME` selects the one to start.

    Only reachable modules are packed. Each package runs in its own compartment. Without --infer or
    --policy, dependencies get harmless capabilities only, and denied ones are listed.

    \b
    compartment-mapper bundle src/main.js -o app.js --format script              for `node app.js`
    compartment-mapper bundle src/page.js -o app.js --format script -C browser   for a page
    compartment-mapper bundle src/main.js -o app.zip --tree-shaking       as for a page
    compartment-mapper bundle src/main.js -o - | sha512sum      pipe it to another program
    compartment-mapper bundle src/main.js -o app.zip --watch    rebuild on change
    compartment-mapper bundle src/main.js -o app.zip --timings  see where the time goes
    compartment-mapper bundle src/main.js -o app.js --format script --minify --source-map file
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character
    check_output(output, form.format)
    if output == STANDARD_OUTPUT and (watch or as_json or form.source_map == "file"):
        message = (
            "-o - writes one file: it cannot be combined with --watch, --json or --source-map file"
        )
        raise click.UsageError(message)
    entry, *others = entries
    if others and form.format == "module":
        message = "a module has the exports of one ENTRY: bundle each entry separately"
        raise click.UsageError(message)
    order = Order(entry=entry, others=tuple(others), choices=choices, form=form)
    if watch:
        from compartment_mapper.cli.watch import watched  # noqa: PLC0415 - used only here

        watched(order, partial(_write_bundle, order, output, as_json=as_json))
    else:
        _write_bundle(order, output, None, as_json=as_json)


def map_path(output: str) -> str:
    """Return the path of *output*'s source maps, for the process that runs it."""
    return f"{output}.map"


def _write_bundle(order: Order, output: str, disk: ObservedDisk | None, *, as_json: bool) -> None:
    stages = Stages()
    disk = disk or ObservedDisk(Disk())
    made = make_result(order, stages=stages, disk=disk)
    check_is_no_input(output, (*disk.files, *_policies(order)))
    write_output(output, made.content)
    if made.map_file:
        Disk().write(map_path(output), made.map_file)
    stages.ended("write")
    print_problems(made.warnings)
    timings = order.choices.timings
    if as_json:
        _print_statistics(made, output, order.form.format, stages if timings else None)
    else:
        _print_capabilities(made)
        if output != STANDARD_OUTPUT:
            _print_summary(made, output, order.form.format)
    if timings and not as_json:
        show(f"timings: {stages.text()}", err=True)


def _policies(order: Order) -> list[str]:
    return [path for path in (order.choices.policy, order.choices.override) if path is not None]


def _print_capabilities(made: BuildResult) -> None:
    for text in (made.granted, made.denied, made.needs):
        if text:
            show(text, err=True)


def _print_summary(made: BuildResult, output: str, form: Format) -> None:
    show(f"{output}: {made.summary}")
    if made.map_file:
        show(f"{map_path(output)}: {size_text(len(made.map_file))}")
    show(f"sha512 {made.sha512}")
    if form != "archive":
        for name, text in _hashes(made).items():
            show(f"{name} {text}")
    if form == "script":
        for text in _run_texts(made, output):
            show(text)


def _run_texts(made: BuildResult, output: str) -> Iterator[str]:
    """Yield the restricted command line for Node, or why there is none."""
    wall = wall_from_dict(json.loads(made.statistics)["secondWall"])
    if wall.problem:
        yield f"Node's permission model cannot be used: {wall.problem}"
    else:
        maps = [map_path(output)] if made.map_file else []
        yield f"run {wall.command(output, *maps)}"


def _hashes(made: BuildResult) -> dict[str, str]:
    """Return the hashes that pages need for the script: in a CSP and in ``integrity``."""
    return {"csp": integrity(made.content, "sha256"), "sri": integrity(made.content, "sha384")}


def _print_statistics(made: BuildResult, output: str, form: Format, stages: Stages | None) -> None:
    found: dict[str, object] = {form: output, **json.loads(made.statistics)}
    if made.map_file:
        found["sourceMap"] = map_path(output)
    if form != "archive":
        found |= _hashes(made)
    if stages is not None:
        found["timings"] = stages.milliseconds()
    print_json(found)
