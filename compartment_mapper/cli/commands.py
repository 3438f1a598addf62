"""A group of commands."""

from __future__ import annotations

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
