"""The entry point of ``python -m compartment_mapper`` and ``compartment-mapper``."""

from __future__ import annotations

import gc

from compartment_mapper.host.interrupts import raise_dropped_interrupts
from compartment_mapper.host.streams import open_closed_streams


def main() -> None:
    """Run the command line."""
    open_closed_streams()
    raise_dropped_interrupts()  # before the other imports, which run many callbacks
    # A run holds its objects until it ends, so frequent garbage collections find nothing.
    gc.set_threshold(100_000, 20, 50)
    try:
        from compartment_mapper.cli import main as commands  # noqa: PLC0415 - as above

        commands(prog_name="compartment-mapper")
    except KeyboardInterrupt:  # before click handles it
        raise SystemExit("Aborted!") from None


if __name__ == "__main__":
    main()
