"""A real terminal around a command: what it shows, and what a person types."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class Terminal:
    """A command of compartment-mapper in a pseudo-terminal."""

    def __init__(self, arguments: Sequence[str], *, cwd: Path, color: bool = False) -> None:
        self._ours, theirs = pty.openpty()
        env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "compartment_mapper", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env=env if color else {**env, "NO_COLOR": "1"},
            start_new_session=True,
        )
        os.close(theirs)
        self._text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def until(self, text: str, *, seconds: float = 60) -> str:
        """Return what is shown up to *text*, which must appear."""
        end = time.monotonic() + seconds
        while text not in self._text:
            assert time.monotonic() < end, f"{text!r} does not appear in {self._text!r}"
            assert self._read(), f"ended before {text!r}: {self._text!r}"
        before, found, self._text = self._text.partition(text)
        return before + found

    def type(self, text: str) -> None:
        """Type *text*, and press Enter."""
        os.write(self._ours, f"{text}\n".encode())

    def press(self, key: bytes) -> None:
        """Press one key: ``b"\\x04"`` is Ctrl-D."""
        os.write(self._ours, key)

    def end(self, *, seconds: float = 60) -> tuple[int, str]:
        """Return the exit status, and what is shown until the end, which must come."""
        end = time.monotonic() + seconds
        while self._read():
            assert time.monotonic() < end, f"it goes on after {self._text!r}"
        return self._process.wait(seconds), self._text

    def _read(self) -> bool:
        """Read what is shown within a second; return False at the end."""
        ready, _, _ = select.select([self._ours], [], [], 1)
        if not ready:
            return True
        try:
            found = os.read(self._ours, 65536)
        except OSError:  # Linux: the other side is closed
            return False
        self._text += found.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(found)
