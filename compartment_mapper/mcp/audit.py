"""The audit log: one JSON object a line, for each call of a tool and each run."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

#: Longer values are cut.
_MOST = 2000

#: Called with the members of an entry, in any thread.
Audit = Callable[[dict[str, object]], None]


def no_audit(entry: dict[str, object]) -> None:
    """Drop the entry."""
    del entry


class AuditLog:
    """Appends entries to a file, which only its owner can read if it is new."""

    def __init__(self, path: Path) -> None:
        private = 0o600
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, private)
        self._file: TextIO = os.fdopen(descriptor, "a", encoding="utf-8")
        self._lock = threading.Lock()

    def __call__(self, entry: dict[str, object]) -> None:
        """Append *entry* with the time."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": at, **{key: _cut(value) for key, value in entry.items()}})
        with self._lock:
            self._file.write(f"{line}\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


def _cut(value: object) -> object:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    if len(text) <= _MOST:
        return value
    return f"{text[:_MOST]}… ({len(text)} characters)"
