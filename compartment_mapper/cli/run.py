"""``run``: run an archive or an application under SES."""

from __future__ import annotations

from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.cli.shared import (
    Choices,
    bundling,
    engine_of,
    is_archive,
    make_bundle,
    reporting,
    say_problems,
)
from compartment_mapper.errors import InputError
from compartment_mapper.report import withheld_summary


class _RunCommand(click.Command):
    """A command whose arguments after ``--`` are a program's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return what is left of *args*; an unknown option may be meant for the program."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as problem:
            message = f"{problem.message} The program's own arguments go after `--`."
            raise click.UsageError(message, ctx) from problem


@click.command(
    "run",
    cls=_RunCommand,
    short_help="Run an archive or an application under SES.",
    epilog="Example: compartment-mapper run app.zip -- --port 8080",
)
@click.argument("target", metavar="ARCHIVE|ENTRY")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]")
@bundling
@reporting
def run_command(*, target: str, arguments: tuple[str, ...], choices: Choices) -> None:
    """Run an archive, or bundle an application in memory and run it, under SES.

    The program has its own standard streams, arguments (after --), signals and exit status.
    """
    flags = ["--allow-all"] if choices.allow_all else []
    if is_archive(target):
        if choices.infer or choices.policy:
            message = "an archive carries its policy: give --infer or --policy to `bundle`"
            raise click.UsageError(message)
        if not Path(target).is_file():
            raise InputError(errors.entry_not_found(target))
        engine_of(choices).run_archive(target, arguments, flags)
    made = make_bundle(target, choices)
    say_problems(made.application.warnings)
    summary = withheld_summary(made.application.withheld)
    if summary:
        click.echo(summary, err=True)
    engine_of(choices).run_bytes(made.content, target, arguments, flags)
