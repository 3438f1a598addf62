"""``init``: write the configuration, the policy, package.json scripts and a CI file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.authority.table import SEVERITIES
from compartment_mapper.bundle.application import Application, Options
from compartment_mapper.cli.building import Hosting, loaded_application, tree_shakes
from compartment_mapper.cli.completion.arguments import FOLDER, PATH
from compartment_mapper.cli.init.plan import (
    Answers,
    PlannedFile,
    Project,
    planned_files,
    project_in,
    write_files,
)
from compartment_mapper.cli.policy.proposing import known_policy, proposed_policy
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import CACHE_OPTION, reporting, show
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.disk import location_on_disk
from compartment_mapper.inference.open_decisions import open_decisions
from compartment_mapper.inference.policy_file import OVERRIDE_FILE
from compartment_mapper.locations import Location, path_of
from compartment_mapper.policy.format import policy_text
from compartment_mapper.policy.model import Policy
from compartment_mapper.report.policy_text import policy_summary_text

_OUTPUT = "app.zip"


@click.command(
    "init",
    short_help="Write the files that a project needs.",
    epilog="Example: compartment-mapper init --yes --entry src/main.js",
)
@click.argument("folder", type=FOLDER, default=".")
@click.option(
    "--entry", type=PATH, metavar="FILE", help="The entry. Default: the main file of package.json."
)
@click.option("-o", "--output", type=PATH, metavar="FILE", help=f"The archive. Default: {_OUTPUT}.")
@click.option(
    "--ci",
    type=click.Choice(["github", "none"]),
    help="Write a workflow for GitHub Actions. Default: github.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: use the defaults.")
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite existing files and scripts. The decisions in an existing policy stay.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@CACHE_OPTION
@reporting
def init_command(  # noqa: PLR0913 - one for each option
    *,
    folder: str,
    entry: str | None,
    output: str | None,
    ci: str | None,
    yes: bool,
    force: bool,
    as_json: bool,
    no_cache: bool,
) -> None:
    """Write the files of the project in FOLDER: configuration, policy, scripts and workflow.

    \b
    compartment-mapper.toml                       its entry and output
    compartment-policy.json                       what its packages use, as `policy infer` writes it
    package.json                                  scripts: bundle, policy:infer, policy:check
    .github/workflows/compartment-mapper.yml      checks the policy

    Files and scripts that exist are kept. Nothing is executed.
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character
    project = project_in(folder)
    asks = not yes
    if asks and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError(errors.not_interactive("init", "add --yes to use the defaults"))
    answers = Answers(
        entry=_entry(project, entry, asks=asks),
        output=_output(project, output, asks=asks),
        ci=ci or (_asked("CI file", "github", ["github", "none"]) if asks else "github"),
        force=force,
    )
    hosting = Hosting(node=None, jobs=None, no_cache=no_cache)
    first, *others = planned_files(project, answers)
    application = loaded_application(
        str(project.folder / answers.entry), _options(project), hosting
    )
    if application.root != location_on_disk(folder):
        raise InputError(errors.entry_of_another_package(answers.entry))
    policy, policy_plan = _policy(project, application, force=force)
    files = [first, policy_plan, *others]
    write_files(project, files)
    open_count = _open_count(application, policy)
    if as_json:
        _print_json(files, answers, open_count)
    else:
        _print(files, answers, open_count)


def _options(project: Project) -> Options:
    known = project.configuration
    conditions = (known.conditions if known else None) or ()
    return Options(
        conditions=frozenset(conditions),
        tree_shakes=tree_shakes(known.tree_shaking if known else None, conditions),
        finds_policy=False,
        reads_install_scripts=True,
    )


def _entry(project: Project, given: str | None, *, asks: bool) -> str:
    """Return the entry, relative to the project.

    Raises:
        InputError: ENTRY_NOT_FOUND.
    """
    if given is None and project.configuration is not None:
        root = project.folder.resolve()
        return str(Path(project.configuration.entry[0]).relative_to(root))
    proposed = project.proposed_entry()
    if given is None:
        given = _asked("entry", proposed) if asks else proposed
    if given is None or not (project.folder / given).exists():
        raise InputError(errors.no_entry_to_propose(given))
    return os.path.relpath(project.folder / given, project.folder)


def _output(project: Project, given: str | None, *, asks: bool) -> str:
    known = project.configuration
    if given is None and known is not None and known.output is not None:
        return str(Path(known.output).relative_to(project.folder.resolve()))
    return given or (_asked("output", _OUTPUT) if asks else _OUTPUT)


def _asked(name: str, default: str | None, words: list[str] | None = None) -> str:
    kind = click.Choice(words) if words else str
    answer: str = click.prompt(name, default=default, type=kind, show_choices=bool(words))
    return answer


def _policy(
    project: Project, application: Application, *, force: bool
) -> tuple[Policy, PlannedFile]:
    """Return the policy, and its file."""
    name = project.policy_file
    known = known_policy(str(project.folder / name))
    if known is not None and not force:
        return known, PlannedFile(name=name, action="kept", detail="the policy")
    policy = proposed_policy(application, known)
    count = len(policy.resources)
    packages = f"{count} package" if count == 1 else f"{count} packages"
    detail = f"{packages}, {policy_summary_text(policy)}"
    text = policy_text(policy)
    return policy, PlannedFile(name=name, action="written", content=text, detail=detail)


def _open_count(application: Application, policy: Policy) -> int:
    """Return how many capabilities `policy review` would ask about."""
    override = known_policy(path_of(Location(application.root + OVERRIDE_FILE)))
    found = open_decisions(application.uses, (), policy, override, minimum=SEVERITIES[2])
    return len(found)


def _next(answers: Answers, open_count: int) -> list[tuple[str, str]]:
    noun = "capability" if open_count == 1 else "capabilities"
    decide = [("compartment-mapper policy review", f"decide about {open_count} {noun}")]
    return [
        *(decide if open_count else []),
        ("compartment-mapper bundle", f"pack the application into {answers.output}"),
        (f"compartment-mapper run {answers.output}", "run it confined"),
        ("compartment-mapper policy check", "in CI: does the policy still fit?"),
    ]


def _print(files: list[PlannedFile], answers: Answers, open_count: int) -> None:
    for file in files:
        show(f"{file.action:<7} {file.name}" + (f": {file.detail}" if file.detail else ""))
    show(f"\nCommit these files, ignore {answers.output}, and continue with:")
    steps = _next(answers, open_count)
    width = max(len(command) for command, _ in steps)
    for command, what in steps:
        show(f"  {command:<{width}}  {what}")


def _print_json(files: list[PlannedFile], answers: Answers, open_count: int) -> None:
    print_json(
        {
            "entry": answers.entry,
            "output": answers.output,
            "files": [file.to_dict() for file in files],
            "openDecisions": open_count,
            "next": [command for command, _ in _next(answers, open_count)],
        }
    )
