"""Ctrl-C ends a command in any case.

Python drops an exception that is raised in a finalizer, or in the callback of a weak reference:
it is reported by ``sys.unraisablehook``, and the program goes on. Imports and large builds run many
of both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

#: Seconds until a dropped interrupt is raised again: by then the finalizer has ended.
_MOMENT = 0.01


def raise_dropped_interrupts() -> None:
    """Raise a KeyboardInterrupt that Python dropped again, in the main thread."""
    sys.unraisablehook = _hook(sys.unraisablehook)


def _hook(before: Callable[[UnraisableHookArgs], object]) -> Callable[[UnraisableHookArgs], object]:
    def hook(unraisable: UnraisableHookArgs) -> object:
        if unraisable.exc_type is not KeyboardInterrupt:
            return before(unraisable)
        import signal  # noqa: PLC0415 - rarely needed
        import threading  # noqa: PLC0415 - as above

        # Raised here, it would be dropped as well. A signal ends a system call that waits.
        main_thread = threading.main_thread().ident
        timer = threading.Timer(_MOMENT, signal.pthread_kill, (main_thread, signal.SIGINT))
        timer.daemon = True
        timer.start()
        return None

    return hook
