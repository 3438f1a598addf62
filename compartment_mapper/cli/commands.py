"""Command groups with lazy imports."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from compartment_mapper.text import printable


class Commands(click.Group):
    """A command group that suggests the nearest name for an unknown command."""

    def known(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, including hidden ones."""
        return self.list_commands(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command at the beginning of *args*."""
        unknown = args and args[0] not in self.known(ctx) and not args[0].startswith("-")
        if unknown:
            from compartment_mapper.errors.diagnostic import did_you_mean  # noqa: PLC0415 - for failures

            hint = did_you_mean(args[0], self.list_commands(ctx))
            ctx.fail(printable(f"no such command '{args[0]}'") + (f"; {hint}" if hint else ""))
        return super().resolve_command(ctx, args)


def lazy_commands(
    modules: Mapping[str, str], *, renamed: Mapping[str, str] | None = None
) -> type[Commands]:
    """Return a group class that imports commands on first use.

    Args:
        modules: The definition of each command: ``"package.module:name"``.
        renamed: The current name of each hidden, former command name.
    """
    former = renamed or {}

    class LazyCommands(Commands):
        def known(self, ctx: click.Context) -> list[str]:
            return [*super().known(ctx), *former]

        def list_commands(self, ctx: click.Context) -> list[str]:
            return [*modules, *super().list_commands(ctx)]

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            if cmd_name in former:
                click.echo(f"warning: {cmd_name} is now called {former[cmd_name]}", err=True)
                return self.get_command(ctx, former[cmd_name])
            if cmd_name not in modules:
                return super().get_command(ctx, cmd_name)
            module, _, name = modules[cmd_name].partition(":")
            command = getattr(import_module(module), name)
            assert isinstance(command, click.Command)
            return command

    return LazyCommands
