"""The process and its evaluations: dispatch of messages, failures and restarts."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from compartment_mapper.sandbox.child import Child
from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.messages import BrokenProcessError, Message, text_of
from compartment_mapper.sandbox.report import notify, use_of
from compartment_mapper.sandbox.settings import Settings

#: The number of consecutive failed starts before giving up.
_TRIES = 2
#: The number of times to send an evaluation to a process that ends before starting it.
_BEGINS = 5
#: Seconds for the process to report that it is ready.
_START = 30.0
#: Seconds for the process to confirm a cancellation.
GRACE = 0.5
#: The maximum ratio of a compiled program to its source: JSON escapes and edit tables.
_ESCAPED = 16
_ENDS = frozenset({"done", "failed", "cancelled", "stripped", "parsed"})
#: The maximum number of messages of an evaluation besides output and calls.
_FEW = 16


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """An evaluation, as the engine tracks it."""

    #: Called with messages, in any thread.
    post: Callable[[Message], None]
    #: Whether the thread that evaluates waits for messages, and may receive them itself.
    is_attended: bool = False
    #: The process whose messages that thread receives.
    claimed: Child | None = None
    number: int = 0
    request: Message = field(default_factory=dict)
    compartment: str | None = None
    is_started: bool = False
    #: Whether it called a tool; then it must not be repeated.
    has_called: bool = False
    #: Whether the process reported the outcome.
    is_over: bool = False
    #: The number of times it was sent without being started.
    tries: int = 0
    #: The number of characters and messages received for it.
    told: int = 0


class Engine:
    """Runs one process at a time and restarts it when it ends; thread-safe."""

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
        self._owner = os.getpid()
        #: Canceled evaluations that the process has not confirmed yet.
        self._abandoned: set[int] = set()
        self.starts = 0
        with self._lock:  # the thread of the child reads `_child`
            self._child = self._started()

    def begin(self, entry: Entry, request: Message) -> None:
        """Send *request* for *entry*; replies are passed to ``entry.post``.

        Raises:
            SandboxError: CLOSED, BUSY, STATE_LOST, PROCESS_ENDED.
            TooLargeError: The request exceeds the sum of its limits.
        """
        if os.getpid() != self._owner:  # before the lock, which another thread may hold
            message = "the sandbox belongs to another process: create one after the fork"
            raise SandboxError("CLOSED", message)
        with self._lock:
            self._entries.pop(entry.number, None)
            self._check(entry, request)
            self._last += 1
            entry.number = self._last
            entry.request = {**request, "id": entry.number}
            entry.is_started = False
            entry.is_over = False
            entry.told = 0
            self._entries[entry.number] = entry
            child = self._child
        limits = self.settings.limits
        self.claim(entry)
        child.send(entry.request, most=limits.message_bytes + _ESCAPED * limits.source)

    def _check(self, entry: Entry, request: Message) -> None:
        if self._is_closed:
            raise SandboxError("CLOSED", "the sandbox is closed")
        if self._failures >= _TRIES:
            self._failures = 0
            self._child = self._started()
        name = request.get("compartment")
        if not isinstance(name, str):
            return
        if name in self._lost:
            self._lost.discard(name)
            message = f"the process ended, so compartment '{name}' lost its state and starts empty"
            raise SandboxError("STATE_LOST", message)
        if any(other.compartment == name for other in self._entries.values()):
            message = f"compartment '{name}' is busy: wait for its evaluation, or use another one"
            raise SandboxError("BUSY", message)
        entry.compartment = name
        self._kept.add(name)

    def attend(self, entry: Entry, seconds: float, is_enough: Callable[[], bool]) -> None:
        """Receive messages in this thread, until *is_enough* or for at most *seconds*.

        May return before, for example because another thread receives them.
        """
        self.claim(entry)
        if entry.claimed is not None and not entry.claimed.answers.attend(seconds, is_enough):
            self.leave(entry)

    def claim(self, entry: Entry) -> None:
        """Receive messages in this thread from now on, if no other thread does."""
        child = self._child
        if entry.claimed is not child:
            self.leave(entry)
            if entry.is_attended and child.answers.claim():
                entry.claimed = child

    def leave(self, entry: Entry) -> None:
        """Let other threads receive messages."""
        child, entry.claimed = entry.claimed, None
        if child is not None:
            child.answers.leave()

    def answer(self, entry: Entry, answer: Message) -> None:
        """Send the answer to a call of *entry*, if it is still running.

        Raises:
            TooLargeError: The answer exceeds the message limit.
        """
        with self._lock:
            child = self._child if entry.number in self._entries else None
        if child is not None:
            child.send(answer, most=self.settings.limits.message_bytes)

    def cancel(self, entry: Entry) -> None:
        """Request the process to cancel *entry*."""
        self._child.send({"type": "cancel", "id": entry.number})

    def abandon(self, entry: Entry) -> None:
        """Cancel *entry* without waiting; terminate the process if it does not confirm."""
        with self._lock:
            if self._entries.pop(entry.number, None) is None or entry.is_over or self._is_closed:
                return
            self._abandoned.add(entry.number)
            self.cancel(entry)
        timer = threading.Timer(GRACE, self._end_abandoned, [entry.number, self._child])
        timer.daemon = True
        timer.start()

    def _end_abandoned(self, number: int, child: Child) -> None:
        with self._lock:
            is_left = number in self._abandoned
            self._abandoned.discard(number)
            if is_left and child is self._child and child.is_ready and not self._is_closed:
                self._replace("INTERRUPTED", "another evaluation was canceled, but did not stop")

    def end(self, entry: Entry) -> None:
        """Remove *entry*."""
        with self._lock:
            self._entries.pop(entry.number, None)

    def kill(self, entry: Entry) -> None:
        """Terminate the process because of *entry*; other evaluations restart if possible."""
        with self._lock:
            self._entries.pop(entry.number, None)
            self._replace("INTERRUPTED", "another evaluation in the same process was terminated")

    def restart_if_stuck(self, entry: Entry) -> None:
        """Terminate an idle process that does not start *entry*."""
        with self._lock:
            others = (other for other in self._entries.values() if other is not entry)
            if self._child.is_ready and not any(other.is_started for other in others):
                entry.tries += 1
                self._replace("INTERRUPTED", "the process was terminated")
            elif not self._child.is_ready and time.monotonic() > self._start + _START:
                self._child.kill()  # `_ended` restarts it

    def sessions(self) -> list[str]:
        """Return the names of the compartments that have state, sorted."""
        with self._lock:
            return sorted(self._kept)

    def drop(self, compartment: str) -> None:
        """Discard a named compartment."""
        with self._lock:
            self._lost.discard(compartment)
            if compartment in self._kept:
                self._kept.discard(compartment)
                self._child.send({"type": "drop", "compartment": compartment})

    def close(self) -> None:
        """End the process and its evaluations."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            self._is_closed = True
            self._fail_all("CLOSED", "the sandbox was closed")
            self._child.kill()

    @property
    def process_id(self) -> int:
        """The ID of the current process."""
        return self._child.process_id

    def _started(self) -> Child:
        self.starts += 1
        self._start = time.monotonic()
        return Child(self.settings, received=self._received, ended=self._ended)

    def _received(self, child: Child, message: Message) -> None:
        if message["type"] == "report":
            notify(self.settings.report, use_of(message))
            return
        with self._lock:
            if child is not self._child:
                return
            if child.is_of_use:
                self._failures = 0
            entry = self._told(message)
            if entry is None:
                return
            if message["type"] == "started":
                entry.is_started = True
            elif message["type"] == "call":
                entry.has_called = True
        entry.post(message)

    def _told(self, message: Message) -> Entry | None:
        """Return the evaluation that *message* belongs to, if it is still awaited."""
        number = message.get("id")
        if not isinstance(number, int):
            return None
        is_over = message["type"] in _ENDS
        if is_over:
            self._abandoned.discard(number)
        entry = self._entries.get(number)
        if entry is not None:
            entry.is_over = is_over
            entry.told += 1 + len(text_of(message, "text"))
            limits = self.settings.limits
            if entry.told > limits.output + limits.tool_calls + limits.source + _FEW:
                raise BrokenProcessError("more messages than the limits allow")
        return entry

    def _ended(self, child: Child) -> None:
        with self._lock:
            if child is not self._child or self._is_closed:
                return
            self._why = child.account()
            if not child.is_of_use:
                self._failures += 1
            if self._failures >= _TRIES:
                self._fail_all("PROCESS_ENDED", f"the process does not start: {self._why}")
                return
            if child.ran_out_of_memory:
                most = self.settings.memory_mb
                message = f"the evaluation used more than {most} MB of memory"
                self._fail_started("MEMORY_LIMIT", message)
            else:
                code = "PROCESS_BROKEN" if child.is_broken else "PROCESS_ENDED"
                self._fail_started(code, f"the process ended: {child.account()}")
            for entry in self._entries.values():
                entry.tries += 1
            self._begin_again()

    def _replace(self, code: str, why: str) -> None:
        self._child.kill()
        for entry in self._started_entries():
            if entry.has_called or entry.compartment is not None:
                self._fail(entry, code, why)
        self._begin_again()

    def _begin_again(self) -> None:
        """Start a process, and resend evaluations that did not start or had no side effects."""
        self._lost |= self._kept
        self._abandoned.clear()
        for entry in list(self._entries.values()):
            if entry.tries >= _BEGINS:
                message = f"the process ends before the evaluation starts: {self._why}"
                self._fail(entry, "PROCESS_ENDED", message)
        self._kept = {
            entry.compartment for entry in self._entries.values() if entry.compartment is not None
        }
        self._child = self._started()
        for entry in list(self._entries.values()):
            entry.is_started = False
            entry.told = 0
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
