"""argv → stages → output and exit status: 0 success, 1 invalid input, 2 usage error."""

from __future__ import annotations

import click

from compartment_mapper import __version__
from compartment_mapper.cli.commands import lazy_commands

#: Each command has its own module, which is imported on first use.
_COMMANDS = {
    "bundle": "compartment_mapper.cli.bundle:bundle_command",
    "cache": "compartment_mapper.cli.cache:cache_group",
    "eval": "compartment_mapper.cli.eval:eval_command",
    "exec": "compartment_mapper.cli.exec.command:exec_command",
    "init": "compartment_mapper.cli.init.command:init_command",
    "inspect": "compartment_mapper.cli.inspect:inspect_command",
    "install-scripts": "compartment_mapper.cli.install_scripts:install_scripts_group",
    "mcp": "compartment_mapper.cli.mcp:mcp_command",
    "policy": "compartment_mapper.cli.policy:policy_group",
    "report": "compartment_mapper.cli.report.command:report_command",
    "run": "compartment_mapper.cli.run:run_command",
    "schema": "compartment_mapper.cli.schemas.command:schema_command",
    "verify": "compartment_mapper.cli.verify:verify_command",
}


@click.group(cls=lazy_commands(_COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Run a JavaScript application with one SES compartment per package.

    \b
    compartment-mapper init                            write the files of a project
    compartment-mapper bundle src/main.js -o app.zip   pack an application
    compartment-mapper inspect app.zip                 list packages and their capabilities
    compartment-mapper report app.zip -o report.html   review them in a browser
    compartment-mapper run app.zip -- --port 8080      run it confined
    compartment-mapper exec --infer eslint .           run a tool of the project confined
    compartment-mapper eval -e "1 + 1"                 evaluate code with no capabilities
    compartment-mapper mcp servers.json                serve MCP tools to programs of a model

    Exit status: 0 success, 1 invalid input or findings, 2 usage error. `run` and `exec` exit with
    the status of the program.
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character
