"""``bundle``: pack an application into an archive."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.cli.shared import (
    Choices,
    bundling,
    make_bundle,
    place_of,
    reporting,
    say_problems,
    show,
)
from compartment_mapper.disk import Disk
from compartment_mapper.errors import InputError
from compartment_mapper.report import extent_text, withheld_text
from compartment_mapper.runtime_needs import needs_text, needs_to_dict
from compartment_mapper.workflows import Bundle


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
    disk = Disk()
    if Path(output).is_dir():
        raise InputError(errors.cannot_write(output, "it is a folder"))
    made = make_bundle(entry, choices, compress=compress)
    disk.write(output, made.content)
    say_problems(made.application.warnings)
    if as_json:
        click.echo(json.dumps(_statistics(made, output), indent=2, ensure_ascii=False))
        return
    withheld = withheld_text(made.application.withheld, partial(place_of, made.application))
    if withheld:
        show(withheld, err=True)
    if made.needs:
        show(needs_text(made.needs), err=True)
    application = made.application
    packages, modules = len(application.packages.packages), len(application.modules.modules)
    show(f"{output}: {extent_text(packages, modules, len(made.content))}")
    show(f"sha512 {made.sha512}")


def _statistics(made: Bundle, output: str) -> dict[str, object]:
    application = made.application
    return {
        "archive": output,
        "sha512": made.sha512,
        "bytes": len(made.content),
        "packages": len(application.packages.packages),
        "modules": len(application.modules.modules),
        "runtime": needs_to_dict(made.needs),
        "problems": [problem.to_dict() for problem in application.warnings],
        "withheld": [
            {
                "package": use.package,
                "part": use.part,
                "authority": use.path,
                "place": place_of(application, use),
            }
            for use in application.withheld
        ],
        "compartments": {
            name: {
                key: configuration["sha512"]
                for key, configuration in _modules(compartment).items()
                if "sha512" in configuration
            }
            for name, compartment in _compartments(made).items()
        },
    }


def _compartments(made: Bundle) -> dict[str, dict[str, object]]:
    found = made.map.to_dict()["compartments"]
    assert isinstance(found, dict)
    return found


def _modules(compartment: dict[str, object]) -> dict[str, dict[str, str]]:
    found = compartment["modules"]
    assert isinstance(found, dict)
    return found
