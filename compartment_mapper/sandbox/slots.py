"""The processes of a pool: who waits gets the next free one, in order."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from compartment_mapper.sandbox.base import BaseSandbox
from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.metrics import Metrics

_Sandbox = TypeVar("_Sandbox", bound=BaseSandbox)


@dataclass(slots=True, eq=False)
class Slot(Generic[_Sandbox]):
    """One process, and the number of evaluations that it had."""

    sandbox: _Sandbox
    uses: int = 0


@dataclass(slots=True, eq=False)
class Waiting(Generic[_Sandbox]):
    """Someone who waits; exactly one of the functions is called, in any thread."""

    #: Returns whether the slot was taken: who waited can be gone.
    granted: Callable[[Slot[_Sandbox]], bool]
    failed: Callable[[SandboxError], object]


class Slots(Generic[_Sandbox]):
    """The processes of a pool and the queue of those who wait; thread-safe.

    Args:
        make: Starts a process.
        size: The number of processes.
        queue: The maximum number that may wait.
        uses: The number of evaluations after which a process is replaced.
    """

    def __init__(self, make: Callable[[], _Sandbox], *, size: int, queue: int, uses: int) -> None:
        for name, value, least in (("size", size, 1), ("queue", queue, 0), ("uses", uses, 1)):
            if value < least:
                raise ValueError(f"{name} must be at least {least}, got {value}")
        self.metrics = Metrics()
        self._make = make
        self._queue = queue
        self._uses = uses
        self._changed = threading.Condition()
        self._waiting: deque[Waiting[_Sandbox]] = deque()
        self._is_closed = False
        self._owner = os.getpid()
        self._all: list[Slot[_Sandbox]] = []
        try:
            for _ in range(size):
                self._all.append(Slot(make()))
        except BaseException:
            for slot in self._all:
                slot.sandbox.close()
            raise
        self._idle: deque[Slot[_Sandbox]] = deque(self._all)

    def request(self, waiting: Waiting[_Sandbox]) -> None:
        """Grant a process now, or when the others before have had one.

        Raises:
            SandboxError: CLOSED, POOL_FULL.
        """
        if os.getpid() != self._owner:  # before the lock, which another thread may hold
            message = "the pool belongs to another process: create one after the fork"
            raise SandboxError("CLOSED", message)
        with self._changed:
            if self._is_closed:
                raise SandboxError("CLOSED", "the pool is closed")
            if not self._idle:
                if len(self._waiting) >= self._queue:
                    self.metrics.refused()
                    message = f"all {len(self._all)} processes are busy, and {self._queue} wait"
                    raise SandboxError("POOL_FULL", message)
                self._waiting.append(waiting)
                return
            slot = self._idle.popleft()
        if not waiting.granted(slot):
            self.release(slot, is_used=False)

    def withdraw(self, waiting: Waiting[_Sandbox]) -> bool:
        """Stop waiting; return whether it was still in the queue."""
        with self._changed:
            try:
                self._waiting.remove(waiting)
            except ValueError:
                return False
            return True

    def release(self, slot: Slot[_Sandbox], *, is_used: bool = True) -> None:
        """Return a process, which the next one gets.

        Args:
            slot: The process.
            is_used: Whether it had an evaluation.
        """
        with self._changed:
            slot.uses += is_used
            is_spent = slot.uses >= self._uses and not self._is_closed
        if is_spent:
            self._recycle(slot)
        while (waiting := self._next_for(slot)) is not None:
            if waiting.granted(slot):
                return
        if self._is_closed:  # perhaps after the others were closed
            slot.sandbox.close()

    def _recycle(self, slot: Slot[_Sandbox]) -> None:
        try:
            made = self._make()
        except Exception:  # noqa: BLE001 - the old process goes on, and the next release tries again
            self.metrics.not_recycled()
            return
        spent, slot.sandbox, slot.uses = slot.sandbox, made, 0
        spent.close()
        self.metrics.recycled()

    def _next_for(self, slot: Slot[_Sandbox]) -> Waiting[_Sandbox] | None:
        """Return who gets *slot*; None: nobody, and it is idle."""
        with self._changed:
            self._changed.notify_all()
            if self._waiting and not self._is_closed:
                return self._waiting.popleft()
            self._idle.append(slot)
            return None

    def health(self) -> Mapping[str, int]:
        """Return the numbers of processes, idle and busy ones, those who wait, and restarts."""
        with self._changed:
            idle = len(self._idle)
            return {
                "processes": len(self._all),
                "idle": idle,
                "busy": len(self._all) - idle,
                "waiting": len(self._waiting),
                "restarts": sum(slot.sandbox.starts - 1 for slot in self._all),
            }

    def close(self, *, grace: float) -> None:
        """Refuse new evaluations, wait *grace* seconds for running ones, and end the processes."""
        if os.getpid() != self._owner:
            return
        with self._changed:
            self._is_closed = True
            waiting, self._waiting = list(self._waiting), deque()
        for each in waiting:
            each.failed(SandboxError("CLOSED", "the pool was closed"))
        with self._changed:
            self._changed.wait_for(lambda: len(self._idle) == len(self._all), timeout=grace)
            sandboxes = [slot.sandbox for slot in self._all]
        for sandbox in sandboxes:
            sandbox.close()
