"""``schema``: print the JSON Schema of a file format or of a command's output."""

from __future__ import annotations

import json
from importlib.resources import files

import click

from compartment_mapper.cli.completion.arguments import SCHEMA
from compartment_mapper.cli.schemas.reading import output_names, output_schema
from compartment_mapper.errors.diagnostic import did_you_mean
from compartment_mapper.policy.format import policy_schema

#: Formats of files that people write.
_FILES = {
    "configuration": "of compartment-mapper.toml",
    "policy": "of compartment-policy.json",
}


@click.command(
    "schema",
    short_help="Print the JSON Schema of a command's --json output.",
    epilog="Example: compartment-mapper schema policy infer",
)
@click.argument("name", type=SCHEMA, nargs=-1)
def schema_command(*, name: tuple[str, ...]) -> None:
    """Print the JSON Schema of the --json output of the command NAME, or of a file.

    \b
    compartment-mapper schema                    list the schemas
    compartment-mapper schema bundle             of the output of `bundle --json`
    compartment-mapper schema policy infer       of the output of `policy infer --json`
    compartment-mapper schema configuration      of compartment-mapper.toml
    compartment-mapper schema policy             of compartment-policy.json
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character
    chosen = "-".join(name)
    if not chosen:
        click.echo(_listed())
    elif chosen == "policy":
        click.echo(policy_schema(), nl=False)
    elif chosen == "configuration":
        click.echo(_configuration_schema(), nl=False)
    elif chosen in output_names():
        click.echo(json.dumps(output_schema(chosen), indent=2, ensure_ascii=False))
    else:
        hint = did_you_mean(chosen, [*output_names(), *_FILES])
        message = f"there is no schema '{' '.join(name)}'" + (f"; {hint}" if hint else "")
        raise click.UsageError(message)


def _listed() -> str:
    outputs = [(name, str(output_schema(name)["title"])) for name in output_names()]
    rows = [*((name, f"the output of `{title}`") for name, title in outputs), *_FILES.items()]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {what}" for name, what in rows)


def _configuration_schema() -> str:
    folder = files("compartment_mapper.cli.configuration")
    return folder.joinpath("compartment-mapper.schema.json").read_text(encoding="utf-8")
