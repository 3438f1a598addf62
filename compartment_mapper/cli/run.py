"""``run``: run an archive or an application under SES."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal, NoReturn

import click

from compartment_mapper import errors
from compartment_mapper.bundle.build_result import SourceMapForm
from compartment_mapper.cli.cached_build import Order, make_result
from compartment_mapper.cli.code_cache import maybe_code
from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.output_formats import Form
from compartment_mapper.cli.permissions import map_of, opened_by, unwalled_text, wall_around
from compartment_mapper.cli.shared import (
    Choices,
    bundling,
    is_archive,
    print_problems,
    reporting,
    show,
)
from compartment_mapper.cli.timings import Stages
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.node_process import Content, Node, Program, find_node, runtime_files
from compartment_mapper.host.wall import Wall
from compartment_mapper.policy.model import PackagePolicy

WALL_OPTION = click.option(
    "--no-second-wall",
    is_flag=True,
    help="Do not restrict the process with Node's permission model: compartments alone confine "
    "packages.",
)


REPORT_OPTION = click.option(
    "--report",
    type=PATH,
    metavar="FILE",
    help="Append denials and uses of high and critical capabilities to FILE, as JSON lines.",
)


def AUDIT_OPTIONS(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802 - used like the other options
    """Add the options about recording denied accesses."""
    for option in reversed(_AUDIT_OPTIONS):
        command = option(command)
    return command


_AUDIT_OPTIONS = (
    click.option(
        "--audit",
        "audit",
        flag_value="--audit",
        help="Record denied accesses instead of failing, and print the policy that the program "
        "needs.",
    ),
    click.option("--audit-json", "audit", flag_value="--audit=json", help="Like --audit, as JSON."),
    click.option(
        "--audit-output",
        metavar="FILE",
        help="Like --audit, written to FILE as JSON, for `policy infer --audit FILE`.",
    ),
)


class _RunCommand(click.Command):
    """A command that passes arguments after ``--`` to a program."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return the remaining *args*; an unknown option may be meant for the program."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as problem:
            message = f"{problem.message} Arguments for the program go after `--`."
            raise click.UsageError(message, ctx) from problem


@click.command(
    "run",
    cls=configured(_RunCommand, needs="target", target="entry"),
    short_help="Run an archive or an application under SES.",
    epilog="Example: compartment-mapper run app.zip -- --port 8080",
)
@click.argument("target", type=PATH, metavar="ARCHIVE|ENTRY")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]")
@AUDIT_OPTIONS
@click.option(
    "--source-map",
    type=click.Choice(["inline", "none"]),
    help="With `inline`, stack traces and debuggers show the original sources.",
)
@click.option(
    "--entry", metavar="NAME", help="The entry to start, for an archive with several entries."
)
@WALL_OPTION
@REPORT_OPTION
@bundling
@reporting
def run_command(  # noqa: PLR0913 - one for each option
    *,
    target: str,
    arguments: tuple[str, ...],
    audit: str | None,
    audit_output: str | None,
    source_map: SourceMapForm | None,
    entry: str | None,
    no_second_wall: bool,
    report: str | None,
    choices: Choices,
) -> None:
    """Run an archive, or bundle an application in memory and run it, under SES.

    Standard streams, arguments (after --), signals and the exit status are those of the program.
    With --policy, an archive gets the intersection of its own policy and FILE.

    Node's permission model restricts the process to what all packages together are granted.
    """
    run = prepared_run(
        choices,
        arguments,
        audit=audit,
        audit_output=audit_output,
        no_second_wall=no_second_wall,
        report=report,
    )
    if is_archive(target):
        if source_map is not None:
            message = "an archive contains its source maps: pass --source-map to `bundle`"
            raise click.UsageError(message)
        _run_archive(target, run, entry=entry)
    if entry is not None:
        message = "--entry selects an entry of an archive: name the file itself"
        raise click.UsageError(message)
    stages = Stages()
    form = Form(source_map=source_map or "none")
    order = Order(entry=target, choices=choices, form=form, enforces=not run.is_audited)
    content = made_content(order, stages)
    run.become(Program(content=content, name=target))


def made_content(order: Order, stages: Stages) -> bytes:
    """Return the archive for *order*, after the messages about it."""
    made = make_result(order, stages=stages)
    print_problems(made.warnings)
    for summary in (made.granted_summary, made.denied_summary if order.enforces else ""):
        if summary:
            show(summary, err=True)
    if order.choices.timings:
        show(f"timings: {stages.text()}", err=True)
    return made.content


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The parameters of a run."""

    choices: Choices
    #: Flags of the runtime.
    flags: Sequence[str]
    #: Arguments of the program.
    arguments: Sequence[str]
    is_walled: bool
    #: Whether denied accesses are recorded instead of failing.
    is_audited: bool = False
    #: The log file of denials and uses.
    report: IO[bytes] | None = None
    #: The file for the audit.
    audit: IO[bytes] | None = None
    #: The folder of the application, if the program is a tool that is installed in it.
    project: str | None = None
    #: The policies of packages that a tool may load at run time.
    others: Sequence[PackagePolicy] = ()

    def become(self, program: Program, *, restrict: str = "") -> NoReturn:
        """Replace this process with *program*, restricted as its policies allow."""
        node = find_node(self.choices.node)
        walled = self.walled(program, node, restrict=restrict)
        node.run(walled, self.arguments, self.flags)

    def walled(self, program: Program, node: Node, *, restrict: str = "") -> Program:
        """Return *program* with its files, and with the restrictions that its policies allow."""
        written = {"--report-fd": self.report, "--audit-fd": self.audit}
        program = replace(program, written={k: v for k, v in written.items() if v is not None})
        compartment_map = map_of(program.content)
        wall = self._wall(compartment_map, program.content, node, restrict)
        if wall is None or wall.problem:
            return program
        files = {**program.files, **self._code(compartment_map, program.content, node)}
        options = wall.flags(runtime_files(), version=node.version, project=self.project)
        return replace(program, options=options, files=files)

    def _wall(
        self, compartment_map: bytes | None, content: Content, node: Node, restrict: str
    ) -> Wall | None:
        """Return the wall, or None after a warning."""
        if self.choices.allow_all:
            return None  # the runtime prints the warning
        problem = opened_by(os.environ) if self.is_walled else "--no-second-wall is set"
        if problem:
            show(unwalled_text(problem), err=True)
            return None
        wall = wall_around(compartment_map, content, node, restrict, self.others)
        if wall.problem and wall.is_said:
            show(unwalled_text(wall.problem), err=True)
        return wall

    def _code(
        self, compartment_map: bytes | None, content: Content, node: Node
    ) -> Mapping[str, Content]:
        """Return the code cache by flags of the runtime; write missing files in the background."""
        if self.choices.no_cache or compartment_map is None:
            return {}
        code = maybe_code(node, compartment_map)
        if code is None:
            return {}
        opened = code.opened()
        if len(opened) < _BOTH:
            code.make(node, content)
        return opened


def prepared_run(  # noqa: PLR0913 - one for each option
    choices: Choices,
    arguments: Sequence[str],
    *,
    audit: str | None,
    audit_output: str | None,
    no_second_wall: bool,
    report: str | None,
    project: str | None = None,
) -> Run:
    """Return the run that the options describe, with its files opened."""
    if audit_output is not None:
        audit = "--audit=json"
    return Run(
        choices=choices,
        flags=_runtime_flags(choices, audit, alarm=not choices.infer),
        arguments=arguments,
        is_walled=not no_second_wall,
        is_audited=audit is not None,
        report=None if report is None else _opened(report, "ab"),
        audit=None if audit_output is None else _opened(audit_output, "wb"),
        project=project,
    )


#: The code cache of the runtime and of the archive.
_BOTH = 2


def _opened(path: str, mode: Literal["ab", "wb"]) -> IO[bytes]:
    try:
        return Path(path).open(mode)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise InputError(errors.cannot_write(path, reason)) from problem


def _run_archive(target: str, run: Run, *, entry: str | None) -> NoReturn:
    if run.choices.infer:
        message = "an archive contains its policy: pass --infer to `bundle`"
        raise click.UsageError(message)
    if not Path(target).is_file():
        raise InputError(errors.entry_not_found(target))
    chosen = [] if entry is None else ["--entry", _checked_entry(target, entry)]
    restrict = _restriction(target, run.choices)
    files: dict[str, Content] = {"--restrict-fd": restrict.encode()} if restrict else {}
    with ExitStack() as held:
        maps = _maybe_file(f"{target}.map")
        if maps is not None:
            files["--maps-fd"] = held.enter_context(maps)
        try:
            content = held.enter_context(Path(target).open("rb"))
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise InputError(errors.cannot_read(target, reason)) from problem
        program = Program(content=content, name=target, files=files)
        replace(run, flags=[*run.flags, *chosen]).become(program, restrict=restrict)


def _maybe_file(path: str) -> IO[bytes] | None:
    try:
        return Path(path).open("rb")
    except OSError:
        return None


def _checked_entry(target: str, name: str) -> str:
    """Return *name*, if the archive has that entry."""
    from compartment_mapper.archive.reader import verify  # noqa: PLC0415 - 60 ms, rare

    with Path(target).open("rb") as file:
        known = verify(file).map.entries
    wanted = name.removeprefix("./")
    if wanted not in known:
        raise InputError(errors.unknown_entry(name, known))
    return wanted


def _runtime_flags(choices: Choices, audit: str | None, *, alarm: bool) -> list[str]:
    chosen = {
        "--alarm": alarm,
        "--allow-all": choices.allow_all,
        "--no-cache": choices.no_cache,
        "--timings": choices.timings,
    }
    return [
        *(flag for flag, is_included in chosen.items() if is_included),
        *([audit] if audit else []),
    ]


def _restriction(target: str, choices: Choices) -> str:
    """Return the intersection of the archive's policy and the given files; empty without a file."""
    if choices.policy is None and choices.override is None:
        return ""
    from compartment_mapper.cli.restriction import restricted_policies  # noqa: PLC0415 - 60 ms, rare

    return restricted_policies(target, choices.policy, choices.override)
