"""``run``: run an archive or an application under SES."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import click

from compartment_mapper import errors
from compartment_mapper.cli.forms import Form
from compartment_mapper.cli.keeping import Order, make_outcome
from compartment_mapper.cli.shared import (
    Choices,
    bundling,
    is_archive,
    reporting,
    say_problems,
    show,
)
from compartment_mapper.cli.stages import Stages
from compartment_mapper.errors import InputError
from compartment_mapper.outcome import SourceMapForm
from compartment_mapper.process import find_node


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
@click.option(
    "--audit",
    "audit",
    flag_value="--audit",
    help="Record what is withheld instead of failing, and print the policy that it would need.",
)
@click.option("--audit-json", "audit", flag_value="--audit=json", help="The same, as JSON.")
@click.option(
    "--source-map",
    type=click.Choice(["inline", "none"]),
    help="Traces and debuggers show what packages were made from: --source-map inline.",
)
@click.option("--entry", metavar="NAME", help="Begin there, where an archive has several entries.")
@bundling
@reporting
def run_command(
    *,
    target: str,
    arguments: tuple[str, ...],
    audit: str | None,
    source_map: SourceMapForm | None,
    entry: str | None,
    choices: Choices,
) -> None:
    """Run an archive, or bundle an application in memory and run it, under SES.

    The program has its own standard streams, arguments (after --), signals and exit status. With
    --policy, an archive gets no more than both its own policy and FILE grant.
    """
    flags = _runtime_flags(choices, audit)
    if is_archive(target):
        if source_map is not None:
            message = "an archive carries its source maps: give --source-map to `bundle`"
            raise click.UsageError(message)
        _run_archive(target, arguments, flags, entry=entry, choices=choices)
    if entry is not None:
        message = "--entry chooses among the entries of an archive: name the file itself"
        raise click.UsageError(message)
    stages = Stages()
    form = Form(source_map=source_map or "none")
    order = Order(entry=target, choices=choices, form=form, enforces=audit is None)
    made = make_outcome(order, stages=stages)
    say_problems(made.warnings)
    for summary in (made.granted_summary, made.withheld_summary if audit is None else ""):
        if summary:
            show(summary, err=True)
    if choices.timings:
        show(f"timings: {stages.text()}", err=True)
    find_node(choices.node).run_bytes(made.content, target, arguments, flags)


def _run_archive(
    target: str,
    arguments: tuple[str, ...],
    flags: list[str],
    *,
    entry: str | None,
    choices: Choices,
) -> NoReturn:
    if choices.infer:
        message = "an archive carries what was inferred: give --infer to `bundle`"
        raise click.UsageError(message)
    if not Path(target).is_file():
        raise InputError(errors.entry_not_found(target))
    chosen = [] if entry is None else ["--entry", _checked_entry(target, entry)]
    narrow = _narrowing(target, choices)
    find_node(choices.node).run_archive(target, arguments, [*flags, *chosen], narrow)


def _checked_entry(target: str, name: str) -> str:
    """Return *name*, if the archive may begin there."""
    from compartment_mapper.unpack import verify  # noqa: PLC0415 - 60 ms, rare

    with Path(target).open("rb") as file:
        known = verify(file).map.entries
    wanted = name.removeprefix("./")
    if wanted not in known:
        raise InputError(errors.unknown_entry(name, known))
    return wanted


def _runtime_flags(choices: Choices, audit: str | None) -> list[str]:
    chosen = {
        "--allow-all": choices.allow_all,
        "--no-cache": choices.no_cache,
        "--timings": choices.timings,
    }
    return [*(flag for flag, is_chosen in chosen.items() if is_chosen), *([audit] if audit else [])]


def _narrowing(target: str, choices: Choices) -> str:
    """Return the policies that the archive and the given file grant both; empty for no file."""
    if choices.policy is None and choices.override is None:
        return ""
    from compartment_mapper.cli.narrowing import narrowed_policies  # noqa: PLC0415 - 60 ms, rare

    return narrowed_policies(target, choices.policy, choices.override)
