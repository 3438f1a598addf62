"""Whether a process still answers: code can compute without end while its timeout is held."""

from __future__ import annotations

import time

from compartment_mapper.sandbox.engine import Engine, Entry
from compartment_mapper.sandbox.messages import Message

_REQUEST: Message = {"type": "parse", "kind": "script", "text": ""}


class Probe:
    """Requests a sign of life, one at a time; `end` it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._entry = Entry(post=_ignore)
        self._sent = 0.0

    def seconds(self) -> float:
        """Return how long the process has not answered; request an answer if it did the last."""
        if not self._sent or self._entry.is_over:
            self._engine.begin(self._entry, _REQUEST)
            self._sent = time.monotonic()
        return time.monotonic() - self._sent

    def end(self) -> None:
        """Wait for no answer."""
        self._engine.end(self._entry)


def _ignore(message: Message) -> None:
    del message
