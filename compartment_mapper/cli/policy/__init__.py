"""``policy``: make, check, compare, explain and import policy files."""

from __future__ import annotations

import click

from compartment_mapper.cli.commands import lazy_commands

_COMMANDS = {
    "check": "compartment_mapper.cli.policy.check:check_command",
    "diff": "compartment_mapper.cli.policy.diff:diff_command",
    "explain": "compartment_mapper.cli.policy.explain:explain_command",
    "import": "compartment_mapper.cli.policy.import_policy:import_command",
    "infer": "compartment_mapper.cli.policy.infer:infer_command",
    "powers": "compartment_mapper.cli.policy.tables:powers_command",
    "schema": "compartment_mapper.cli.policy.tables:schema_command",
}


@click.group(
    "policy",
    cls=lazy_commands(_COMMANDS),
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
