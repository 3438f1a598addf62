"""``python -m compartment_mapper``, and the command ``compartment-mapper``."""

from __future__ import annotations

import gc

from compartment_mapper.host.interrupts import raise_dropped_interrupts

raise_dropped_interrupts()  # before the other imports, which run many callbacks

from compartment_mapper.cli import main as commands  # noqa: E402 - as above


def main() -> None:
    """Run the command."""
    # A run keeps nearly all objects until its end: more frequent collections find nothing to free.
    gc.set_threshold(100_000, 20, 50)
    commands(prog_name="compartment-mapper")


if __name__ == "__main__":
    main()
