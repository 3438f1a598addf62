"""What the commands share: the options of bundling, and how problems are told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import NoReturn

import click

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic, InputError
from compartment_mapper.host.disk import location_on_disk
from compartment_mapper.host.node_process import UnreviewedNode
from compartment_mapper.locations import Location
from compartment_mapper.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The options of all commands that bundle."""

    condition: tuple[str, ...]
    asset: tuple[str, ...]
    infer: bool
    policy: str | None
    override: str | None
    allow_all: bool
    #: A package that is not the one that the policy was made for is an error.
    frozen: bool
    grant: tuple[str, ...]
    #: None: as the conditions say.
    tree_shaking: bool | None
    node: str | None

    no_cache: bool
    jobs: int | None
    timings: bool

    def check(self) -> None:
        """Refuse options that contradict each other."""
        if sum((self.infer, self.policy is not None, self.allow_all)) > 1:
            message = "choose one of --infer, --policy and --allow-all"
            raise click.UsageError(message)
        if self.override is not None and (self.infer or self.allow_all):
            message = "--policy-override changes a policy file: leave out --infer and --allow-all"
            raise click.UsageError(message)


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
UNUSED_OPTION = click.option(
    "--leave-out-unused/--keep-unused",
    default=None,
    help='Leave out what nobody uses of packages with "sideEffects": false, or keep it; without,'
    " it is left out with -C browser, and kept else.",
)
_UNREVIEWED = f"{__name__}.unreviewed"


def _note_unreviewed(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's order
    context.meta[_UNREVIEWED] = value


def _chosen_node(context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Return the path; one that may be unreviewed says so itself."""
    if value is None or not context.meta.get(_UNREVIEWED):
        return value
    show(
        f"warning: --unreviewed-node: where nobody has reviewed the version of '{value}', packages "
        "may reach objects of the host that confine nothing",
        err=True,
    )
    return UnreviewedNode(value)


_UNREVIEWED_OPTION = click.option(
    "--unreviewed-node",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_note_unreviewed,
    envvar="COMPARTMENT_MAPPER_UNREVIEWED_NODE",
    help="Take --node though nobody has reviewed what packages reach in its version.",
)
_NODE_OPTION = click.option(
    "--node",
    envvar="COMPARTMENT_MAPPER_NODE",
    metavar="PATH",
    callback=_chosen_node,
    help="Another Node, 22 or 24.",
)


def NODE_OPTION(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802 - used as the other options are
    """Add the options that choose a Node."""
    return _NODE_OPTION(_UNREVIEWED_OPTION(command))


CACHE_OPTION = click.option(
    "--no-cache",
    is_flag=True,
    help="Scan and compile all anew, and keep nothing: see `compartment-mapper cache --help`.",
)
JOBS_OPTION = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Scan in up to N processes; without, as many as there are processors: --jobs 1.",
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
    click.option(
        "--frozen/--no-frozen",
        default=None,
        help="Fail, or only warn, where a package has another version or other files than the"
        " policy says; without, fail where CI is set, as in `CI=true compartment-mapper bundle`.",
    ),
    UNUSED_OPTION,
    NODE_OPTION,
    CACHE_OPTION,
    JOBS_OPTION,
    click.option(
        "--timings",
        is_flag=True,
        help="Say how long each stage took, on the standard error stream.",
    ),
)


def bundling(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of bundling to *command*, which gets them as one `Choices`."""
    names = [field.name for field in fields(Choices)]

    @wraps(command)
    def with_choices(**arguments: object) -> None:
        chosen = {name: arguments.pop(name) for name in names}
        chosen["frozen"] = _is_in_ci() if chosen["frozen"] is None else chosen["frozen"]
        choices = Choices(**chosen)  # type: ignore[arg-type] # click made each of its type
        choices.check()
        command(choices=choices, **arguments)

    wrapped: Callable[..., None] = with_choices
    for option in reversed(_BUNDLE_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _is_in_ci() -> bool:
    """Return whether the environment says that nobody is there to look, as package managers ask."""
    return os.environ.get("CI", "").strip().lower() not in _FALSE


_FALSE = frozenset({"", "0", "false", "no", "off"})


def reporting(command: Callable[..., None]) -> Callable[..., None]:
    """Turn problems of the input into text (or JSON) and exit status 1."""

    @wraps(command)
    def reporting(**arguments: object) -> None:
        try:
            command(**arguments)
        except InputError as error:
            _fail(error.problems, as_json=bool(arguments.get("as_json")))
        except BrokenPipeError:
            raise  # click ends quietly
        except OSError as problem:  # such as a name that is too long
            reason = (problem.strerror or str(problem)).lower()
            found = errors.cannot_read(
                printable(f"{problem.filename or ''}"[:_LONGEST_NAME]), reason
            )
            _fail([found], as_json=bool(arguments.get("as_json")))

    return reporting


_LONGEST_NAME = 120


def _fail(problems: Sequence[Diagnostic], *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"problems": [p.to_dict() for p in problems]}, indent=2))
    else:
        print_problems(problems)
    raise click.exceptions.Exit(1)


def print_problems(problems: Sequence[Diagnostic]) -> None:
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


def entry_location(entry: str) -> Location:
    """Return the real location of *entry*.

    Raises:
        InputError: ENTRY_NOT_FOUND.
    """
    if not Path(entry).exists():
        raise InputError(errors.entry_not_found(entry))
    return location_on_disk(entry)
