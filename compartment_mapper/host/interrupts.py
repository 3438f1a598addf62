"""Ctrl-C always ends a command.

Python drops an exception in a finalizer or in the callback of a weak reference: it only reports it
to ``sys.unraisablehook``. Code in C can drop it without a report. Imports and large builds run many
of both.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

#: Seconds until a dropped interrupt is raised again: by then the finalizer has ended.
_MOMENT = 0.01
_came: list[int] = []


def raise_dropped_interrupts() -> None:
    """Raise a KeyboardInterrupt that Python dropped again, in the main thread."""
    _came.clear()
    sys.unraisablehook = _hook(sys.unraisablehook)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _note)


def check_interrupts() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed and the exception was dropped."""
    if _came:
        _came.clear()
        raise KeyboardInterrupt


def _note(number: int, _frame: FrameType | None) -> None:
    _came.append(number)
    raise KeyboardInterrupt


def _hook(before: Callable[[UnraisableHookArgs], object]) -> Callable[[UnraisableHookArgs], object]:
    def hook(unraisable: UnraisableHookArgs) -> object:
        if unraisable.exc_type is not KeyboardInterrupt:
            return before(unraisable)
        import threading  # noqa: PLC0415 - rarely needed

        def again() -> None:
            main_thread = threading.main_thread().ident
            if _came and main_thread is not None:  # no check has raised it since
                signal.pthread_kill(main_thread, signal.SIGINT)

        # Raised here, it would be dropped as well. A signal interrupts a system call that waits.
        timer = threading.Timer(_MOMENT, again)
        timer.daemon = True
        timer.start()
        return None

    return hook
