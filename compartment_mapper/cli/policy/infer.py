"""``policy infer``: write the policy that an application needs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import click

from compartment_mapper.bundle.application import Application
from compartment_mapper.cli.building import place_of
from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.output import STANDARD_OUTPUT, check_policy_output
from compartment_mapper.cli.policy.loading import LoadOptions, load, load_options, shown_path
from compartment_mapper.cli.policy.proposing import known_policy, proposed_policy
from compartment_mapper.cli.policy.reviewing import scripts_summary
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import print_problems, read_file, reporting, show
from compartment_mapper.errors.diagnostic import Diagnostic, InputError
from compartment_mapper.host.disk import Disk
from compartment_mapper.inference.audit import AuditedUse, parse_audit
from compartment_mapper.inference.links import doubtful_links
from compartment_mapper.inference.policy_file import POLICY_FILE
from compartment_mapper.inference.risks import granted_uses, risks_of
from compartment_mapper.locations import Location, path_of
from compartment_mapper.policy.format import policy_text
from compartment_mapper.policy.model import Policy
from compartment_mapper.report.policy_text import policy_summary_text
from compartment_mapper.report.text import granted_text


@click.command(
    "infer",
    cls=configured(needs="entry", entry="entry", output="policy"),
    short_help="Write the policy that an application needs.",
    epilog="Example: compartment-mapper policy infer src/main.js",
)
@click.argument("entry", type=PATH)
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FILE",
    help="Write to FILE; - is standard output. Default: beside package.json.",
)
@click.option(
    "--scopes/--no-scopes",
    default=True,
    help="Restrict grants of dependencies to the hosts and files that their source shows. Default: "
    "--scopes.",
)
@click.option(
    "--audit",
    metavar="FILE",
    help="Add what FILE of `run --audit-output` records: restrict grants to the hosts, files and "
    "programs that the run used.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the grants that need review as JSON.")
@load_options
@reporting
def infer_command(
    *,
    entry: str,
    output: str | None,
    as_json: bool,
    scopes: bool,
    audit: str | None,
    loading: LoadOptions,
) -> None:
    """Write a policy that grants each package of the application at ENTRY what its code uses.

    Decisions in an existing file are kept: denials (false), attenuations, and grants that are wider
    than the code needs or have no "why". Inferred grants are updated. Critical capabilities are
    written as denied; to grant one, change false to true.

    Standard error lists grants of high severity to dependencies, packages that read secrets and
    reach the network, and dependencies that are used but not declared.
    """
    if as_json and output == STANDARD_OUTPUT:
        message = "--json and -o - both write to standard output: choose one"
        raise click.UsageError(message)
    application = load(entry, loading)
    target = output or path_of(Location(application.root + POLICY_FILE))
    sources = map(path_of, application.modules.modules)
    check_policy_output(target, (*sources, *([audit] if audit else [])))
    known = None if output == STANDARD_OUTPUT else known_policy(target)
    audited = [] if audit is None else _audited(audit)
    policy = proposed_policy(application, known, scopes=scopes, audited=audited)
    risks = risks_of(granted_uses(application.uses, policy), in_page=application.in_page)
    doubtful = tuple(_doubtful(application, policy))
    place = partial(place_of, application)
    if output == STANDARD_OUTPUT:
        click.echo(policy_text(policy), nl=False)
    else:
        Disk().write(target, policy_text(policy).encode())
    if as_json:
        problems = [problem.to_dict() for problem in doubtful]
        found = {"policy": shown_path(target), **risks.to_dict(place), "problems": problems}
        print_json(found)
        return
    print_problems(doubtful)
    text = granted_text("the policy", risks, place)
    if text:
        show(text, err=True)
    if output != STANDARD_OUTPUT:
        _print_summary(target, policy, known)


def _audited(path: str) -> list[AuditedUse]:
    found = parse_audit(read_file(path), file=path)
    if isinstance(found, Diagnostic):
        raise InputError(found)
    return found


def _print_summary(target: str, policy: Policy, known: Policy | None) -> None:
    count = len(policy.resources)
    packages = f"{count} package" if count == 1 else f"{count} packages"
    show(f"{shown_path(target)}: {packages}, {policy_summary_text(policy)}")
    for line in scripts_summary(policy, known):
        show(line, err=True)


def _doubtful(application: Application, policy: Policy) -> Iterator[Diagnostic]:
    """Yield warnings of undeclared packages that other packages are granted."""
    links = [
        use
        for use in application.uses
        if use.part == "packages" and policy.of(use.package).allows("packages", use.path)
    ]
    modules, packages = application.modules, application.packages
    yield from doubtful_links(links, modules, packages, root=application.root)
