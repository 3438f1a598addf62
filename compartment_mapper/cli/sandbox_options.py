"""Options of commands that run a sandbox."""

from __future__ import annotations

from collections.abc import Callable

import click

_Decorator = Callable[[Callable[..., object]], Callable[..., object]]

CLOCK_OPTION = click.option(
    "--clock", is_flag=True, help="Provide Date.now, setTimeout and the like."
)
RANDOM_OPTION = click.option("--random", is_flag=True, help="Provide Math.random and the like.")


def timeout_option(default: float, text: str) -> _Decorator:
    """Return ``--timeout`` in seconds, with its help *text*."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=default,
        show_default=True,
        metavar="SECONDS",
        help=text,
    )


def memory_option(default: int, text: str) -> _Decorator:
    """Return ``--memory`` in mebibytes, with its help *text*."""
    return click.option(
        "--memory",
        "memory_mb",
        type=click.IntRange(min=8),
        default=default,
        show_default=True,
        metavar="MB",
        help=text,
    )
