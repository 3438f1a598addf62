"""The audit log: one JSON object a line, for each call of a tool and each run."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from compartment_mapper.mcp.plain import shortened, shown

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
        line = json.dumps({"time": at, **{key: _plain(value) for key, value in entry.items()}})
        with self._lock:
            self._file.write(f"{line}\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


def _plain(value: object) -> object:
    """Return *value*, or a text about it if it is long or JSON does not have it."""
    if isinstance(value, str):
        return shortened(value, _MOST)
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):  # the arguments of a call that is refused for this reason
        return shown(value, most=_MOST)
    return value if len(text) <= _MOST else shown(value, most=_MOST)
