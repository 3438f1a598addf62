"""The standard streams of the process."""

from __future__ import annotations

import os
import sys


def open_closed_streams() -> None:
    """Open the standard streams that the caller closed, so that no other file gets their numbers.

    Python has None for each of them, which many libraries do not expect.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - stays open
            os.set_inheritable(stream.fileno(), True)  # noqa: FBT003 - its only form
            setattr(sys, name, stream)
