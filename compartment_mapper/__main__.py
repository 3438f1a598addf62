"""The entry point of ``python -m compartment_mapper`` and ``compartment-mapper``."""

from __future__ import annotations

import gc
import os
import sys

from compartment_mapper.host.interrupts import raise_dropped_interrupts


def main() -> None:
    """Run the command line."""
    _open_closed_streams()
    raise_dropped_interrupts()  # before the other imports, which run many callbacks
    # A run holds its objects until it ends, so frequent garbage collections find nothing.
    gc.set_threshold(100_000, 20, 50)
    try:
        from compartment_mapper.cli import main as commands  # noqa: PLC0415 - as above

        commands(prog_name="compartment-mapper")
    except KeyboardInterrupt:  # before click handles it
        raise SystemExit("Aborted!") from None


def _open_closed_streams() -> None:
    """Open the standard streams that the caller closed, so that no other file gets their numbers.

    Python has None for each of them, which many libraries do not expect.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - stays open
            os.set_inheritable(stream.fileno(), True)  # noqa: FBT003 - its only form
            setattr(sys, name, stream)


if __name__ == "__main__":
    main()
