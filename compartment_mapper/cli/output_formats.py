"""What is made of an application: the options that say so, and which of them go together."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps

import click

from compartment_mapper.bundle.build_result import Format, SourceMapForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """An archive, a script or a module, and how it is to be."""

    format: Format = "archive"
    compress: bool = False
    source_map: SourceMapForm = "none"
    minify: bool = False
    global_name: str | None = None

    def check(self) -> None:
        """Refuse options that the format has no use for."""
        if self.compress and self.format != "archive":
            message = f"--compress is for archives: let the server compress a {self.format}"
            raise click.UsageError(message)
        if self.global_name is not None:
            self._check_global_name(self.global_name)

    def _check_global_name(self, name: str) -> None:
        if self.format == "module":
            message = "--global-name is for scripts: a module exports by name; leave it out"
            raise click.UsageError(message)
        if self.format == "archive":
            message = "--global-name is for scripts: add --format script"
            raise click.UsageError(message)
        if not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
            message = f"--global-name: '{name}' is no name of a variable"
            raise click.UsageError(message)


_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
#: Words of ECMA-262, and globals that must stay what they are.
_RESERVED = frozenset(
    """
    await break case catch class const continue debugger default delete do else enum export extends
    false finally for function if implements import in instanceof interface let new null package
    private protected public return static super switch this throw true try typeof var void while
    with yield undefined NaN Infinity globalThis window document location top
    """.split()
)

_OPTIONS = (
    click.option(
        "--format",
        type=click.Choice(["archive", "script", "module"]),
        default="archive",
        help="A zip file; a script for Node and pages; a module that exports what ENTRY does.",
    ),
    click.option("--compress", is_flag=True, help="Deflate the files (Endo can't read those)."),
    click.option(
        "--source-map",
        type=click.Choice(["inline", "file", "none"]),
        default="none",
        help="Maps to the sources, for traces and debuggers: within FILE, or beside it, FILE.map.",
    ),
    click.option(
        "--minify",
        is_flag=True,
        help="Shorten texts by the application's own esbuild: npm install --save-dev esbuild.",
    ),
    click.option(
        "--global-name",
        metavar="NAME",
        help="In a script: the global variable that gets what ENTRY exports.",
    ),
)


def forming(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the form to *command*, which gets them as one `Form`."""
    names = [field.name for field in fields(Form)]

    @wraps(command)
    def with_form(**arguments: object) -> None:
        chosen = {name: arguments.pop(name) for name in names}
        form = Form(**chosen)  # type: ignore[arg-type] # click made each of its type
        form.check()
        command(form=form, **arguments)

    wrapped: Callable[..., None] = with_form
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
