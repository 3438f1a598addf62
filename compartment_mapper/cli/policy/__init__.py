"""``policy``: infer, check, compare, explain and import policy files."""

from __future__ import annotations

import click

from compartment_mapper.cli.commands import lazy_commands

_COMMANDS = {
    "capabilities": "compartment_mapper.cli.policy.tables:capabilities_command",
    "check": "compartment_mapper.cli.policy.check:check_command",
    "diff": "compartment_mapper.cli.policy.diff:diff_command",
    "explain": "compartment_mapper.cli.policy.explain:explain_command",
    "import": "compartment_mapper.cli.policy.import_policy:import_command",
    "infer": "compartment_mapper.cli.policy.infer:infer_command",
    "review": "compartment_mapper.cli.policy.review:review_command",
    "schema": "compartment_mapper.cli.policy.tables:schema_command",
}


@click.group(
    "policy",
    cls=lazy_commands(_COMMANDS, renamed={"powers": "capabilities"}),
    short_help="Make, check, compare and explain the policy file.",
    epilog="Example: compartment-mapper policy infer src/main.js",
)
def policy_group() -> None:
    """Make, check, compare and explain compartment-policy.json: the capabilities of each package.

    \b
    compartment-mapper policy infer src/main.js           write a policy for review
    compartment-mapper policy review src/main.js          decide, question by question
    compartment-mapper policy check src/main.js           in CI: is the policy up to date?
    compartment-mapper policy diff old.zip new.zip        what changed, worst first
    compartment-mapper policy explain debug process.env   where it is used, and by which chain
    compartment-mapper policy capabilities                what can be granted
    compartment-mapper policy schema                      JSON Schema for editors
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character
