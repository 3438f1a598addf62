"""Record the file system queries of a run, so that the next run can check their results.

A file is identified by its stat fields (device, inode, size, times), and by its content if these
changed or are too recent to be reliable. Other results (names in folders, kinds, link targets) are
identified by the stat fields of folders: each result is checked only if its folder changed.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from compartment_mapper.locations import Location, location_of_path, path_of
from compartment_mapper.powers import FileKind, ReadPowers

#: Device, inode, size, and the times of the last content and metadata changes.
Identity = tuple[int, int, int, int, int]
#: The kind of a name; ``link`` for a link to anything, ``other`` for neither a file nor a folder.
Entry = Literal["file", "folder", "link", "other", "nothing"]

#: Two changes this close together may have the same time, on any file system.
_GRANULE = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """The queries and their results."""

    #: The time of the first query, in nanoseconds.
    since: int
    #: By path: identity and SHA-256.
    files: Mapping[str, tuple[Identity, str]]
    #: By path; for folders that are reached without links.
    folders: Mapping[str, Identity]
    #: By folder and name.
    entries: Mapping[str, Mapping[str, Entry]]
    #: By folder: the digest of all its names.
    listings: Mapping[str, str]
    #: Queries through links, repeated each time: the kind and the real path.
    linked: Mapping[str, tuple[FileKind | None, str]]
    #: Programs that were looked up.
    programs: Mapping[str, Identity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """The results that changed."""

    #: Files with changed content, or without any.
    files: tuple[str, ...]
    #: Any other change: new or missing names, or other link targets.
    is_elsewhere: bool
    #: The same observations with current identities of files and folders.
    refreshed: Observations
    #: The number of results that had to be checked because identities changed.
    uncertain: int


@dataclass(slots=True)
class ObservedDisk:
    """`ReadPowers` over the host's files that records queries.

    Finds kinds and real paths with half as many system calls as *disk*, so that recording adds no
    cost.
    """

    disk: ReadPowers
    since: int = field(default_factory=time.time_ns)
    files: dict[str, tuple[Identity, str]] = field(default_factory=dict)
    folders: dict[str, Identity] = field(default_factory=dict)
    entries: dict[str, dict[str, Entry]] = field(default_factory=dict)
    listings: dict[str, str] = field(default_factory=dict)
    linked: dict[str, tuple[FileKind | None, str]] = field(default_factory=dict)
    programs: dict[str, Identity] = field(default_factory=dict)
    #: By folder: the nearest folder that is reached without links, and whether it is the folder
    #: itself.
    _standings: dict[str, tuple[str, Entry]] = field(default_factory=dict)

    def observations(self) -> Observations:
        """Return the recorded observations."""
        return Observations(
            since=self.since,
            files=self.files,
            folders=self.folders,
            entries=self.entries,
            listings=self.listings,
            linked=self.linked,
            programs=self.programs,
        )

    def recall(self, known: Observations) -> None:
        """Add the observations in *known*."""
        self.since = known.since
        self.files.update(known.files)
        self.folders.update(known.folders)
        self.entries.update({path: dict(names) for path, names in known.entries.items()})
        self.listings.update(known.listings)
        self.linked.update(known.linked)
        self.programs.update(known.programs)

    def maybe_read(self, location: Location) -> bytes | None:
        """Return the bytes of the file at *location*, or None if there is no such file."""
        path = path_of(location)
        identity = maybe_identity(path)
        content = self.disk.maybe_read(location) if identity else None
        if content is None or identity is None:
            self.kind(location)
        else:
            self.files[path] = identity, hashlib.sha256(content).hexdigest()
        return content

    def kind(self, location: Location) -> FileKind | None:
        """Return the kind of *location*, following links; None if missing (or a loop of links)."""
        path = path_of(location)
        match self._entry(path.rstrip("/") or "/"):
            case "folder":
                return "directory"
            case "file":
                return None if path.endswith("/") else "file"
            case "link":
                kind, _ = self._linked(path)
                return kind
            case _:
                return None

    def canonical(self, location: Location) -> Location:
        """Return the real location of *location*, which exists, following links."""
        path = path_of(location)
        whole = path.rstrip("/") or "/"
        if self._entry(whole) in {"file", "folder"} and os.path.normpath(whole) == whole:
            return location_of_path(path)
        _, real = self._linked(path)
        return location_of_path(real)

    def names_in(self, folder: Location) -> list[str]:
        """Return the sorted names in *folder*, or nothing if there is no folder."""
        path = path_of(folder).rstrip("/") or "/"
        if self._entry(path) == "folder":
            self._observe(path)
        else:
            self._linked(path)
        names = self.disk.names_in(folder)
        self.listings[path] = _digest_of(names)
        return names

    def _linked(self, path: str) -> tuple[FileKind | None, str]:
        if path not in self.linked:
            self.linked[path] = _asked(self.disk, path)
        return self.linked[path]

    def _entry(self, path: str) -> Entry:
        """Return the kind of *path*: ``link`` also if a folder on the way is a link."""
        if path == "/":
            return "folder"
        above, _, name = path.rpartition("/")
        folder, entry = self._standing(above or "/")
        return self._entry_in(folder, name) if entry == "folder" else entry

    def _standing(self, folder: str) -> tuple[str, Entry]:
        """Return the nearest existing folder on the way to *folder*, and the rest of the path."""
        known = self._standings.get(folder)
        if known is None:
            known = self._standings[folder] = self._found_standing(folder)
        return known

    def _found_standing(self, folder: str) -> tuple[str, Entry]:
        nearest = "/"
        for name in folder.split("/"):
            if not name:
                continue
            found = self._entry_in(nearest, name)
            if found != "folder":
                return nearest, "link" if found == "link" else "nothing"
            nearest = f"{nearest.rstrip('/')}/{name}"
        return nearest, "folder"

    def _entry_in(self, folder: str, name: str) -> Entry:
        entries = self.entries.get(folder)
        if entries is None:
            self._observe(folder)
            entries = self.entries[folder] = {}
        if name not in entries:
            entries[name] = _entry_at(f"{folder.rstrip('/')}/{name}")
        return entries[name]

    def _observe(self, folder: str) -> None:
        if folder not in self.folders:
            identity = maybe_identity(folder)
            if identity is not None:
                self.folders[folder] = identity


def maybe_identity(path: str) -> Identity | None:
    """Return the identity of *path*, following links, or None if it is missing."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _entry_at(path: str) -> Entry:
    try:
        mode = os.lstat(path).st_mode
    except (OSError, ValueError):
        return "nothing"
    if stat.S_ISLNK(mode):
        return "link"
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else "other"


def _asked(disk: ReadPowers, path: str) -> tuple[FileKind | None, str]:
    location = location_of_path(path)
    return disk.kind(location), path_of(disk.canonical(location))


def _digest_of(names: list[str]) -> str:
    text = "/".join(names).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()


def differences(known: Observations, disk: ReadPowers) -> Differences:
    """Return the changes on *disk* since *known* was observed."""
    since = time.time_ns()
    files, changed, uncertain = _differing_files(known)
    folders, is_elsewhere, more = _differing_folders(known, disk)
    is_elsewhere = (
        is_elsewhere
        or any(_asked(disk, path) != answer for path, answer in known.linked.items())
        or any(maybe_identity(path) != identity for path, identity in known.programs.items())
    )
    refreshed = Observations(
        since=since,
        files=files,
        folders=folders,
        entries=known.entries,
        listings=known.listings,
        linked=known.linked,
        programs=known.programs,
    )
    return Differences(
        files=changed, is_elsewhere=is_elsewhere, refreshed=refreshed, uncertain=uncertain + more
    )


def _tells(identity: Identity, since: int) -> bool:
    """Return whether content with *identity* at the time *since* cannot have changed unnoticed."""
    return max(identity[3], identity[4]) + _GRANULE < since


def _differing_files(
    known: Observations,
) -> tuple[dict[str, tuple[Identity, str]], tuple[str, ...], int]:
    files: dict[str, tuple[Identity, str]] = {}
    changed: list[str] = []
    uncertain = 0
    for path, (identity, digest) in known.files.items():
        now = maybe_identity(path)
        files[path] = now or identity, digest
        if now == identity and _tells(identity, known.since):
            continue
        uncertain += 1
        if now is None or _digest_of_file(path) != digest:
            changed.append(path)
    return files, tuple(changed), uncertain


def _digest_of_file(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except (OSError, ValueError):
        return None


def _differing_folders(
    known: Observations, disk: ReadPowers
) -> tuple[dict[str, Identity], bool, int]:
    folders: dict[str, Identity] = {}
    uncertain = 0
    is_elsewhere = False
    for folder, identity in known.folders.items():
        now = maybe_identity(folder)
        folders[folder] = now or identity
        if now == identity and _tells(identity, known.since):
            continue
        uncertain += 1
        is_elsewhere = is_elsewhere or now is None or _differs(folder, known, disk)
    for folder in known.listings.keys() - known.folders.keys():
        is_elsewhere = is_elsewhere or not _lists(folder, known, disk)
    return folders, is_elsewhere, uncertain


def _differs(folder: str, known: Observations, disk: ReadPowers) -> bool:
    entries = known.entries.get(folder, {})
    prefix = folder.rstrip("/")
    if any(_entry_at(f"{prefix}/{name}") != entry for name, entry in entries.items()):
        return True
    return folder in known.listings and not _lists(folder, known, disk)


def _lists(folder: str, known: Observations, disk: ReadPowers) -> bool:
    """Return whether *folder* has the same names as before."""
    location = location_of_path(folder + "/")
    return _digest_of(disk.names_in(location)) == known.listings[folder]
