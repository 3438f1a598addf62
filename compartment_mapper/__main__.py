"""The entry point of ``python -m compartment_mapper`` and ``compartment-mapper``."""

from __future__ import annotations

import gc

from compartment_mapper.host.interrupts import raise_dropped_interrupts

raise_dropped_interrupts()  # before the other imports, which run many callbacks

from compartment_mapper.cli import main as commands  # noqa: E402 - as above


def main() -> None:
    """Run the command line."""
    # A run holds its objects until it ends, so frequent garbage collections find nothing.
    gc.set_threshold(100_000, 20, 50)
    commands(prog_name="compartment-mapper")


if __name__ == "__main__":
    main()
