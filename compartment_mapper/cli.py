"""argv → workflow → text and exit status: 0 fine, 1 bad input, 2 wrong usage."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import NoReturn

import click

from compartment_mapper import errors
from compartment_mapper.archive import unpack
from compartment_mapper.disk import Disk, location_on_disk
from compartment_mapper.errors import Diagnostic, InputError
from compartment_mapper.explain import PackageSummary, summaries_of, why
from compartment_mapper.infer_policy import Use
from compartment_mapper.load import display_name
from compartment_mapper.locations import Location
from compartment_mapper.process import Node, find_node
from compartment_mapper.report import (
    chain_text,
    dot,
    extent_text,
    mermaid,
    packages_text,
    withheld_summary,
    withheld_text,
)
from compartment_mapper.runtime_needs import (
    RuntimeNeed,
    needs_text,
    needs_to_dict,
    runtime_needs,
)
from compartment_mapper.text import position_at
from compartment_mapper.workflows import Application, Bundle, Options, Powers, bundle

_ZIP_MAGIC = b"PK\x03\x04"


class _Commands(click.Group):
    """Commands, with the nearest name for one that is none."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that *args* begin with."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            hint = errors.did_you_mean(args[0], self.commands)
            ctx.fail(f"no such command '{args[0]}'" + (f"; {hint}" if hint else ""))
        return super().resolve_command(ctx, args)


class _RunCommand(click.Command):
    """A command whose arguments after ``--`` are a program's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return what is left of *args*; an unknown option may be meant for the program."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as problem:
            message = f"{problem.message} The program's own arguments go after `--`."
            raise click.UsageError(message, ctx) from problem


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="compartment-mapper")
def main() -> None:
    """Run a JavaScript application with one SES compartment per package.

    \b
    compartment-mapper bundle src/main.js -o app.zip   pack an application
    compartment-mapper inspect app.zip                 see its packages and their powers
    compartment-mapper run app.zip -- --port 8080      run it, confined

    Exit status: 0 fine, 1 bad input or findings, 2 wrong usage; `run` passes on the program's own.
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choices:
    """The options of all commands that bundle."""

    condition: tuple[str, ...]
    asset: tuple[str, ...]
    infer: bool
    policy: str | None
    allow_all: bool
    node: str | None

    def options(self, *, compress: bool = False) -> Options:
        """Return what they mean.

        Raises:
            InputError: The policy file can't be read.
        """
        if sum((self.infer, self.policy is not None, self.allow_all)) > 1:
            message = "choose one of --infer, --policy and --allow-all"
            raise click.UsageError(message)
        return Options(
            conditions=frozenset(self.condition),
            assets=self.asset,
            compress=compress,
            infer=self.infer,
            allow_all=self.allow_all,
            policy=(_read_file(self.policy), self.policy) if self.policy else None,
        )


def _read_file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise InputError(errors.cannot_read(path, reason)) from problem


_BUNDLE_OPTIONS = (
    click.option(
        "-C",
        "--condition",
        multiple=True,
        metavar="C",
        help="Also match C in package.json exports.",
    ),
    click.option(
        "--asset",
        multiple=True,
        metavar="[PACKAGE:]GLOB",
        help="Also pack files of the application, or of a package, for fs to read.",
    ),
    click.option("--infer", is_flag=True, help="Grant each package what its code is seen to use."),
    click.option("--policy", metavar="FILE", help="Grant what FILE says (Endo's policy format)."),
    click.option("--allow-all", is_flag=True, help="Grant everything to every package."),
    click.option(
        "--node",
        envvar="COMPARTMENT_MAPPER_NODE",
        metavar="PATH",
        help="Another Node, 20 or later.",
    ),
)


def _bundling(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of bundling to *command*, which gets them as one `_Choices`."""

    @wraps(command)
    def with_choices(
        *,
        condition: tuple[str, ...],
        asset: tuple[str, ...],
        infer: bool,
        policy: str | None,
        allow_all: bool,
        node: str | None,
        **rest: object,
    ) -> None:
        choices = _Choices(
            condition=condition,
            asset=asset,
            infer=infer,
            policy=policy,
            allow_all=allow_all,
            node=node,
        )
        command(choices=choices, **rest)

    wrapped: Callable[..., None] = with_choices
    for option in reversed(_BUNDLE_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _reporting(command: Callable[..., None]) -> Callable[..., None]:
    """Turn problems of the input into text (or JSON) and exit status 1."""

    @wraps(command)
    def reporting(**arguments: object) -> None:
        try:
            command(**arguments)
        except InputError as error:
            _fail(error.problems, as_json=bool(arguments.get("as_json")))

    return reporting


def _fail(problems: Sequence[Diagnostic], *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"problems": [p.to_dict() for p in problems]}, indent=2))
    else:
        _say_problems(problems)
    raise click.exceptions.Exit(1)


def _say_problems(problems: Sequence[Diagnostic]) -> None:
    for problem in problems:
        text = problem.text()
        if _has_colour():
            colour = "red" if problem.severity == "error" else "yellow"
            mark = f"{problem.severity} [{problem.code}]"
            text = text.replace(mark, click.style(mark, fg=colour, bold=True), 1)
        click.echo(text, err=True)


def _has_colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


@main.command(
    "bundle",
    short_help="Pack an application into an archive.",
    epilog="Example: compartment-mapper bundle src/main.js -o app.zip --infer",
)
@click.argument("entry")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where to write the archive.")
@click.option("--compress", is_flag=True, help="Deflate the files (Endo can't read those).")
@click.option("--json", "as_json", is_flag=True, help="Print statistics as JSON.")
@_bundling
@_reporting
def bundle_command(
    *, entry: str, output: str, compress: bool, as_json: bool, choices: _Choices
) -> None:
    """Pack the application that begins at ENTRY, a file or a folder, into one archive.

    Only what is reached is packed. Each package gets a compartment of its own; without --infer or
    --policy, a dependency gets only what is harmless, and what was withheld is listed.
    """
    disk = Disk()
    if Path(output).is_dir():
        raise InputError(errors.cannot_write(output, "it is a folder"))
    made = _bundle(entry, choices, compress=compress)
    disk.write(output, made.content)
    _say_problems(made.application.warnings)
    if as_json:
        click.echo(json.dumps(_statistics(made, output), indent=2, ensure_ascii=False))
        return
    withheld = withheld_text(made.application.withheld, partial(_place_of, made.application))
    if withheld:
        click.echo(withheld, err=True)
    if made.needs:
        click.echo(needs_text(made.needs), err=True)
    application = made.application
    packages, modules = len(application.packages.packages), len(application.modules.modules)
    click.echo(f"{output}: {extent_text(packages, modules, len(made.content))}")
    click.echo(f"sha512 {made.sha512}")


def _bundle(entry: str, choices: _Choices, *, compress: bool = False) -> Bundle:
    if not Path(entry).exists():
        raise InputError(errors.entry_not_found(entry))
    options = choices.options(compress=compress)
    powers = Powers(read=Disk(), engine=_engine(choices), progress=_progress())
    made = bundle(location_on_disk(entry), options=options, powers=powers)
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    return made


def _engine(choices: _Choices) -> Node:
    return find_node(choices.node)


def _progress() -> Callable[[int], None]:
    if not sys.stderr.isatty():
        return lambda _count: None

    def show(count: int) -> None:
        if count % 25 == 0:
            click.echo(f"\r\x1b[K{count} modules", nl=False, err=True)

    return show


def _place_of(application: Application, use: Use) -> str:
    source = application.modules.modules[use.module].source
    line = position_at(source, use.span.start).line
    return f"{display_name(use.module, application.root)}:{line}"


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
                "place": _place_of(application, use),
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


@main.command(
    "inspect",
    short_help="Show the packages of an archive or an application.",
    epilog="Example: compartment-mapper inspect src/main.js --why ms",
)
@click.argument("target", metavar="ARCHIVE|ENTRY")
@click.option("--json", "as_json", is_flag=True, help="Print the packages as JSON.")
@click.option("--dot", "as_dot", is_flag=True, help="Print the graph for Graphviz.")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Print the graph for Mermaid.")
@click.option("--why", "why_package", metavar="PACKAGE", help="Print how PACKAGE is reached.")
@_bundling
@_reporting
def inspect_command(
    *,
    target: str,
    as_json: bool,
    as_dot: bool,
    as_mermaid: bool,
    why_package: str | None,
    choices: _Choices,
) -> None:
    """Show the packages of an archive or an application: size, dependents, powers.

    Nothing is executed. `--why` needs the sources: give the ENTRY, not the archive.
    """
    if _is_archive(target):
        if why_package is not None:
            message = "--why reads the sources: give the application's entry, not the archive"
            raise click.UsageError(message)
        archive = unpack(_read_file(target))
        summaries = summaries_of(archive.map, archive.sizes)
        needs = runtime_needs(archive.map, archive.files, deflated=archive.deflated)
    else:
        made = _bundle(target, choices)
        if why_package is not None:
            _say_why(why_package, made.application, as_json=as_json)
            return
        summaries, needs = summaries_of(made.map, made.sizes), made.needs
    if as_dot or as_mermaid:
        click.echo(dot(summaries) if as_dot else mermaid(summaries))
    else:
        click.echo(_shown(summaries, needs, as_json=as_json))


def _shown(
    summaries: list[PackageSummary], needs: tuple[RuntimeNeed, ...], *, as_json: bool
) -> str:
    if not as_json:
        return "\n".join(filter(None, (packages_text(summaries), needs_text(needs))))
    packages = [summary.to_dict() for summary in summaries]
    found = {"packages": packages, "runtime": needs_to_dict(needs)}
    return json.dumps(found, indent=2, ensure_ascii=False)


def _say_why(name: str, application: Application, *, as_json: bool) -> None:
    chain = why(name, application.modules, application.packages)
    if chain is None:
        known = [package.canonical_name for package in application.packages.packages.values()]
        raise InputError(errors.unknown_package(name, known))

    def file_of(location: Location) -> str:
        return display_name(location, application.root)

    if as_json:
        steps = [
            {
                "package": step.package,
                "file": file_of(step.module),
                "line": step.line,
                "specifier": step.specifier,
            }
            for step in chain
        ]
        click.echo(json.dumps({"package": name, "chain": steps}, indent=2, ensure_ascii=False))
    else:
        click.echo(chain_text(chain, name, file_of))


def _is_archive(path: str) -> bool:
    """Return whether *path* is (or claims to be) an archive."""
    if path.endswith(".zip"):
        return True
    try:
        with Path(path).open("rb") as file:
            return file.read(4) == _ZIP_MAGIC
    except OSError:
        return False


@main.command(
    "run",
    cls=_RunCommand,
    short_help="Run an archive or an application under SES.",
    epilog="Example: compartment-mapper run app.zip -- --port 8080",
)
@click.argument("target", metavar="ARCHIVE|ENTRY")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]")
@_bundling
@_reporting
def run_command(*, target: str, arguments: tuple[str, ...], choices: _Choices) -> None:
    """Run an archive, or bundle an application in memory and run it, under SES.

    The program has its own standard streams, arguments (after --), signals and exit status.
    """
    flags = ["--allow-all"] if choices.allow_all else []
    if _is_archive(target):
        if choices.infer or choices.policy:
            message = "an archive carries its policy: give --infer or --policy to `bundle`"
            raise click.UsageError(message)
        if not Path(target).is_file():
            raise InputError(errors.entry_not_found(target))
        _engine(choices).run_archive(target, arguments, flags)
    made = _bundle(target, choices)
    _say_problems(made.application.warnings)
    summary = withheld_summary(made.application.withheld)
    if summary:
        click.echo(summary, err=True)
    _engine(choices).run_bytes(made.content, target, arguments, flags)
