"""``policy``: make, check, compare, explain and import policy files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.archive.compartment_map import policy_of_map
from compartment_mapper.archive.reader import unpack
from compartment_mapper.authority.table import SEVERITIES, Severity
from compartment_mapper.bundle.application import Application, Options, inferred_policy, place_in
from compartment_mapper.cli.building import (
    Hosting,
    leaves_out_unused,
    loaded_application,
    place_of,
)
from compartment_mapper.cli.commands import Commands
from compartment_mapper.cli.output import STANDARD_OUTPUT
from compartment_mapper.cli.policy_files import policy_file
from compartment_mapper.cli.shared import (
    CACHE_OPTION,
    CONDITION_OPTION,
    JOBS_OPTION,
    NODE_OPTION,
    UNUSED_OPTION,
    is_archive,
    read_file,
    reporting,
    say_problems,
    show,
)
from compartment_mapper.errors.diagnostic import Diagnostic, InputError
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.host.disk import Disk
from compartment_mapper.inference.decision import (
    GivenPolicy,
    PolicyFile,
    given_policy,
    parsed_policy,
    policy_beside,
)
from compartment_mapper.inference.links import doubtful_links
from compartment_mapper.inference.policy_file import (
    POLICY_FILE,
    Finding,
    changed_packages,
    missing_grants,
    undecided_patches,
    unused_grants,
    with_decisions,
    with_harmless,
)
from compartment_mapper.inference.risks import granted_uses, leaks_of, risks_of
from compartment_mapper.inference.uses import every_use
from compartment_mapper.locations import Location, path_of
from compartment_mapper.policy.diff import diff_policies
from compartment_mapper.policy.format import policy_schema, policy_text
from compartment_mapper.policy.importers import import_policy
from compartment_mapper.policy.model import Policy
from compartment_mapper.report.policy_explain import (
    Explanation,
    canonical_name_of,
    explanation_text,
    uses_concerning,
)
from compartment_mapper.report.policy_text import (
    difference_markdown,
    difference_text,
    finding_to_dict,
    findings_text,
    policy_extent_text,
    powers,
    powers_markdown,
    powers_text,
)
from compartment_mapper.report.summary import why
from compartment_mapper.report.text import chain_text, granted_text


@click.group(
    "policy",
    cls=Commands,
    short_help="Make, check, compare and explain the policy file.",
    epilog="Example: compartment-mapper policy infer src/main.js",
)
def policy_group() -> None:
    """Make, check, compare and explain who may do what: compartment-policy.json.

    \b
    compartment-mapper policy infer src/main.js           write what is seen, for review
    compartment-mapper policy check src/main.js           in CI: does it still fit?
    compartment-mapper policy diff old.zip new.zip        what changed, the worst first
    compartment-mapper policy explain debug process.env   where, and through whom
    compartment-mapper policy powers                      what there is to grant
    compartment-mapper policy schema                      for editors
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loading:
    """The options of loading an application."""

    condition: tuple[str, ...]
    leave_out_unused: bool | None
    hosting: Hosting


def _loading(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of loading an application to *command*, which gets them as one `_Loading`."""

    @wraps(command)
    def with_loading(
        *,
        condition: tuple[str, ...],
        leave_out_unused: bool | None,
        node: str | None,
        no_cache: bool,
        jobs: int | None,
        **arguments: object,
    ) -> None:
        hosting = Hosting(node=node, jobs=jobs, no_cache=no_cache)
        loading = _Loading(condition=condition, leave_out_unused=leave_out_unused, hosting=hosting)
        command(loading=loading, **arguments)

    return CONDITION_OPTION(UNUSED_OPTION(NODE_OPTION(CACHE_OPTION(JOBS_OPTION(with_loading)))))


def _load(entry: str, loading: _Loading) -> Application:
    options = Options(
        conditions=frozenset(loading.condition),
        leaves_out_unused=leaves_out_unused(loading.leave_out_unused, loading.condition),
        finds_policy=False,
    )
    return loaded_application(entry, options, loading.hosting)


@policy_group.command(
    "infer",
    short_help="Write the policy that an application needs.",
    epilog="Example: compartment-mapper policy infer src/main.js",
)
@click.argument("entry")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where to write it; - for the standard output. Default: beside package.json.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what deserves a look as JSON.")
@_loading
@reporting
def infer_command(
    *,
    entry: str,
    output: str | None,
    as_json: bool,
    loading: _Loading,
) -> None:
    """Write what each package of the application at ENTRY is seen to use, for review.

    What a person decided in a file that is there already stays: a refusal (false), an attenuation,
    a grant that is wider than what is seen, or has no "why". What was inferred follows what is
    seen. Critical powers are written as refused; to grant one, write true.

    What dependencies get of severity high, packages that read secrets and reach the network, and
    packages that others get and do not declare are listed on the standard error stream.
    """
    if as_json and output == STANDARD_OUTPUT:
        message = "--json and -o - both print on the standard output: choose one"
        raise click.UsageError(message)
    application = _load(entry, loading)
    policy = inferred_policy(application)
    target = output or path_of(Location(application.root + POLICY_FILE))
    if output != STANDARD_OUTPUT and Path(target).is_file():
        known = parsed_policy(PolicyFile(text=read_file(target), name=target))
        written = policy if known.harmless else with_harmless(policy, application.uses)
        policy = with_decisions(written, known)
    risks = risks_of(granted_uses(application.uses, policy), in_page=application.in_page)
    doubtful = tuple(_doubtful(application, policy))
    place = partial(place_of, application)
    if output == STANDARD_OUTPUT:
        click.echo(policy_text(policy), nl=False)
    else:
        Disk().write(target, policy_text(policy).encode())
    if as_json:
        problems = [problem.to_dict() for problem in doubtful]
        found = {"policy": _shown(target), **risks.to_dict(place), "problems": problems}
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    say_problems(doubtful)
    text = granted_text("the policy", risks, place)
    if text:
        show(text, err=True)
    if output != STANDARD_OUTPUT:
        packages = len(policy.resources)
        show(f"{_shown(target)}: {packages} packages, {policy_extent_text(policy)}")


def _doubtful(application: Application, policy: Policy) -> Iterator[Diagnostic]:
    """Yield warnings of the packages that others are granted, and do not declare."""
    links = [
        use
        for use in application.uses
        if use.part == "packages" and policy.of(use.package).allows("packages", use.path)
    ]
    modules, packages = application.modules, application.packages
    yield from doubtful_links(links, modules, packages, root=application.root)


def _shown(path: str) -> str:
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path


@policy_group.command(
    "check",
    short_help="Say whether the policy file still fits.",
    epilog="Example: compartment-mapper policy check src/main.js",
)
@click.argument("entry")
@click.option("--policy", metavar="FILE", help="Default: compartment-policy.json beside it.")
@click.option("--policy-override", "override", metavar="FILE", help="What holds instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@_loading
@reporting
def check_command(
    *,
    entry: str,
    policy: str | None,
    override: str | None,
    as_json: bool,
    loading: _Loading,
) -> None:
    """Say where the policy file is too narrow for the application at ENTRY, or stale.

    Exit status 1 when something is undecided, no longer used, or of another version.
    """
    application = _load(entry, loading)
    given = _policy_for(application, policy, override)
    findings = (
        *missing_grants(given.policy, application.uses),
        *undecided_patches(given.policy, application.modules, application.packages),
        *unused_grants(given.policy, application.uses),
        *changed_packages(given.policy, application.modules, application.packages),
    )
    places = {finding: _place_of(application, finding) for finding in findings}
    if as_json:
        found = [finding_to_dict(finding, places.get(finding, "")) for finding in findings]
        click.echo(json.dumps({"findings": found}, indent=2, ensure_ascii=False))
    elif findings:
        show(findings_text(findings, places))
        show("`compartment-mapper policy infer` brings it up to date, for review", err=True)
        if any(finding.kind == "unused" for finding in findings):
            show("what a person granted stays there: take it out by hand", err=True)
    else:
        show(f"{_shown(given.file)} fits: {policy_extent_text(given.policy)}")
    if findings:
        raise click.exceptions.Exit(1)


def _place_of(application: Application, finding: Finding) -> str:
    found = finding.use or finding.patch
    if found is None:
        return ""
    place = application.seen.place_of(found.module, found.span)
    return f"{place.file}:{place.position.line if place.position else 0}"


def _policy_for(application: Application, policy: str | None, override: str | None) -> GivenPolicy:
    found, beside = policy_beside(application.root, Disk())
    file = policy_file(policy) if policy else found
    given = given_policy(file, policy_file(override) if override else beside)
    if given is None:
        raise InputError(errors.no_policy(POLICY_FILE))
    return given


@policy_group.command(
    "diff",
    short_help="Compare the authority in two policies, archives or applications.",
    epilog="Example: compartment-mapper policy diff compartment-policy.json src/main.js --markdown",
)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--json", "as_json", is_flag=True, help="Print the difference as JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print tables for a pull request.")
@_loading
@reporting
def diff_command(
    *,
    old: str,
    new: str,
    as_json: bool,
    as_markdown: bool,
    loading: _Loading,
) -> None:
    """Show the authority that NEW gives and OLD does not (+), or no longer (-), worst first.

    Each is a policy file, an archive, or the entry of an application; `!` marks what is wanted
    and refused. Exit status 1 when there is a difference.
    """
    before, after = (_policy_of(target, loading) for target in (old, new))
    difference = diff_policies(before, after)
    if as_json:
        click.echo(json.dumps(difference.to_dict(), indent=2, ensure_ascii=False))
    elif as_markdown:
        show(difference_markdown(difference))
    else:
        show(difference_text(difference))
    if difference.authority or difference.packages:
        raise click.exceptions.Exit(1)


def _policy_of(
    target: str,
    loading: _Loading,
) -> Policy:
    if is_archive(target):
        return policy_of_map(unpack(read_file(target)).map)
    if target.endswith(".json") and Path(target).is_file():
        return parsed_policy(policy_file(target))
    return inferred_policy(_load(target, loading))


@policy_group.command(
    "explain",
    short_help="Show where a package uses an authority, and who brought it in.",
    epilog="Example: compartment-mapper policy explain debug process.env --entry src/main.js",
)
@click.argument("package")
@click.argument("authority", required=False)
@click.option("--entry", default=".", metavar="ENTRY", help="Of the application. Default: here.")
@click.option("--json", "as_json", is_flag=True, help="Print chain and uses as JSON.")
@_loading
@reporting
def explain_command(
    *,
    package: str,
    authority: str | None,
    entry: str,
    as_json: bool,
    loading: _Loading,
) -> None:
    """Show how PACKAGE is reached, and every use of AUTHORITY (or all) with its code.

    PACKAGE is a canonical name, or a name; AUTHORITY a path such as process.env or fs.
    """
    application = _load(entry, loading)
    explanation = _explained(application, package, authority)

    def file_of(location: Location) -> str:
        return display_name(location, application.root)

    if as_json:
        found = explanation.to_dict(file_of, partial(place_of, application))
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        chain = chain_text(explanation.chain, explanation.package, file_of)
        show(explanation_text(explanation, chain, partial(place_of, application)))


def _explained(application: Application, package: str, authority: str | None) -> Explanation:
    modules, packages = application.modules, application.packages
    name = canonical_name_of(package, packages)
    if name is None:
        known = [package.canonical_name for package in packages.packages.values()]
        raise InputError(errors.unknown_package(package, known))
    every = list(every_use(modules, packages, page=application.in_page))
    uses = uses_concerning(every, name, authority)
    if authority is not None and not uses:
        paths = {use.path for use in every if use.package == name and not use.load}
        raise InputError(errors.authority_not_used(name, authority, sorted(paths)))
    return Explanation(
        package=name,
        chain=why(name, modules, packages) or [],
        uses=[(use, place_in(application, use)) for use in uses],
        leaks=leaks_of([use for use in every if use.package == name and not use.load]),
    )


@policy_group.command(
    "import",
    short_help="Read a policy of LavaMoat or Endo.",
    epilog="Example: compartment-mapper policy import lavamoat/node/policy.json -o policy.json",
)
@click.argument("file")
@click.option("-o", "--output", metavar="FILE", help="Where to write it. Default: standard output.")
@reporting
def import_command(*, file: str, output: str | None) -> None:
    """Write FILE, a policy of LavaMoat's or Endo's, as compartment-mapper's.

    What could not be taken over is said.
    """
    imported = import_policy(read_file(file), file=file)
    if isinstance(imported, Diagnostic):
        raise InputError(imported)
    for note in imported.notes:
        show(f"note: {note}", err=True)
    text = policy_text(imported.policy)
    if output is None:
        click.echo(text, nl=False)
    else:
        Disk().write(output, text.encode())
        show(f"{output}: {policy_extent_text(imported.policy)}")


@policy_group.command(
    "schema",
    short_help="Print the JSON Schema of policy files.",
    epilog="Example: compartment-mapper policy schema > compartment-policy.schema.json",
)
def schema_command() -> None:
    """Print the JSON Schema of policy files, for editors."""
    click.echo(policy_schema(), nl=False)


@policy_group.command(
    "powers",
    short_help="List what the host offers, and how bad it is to grant.",
    epilog="Example: compartment-mapper policy powers --severity critical",
)
@click.option(
    "--severity", type=click.Choice(SEVERITIES), help="Only those: harmless ones need no grant."
)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print it as a table for a document.")
def powers_command(*, severity: Severity | None, as_json: bool, as_markdown: bool) -> None:
    """List the globals and builtins that can be granted, the worst first, and why they are bad.

    A path that is not listed is as bad as the object that holds it.
    """
    if as_json:
        rows = [
            {"part": part, "path": path, "severity": row.severity, "reason": row.reason}
            for part, path, row in powers(severity)
        ]
        click.echo(json.dumps({"powers": rows}, indent=2, ensure_ascii=False))
    else:
        show(powers_markdown(severity) if as_markdown else powers_text(severity))
