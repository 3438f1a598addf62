"""Scan sources in worker processes if there is enough work; the results are the same."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn, Self, get_args

from compartment_mapper.records.codec import from_plain, to_plain
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord

_LANGUAGES: tuple[Language | None, ...] = (None, *get_args(Language))
#: A request: the length of the source, its language, and whether it is in a cycle.
_REQUEST = struct.Struct("<IB??")
#: An answer: the length of its JSON; zero if the worker failed to scan the source.
_ANSWER = struct.Struct("<I")
#: Scanning this many bytes takes longer than starting processes.
_WORTH_WORKERS = 100_000
#: The cost of a module besides its bytes, in bytes.
_COST_OF_MODULE = 1_500
#: The maximum queued bytes of a worker; with more, others could become idle.
_MOST_AHEAD = 80_000
_MOST_WORKERS = 16
_CHUNK = 1 << 18


@dataclass(eq=False, slots=True)
class _Task:
    """A source to scan, and later its record."""

    source: bytes
    language: Language | None
    in_cycle: bool
    page: bool
    record: ModuleRecord | None = None
    #: Whether a worker failed to scan it.
    is_lost: bool = False

    @property
    def cost(self) -> int:
        """The cost of the scan, in bytes."""
        return len(self.source) + _COST_OF_MODULE


@dataclass(eq=False, slots=True)
class _Worker:
    """A worker process, its queue, and its unsent and unread data."""

    pid: int
    reads: int
    writes: int
    tasks: deque[_Task] = field(default_factory=deque)
    ahead: int = 0
    outgoing: bytearray = field(default_factory=bytearray)
    incoming: bytearray = field(default_factory=bytearray)


def usable_cores() -> int:
    """Return the number of processors for this process, including container quotas."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not available on macOS
        cores = os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        with open("/sys/fs/cgroup/cpu.max", "rb") as file:  # noqa: PTH123 - a third faster
            quota, period = file.read().split()
        cores = min(cores, max(1, -(-int(quota) // int(period))))
    return cores


class Workers:
    """`ScanPowers` with up to *jobs* processes; close it with ``with``.

    Workers start when there is enough work. If one dies, its sources are scanned in this process.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = min(jobs, _MOST_WORKERS) if hasattr(os, "fork") else 1
        self._workers: list[_Worker] = []
        self._waiting: deque[_Task] = deque()
        self._cost = 0
        self._has_begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        for worker in self._workers:
            _end(worker)
        self._workers.clear()
        gc.unfreeze()

    @property
    def pids(self) -> list[int]:
        """The running processes."""
        return [worker.pid for worker in self._workers]

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        """Start to scan a source; the returned function waits for its record."""
        task = _Task(source, language, in_cycle, page)
        self._waiting.append(task)
        self._cost += task.cost
        if not self._has_begun and self._jobs > 1 and self._cost > _WORTH_WORKERS:
            self._start()
        self._exchange(wait=False)
        return partial(self._record, task)

    def _record(self, task: _Task) -> ModuleRecord:
        while task.record is None and self._workers and not task.is_lost:
            self._exchange(wait=True)
        if task.record is None:
            if task in self._waiting:
                self._waiting.remove(task)
                self._cost -= task.cost
            task.record = _scanned(
                task.source, task.language, in_cycle=task.in_cycle, page=task.page
            )
        task.source = b""
        return task.record

    def _start(self) -> None:
        import compartment_mapper.scan  # noqa: F401, PLC0415 - once, for all workers

        self._has_begun = True
        gc.freeze()  # existing objects are not collected, so processes share their pages
        for _ in range(self._jobs):
            try:
                self._workers.append(_forked(self._workers))
            except OSError:
                break  # the system allows no more processes

    def _exchange(self, *, wait: bool) -> None:
        """Assign sources and read records; with *wait*, until one more arrived."""
        if not self._workers:
            return
        self._hand_out()
        writing = [worker.writes for worker in self._workers if worker.outgoing]
        reading = [worker.reads for worker in self._workers]
        readable, writable, _ = select.select(reading, writing, [], None if wait else 0)
        for worker in list(self._workers):
            is_there = worker.writes not in writable or _send(worker)
            if not is_there or (worker.reads in readable and not _receive(worker)):
                self._lose(worker)

    def _hand_out(self) -> None:
        while self._waiting:
            worker = min(self._workers, key=lambda worker: worker.ahead)
            if worker.ahead > _MOST_AHEAD:
                return
            task = self._waiting.popleft()
            self._cost -= task.cost
            worker.tasks.append(task)
            worker.ahead += task.cost
            code = _LANGUAGES.index(task.language)
            worker.outgoing += (
                _REQUEST.pack(len(task.source), code, task.in_cycle, task.page) + task.source
            )

    def _lose(self, worker: _Worker) -> None:
        for task in worker.tasks:
            task.is_lost = True
        self._workers.remove(worker)
        _end(worker)


def _send(worker: _Worker) -> bool:
    """Write as much as the pipe accepts; return whether the worker is alive."""
    try:
        sent = os.write(worker.writes, worker.outgoing[:_CHUNK])
    except BlockingIOError:
        return True
    except OSError:
        return False
    del worker.outgoing[:sent]
    return True


def _receive(worker: _Worker) -> bool:
    """Read available data; return whether the worker is alive."""
    try:
        received = os.read(worker.reads, _CHUNK)
    except OSError:
        return False
    worker.incoming += received
    while len(worker.incoming) >= _ANSWER.size:
        (length,) = _ANSWER.unpack_from(worker.incoming)
        end = _ANSWER.size + length
        if len(worker.incoming) < end:
            break
        task = worker.tasks.popleft()
        worker.ahead -= task.cost
        answer = bytes(worker.incoming[_ANSWER.size : end])
        del worker.incoming[:end]
        task.record = from_plain(json.loads(answer)) if answer else None
        task.is_lost = task.record is None
    return bool(received)


def _end(worker: _Worker) -> None:
    os.close(worker.writes)
    os.close(worker.reads)
    with contextlib.suppress(OSError):
        os.kill(worker.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(worker.pid, 0)


def _forked(others: list[_Worker]) -> _Worker:
    """Start a process that scans sources until its input ends.

    Raises:
        OSError: The system allows no more processes.
    """
    theirs, writes = os.pipe()
    reads, answers = os.pipe()
    pid = os.fork()
    if pid == 0:
        for other in others:
            os.close(other.reads)
            os.close(other.writes)
        os.close(writes)
        os.close(reads)
        _work(theirs, answers)
    os.close(theirs)
    os.close(answers)
    os.set_blocking(writes, False)
    return _Worker(pid, reads, writes)


def _work(reads: int, writes: int) -> NoReturn:
    """Run as a worker, without the state of the parent process."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the workers
        with os.fdopen(reads, "rb") as requests, os.fdopen(writes, "wb") as answers:
            while head := requests.read(_REQUEST.size):
                length, code, in_cycle, page = _REQUEST.unpack(head)
                source = requests.read(length)
                answer = _answer(source, _LANGUAGES[code], in_cycle=in_cycle, page=page)
                answers.write(_ANSWER.pack(len(answer)) + answer)
                answers.flush()
    finally:
        os._exit(0)


def _answer(
    source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
) -> bytes:
    try:
        record = _scanned(source, language, in_cycle=in_cycle, page=page)
        return json.dumps(to_plain(record), separators=(",", ":")).encode()
    except Exception:  # noqa: BLE001 - whatever it is, the parent process raises it as well
        return b""


def _scanned(
    source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
) -> ModuleRecord:
    from compartment_mapper.scan import scan_module  # noqa: PLC0415 - imported on first use

    return scan_module(source, language, in_cycle=in_cycle, page=page)
