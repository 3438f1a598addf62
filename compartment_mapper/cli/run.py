"""``run``: run an archive or an application under SES."""

from __future__ import annotations

import json
from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.cli.shared import (
    Choices,
    bundling,
    engine_of,
    is_archive,
    make_bundle,
    read_file,
    reporting,
    say_problems,
    show,
)
from compartment_mapper.compartment_map import policy_of_map
from compartment_mapper.errors import InputError
from compartment_mapper.policy_choice import given_policy
from compartment_mapper.policy_merge import narrow_policy
from compartment_mapper.report import withheld_summary
from compartment_mapper.unpack import unpack


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
@bundling
@reporting
def run_command(
    *, target: str, arguments: tuple[str, ...], audit: str | None, choices: Choices
) -> None:
    """Run an archive, or bundle an application in memory and run it, under SES.

    The program has its own standard streams, arguments (after --), signals and exit status. With
    --policy, an archive gets no more than both its own policy and FILE grant.
    """
    flags = [*(["--allow-all"] if choices.allow_all else []), *([audit] if audit else [])]
    if is_archive(target):
        if choices.infer:
            message = "an archive carries what was inferred: give --infer to `bundle`"
            raise click.UsageError(message)
        if not Path(target).is_file():
            raise InputError(errors.entry_not_found(target))
        narrow = _narrowing(target, choices)
        engine_of(choices).run_archive(target, arguments, flags, narrow)
    made = make_bundle(target, choices, enforces=audit is None)
    say_problems(made.application.warnings)
    summary = withheld_summary(made.application.withheld)
    if summary and audit is None:
        show(summary, err=True)
    engine_of(choices).run_bytes(made.content, target, arguments, flags)


def _narrowing(target: str, choices: Choices) -> str:
    """Return the policies that the archive and the given file grant both; empty for no file."""
    options = choices.options()
    given = given_policy(options.policy, options.override)
    if given is None:
        return ""
    found = unpack(read_file(target)).map
    labels = [compartment.label for compartment in found.compartments.values()]
    narrowed = narrow_policy(policy_of_map(found), given.policy, labels)
    return json.dumps({label: narrowed.of(label).to_endo() for label in labels})
