"""``policy diff``: compare the capabilities of two policies, archives or applications."""

from __future__ import annotations

from pathlib import Path

import click

from compartment_mapper.archive.compartment_map import policy_of_map
from compartment_mapper.archive.reader import unpack
from compartment_mapper.bundle.application import Application, inferred_policy
from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.policy.loading import LoadOptions, load, load_options
from compartment_mapper.cli.policy.reviewing import ALL_SIGNS_OPTION, reviewed_between
from compartment_mapper.cli.policy_files import policy_file
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import is_archive, read_file, reporting, show
from compartment_mapper.inference.decision import parsed_policy
from compartment_mapper.policy.diff import diff_policies
from compartment_mapper.policy.model import Policy
from compartment_mapper.report.policy_text import difference_markdown, difference_text


@click.command(
    "diff",
    cls=configured(needs="new", new="entry"),
    short_help="Compare the capabilities of two policies, archives or applications.",
    epilog="Example: compartment-mapper policy diff compartment-policy.json src/main.js --markdown",
)
@click.argument("old", type=PATH, metavar="OLD")
@click.argument("new", type=PATH, metavar="NEW")
@click.option("--json", "as_json", is_flag=True, help="Print the difference as JSON.")
@click.option(
    "--markdown", "as_markdown", is_flag=True, help="Print Markdown tables, for pull requests."
)
@ALL_SIGNS_OPTION
@load_options
@reporting
def diff_command(
    *,
    old: str,
    new: str,
    as_json: bool,
    as_markdown: bool,
    all_signs: bool,
    loading: LoadOptions,
) -> None:
    """List the capabilities that NEW grants and OLD does not (+), and the reverse (-), worst first.

    OLD and NEW are policy files, archives or entries of applications. `!` marks a capability that
    is used and denied. Exit status 1 if they differ. Then follow the signs and the install scripts
    that changed; archives record neither.
    """
    before, _ = _policy_of(old, loading)
    after, application = _policy_of(new, loading)
    difference = diff_policies(before, after)
    reviewed = reviewed_between(before, after, application, every=all_signs)
    if as_json:
        found = {**difference.to_dict(), **reviewed.to_dict()}
        print_json(found)
    elif as_markdown:
        show("\n\n".join(filter(None, (difference_markdown(difference), reviewed.markdown()))))
    else:
        show("\n".join(filter(None, (difference_text(difference), reviewed.text()))))
    if difference.authority or difference.packages or reviewed.changes.scripts:
        raise click.exceptions.Exit(1)


def _policy_of(target: str, loading: LoadOptions) -> tuple[Policy, Application | None]:
    """Return the policy of *target*, and the application if it is one."""
    if is_archive(target):
        return policy_of_map(unpack(read_file(target)).map), None
    if target.endswith(".json") and Path(target).is_file():
        return parsed_policy(policy_file(target)), None
    application = load(target, loading)
    return inferred_policy(application), application
