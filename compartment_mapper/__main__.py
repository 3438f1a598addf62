"""``python -m compartment_mapper``, and the command ``compartment-mapper``."""

from __future__ import annotations

import gc

from compartment_mapper.cli import main as commands


def main() -> None:
    """Be the command."""
    # What a run makes it keeps until its end: to look for garbage more often finds none.
    gc.set_threshold(100_000, 20, 50)
    commands(prog_name="compartment-mapper")


if __name__ == "__main__":
    main()
