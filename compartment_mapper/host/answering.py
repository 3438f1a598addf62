"""Answer the requests of a Node process for modules that its archive does not have.

Requests are lines in a pipe. Answers are appended to a file, which the process and its threads and
child processes read at their own pace.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Protocol

from compartment_mapper.host.node_process import Program

_HEADER = 4
_CHUNK = 65536
#: The signals that a terminal does not send to the process as well.
_PASSED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2, signal.SIGCONT)
_FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """The connection to a process that asks for modules."""

    #: The ends of the pipe for requests.
    requests: IO[bytes]
    asking: IO[bytes]
    #: The file of answers, open for appending and for reading.
    answers: IO[bytes]
    reading: IO[bytes]

    def of(self, program: Program) -> Program:
        """Return *program* with its ends of the channel."""
        written = {"--ask-fd": self.asking, **program.written}
        files = {"--answers-fd": self.reading, **program.files}
        return Program(
            content=program.content,
            name=program.name,
            options=program.options,
            files=files,
            written=written,
        )

    def serve(self, start: Callable[[], Child], answer: Callable[[bytes], bytes]) -> int:
        """Start a process, answer its requests until it ends, and return its status.

        Args:
            start: Starts the process.
            answer: From a request to its answer.

        Returns:
            The status; negative: the number of the signal that ended it.
        """
        with _passing_signals() as pass_to:
            child = start()
            pass_to.append(child)
            self.asking.close()
            return self._answer_until_end(child, answer)

    def _answer_until_end(self, child: Child, answer: Callable[[bytes], bytes]) -> int:
        ended, end = os.pipe()

        def await_end() -> None:
            child.wait()
            os.write(end, b"\0")  # processes that scan hold this end open, too

        waiter = threading.Thread(target=await_end, daemon=True)
        waiter.start()
        with selectors.DefaultSelector() as selector:
            selector.register(self.requests, selectors.EVENT_READ)
            selector.register(ended, selectors.EVENT_READ)
            rest = b""
            while True:
                ready = {key.fd for key, _ in selector.select()}
                if self.requests.fileno() in ready:
                    more = os.read(self.requests.fileno(), _CHUNK)
                    if not more:
                        selector.unregister(self.requests)
                    *lines, rest = (rest + more).split(b"\n")
                    for line in filter(None, lines):
                        self._append(answer(line))
                elif ended in ready:
                    waiter.join()
                    os.close(ended)
                    os.close(end)
                    return child.wait()

    def _append(self, answer: bytes) -> None:
        file = self.answers.fileno()
        at = os.fstat(file).st_size
        # The length comes last: an answer without it is not complete.
        os.pwrite(file, answer, at + _HEADER)
        os.pwrite(file, len(answer).to_bytes(_HEADER, "big"), at)


class Child(Protocol):
    """A process, as `subprocess.Popen`."""

    def wait(self) -> int:
        """Return its status after its end."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""


@contextlib.contextmanager
def open_channel() -> Iterator[Channel]:
    """Yield a channel to one process."""
    descriptor, path = tempfile.mkstemp()
    with contextlib.ExitStack() as held:
        answers = held.enter_context(os.fdopen(descriptor, "wb", buffering=0))
        reading = held.enter_context(Path(path).open("rb", buffering=0))
        Path(path).unlink()
        incoming, outgoing = os.pipe()
        requests = held.enter_context(os.fdopen(incoming, "rb", buffering=0))
        asking = held.enter_context(os.fdopen(outgoing, "wb", buffering=0))
        yield Channel(requests=requests, asking=asking, answers=answers, reading=reading)


@contextlib.contextmanager
def _passing_signals() -> Iterator[list[Child]]:
    """Pass signals on to the processes in the yielded list."""
    children: list[Child] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if number in _FROM_TERMINAL and _is_in_foreground():
            return  # the terminal sends it to the process, too
        for child in children:
            child.send_signal(number)

    before = {each: signal.signal(each, pass_on) for each in (*_PASSED, *_FROM_TERMINAL)}
    try:
        yield children
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _is_in_foreground() -> bool:
    try:
        with Path("/dev/tty").open("rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def end_as(status: int) -> None:
    """End this process as one with *status* did, if a signal ended that one."""
    if status < 0:
        signal.signal(-status, signal.SIG_DFL) if -status != signal.SIGKILL else None
        os.kill(os.getpid(), -status)
