"""Run one program and print its resource use: a separate, small process.

Usage: python -I -S launcher.py SECONDS family|alone STDOUT STDERR PROGRAM [ARGUMENT...]

A program's peak memory is never less than that of the process that started it (Linux inherits the
figure at ``exec``): that process must be smaller than the benchmark's own interpreter.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

_PERIOD = 0.005
#: The shell's status for a program that cannot be started.
_NOT_STARTED = 127
#: getrusage(2): ru_maxrss is in kilobytes, on macOS in bytes.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Print status, seconds and bytes as JSON; kill the program after SECONDS."""
    limit, family, stdout, stderr, *command = sys.argv[1:]
    begin = time.perf_counter()
    try:
        pid = _start(command, stdout, stderr)
    except OSError as error:
        _say_not_started(error, stderr)
        return
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, float(limit))
    watch = _Watch(pid)
    if family == "family":
        watch.start()
    try:
        _, status, usage = os.wait4(pid, 0)
    except KeyboardInterrupt:
        os.killpg(pid, signal.SIGKILL)
        raise
    wall = time.perf_counter() - begin
    watch.over = True
    figures = {
        "status": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": max(usage.ru_maxrss * _MAXRSS_UNIT, watch.peak),
    }
    print(json.dumps(figures))


def _start(command: list[str], stdout: str, stderr: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, flags, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, stderr, flags, 0o600),
    ]
    # A separate session, so that the limit ends its children too.
    return os.posix_spawn(command[0], command, os.environ, file_actions=streams, setsid=True)


def _say_not_started(error: OSError, stderr: str) -> None:
    with open(stderr, "w", encoding="utf-8") as file:  # noqa: PTH123 - as below
        file.write(f"{error}\n")
    print(json.dumps({"status": _NOT_STARTED, "wall": 0, "cpu": 0, "memory": 0}))


class _Watch(threading.Thread):
    """Samples the total memory of a process and its descendants every few milliseconds.

    wait4 only knows the largest of them. Shared pages are counted once (PSS). Without /proc, the
    peak stays 0.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self.over = False

    def run(self) -> None:
        while not self.over:
            self.peak = max(self.peak, sum(_pss(pid) for pid in _family(self.pid)))
            time.sleep(_PERIOD)


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:  # without pathlib, which would make this process larger
            with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:  # noqa: PTH123 - as fast as can be
                found.extend(int(child) for child in file.read().split())
        except OSError:  # the process has ended
            continue
    return found


def _pss(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:  # noqa: PTH123 - as fast as can be
            lines = [line.split() for line in file]
    except OSError:  # the process has ended
        return 0
    return sum(int(line[1]) * 1024 for line in lines if line[0] == "Pss:")


if __name__ == "__main__":
    main()
