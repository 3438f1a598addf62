"""Output formats of an application: their options, and valid combinations."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps

import click

from compartment_mapper.bundle.build_result import Format, SourceMapForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """An archive, a script or a module, and its options."""

    format: Format = "archive"
    compress: bool = False
    source_map: SourceMapForm = "none"
    minify: bool = False
    global_name: str | None = None

    def check(self) -> None:
        """Reject options that do not apply to the format."""
        if self.compress and self.format != "archive":
            message = f"--compress applies to archives: let the server compress a {self.format}"
            raise click.UsageError(message)
        if self.global_name is not None:
            self._check_global_name(self.global_name)

    def _check_global_name(self, name: str) -> None:
        if self.format == "module":
            message = "--global-name applies to scripts: a module has exports of its own"
            raise click.UsageError(message)
        if self.format == "archive":
            message = "--global-name applies to scripts: add --format script"
            raise click.UsageError(message)
        if not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
            message = f"--global-name: '{name}' is not a variable name"
            raise click.UsageError(message)


_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
#: Keywords of ECMA-262, and globals that must not be overwritten.
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
        help="archive: a zip file; script: for Node and pages; module: exports what ENTRY exports.",
    ),
    click.option(
        "--compress", is_flag=True, help="Deflate the files. Endo cannot read compressed archives."
    ),
    click.option(
        "--source-map",
        type=click.Choice(["inline", "file", "none"]),
        default="none",
        help="Source maps for stack traces and debuggers: inside FILE, or beside it as FILE.map.",
    ),
    click.option(
        "--minify",
        is_flag=True,
        help="Minify with the application's own esbuild: npm install --save-dev esbuild.",
    ),
    click.option(
        "--global-name",
        metavar="NAME",
        help="With --format script: the global variable that holds the exports of ENTRY.",
    ),
)


def forming(command: Callable[..., None]) -> Callable[..., None]:
    """Add the format options to *command*, which receives them as one `Form`."""
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
