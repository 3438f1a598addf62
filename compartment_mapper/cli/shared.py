"""Options and output that commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import NoReturn

import click

from compartment_mapper import errors
from compartment_mapper.authority.table import SEVERITIES
from compartment_mapper.cli.completion.arguments import PACKAGE, PATH
from compartment_mapper.cli.schemas.output import print_json
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
    #: Whether a package that differs from the one in the policy is an error.
    frozen: bool
    grant: tuple[str, ...]
    #: The platforms of native addons; empty: this one.
    platform: tuple[str, ...]
    #: The modules to run before the lockdown.
    shim: tuple[str, ...]
    #: None: depends on the conditions.
    tree_shaking: bool | None
    node: str | None

    no_cache: bool
    jobs: int | None
    timings: bool

    def check(self) -> None:
        """Reject conflicting options."""
        if sum((self.infer, self.policy is not None, self.allow_all)) > 1:
            message = "choose one of --infer, --policy and --allow-all"
            raise click.UsageError(message)
        if self.override is not None and (self.infer or self.allow_all):
            message = "--policy-override cannot be combined with --infer or --allow-all"
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
    "-C",
    "--condition",
    multiple=True,
    metavar="C",
    help="Also match the condition C in package.json exports.",
)
_TREE_SHAKING = "tree_shaking"
_FORMER = f"{__name__}.former"


def _renamed_option(name: str, instead: str, *, value: bool) -> Callable[..., Callable[..., None]]:
    """Return a hidden, former option that has the effect of *instead*."""

    def note(context: click.Context, _option: click.Parameter, given: bool) -> None:  # noqa: FBT001 - the argument order of click
        if given:
            show(f"warning: {name} is now called {instead}", err=True)
            context.meta[_FORMER] = value
            if _TREE_SHAKING in context.params:
                context.params[_TREE_SHAKING] = value

    return click.option(name, is_flag=True, hidden=True, expose_value=False, callback=note)


def _last_given(context: click.Context, _option: click.Parameter, value: object) -> bool | None:
    """Return the value of the last of these options: click reads them in the given order."""
    found = context.meta.get(_FORMER) if value is None else value
    assert found is None or isinstance(found, bool)
    return found


_TREE_SHAKING_OPTION = click.option(
    "--tree-shaking/--no-tree-shaking",
    default=None,
    callback=_last_given,
    help='Tree-shake packages marked "sideEffects": false. Default: on with -C browser, otherwise'
    " off.",
)


def TREE_SHAKING_OPTION(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802 - used like the other options
    """Add the tree shaking option and its former names."""
    old = _renamed_option("--leave-out-unused", "--tree-shaking", value=True)
    kept = _renamed_option("--keep-unused", "--no-tree-shaking", value=False)
    return _TREE_SHAKING_OPTION(old(kept(command)))


_UNREVIEWED = f"{__name__}.unreviewed"


def _note_unreviewed(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - the argument order of click
    context.meta[_UNREVIEWED] = value


def _chosen_node(context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Return the path, marked as unreviewed if that is allowed."""
    if value is None or not context.meta.get(_UNREVIEWED):
        return value
    show(
        f"warning: --unreviewed-node: the version of '{value}' is not reviewed, so packages "
        "may reach host objects that give access to the host",
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
    help="Accept a --node version whose host objects are not reviewed.",
)
_NODE_OPTION = click.option(
    "--node",
    envvar="COMPARTMENT_MAPPER_NODE",
    metavar="PATH",
    callback=_chosen_node,
    help="Use another Node, version 22 or 24.",
)


def NODE_OPTION(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802 - used like the other options
    """Add the options that select Node."""
    return _NODE_OPTION(_UNREVIEWED_OPTION(command))


CACHE_OPTION = click.option(
    "--no-cache",
    is_flag=True,
    help="Ignore the cache: rescan, recompile, store nothing.",
)
JOBS_OPTION = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of scanner processes. Default: one per CPU.",
)
SEVERITY_OPTION = click.option(
    "--min-severity",
    "minimum",
    type=click.Choice([level for level in SEVERITIES if level != "harmless"]),
    help="Omit capabilities below this severity.",
)
PACKAGE_OPTION = click.option(
    "--package",
    "names",
    type=PACKAGE,
    multiple=True,
    metavar="NAME",
    help="Only this package: a canonical name or a package name. Repeatable.",
)
SHIM_OPTION = click.option(
    "--shim",
    multiple=True,
    metavar="MODULE",
    help="Run MODULE before the lockdown, with nothing but the language: it may add properties to "
    "the intrinsics of every package. Example: --shim core-js/actual/iterator",
)
_BUNDLE_OPTIONS = (
    CONDITION_OPTION,
    click.option(
        "--asset",
        multiple=True,
        metavar="[PACKAGE:]GLOB",
        help="Also pack matching files of the application or of PACKAGE, so that fs can read them.",
    ),
    click.option(
        "--infer",
        is_flag=True,
        help="Grant each package the capabilities that its code uses, except critical ones.",
    ),
    click.option(
        "--grant",
        multiple=True,
        metavar="PACKAGE:CAPABILITY",
        help="Grant one capability, critical ones included. Example: esbuild:child_process.spawn. "
        "PACKAGE:native lets the package load its native addons and start its executables.",
    ),
    click.option(
        "--platform",
        multiple=True,
        metavar="PLATFORM",
        help="Pack machine code for PLATFORM, as Node names it: linux-x64. Default: this one.",
    ),
    SHIM_OPTION,
    click.option(
        "--policy",
        type=PATH,
        metavar="FILE",
        help="Read the policy from FILE. Default: compartment-policy.json (`exec`: "
        "compartment-policy.TOOL.json) beside package.json, if present.",
    ),
    click.option(
        "--policy-override",
        "override",
        type=PATH,
        metavar="FILE",
        help="Override the policy path by path with FILE. Default: "
        "compartment-policy-override.json, if present.",
    ),
    click.option("--allow-all", is_flag=True, help="Grant everything to every package."),
    click.option(
        "--frozen/--no-frozen",
        default=None,
        help="Fail (or only warn) if the version or the files of a package differ from the policy. "
        "Default: fail if the environment variable CI is set.",
    ),
    TREE_SHAKING_OPTION,
    NODE_OPTION,
    CACHE_OPTION,
    JOBS_OPTION,
    click.option(
        "--timings",
        is_flag=True,
        help="Print how long each stage took to standard error.",
    ),
)


def bundling(command: Callable[..., None]) -> Callable[..., None]:
    """Add the bundle options to *command*, which receives them as one `Choices`."""
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
    """Return whether the environment is CI, as package managers determine it."""
    return os.environ.get("CI", "").strip().lower() not in _FALSE


_FALSE = frozenset({"", "0", "false", "no", "off"})


def reporting(command: Callable[..., None]) -> Callable[..., None]:
    """Print problems of the input as text (or JSON), and exit with status 1."""

    @wraps(command)
    def reporting(**arguments: object) -> None:
        try:
            command(**arguments)
        except InputError as error:
            fail(error.problems, as_json=bool(arguments.get("as_json")))
        except BrokenPipeError:
            raise  # click exits without a message
        except OSError as problem:  # for example a name that is too long
            reason = (problem.strerror or str(problem)).lower()
            found = errors.cannot_read(
                printable(f"{problem.filename or ''}"[:_LONGEST_NAME]), reason
            )
            fail([found], as_json=bool(arguments.get("as_json")))

    return reporting


_LONGEST_NAME = 120


def fail(problems: Sequence[Diagnostic], *, as_json: bool) -> NoReturn:
    """Print *problems*, and exit with status 1."""
    if as_json:
        print_json({"problems": [p.to_dict() for p in problems]}, ascii_only=True)
    else:
        print_problems(problems)
    raise click.exceptions.Exit(1)


def print_problems(problems: Sequence[Diagnostic]) -> None:
    """Print *problems* as text on standard error."""
    for problem in problems:
        text = printable(problem.text())
        if _has_color():
            color = "red" if problem.severity == "error" else "yellow"
            mark = f"{problem.severity} [{problem.code}]"
            text = text.replace(mark, click.style(mark, fg=color, bold=True), 1)
        click.echo(text, err=True)


def show(text: str, *, err: bool = False) -> None:
    """Print *text* with control characters escaped, because names of packages are untrusted."""
    click.echo(printable(text), err=err)


def _has_color() -> bool:
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
