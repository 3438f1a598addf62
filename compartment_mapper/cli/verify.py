"""``verify``: check an archive without running it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from compartment_mapper import errors
from compartment_mapper.archive.compartment_map import policy_of_map
from compartment_mapper.archive.reader import Archive, verify
from compartment_mapper.cli.completion.arguments import ARCHIVE, PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.policy_files import policy_file
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import reporting, show
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.inference.decision import parsed_policy
from compartment_mapper.policy.diff import AuthorityChange, PolicyDifference, diff_policies
from compartment_mapper.policy.model import Policy
from compartment_mapper.policy.outside import outside_of
from compartment_mapper.report.policy_text import difference_text, policy_summary_text
from compartment_mapper.report.text import summary_text


@click.command(
    "verify",
    cls=configured(needs="archive", archive="output"),
    short_help="Check an archive without running it.",
    epilog="Example: compartment-mapper verify app.zip --sha512 1f2e… --policy policy.json",
)
@click.argument("archive", type=ARCHIVE, metavar="ARCHIVE")
@click.option(
    "--sha512", metavar="HEX", help="The hash that `bundle` printed; the archive must match it."
)
@click.option(
    "--policy",
    type=PATH,
    metavar="FILE",
    help="No package may have a capability that FILE does not grant.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@reporting
def verify_command(*, archive: str, sha512: str | None, policy: str | None, as_json: bool) -> None:
    """Check that ARCHIVE is complete and unmodified, and that it stays within a policy.

    Checks that the zip file is well formed, the compartment map follows its schema, its links and
    entry resolve, and every file matches its hash. Nothing is executed. Exit status 1 on failure.
    """
    given = parsed_policy(policy_file(policy)) if policy is not None else None
    try:
        with Path(archive).open("rb") as file:
            found = verify(file)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise InputError(errors.cannot_read(archive, reason)) from problem
    if sha512 is not None and sha512.lower() != found.sha512:
        raise InputError(errors.other_archive(archive, expected=sha512.lower(), found=found.sha512))
    carried = policy_of_map(found.map)
    excess = _excess(carried, given) if given is not None else ()
    if as_json:
        print_json(_result(found, carried, excess))
    else:
        show(_text(archive, found, carried))
    if excess:
        if not as_json:
            difference = PolicyDifference(authority=tuple(excess), packages=())
            show(f"it grants capabilities that {policy} does not:", err=True)
            show(difference_text(difference), err=True)
        raise click.exceptions.Exit(1)


def _excess(carried: Policy, given: Policy) -> Sequence[AuthorityChange]:
    changes = diff_policies(given, carried).authority
    return [change for change in changes if change.kind == "added"]


def _text(name: str, archive: Archive, carried: Policy) -> str:
    packages = len(archive.map.compartments)
    entries = archive.map.entries
    summary = summary_text(packages, len(archive.sizes), sum(archive.sizes.values()))
    return "\n".join(
        [
            f"{name}: {summary}, all hashes match",
            *(found.text for found in outside_of(carried)),
            f"policy: {policy_summary_text(carried)}",
            *([f"entries: {', '.join(entries)}"] if len(entries) > 1 else []),
            f"sha512 {archive.sha512}",
        ]
    )


def _result(
    archive: Archive, carried: Policy, excess: Sequence[AuthorityChange]
) -> dict[str, object]:
    return {
        "sha512": archive.sha512,
        "packages": len(archive.map.compartments),
        "entries": archive.map.entries,
        "files": len(archive.sizes),
        "bytes": sum(archive.sizes.values()),
        "outside": [found.to_dict() for found in outside_of(carried)],
        "withinPolicy": not excess,
        "excess": [change.to_dict() for change in excess],
    }
