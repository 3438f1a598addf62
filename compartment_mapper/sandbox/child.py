"""The Node process of a sandbox, started without capabilities and with resource limits.

SES confines the evaluated code. Behind it are Node's permission model (no files, processes, threads
or addons), an empty environment, and system limits on memory, files and descriptors.
"""

from __future__ import annotations

import base64
import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from compartment_mapper.sandbox.answers import Answers
from compartment_mapper.sandbox.messages import (
    BrokenProcessError,
    Message,
    Seal,
    packed,
    unpacked,
)
from compartment_mapper.sandbox.settings import Settings

_SCRIPT = "sandbox.cjs"
_MEBIBYTE = 1024 * 1024
_CHUNK = 1 << 16
#: The largest length that the prefix can express.
_MOST = (1 << 32) - 1
#: The end of standard error to store: V8 prints the reason of a crash there.
_KEPT = 1 << 13
#: The maximum ratio by which JSON escapes lengthen a string.
_ESCAPED = 6
#: Messages about evaluations.
_SAID = frozenset(
    {"started", "done", "failed", "cancelled", "output", "call", "stripped", "parsed", "report"}
)
_OUT_OF_MEMORY = (b"out of memory", b"Allocation failed", b"allocation failed", b"OOM")


class Child:
    """A process.

    Args:
        settings: How to start it.
        received: Called with each message, in the thread that reads them.
        ended: Called once in the thread of the process, after the last message.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        received: Callable[[Child, Message], None],
        ended: Callable[[Child], None],
    ) -> None:
        self._most = _ESCAPED * settings.limits.message_bytes + _MEBIBYTE
        self._received = received
        self._ended = ended
        self._last = bytearray()
        self._unsent = bytearray()
        self._lock = threading.Lock()
        #: Whether it reported that it is ready.
        self.is_ready = False
        #: Whether it sent any message after that.
        self.is_of_use = False
        self.problem = ""
        #: Whether it sent an invalid message.
        self.is_broken = False
        self._seal = Seal()
        requests, self._requests = os.pipe()
        source, answers = os.pipe()
        watched, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own Node, no shell
                [*_command(settings), str(requests), str(answers)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(requests, answers, watched),
                env={"TZ": "UTC"},
                cwd=settings.runtime,
                start_new_session=True,  # the host handles Ctrl-C in a terminal
            )
            _end_with(self._process.pid, watched)
        except OSError:
            for descriptor in (self._requests, source, self._lifeline):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (requests, answers, watched):
                os.close(descriptor)
        os.set_blocking(self._requests, False)
        self._woken, self._waker = os.pipe()
        self._selector = selectors.DefaultSelector()
        #: Its messages, which a thread can claim.
        self.answers = Answers(source, self._selector, self._take)
        self._memory = settings.memory_mb * _MEBIBYTE
        for message in _first_messages(settings, self._seal.key):
            self.send(message)
        threading.Thread(target=self._read, name="sandbox", daemon=True).start()

    def send(self, message: Message, *, most: int = _MOST) -> None:
        """Send *message* without waiting, at the latest when the process reads.

        Do nothing if the process has ended; `ended` reports that.

        Raises:
            TooLargeError: The message is larger than *most* bytes.
        """
        content = packed(message, most=most)
        with self._lock:
            is_first = not self._unsent
            self._unsent += content
            if is_first and self._requests >= 0:
                self._write()
                if self._unsent:
                    os.write(self._waker, b"!")

    def _write(self) -> None:
        """Write as much as the pipe accepts now."""
        try:
            del self._unsent[: os.write(self._requests, self._unsent[:_CHUNK])]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._unsent.clear()

    @property
    def process_id(self) -> int:
        """The process ID."""
        return self._process.pid

    def kill(self) -> None:
        """Kill the process."""
        self._process.kill()

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether the process ended because it ran out of memory."""
        status = self._process.returncode
        aborted = status in {-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL, -signal.SIGSEGV}
        return aborted and any(words in self._last for words in _OUT_OF_MEMORY)

    def account(self) -> str:
        """Return a description of how the process ended."""
        said = bytes(self._last).decode("utf-8", "replace").strip().splitlines()
        status = self._process.returncode
        how = f"by signal {-status}" if status is not None and status < 0 else f"with {status}"
        return f"it ended {how}" + (f": {said[-1][:200]}" if said else "") + self.problem

    def _read(self) -> None:
        """Read until the process ends, and always call `ended`."""
        try:
            self._exchange()
        except Exception as problem:  # noqa: BLE001 - nothing else would report it
            self.problem += f"; {problem!r}"
            self.kill()
        finally:
            self._close()
            self._ended(self)

    def _exchange(self) -> None:
        """Read until the process ends, and write pending data."""
        assert self._process.stderr is not None
        errors = self._process.stderr.fileno()
        for descriptor in (errors, self._woken):
            self._selector.register(descriptor, selectors.EVENT_READ)
        open_ends = {self.answers.descriptor, errors}
        while open_ends:
            for key, _events in self._selector.select():
                if key.fd == self._requests:
                    self._write_on()
                elif key.fd == self._woken:
                    os.read(key.fd, _CHUNK)
                    self._selector.register(self._requests, selectors.EVENT_WRITE)
                elif not (self._read_errors(key.fd) if key.fd == errors else self.answers.read()):
                    open_ends.discard(key.fd)

    def _read_errors(self, descriptor: int) -> bool:
        """Read from standard error; return whether more can follow."""
        chunk = os.read(descriptor, _CHUNK)
        self._last = (self._last + chunk)[-_KEPT:]
        if not chunk:
            self._selector.unregister(descriptor)
        return bool(chunk)

    def _write_on(self) -> None:
        with self._lock:
            self._write()
            if not self._unsent:
                self._selector.unregister(self._requests)

    def _take(self, buffer: bytearray) -> None:
        try:
            for message in unpacked(buffer, most=self._most):
                self._note(message)
                self._received(self, message)
        except BrokenProcessError as problem:
            self.problem = f"; it sent {problem}"
            self.is_broken = True
            buffer.clear()
            self.kill()
        except BaseException:  # for example KeyboardInterrupt: messages are lost
            self.kill()
            raise

    def _note(self, message: Message) -> None:
        self._seal.check(message)
        if message["type"] == "ready" and not self.is_ready:
            self._limit_memory()
            self.is_ready = True
        elif message["type"] not in _SAID or not self.is_ready:
            raise BrokenProcessError(f"an unexpected message: {message['type']!r:.40}")
        else:
            self.is_of_use = True

    def _limit_memory(self) -> None:
        """Limit its memory to the setting, beyond its use at startup.

        V8's own limit covers the heap only, not the contents of buffers.
        """
        if sys.platform != "linux":
            return
        import resource  # noqa: PLC0415 - not available on other systems

        pid = self._process.pid
        # For example `VmData:   575392 kB`.
        with contextlib.suppress(OSError, ValueError):  # it has ended, or has a lower limit already
            status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
            sizes = (line.split()[1] for line in status.splitlines() if line.startswith("VmData"))
            most = int(next(sizes, "")) * 1024 + self._memory
            resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))

    def _close(self) -> None:
        self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()
        with self._lock:
            os.close(self._requests)
            self._requests = -1
        self.answers.close()
        self._selector.close()
        for descriptor in (self._woken, self._waker, self._lifeline):
            os.close(descriptor)


def _end_with(pid: int, watched: int) -> None:
    """Let the kernel end a process when this one ends in any way, also if it runs a loop.

    It then sends SIGIO, because nothing else has the other end of the pipe *watched*.
    """
    import fcntl  # noqa: PLC0415 - not available on Windows

    fcntl.fcntl(watched, fcntl.F_SETOWN, pid)
    flags = fcntl.fcntl(watched, fcntl.F_GETFL)
    fcntl.fcntl(watched, fcntl.F_SETFL, flags | os.O_ASYNC)


def _command(settings: Settings) -> list[str]:
    script = os.path.realpath(Path(settings.runtime) / _SCRIPT)
    return [
        settings.node,
        "--expose-internals",
        "--permission",
        f"--allow-fs-read={script}",
        "--no-warnings",
        "--no-addons",
        f"--max-old-space-size={settings.memory_mb}",
        script,
    ]


def _first_messages(settings: Settings, key: str) -> list[Message]:
    limits = settings.limits
    first: Message = {
        "type": "settings",
        "key": key,
        "tools": settings.tools,
        "clock": settings.clock,
        "random": settings.random,
        "report": settings.report is not None,
        "limits": {
            "depth": limits.depth,
            "size": limits.message_bytes,
            "calls": limits.tool_calls,
            "output": limits.output,
        },
    }
    return [first, *(_archive_message(*module) for module in settings.modules.items())]


def _archive_message(name: str, content: bytes) -> Message:
    return {"type": "archive", "name": name, "content": base64.b64encode(content).decode("ascii")}
