"""The process and the evaluations in it: who waits for what, and what happens when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from compartment_mapper.sandbox.child import Child
from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.messages import Message
from compartment_mapper.sandbox.settings import Settings

#: How often a process that ends before it has begun is started again.
_TRIES = 2
#: What a compiled text is larger than its source, at most: JSON's escapes, and tables of edits.
_ESCAPED = 16


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """An evaluation, as the engine sees it."""

    #: Is told of messages, in any thread.
    post: Callable[[Message], None]
    number: int = 0
    request: Message = field(default_factory=dict)
    compartment: str | None = None
    is_started: bool = False
    #: It has called a tool, so that it may not be done again.
    has_called: bool = False


class Engine:
    """One process at a time, started again when it has ended; used by any number of threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.RLock()
        self._entries: dict[int, Entry] = {}
        self._last = 0
        self._kept: set[str] = set()
        self._lost: set[str] = set()
        self._is_closed = False
        self._failures = 0
        self._why = ""
        self.starts = 0
        with self._lock:  # its thread asks whose messages these are
            self._child = self._started()

    def begin(self, entry: Entry, request: Message) -> None:
        """Send *request* for *entry*; what comes of it is posted there.

        Raises:
            SandboxError: CLOSED, BUSY, STATE_LOST, PROCESS_ENDED.
            TooLargeError: It is larger than all that it may consist of.
        """
        with self._lock:
            self._entries.pop(entry.number, None)
            self._check(entry, request)
            self._last += 1
            entry.number = self._last
            entry.request = {**request, "id": entry.number}
            entry.is_started = False
            self._entries[entry.number] = entry
            child = self._child
        limits = self.settings.limits
        child.send(entry.request, most=limits.message_bytes + _ESCAPED * limits.source)

    def _check(self, entry: Entry, request: Message) -> None:
        if self._is_closed:
            raise SandboxError("CLOSED", "the sandbox is closed")
        if self._failures >= _TRIES:
            raise SandboxError("PROCESS_ENDED", f"the process does not start: {self._why}")
        name = request.get("compartment")
        if not isinstance(name, str):
            return
        if name in self._lost:
            self._lost.discard(name)
            message = f"what compartment '{name}' knew is gone, with the process: it is new now"
            raise SandboxError("STATE_LOST", message)
        if any(other.compartment == name for other in self._entries.values()):
            message = f"compartment '{name}' evaluates another text: wait for that, or use another"
            raise SandboxError("BUSY", message)
        entry.compartment = name
        self._kept.add(name)

    def answer(self, entry: Entry, answer: Message) -> None:
        """Send the answer to a call of *entry*, if it still goes on.

        Raises:
            TooLargeError: It is larger than it may be.
        """
        with self._lock:
            child = self._child if entry.number in self._entries else None
        if child is not None:
            child.send(answer, most=self.settings.limits.message_bytes)

    def cancel(self, entry: Entry) -> None:
        """Ask the process to give *entry* up."""
        self._child.send({"type": "cancel", "id": entry.number})

    def end(self, entry: Entry) -> None:
        """Forget *entry*."""
        with self._lock:
            self._entries.pop(entry.number, None)

    def kill(self, entry: Entry) -> None:
        """End the process because of *entry*; what others have begun begins again, if it can."""
        with self._lock:
            self._entries.pop(entry.number, None)
            self._replace("INTERRUPTED", "another evaluation in the same process had to be ended")

    def restart_if_stuck(self, entry: Entry) -> None:
        """End a process that does not begin *entry* although it has nothing else to do."""
        with self._lock:
            others = (other for other in self._entries.values() if other is not entry)
            if self._child.is_ready and not any(other.is_started for other in others):
                self._replace("INTERRUPTED", "the process had to be ended")

    def drop(self, compartment: str) -> None:
        """Forget a named compartment."""
        with self._lock:
            self._lost.discard(compartment)
            if compartment in self._kept:
                self._kept.discard(compartment)
                self._child.send({"type": "drop", "compartment": compartment})

    def close(self) -> None:
        """End the process, and what goes on in it."""
        with self._lock:
            self._is_closed = True
            self._fail_all("CLOSED", "the sandbox was closed")
            self._child.kill()

    @property
    def process_id(self) -> int:
        """Of the process that there is now."""
        return self._child.process_id

    def _started(self) -> Child:
        self.starts += 1
        return Child(self.settings, received=self._received, ended=self._ended)

    def _received(self, child: Child, message: Message) -> None:
        with self._lock:
            if child is not self._child:
                return
            self._failures = 0
            number = message.get("id")
            entry = self._entries.get(number) if isinstance(number, int) else None
            if entry is None:
                return
            if message["type"] == "started":
                entry.is_started = True
            elif message["type"] == "call":
                entry.has_called = True
        entry.post(message)

    def _ended(self, child: Child) -> None:
        with self._lock:
            if child is not self._child or self._is_closed:
                return
            if not child.is_ready:
                self._failures += 1
                self._why = child.account()
            if self._failures >= _TRIES:
                self._fail_all("PROCESS_ENDED", f"the process does not start: {self._why}")
                return
            if child.ran_out_of_memory:
                most = self.settings.memory_mb
                self._fail_started("MEMORY_LIMIT", f"it took more than {most} MB of memory")
            else:
                self._fail_started("PROCESS_ENDED", f"the process is gone: {child.account()}")
            self._begin_again()

    def _replace(self, code: str, why: str) -> None:
        self._child.kill()
        for entry in self._started_entries():
            if entry.has_called or entry.compartment is not None:
                self._fail(entry, code, why)
        self._begin_again()

    def _begin_again(self) -> None:
        """Start a process, and send it what the last one has not begun, or left no trace of."""
        self._lost |= self._kept
        self._kept = {
            entry.compartment for entry in self._entries.values() if entry.compartment is not None
        }
        self._child = self._started()
        for entry in list(self._entries.values()):
            entry.is_started = False
            entry.post({"type": "restarted"})
            self._child.send(entry.request)

    def _started_entries(self) -> list[Entry]:
        return [entry for entry in self._entries.values() if entry.is_started]

    def _fail_started(self, code: str, why: str) -> None:
        for entry in self._started_entries():
            self._fail(entry, code, why)

    def _fail_all(self, code: str, why: str) -> None:
        for entry in list(self._entries.values()):
            self._fail(entry, code, why)

    def _fail(self, entry: Entry, code: str, why: str) -> None:
        self._entries.pop(entry.number, None)
        entry.post({"type": "lost", "code": code, "message": why})
