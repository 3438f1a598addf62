"""argv → workflow → text and exit status: 0 fine, 1 bad input or findings, 2 wrong usage."""

from __future__ import annotations

from importlib import import_module

import click

from compartment_mapper.cli.commands import Commands

#: Each in a module of its own, which is imported when it is wanted.
_COMMANDS = {
    "bundle": "bundle_command",
    "cache": "cache_group",
    "eval": "eval_command",
    "inspect": "inspect_command",
    "policy": "policy_group",
    "run": "run_command",
    "verify": "verify_command",
}


class _LazyCommands(Commands):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*_COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = import_module(f"compartment_mapper.cli.{cmd_name}")
        command = getattr(module, _COMMANDS[cmd_name])
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="compartment-mapper")
def main() -> None:
    """Run a JavaScript application with one SES compartment per package.

    \b
    compartment-mapper bundle src/main.js -o app.zip   pack an application
    compartment-mapper inspect app.zip                 see its packages and their powers
    compartment-mapper run app.zip -- --port 8080      run it, confined
    compartment-mapper eval -e "1 + 1"                 evaluate a text that has nothing

    Exit status: 0 fine, 1 bad input or findings, 2 wrong usage; `run` passes on the program's own.
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character
