"""The command ``report``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from compartment_mapper import errors
from compartment_mapper.authority.table import SEVERITIES, Severity
from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.output import (
    STANDARD_OUTPUT,
    check_is_no_input,
    check_report_output,
    write_output,
)
from compartment_mapper.cli.report.loading import (
    Loaded,
    check_options,
    loaded_review,
    with_comparison,
)
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import PACKAGE_OPTION, Choices, bundling, reporting, show
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.report.data import review_json
from compartment_mapper.report.headline import changes_text, headline
from compartment_mapper.report.html import html
from compartment_mapper.report.markdown import markdown
from compartment_mapper.report.metafile import metafile
from compartment_mapper.report.model import restricted
from compartment_mapper.report.sarif import sarif
from compartment_mapper.report.workflow_commands import workflow_commands
from compartment_mapper.text import size_text


def _cyclonedx(loaded: Loaded) -> str:
    try:
        from compartment_mapper.report.cyclonedx import cyclonedx  # noqa: PLC0415 - an extra
    except ImportError as problem:
        raise InputError(errors.sbom_not_installed()) from problem
    return cyclonedx(loaded.review)


_FORMATS: Mapping[str, Callable[[Loaded], str]] = {
    "html": lambda loaded: html(loaded.review),
    "markdown": lambda loaded: markdown(loaded.review),
    "sarif": lambda loaded: sarif(loaded.review, loaded.root),
    "github": lambda loaded: workflow_commands(loaded.review, loaded.root),
    "cyclonedx": _cyclonedx,
    "metafile": lambda loaded: metafile(loaded.review),
    "json": lambda loaded: review_json(loaded.review),
}
_LOWEST: Mapping[str, Severity] = {"github": "high"}


@click.command(
    "report",
    cls=configured(needs="target", target="entry"),
    short_help="Write a review for people, CI and auditors.",
    epilog="Example: compartment-mapper report app.zip -o report.html --against reviewed.zip",
)
@click.argument("target", type=PATH, metavar="ARCHIVE|ENTRY")
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FILE",
    help="Write to FILE; - is standard output, the default except for html.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*_FORMATS]),
    default="html",
    help="html: a page; markdown: a comment; sarif: code scanning; github: annotations; cyclonedx: "
    "an SBOM; metafile: for esbuild's analyzer; json: all data. Default: html.",
)
@click.option(
    "--against",
    type=PATH,
    metavar="FILE",
    help="Show the changes since FILE, an archive or a policy. With github: only new capabilities.",
)
@click.option(
    "--min-severity",
    "minimum",
    type=click.Choice([*SEVERITIES[:-1]]),
    help="Omit capabilities below this severity. Default: low; with github: high.",
)
@PACKAGE_OPTION
@click.option(
    "--json", "as_json", is_flag=True, help="Print a summary of the written FILE as JSON."
)
@bundling
@reporting
def report_command(  # noqa: PLR0913 - one for each option
    *,
    target: str,
    output: str | None,
    form: str,
    against: str | None,
    minimum: Severity | None,
    names: tuple[str, ...],
    as_json: bool,
    choices: Choices,
) -> None:
    """Write a review of an archive, or of the application at ENTRY: who may do what, and why.

    An archive shows its own policy. An ENTRY is bundled in memory, and shows places and import
    chains too; uses that its policy does not cover count as denied. Nothing is executed.

    \b
    compartment-mapper report src/main.js -o report.html --infer    what would be granted
    compartment-mapper report . --format sarif -o report.sarif      for code scanning
    compartment-mapper report . --format github --against compartment-policy.json
    compartment-mapper report app.zip --format cyclonedx -o sbom.json
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character
    written = _checked_output(output, form, as_json=as_json)
    check_options(target, choices)
    loaded = loaded_review(target, choices)
    if against is not None:
        loaded = with_comparison(loaded, against)
    lowest = minimum or _LOWEST.get(form, "low")
    review = restricted(loaded.review, minimum=lowest, names=names)
    loaded = Loaded(review=review, root=loaded.root, inputs=loaded.inputs)
    text = _FORMATS[form](loaded)
    check_is_no_input(written, loaded.inputs)
    content = text.encode("utf-8", "replace")
    write_output(written, content)
    if written != STANDARD_OUTPUT:
        _print_summary(loaded, written, len(content), as_json=as_json)


def _checked_output(output: str | None, form: str, *, as_json: bool) -> str:
    """Return the output path, which only a page requires.

    Raises:
        InputError: CANNOT_WRITE.
    """
    if output is None and form == "html":
        message = "a page needs a file: add -o report.html"
        raise click.UsageError(message)
    written = output or STANDARD_OUTPUT
    if as_json and written == STANDARD_OUTPUT:
        message = "--json describes the written FILE: add -o FILE, or choose --format json"
        raise click.UsageError(message)
    check_report_output(written)
    return written


def _print_summary(loaded: Loaded, output: str, size: int, *, as_json: bool) -> None:
    review = loaded.review
    if as_json:
        found = {
            "report": output,
            "bytes": size,
            "sha512": review.sha512,
            "packages": len(review.packages),
            "granted": dict(review.count("granted")),
            "denied": dict(review.count("denied")),
        }
        print_json(found)
        return
    show(f"{output}: {headline(review)}; {size_text(size)} written")
    if review.comparison is not None:
        show(f"since {review.comparison.against}: {changes_text(review.comparison)}")
