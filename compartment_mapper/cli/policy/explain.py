"""``policy explain``: show where a package uses a capability, and its import chain."""

from __future__ import annotations

from functools import partial

import click

from compartment_mapper import errors
from compartment_mapper.authority.table import Severity
from compartment_mapper.bundle.application import Application, place_in
from compartment_mapper.cli.building import place_of
from compartment_mapper.cli.completion.arguments import CAPABILITY, PACKAGE, PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.policy.loading import LoadOptions, load, load_options
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import SEVERITY_OPTION, reporting, show
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.inference.risks import leaks_of
from compartment_mapper.inference.uses import every_use
from compartment_mapper.locations import Location
from compartment_mapper.report.model import is_at_least
from compartment_mapper.report.policy_explain import (
    Explanation,
    canonical_name_of,
    explanation_text,
    uses_concerning,
)
from compartment_mapper.report.summary import why
from compartment_mapper.report.text import chain_text


@click.command(
    "explain",
    cls=configured(entry="entry"),
    short_help="Show where a package uses a capability, and how the package is reached.",
    epilog="Example: compartment-mapper policy explain debug process.env --entry src/main.js",
)
@click.argument("package", type=PACKAGE)
@click.argument("authority", type=CAPABILITY, metavar="[CAPABILITY]", required=False)
@click.option(
    "--entry",
    default=".",
    type=PATH,
    metavar="ENTRY",
    help="The entry of the application. Default: the current folder.",
)
@SEVERITY_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print the chain and the uses as JSON.")
@load_options
@reporting
def explain_command(
    *,
    package: str,
    authority: str | None,
    entry: str,
    minimum: Severity | None,
    as_json: bool,
    loading: LoadOptions,
) -> None:
    """Print how PACKAGE is reached, and each use of CAPABILITY (or of all) with its code.

    PACKAGE is a canonical name or a package name; CAPABILITY is a path such as process.env or fs.
    """
    application = load(entry, loading)
    explanation = _explained(application, package, authority, minimum)

    def file_of(location: Location) -> str:
        return display_name(location, application.root)

    if as_json:
        found = explanation.to_dict(file_of, partial(place_of, application))
        print_json(found)
    else:
        chain = chain_text(explanation.chain, explanation.package, file_of)
        show(explanation_text(explanation, chain, partial(place_of, application)))


def _explained(
    application: Application, package: str, authority: str | None, minimum: Severity | None
) -> Explanation:
    modules, packages = application.modules, application.packages
    name = canonical_name_of(package, packages)
    if name is None:
        known = [package.canonical_name for package in packages.packages.values()]
        raise InputError(errors.unknown_package(package, known))
    every = list(every_use(modules, packages, page=application.in_page))
    uses = uses_concerning(every, name, authority)
    if authority is not None and not uses:
        paths = {use.path for use in every if use.package == name and not use.load}
        raise InputError(errors.capability_not_used(name, authority, sorted(paths)))
    if minimum is not None:
        uses = [use for use in uses if is_at_least(use.severity, minimum)]
    return Explanation(
        package=name,
        chain=why(name, modules, packages) or [],
        uses=[(use, place_in(application, use)) for use in uses],
        leaks=leaks_of([use for use in every if use.package == name and not use.load]),
    )
