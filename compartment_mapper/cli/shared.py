"""What the commands share: the options of bundling, and how problems are told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import NoReturn

import click

from compartment_mapper import errors
from compartment_mapper.disk import Disk, location_on_disk
from compartment_mapper.errors import Diagnostic, InputError
from compartment_mapper.infer_policy import Use
from compartment_mapper.locations import Location
from compartment_mapper.policy_choice import PolicyFile
from compartment_mapper.process import Node, find_node
from compartment_mapper.text import printable
from compartment_mapper.workers import Workers, usable_cores
from compartment_mapper.workflows import (
    Application,
    Bundle,
    Options,
    Powers,
    bundle,
    load_application,
    place_in,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The options of all commands that bundle."""

    condition: tuple[str, ...]
    asset: tuple[str, ...]
    infer: bool
    policy: str | None
    override: str | None
    allow_all: bool
    grant: tuple[str, ...]
    node: str | None

    def options(self, *, compress: bool = False) -> Options:
        """Return what they mean.

        Raises:
            InputError: The policy file can't be read.
        """
        if sum((self.infer, self.policy is not None, self.allow_all)) > 1:
            message = "choose one of --infer, --policy and --allow-all"
            raise click.UsageError(message)
        if self.override is not None and (self.infer or self.allow_all):
            message = "--policy-override changes a policy file: leave out --infer and --allow-all"
            raise click.UsageError(message)
        return Options(
            conditions=frozenset(self.condition),
            assets=self.asset,
            compress=compress,
            infer=self.infer,
            allow_all=self.allow_all,
            grants=self.grant,
            policy=policy_file(self.policy) if self.policy else None,
            override=policy_file(self.override) if self.override else None,
        )


def policy_file(path: str) -> PolicyFile:
    """Return the policy file at *path*."""
    return PolicyFile(text=read_file(path), name=path)


def read_file(path: str) -> bytes:
    """Return the bytes of the file at *path*.

    Raises:
        InputError: CANNOT_READ.
    """
    try:
        return Path(path).read_bytes()
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise InputError(errors.cannot_read(path, reason)) from problem


CONDITION_OPTION = click.option(
    "-C", "--condition", multiple=True, metavar="C", help="Also match C in package.json exports."
)
NODE_OPTION = click.option(
    "--node", envvar="COMPARTMENT_MAPPER_NODE", metavar="PATH", help="Another Node, 20 or later."
)
_BUNDLE_OPTIONS = (
    CONDITION_OPTION,
    click.option(
        "--asset",
        multiple=True,
        metavar="[PACKAGE:]GLOB",
        help="Also pack files of the application, or of a package, for fs to read.",
    ),
    click.option(
        "--infer",
        is_flag=True,
        help="Grant each package what its code is seen to use, but for critical powers.",
    ),
    click.option(
        "--grant",
        multiple=True,
        metavar="PACKAGE:AUTHORITY",
        help="Grant a power by name, a critical one too: esbuild:child_process.spawn.",
    ),
    click.option(
        "--policy",
        metavar="FILE",
        help="Grant what FILE says; without, compartment-policy.json beside package.json, if any.",
    ),
    click.option(
        "--policy-override",
        "override",
        metavar="FILE",
        help="What holds instead, path by path; without, compartment-policy-override.json.",
    ),
    click.option("--allow-all", is_flag=True, help="Grant everything to every package."),
    NODE_OPTION,
)


def bundling(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of bundling to *command*, which gets them as one `Choices`."""
    names = [field.name for field in fields(Choices)]

    @wraps(command)
    def with_choices(**arguments: object) -> None:
        chosen = {name: arguments.pop(name) for name in names}
        choices = Choices(**chosen)  # type: ignore[arg-type] # click made each of its type
        command(choices=choices, **arguments)

    wrapped: Callable[..., None] = with_choices
    for option in reversed(_BUNDLE_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def reporting(command: Callable[..., None]) -> Callable[..., None]:
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
        say_problems(problems)
    raise click.exceptions.Exit(1)


def say_problems(problems: Sequence[Diagnostic]) -> None:
    """Print *problems* for people, on the standard error stream."""
    for problem in problems:
        text = printable(problem.text())
        if _has_colour():
            colour = "red" if problem.severity == "error" else "yellow"
            mark = f"{problem.severity} [{problem.code}]"
            text = text.replace(mark, click.style(mark, fg=colour, bold=True), 1)
        click.echo(text, err=True)


def show(text: str, *, err: bool = False) -> None:
    """Print *text* for people; what packages are called can't steer the terminal."""
    click.echo(printable(text), err=err)


def _has_colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def make_bundle(
    entry: str, choices: Choices, *, compress: bool = False, enforces: bool = True
) -> Bundle:
    """Return the archive of the application that begins at *entry*.

    Raises:
        InputError: All problems of the input.
    """
    location = _entry_location(entry)
    options = replace(choices.options(compress=compress), enforces=enforces)
    with Workers(usable_cores()) as scans:
        powers = Powers(read=Disk(), engine=engine_of(choices), progress=_progress(), scans=scans)
        made = bundle(location, options=options, powers=powers)
    _end_progress()
    return made


def loaded_application(entry: str, options: Options, engine: Node) -> Application:
    """Return the application that begins at *entry*, without an archive of it.

    Raises:
        InputError: All problems of the input.
    """
    location = _entry_location(entry)
    powers = Powers(read=Disk(), engine=engine, progress=_progress())
    application = load_application(location, options=options, powers=powers)
    _end_progress()
    return application


def _entry_location(entry: str) -> Location:
    if not Path(entry).exists():
        raise InputError(errors.entry_not_found(entry))
    return location_on_disk(entry)


def _end_progress() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)


def engine_of(choices: Choices) -> Node:
    """Return the Node that was chosen."""
    return find_node(choices.node)


def _progress() -> Callable[[int], None]:
    if not sys.stderr.isatty():
        return lambda _count: None

    def show(count: int) -> None:
        if count % 25 == 0:
            click.echo(f"\r\x1b[K{count} modules", nl=False, err=True)

    return show


def place_of(application: Application, use: Use) -> str:
    """Return where a use is, as people name it: ``lib/file.js:12``."""
    place = place_in(application, use)
    return f"{place.file}:{place.position.line if place.position else 0}"


_ZIP_MAGIC = b"PK\x03\x04"


def is_archive(path: str) -> bool:
    """Return whether *path* is (or claims to be) an archive."""
    if path.endswith(".zip"):
        return True
    try:
        with Path(path).open("rb") as file:
            return file.read(4) == _ZIP_MAGIC
    except OSError:
        return False
