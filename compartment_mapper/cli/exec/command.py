"""``exec``: run a tool of a project, such as a linter or a test runner, under SES."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.cli.cached_build import Order
from compartment_mapper.cli.exec.answers import Answers
from compartment_mapper.cli.output import check_policy_output
from compartment_mapper.cli.permissions import map_of
from compartment_mapper.cli.policy_files import policy_file
from compartment_mapper.cli.run import (
    AUDIT_OPTIONS,
    REPORT_OPTION,
    WALL_OPTION,
    Run,
    made_content,
    prepared_run,
)
from compartment_mapper.cli.shared import Choices, bundling, print_problems, reporting, show
from compartment_mapper.cli.timings import Stages
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.answering import end_as, open_channel
from compartment_mapper.host.disk import Disk, location_on_disk
from compartment_mapper.host.node_process import Program, find_node
from compartment_mapper.inference.decision import NamedGrant, given_policy, named_grant
from compartment_mapper.inference.project_scope import policy_within_project
from compartment_mapper.locations import Location, path_of
from compartment_mapper.policy.model import Grant, PackagePolicy
from compartment_mapper.policy.scope import OWN_MODULES
from compartment_mapper.resolve.commands import command_file
from compartment_mapper.resolve.package_lookup import ResolverContext, resolver_context


@click.command(
    "exec",
    short_help="Run a tool that is installed in the project under SES.",
    epilog="Example: compartment-mapper exec --infer eslint src",
    context_settings={"allow_interspersed_args": False},
)
@click.argument("tool", metavar="[--] TOOL")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]")
@AUDIT_OPTIONS
@click.option(
    "--write-policy",
    is_flag=True,
    help="After a run with --infer, write what all loaded packages use to "
    "compartment-policy.TOOL.json.",
)
@WALL_OPTION
@REPORT_OPTION
@bundling
@reporting
def exec_command(  # noqa: PLR0913 - one for each option
    *,
    tool: str,
    arguments: tuple[str, ...],
    audit: str | None,
    audit_output: str | None,
    write_policy: bool,
    no_second_wall: bool,
    report: str | None,
    choices: Choices,
) -> None:
    """Run the command TOOL of an installed package, with one SES compartment per package.

    The project is the nearest folder with a package.json. Plugins and configuration files that
    the tool requests at run time are scanned, mapped and confined like all modules.

    Without options, the policy is compartment-policy.TOOL.json beside package.json. With --infer,
    packages read and write files of the project and temporary files only.

    Standard streams, arguments, signals and the exit status are those of the tool.
    """
    if write_policy and not choices.infer:
        message = "--write-policy writes what --infer grants: pass --infer too"
        raise click.UsageError(message)
    root = _project_root()
    entry = command_file(tool, root=root, context=_context(choices))
    policy = path_of(Location(f"{root}compartment-policy.{Path(tool).name}.json"))
    if write_policy:
        check_policy_output(policy, ())
    choices = _with_policy(choices, policy)
    folder = path_of(root).rstrip("/") or "/"
    run = prepared_run(
        choices,
        arguments,
        audit=audit,
        audit_output=audit_output,
        no_second_wall=no_second_wall,
        report=report,
        project=folder,
    )
    order = Order(
        entry=path_of(entry), choices=choices, project=folder, enforces=not run.is_audited
    )
    run = replace(run, others=_policies_of_others(choices))
    status = _run(order, run, policy if write_policy else None)
    end_as(status)
    raise click.exceptions.Exit(status)


def _run(order: Order, run: Run, policy: str | None) -> int:
    content = made_content(order, Stages())
    text = map_of(content)
    assert text is not None
    answers = Answers(order, text, policy)
    node = find_node(order.choices.node)
    with open_channel() as channel:
        program = run.walled(Program(content=content, name=order.entry), node)
        flags = [*run.flags, "--project", run.project or "/"]
        status = channel.serve(
            lambda: node.start(channel.of(program), run.arguments, flags), answers.answer
        )
    with answers:
        try:
            summary = answers.write_policy()
        except InputError as problem:
            if status == 0:
                raise
            print_problems(problem.problems)
        else:
            if summary is not None:
                show(summary, err=True)
    return status


def _policies_of_others(choices: Choices) -> list[PackagePolicy]:
    """Return the policies that packages may get when they are loaded: those of the file, if any."""
    if choices.policy is not None:
        override = None if choices.override is None else policy_file(choices.override)
        given = given_policy(policy_file(choices.policy), override)
        return [] if given is None else [given.policy.entry, *given.policy.resources.values()]
    if not choices.infer:
        return []
    grants: dict[str, Grant] = {"fs": True, "worker_threads.Worker": OWN_MODULES}
    named = [grant for text in choices.grant if isinstance(grant := named_grant(text), NamedGrant)]
    grants |= {grant.path: True for grant in named if grant.part == "builtins"}
    return [policy_within_project(PackagePolicy(builtins=grants))]


def _project_root() -> Location:
    folder = Path.cwd()
    for each in (folder, *folder.parents):
        if (each / "package.json").is_file():
            return location_on_disk(str(each))
    raise InputError(errors.no_project(os.curdir))


def _context(choices: Choices) -> ResolverContext:
    return resolver_context(conditions=frozenset(choices.condition), powers=Disk())


def _with_policy(choices: Choices, path: str) -> Choices:
    is_chosen = choices.policy is not None or choices.infer or choices.allow_all
    if is_chosen or not Path(path).is_file():
        return choices
    return replace(choices, policy=path)
