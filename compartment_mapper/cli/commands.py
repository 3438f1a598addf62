"""Groups of commands."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click


class Commands(click.Group):
    """Commands, with the nearest name for one that is none."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that *args* begin with."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from compartment_mapper.errors.diagnostic import did_you_mean  # noqa: PLC0415 - for failures

            hint = did_you_mean(args[0], self.list_commands(ctx))
            ctx.fail(f"no such command '{args[0]}'" + (f"; {hint}" if hint else ""))
        return super().resolve_command(ctx, args)


def lazy_commands(modules: Mapping[str, str]) -> type[Commands]:
    """Return a class of groups whose commands are imported when they are asked for.

    Args:
        modules: For each command the place of what defines it: ``"package.module:name"``.
    """

    class LazyCommands(Commands):
        def list_commands(self, ctx: click.Context) -> list[str]:
            return [*modules, *super().list_commands(ctx)]

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            if cmd_name not in modules:
                return super().get_command(ctx, cmd_name)
            module, _, name = modules[cmd_name].partition(":")
            command = getattr(import_module(module), name)
            assert isinstance(command, click.Command)
            return command

    return LazyCommands
