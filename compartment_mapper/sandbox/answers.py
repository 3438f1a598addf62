"""The pipe that the messages of a process come through."""

from __future__ import annotations

import os
import select
import selectors
import threading
import time
from collections.abc import Callable

_CHUNK = 1 << 16
#: Seconds that the thread of the process waits for another one that is about to stop reading.
_MOMENT = 0.01


class Answers:
    """Reads messages, in one thread at a time.

    The thread of the process reads, except while another thread has claimed the pipe: who waits for
    an answer reads it, because to be woken by another thread takes longer than most evaluations.

    Args:
        descriptor: The pipe; `close` closes it.
        selector: Watches the pipe for the thread of the process.
        take: Called with the data that was not taken; removes what it takes.
    """

    def __init__(
        self, descriptor: int, selector: selectors.BaseSelector, take: Callable[[bytearray], None]
    ) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self._selector = selector
        self._take = take
        self._buffer = bytearray()
        #: Held by the thread that reads. A callback in that thread may evaluate, and read, too.
        self._turn = threading.RLock()
        #: Whether everything was read.
        self._is_over = False
        selector.register(descriptor, selectors.EVENT_READ)
        self._is_watched = True

    def read(self) -> bool:
        """Read what there is, in the thread of the process; return whether more can follow."""
        if not self._turn.acquire(timeout=_MOMENT):
            return True
        try:
            if self._is_watched and self._read() == _END:
                self._is_over = True
                self._watch(wanted=False)
        finally:
            self._turn.release()
        return not self._is_over

    def claim(self) -> bool:
        """Return whether this thread reads from now on, and not another one, until `leave`."""
        if not self._turn.acquire(blocking=False):
            return False
        if self._is_over:
            self._turn.release()
            return False
        self._watch(wanted=False)
        return True

    def leave(self) -> None:
        """Let the thread of the process read again, after `claim`."""
        try:
            self._watch(wanted=not self._is_over)
        finally:
            self._turn.release()

    def attend(self, seconds: float, is_enough: Callable[[], bool]) -> bool:
        """Read until *is_enough*, for at most *seconds*, after `claim`.

        Return whether more can follow.
        """
        until = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        while not is_enough():
            found = self._read()
            if found == _END:
                return False
            if found == _NOTHING:
                left = until - time.monotonic()
                if left <= 0:
                    break
                poll.poll(left * 1000)
        return True

    def _read(self) -> int:
        try:
            chunk = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return _NOTHING
        if not chunk:
            return _END
        self._buffer += chunk
        self._take(self._buffer)
        return _SOME

    def _watch(self, *, wanted: bool) -> None:
        if wanted and not self._is_watched:
            self._selector.register(self.descriptor, selectors.EVENT_READ)
        elif self._is_watched and not wanted:
            self._selector.unregister(self.descriptor)
        self._is_watched = wanted

    def close(self) -> None:
        """Close the pipe, when nobody reads."""
        with self._turn:
            self._is_over = True
            os.close(self.descriptor)


_END, _NOTHING, _SOME = range(3)
