"""Time that does not count for the timeout of an evaluation."""

from __future__ import annotations

import threading
import time
from typing import Self


class Hold:
    """A stopwatch: while it is held, the timeout of the evaluation does not pass.

    A tool that asks a person holds it: ``with hold: await answer``. Thread-safe; holds may overlap.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._since = 0.0
        self._past = 0.0

    def __enter__(self) -> Self:
        with self._lock:
            if self._holders == 0:
                self._since = time.monotonic()
            self._holders += 1
        return self

    def __exit__(self, *_problem: object) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                self._past += time.monotonic() - self._since

    @property
    def is_held(self) -> bool:
        """Whether it is held."""
        return self._holders > 0

    @property
    def seconds(self) -> float:
        """How long it was held."""
        with self._lock:
            now = time.monotonic() - self._since if self._holders else 0.0
            return self._past + now
