"""A cache of scan results and of the engine's syntax errors, by hash, in one SQLite file.

Several processes can use it at once. Each value has a digest and is checked by `codec.from_plain`;
a damaged file counts as empty.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable
from typing import Self

from compartment_mapper.powers import ScanPowers, SyntaxPowers
from compartment_mapper.records.codec import from_plain, to_plain
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord

_FILE = "analysis.sqlite"
#: The version of the tables: a file with another version is recreated.
_VERSION = 1
#: If the file is larger, the least recently used values are dropped, down to three quarters.
MOST_BYTES = 96 * 1024 * 1024
_DIGEST = 16
_DAY = 24 * 60 * 60
#: The seconds for which another process may hold the write lock.
_PATIENCE = 2.0


class Analyses:
    """A cache that writes new values when its ``with`` block ends."""

    def __init__(self, folder: str, version: bytes) -> None:
        self._path = os.path.join(folder, _FILE)
        self._version = version
        self._table = _opened(self._path)
        self._new: dict[bytes, bytes] = {}
        self._used: list[bytes] = []
        self._now = int(time.time())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.keep()
        if self._table is not None:
            self._table.close()

    def key(self, *parts: bytes) -> bytes:
        """Return the key of a value that depends on *parts* and this program."""
        digest = hashlib.sha256(self._version)
        for part in parts:
            digest.update(b"%d:" % len(part) + part)
        return digest.digest()

    def value(self, key: bytes) -> object:
        """Return the JSON value that is cached as *key*, or None."""
        if self._table is None:
            return None
        try:
            row = self._table.execute(
                "SELECT value, used FROM kept WHERE key = ?", (key,)
            ).fetchone()
            if row is None:
                return None
            value, used = row
            if used < self._now - _DAY:
                self._used.append(key)
            return _content(key, value)
        except (sqlite3.Error, TypeError, ValueError, RecursionError) as problem:
            self._give_up(problem)
            return None

    def add(self, key: bytes, value: object) -> None:
        """Cache a JSON *value* as *key*."""
        text = json.dumps(value, separators=(",", ":")).encode()
        self._new[key] = hashlib.sha256(key + text).digest()[:_DIGEST] + text

    def keep(self) -> None:
        """Write new values; drop them if writing fails."""
        new, used = self._new, self._used
        self._new, self._used = {}, []
        if self._table is None or not (new or used):
            return
        rows = [(key, value, self._now) for key, value in new.items()]
        try:
            with self._table:
                self._table.execute("BEGIN IMMEDIATE")
                self._table.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)
                self._table.executemany(
                    "UPDATE kept SET used = ? WHERE key = ?", [(self._now, key) for key in used]
                )
            _shrink(self._table)
        except sqlite3.Error as problem:
            self._give_up(problem)

    def _give_up(self, problem: Exception) -> None:
        """Stop using the file in this run; remove a damaged one."""
        if self._table is not None:
            with contextlib.suppress(sqlite3.Error):
                self._table.close()
            self._table = None
        if not isinstance(problem, sqlite3.OperationalError):
            _remove(self._path)


class KnownScans:
    """`ScanPowers` that passes only unknown sources to *scans*."""

    def __init__(self, analyses: Analyses, scans: ScanPowers) -> None:
        self._analyses = analyses
        self._scans = scans

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        """Return a function that returns the record of *source*, cached or not."""
        kind = f"{language} {in_cycle} {page}".encode()
        key = self._analyses.key(b"scan", kind, source)
        known = from_plain(self._analyses.value(key))
        if known is not None:
            return lambda: known
        begun = self._scans.begin(source, language, in_cycle=in_cycle, page=page)

        def record() -> ModuleRecord:
            found = begun()
            self._analyses.add(key, to_plain(found))
            return found

        return record


class KnownEngine:
    """`SyntaxPowers` that passes only unknown sources to *engine*.

    Args:
        analyses: The cache.
        engine: The engine.
        identity: Identifies the engine.
    """

    def __init__(
        self, analyses: Analyses, engine: SyntaxPowers, identity: Callable[[], str]
    ) -> None:
        self._analyses = analyses
        self._engine = engine
        self._identity = identity

    def syntax_problem(self, source: bytes, language: Language) -> tuple[str, int] | None:
        """Return the engine's error message and line for an invalid source, or None."""
        identity = self._identity().encode("utf-8", "surrogateescape")
        key = self._analyses.key(b"engine", identity, language.encode(), source)
        match self._analyses.value(key):
            case [str(message), int(line)]:
                return message, line
            case []:
                return None
            case _:
                pass
        found = self._engine.syntax_problem(source, language)
        self._analyses.add(key, list(found or ()))
        return found


def _content(key: bytes, value: object) -> object:
    """Return the cached JSON value, or None if it is damaged or belongs to another key."""
    if not isinstance(value, bytes):
        return None
    digest, text = value[:_DIGEST], value[_DIGEST:]
    if hashlib.sha256(key + text).digest()[:_DIGEST] != digest:
        return None
    found: object = json.loads(text)
    return found


def _opened(path: str) -> sqlite3.Connection | None:
    """Open the file at *path*, recreate it if it is invalid, or return None if that fails."""
    for _ in range(2):
        try:
            return _connected(path)
        except sqlite3.OperationalError:
            return None  # locked, full or read-only: these problems are temporary
        except (sqlite3.Error, ValueError):
            _remove(path)
    return None


def _connected(path: str) -> sqlite3.Connection:
    if os.path.islink(path):
        raise ValueError
    table = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        table.execute("PRAGMA trusted_schema = OFF")
        table.execute("PRAGMA synchronous = OFF")
        (version,) = table.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            _make(table)
        table.execute("SELECT key, value, used FROM kept LIMIT 1").fetchone()
    except BaseException:
        table.close()
        raise
    return table


def _make(table: sqlite3.Connection) -> None:
    with table:
        table.execute("PRAGMA auto_vacuum = INCREMENTAL")
        table.execute("BEGIN IMMEDIATE")
        tables = "SELECT count(*) FROM sqlite_master WHERE name != 'kept'"
        if table.execute(tables).fetchone() != (0,):
            raise ValueError
        table.execute(
            "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, value BLOB, used INT)"
        )
        table.execute(f"PRAGMA user_version = {_VERSION}")


def _shrink(table: sqlite3.Connection) -> None:
    """Drop the least recently used values if the file is too large."""
    (pages,) = table.execute("PRAGMA page_count").fetchone()
    (size,) = table.execute("PRAGMA page_size").fetchone()
    if pages * size <= MOST_BYTES:
        return
    (total,) = table.execute("SELECT sum(length(value) + 64) FROM kept").fetchone()
    excess = (total or 0) - MOST_BYTES * 3 // 4
    dropped: list[tuple[bytes]] = []
    for key, length in table.execute("SELECT key, length(value) + 64 FROM kept ORDER BY used"):
        if excess <= 0:
            break
        dropped.append((key,))
        excess -= length
    table.executemany("DELETE FROM kept WHERE key = ?", dropped)
    table.execute("PRAGMA incremental_vacuum").fetchall()


def _remove(path: str) -> None:
    for name in (path, f"{path}-journal"):
        with contextlib.suppress(OSError):
            os.unlink(name)
