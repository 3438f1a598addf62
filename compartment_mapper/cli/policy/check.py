"""``policy check``: check whether the policy file is up to date."""

from __future__ import annotations

import click

from compartment_mapper import errors
from compartment_mapper.bundle.application import Application
from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.policy.loading import LoadOptions, load, load_options, shown_path
from compartment_mapper.cli.policy.reviewing import ALL_SIGNS_OPTION, reviewed_in
from compartment_mapper.cli.policy_files import POLICY_OPTION, policy_file
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import reporting, show
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.disk import Disk
from compartment_mapper.inference.decision import GivenPolicy, given_policy, policy_beside
from compartment_mapper.inference.policy_file import (
    POLICY_FILE,
    PolicyDiagnostic,
    changed_packages,
    missing_grants,
    undecided_patches,
    unused_grants,
)
from compartment_mapper.report.policy_text import (
    finding_to_dict,
    findings_text,
    policy_summary_text,
)


@click.command(
    "check",
    cls=configured(needs="entry", entry="entry"),
    short_help="Check whether the policy file is up to date.",
    epilog="Example: compartment-mapper policy check src/main.js",
)
@click.argument("entry", type=PATH)
@POLICY_OPTION
@click.option(
    "--policy-override",
    "override",
    type=PATH,
    metavar="FILE",
    help="Override the policy path by path with FILE.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@ALL_SIGNS_OPTION
@load_options
@reporting
def check_command(
    *,
    entry: str,
    policy: str | None,
    override: str | None,
    as_json: bool,
    all_signs: bool,
    loading: LoadOptions,
) -> None:
    """Check that the policy file covers the application at ENTRY and is up to date.

    Exit status 1 if a use is not covered, a grant is unused, a package has another version, or an
    install script is new or changed. Signs are listed, and do not change the status.
    """
    application = load(entry, loading)
    given = _policy_for(application, policy, override)
    findings = (
        *missing_grants(given.policy, application.uses),
        *undecided_patches(given.policy, application.modules, application.packages),
        *unused_grants(given.policy, application.uses),
        *changed_packages(given.policy, application.modules, application.packages),
    )
    reviewed = reviewed_in(given.policy, application, every=all_signs)
    places = {finding: _place_of(application, finding) for finding in findings}
    if as_json:
        found = [finding_to_dict(finding, places.get(finding, "")) for finding in findings]
        shown = {"findings": found, **reviewed.to_dict()}
        print_json(shown)
    elif findings or reviewed.changes.failing:
        for text in (findings_text(findings, places), reviewed.text()):
            if text:
                show(text)
        show("run `compartment-mapper policy infer` to update it for review", err=True)
        if any(finding.kind == "unused" for finding in findings):
            show("manual grants stay in the file: remove them by hand", err=True)
    else:
        show(f"{shown_path(given.file)} fits: {policy_summary_text(given.policy)}")
        if reviewed.text():
            show(reviewed.text())
    if findings or reviewed.changes.failing:
        raise click.exceptions.Exit(1)


def _place_of(application: Application, finding: PolicyDiagnostic) -> str:
    found = finding.use or finding.patch
    if found is None:
        return ""
    place = application.scanned.place_of(found.module, found.span)
    return f"{place.file}:{place.position.line if place.position else 0}"


def _policy_for(application: Application, policy: str | None, override: str | None) -> GivenPolicy:
    found, beside = policy_beside(application.root, Disk())
    file = policy_file(policy) if policy else found
    given = given_policy(file, policy_file(override) if override else beside)
    if given is None:
        raise InputError(errors.no_policy(POLICY_FILE))
    return given
