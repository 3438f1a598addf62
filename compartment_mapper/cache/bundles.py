"""A cache of whole archives and their inputs: if no input changed, the archive is reused.

``bundles/KEY.manifest`` has the file system observations and the messages about the archive, after
a digest of both; ``bundles/SHA256.zip`` is the archive. The key depends on the entry, all options
and this program.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from compartment_mapper.bundle.build_result import (
    BuildResult,
    diagnostic_from_plain,
    diagnostic_to_plain,
)
from compartment_mapper.cache.file_dependencies import (
    Differences,
    Entry,
    Identity,
    Observations,
    differences,
)
from compartment_mapper.powers import FileKind, ReadPowers

_FOLDER = "bundles"
#: Together with `analyses.MOST_BYTES`, a quarter of a gigabyte.
MOST_BYTES = 160 * 1024 * 1024
_LARGEST = MOST_BYTES // 4
_ENTRIES: frozenset[object] = frozenset(get_args(Entry))
_DAY = 24 * 60 * 60
#: The number of checked observations above which the manifest is rewritten.
_MOST_DOUBTED = 16
#: The number of changed files above which the archive is rebuilt.
_MOST_CHANGED = 4


class Bundles:
    """The cached archives of applications on *disk*, the disk of the host."""

    def __init__(self, folder: str, disk: ReadPowers) -> None:
        self._disk = disk
        self._folder = os.path.join(folder, _FOLDER)

    def maybe_cached(self, key: str) -> CachedBundle | None:
        """Return the cached result for *key* and the changes since, or None."""
        manifest = self.maybe_manifest(key)
        if manifest is None:
            return None
        found = differences(manifest.observations, self._disk)
        if found.is_elsewhere or len(found.files) > _MOST_CHANGED:
            return None
        result = self._outcome(manifest)
        if result is None:
            return None
        if not found.files and found.uncertain > _MOST_DOUBTED:
            self._write_manifest(key, Manifest(manifest.archive, found.refreshed, manifest.said))
        return CachedBundle(result, found)

    def maybe_manifest(self, key: str) -> Manifest | None:
        """Return the manifest of *key*, or None if it is missing or damaged."""
        path = self._path(f"{key}.manifest")
        content = _maybe_read(path)
        if content is None:
            return None
        digest, _, text = content.partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != digest:
            return None
        _touch(path)
        try:
            return _manifest(text)
        except (ValueError, TypeError, KeyError, RecursionError):
            return None

    def keep(self, key: str, result: BuildResult, observations: Observations) -> None:
        """Cache *result* for *key*; ignore errors of the file system."""
        if len(result.content) + len(result.map_file) > _LARGEST:
            return
        archive = hashlib.sha256(result.content).hexdigest()
        with contextlib.suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            self._shrink(len(result.content))
            if not os.path.isfile(self._path(f"{archive}.zip")):
                self._write(f"{archive}.zip", result.content)
            self._write_manifest(key, Manifest(archive, observations, _said(result)))

    def _outcome(self, manifest: Manifest) -> BuildResult | None:
        path = self._path(f"{manifest.archive}.zip")
        content = _maybe_read(path)
        if content is None:
            return None
        if hashlib.sha256(content).hexdigest() != manifest.archive:
            with contextlib.suppress(OSError):
                os.unlink(path)
            return None
        _touch(path)
        try:
            return _outcome(content, manifest.said)
        except (ValueError, TypeError, KeyError, RecursionError):
            return None

    def _write_manifest(self, key: str, manifest: Manifest) -> None:
        text = b"\n".join(
            [
                manifest.archive.encode(),
                json.dumps(_observations_to_plain(manifest.observations)).encode(),
                *manifest.said,
            ]
        )
        digest = hashlib.sha256(text).hexdigest().encode()
        with contextlib.suppress(OSError):
            self._write(f"{key}.manifest", digest + b"\n" + text)

    def _write(self, name: str, content: bytes) -> None:
        descriptor, temporary = tempfile.mkstemp(dir=self._folder, prefix=".partial-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            os.replace(temporary, self._path(name))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _shrink(self, coming: int) -> None:
        """Remove the least recently used archives to make room."""
        with os.scandir(self._folder) as entries:
            found = [(entry.stat(follow_symlinks=False), entry.path) for entry in entries]
        excess = sum(known.st_size for known, _ in found) + coming - MOST_BYTES
        if excess <= 0:
            return
        excess += MOST_BYTES // 4
        for known, path in sorted(found, key=lambda each: each[0].st_mtime_ns):
            if excess <= 0:
                return
            with contextlib.suppress(OSError):
                os.unlink(path)
                excess -= known.st_size


@dataclass(frozen=True, slots=True)
class CachedBundle:
    """A cached result, and the inputs that changed since."""

    result: BuildResult
    differences: Differences


@dataclass(frozen=True, slots=True)
class Manifest:
    """The inputs of an archive, and the messages about it."""

    #: The SHA-256 of the archive.
    archive: str
    observations: Observations
    #: One line of JSON each.
    said: Said


#: The messages, the ``--json`` output, the replaceable modules and the source maps.
Said = tuple[bytes, bytes, bytes, bytes]


def _maybe_read(path: str) -> bytes | None:
    try:
        if os.path.islink(path):
            return None
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _touch(path: str) -> None:
    """Record the use of a file, with a resolution of one day."""
    with contextlib.suppress(OSError):
        if os.stat(path).st_mtime < time.time() - _DAY:
            os.utime(path)


def _said(result: BuildResult) -> Said:
    told = {
        "sha512": result.sha512,
        "summary": result.summary,
        "warnings": [diagnostic_to_plain(problem) for problem in result.warnings],
        "denied": result.denied,
        "deniedSummary": result.denied_summary,
        "granted": result.granted,
        "grantedSummary": result.granted_summary,
        "needs": result.needs,
        "compressed": result.is_compressed,
    }
    texts = (json.dumps(told), result.statistics, result.replaceable)
    told_text, statistics, replaceable = (text.encode("utf-8", "surrogatepass") for text in texts)
    return told_text, statistics, replaceable, result.map_file.rstrip(b"\n")


def _outcome(content: bytes, said: Said) -> BuildResult:
    told = json.loads(said[0])
    return BuildResult(
        content=content,
        sha512=_text(told["sha512"]),
        summary=_text(told["summary"]),
        warnings=tuple(diagnostic_from_plain(problem) for problem in told["warnings"]),
        denied=_text(told["denied"]),
        denied_summary=_text(told["deniedSummary"]),
        granted=_text(told["granted"]),
        granted_summary=_text(told["grantedSummary"]),
        needs=_text(told["needs"]),
        statistics=said[1].decode("utf-8", "surrogatepass"),
        replaceable=said[2].decode("utf-8", "surrogatepass"),
        is_compressed=told["compressed"] is True,
        map_file=said[3] + b"\n" if said[3] else b"",
    )


def _manifest(text: bytes) -> Manifest:
    archive, observed, *said = text.split(b"\n")
    if re.fullmatch(rb"[0-9a-f]{64}", archive) is None:
        raise ValueError
    known = _observations_from_plain(json.loads(observed))
    told, statistics, replaceable, map_file = said
    return Manifest(archive.decode(), known, (told, statistics, replaceable, map_file))


def _observations_to_plain(known: Observations) -> dict[str, object]:
    return {
        "since": known.since,
        "files": [[path, *identity, digest] for path, (identity, digest) in known.files.items()],
        "folders": [[path, *identity] for path, identity in known.folders.items()],
        "entries": known.entries,
        "listings": known.listings,
        "linked": {path: list(answer) for path, answer in known.linked.items()},
        "programs": [[path, *identity] for path, identity in known.programs.items()],
    }


def _observations_from_plain(value: Mapping[str, object]) -> Observations:
    """Return the observations; raise ValueError, TypeError or KeyError for another shape."""
    return Observations(
        since=_number(value["since"]),
        files={
            _text(row[0]): (_identity(row[1:-1]), _text(row[-1])) for row in _rows(value["files"])
        },
        folders={_text(row[0]): _identity(row[1:]) for row in _rows(value["folders"])},
        entries={path: _entries(found) for path, found in _table(value["entries"]).items()},
        listings={path: _text(digest) for path, digest in _table(value["listings"]).items()},
        linked={path: _linked(answer) for path, answer in _table(value["linked"]).items()},
        programs={_text(row[0]): _identity(row[1:]) for row in _rows(value["programs"])},
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _identity(value: list[object]) -> Identity:
    device, number, size, content, change = value
    return _number(device), _number(number), _number(size), _number(content), _number(change)


def _rows(value: object) -> list[list[object]]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _entries(value: object) -> dict[str, Entry]:
    found = _table(value)
    if not _ENTRIES.issuperset(found.values()):
        raise ValueError
    return found  # type: ignore[return-value] # just checked


def _linked(value: object) -> tuple[FileKind | None, str]:
    match value:
        case [("file" | "directory" | None) as kind, str(real)]:
            return kind, real
        case _:
            raise ValueError
