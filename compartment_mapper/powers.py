"""What we may ask of the world, as arguments: to read, to write; and a world in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from compartment_mapper.locations import Location, location_of_path, path_of

FileKind = Literal["file", "directory"]


class ReadPowers(Protocol):
    """To see files. Nothing here raises for a file that is absent."""

    def maybe_read(self, location: Location) -> bytes | None:
        """Return the bytes of the file at *location*; None when there is no such file."""

    def kind(self, location: Location) -> FileKind | None:
        """Return what is at *location*, links followed; None for nothing (or a loop of links)."""

    def canonical(self, location: Location) -> Location:
        """Return the real location of what exists at *location*, links followed."""

    def names_in(self, folder: Location) -> list[str]:
        """Return the names of what is in *folder*, sorted; none where there is no folder."""


class WritePowers(Protocol):
    """To make one file."""

    def write(self, path: str, content: bytes) -> None:
        """Write *content* to *path*, whole or not at all.

        Raises:
            InputError: CANNOT_WRITE.
        """


class MemoryFiles:
    """`ReadPowers` over a mapping from absolute path to content, for tests and small worlds.

    >>> files = MemoryFiles({"/app/x.js": b"1"}, links={"/l": "/app"})
    >>> files.kind(location_of_path("/l/x.js")), files.canonical(location_of_path("/l/x.js"))
    ('file', 'file:///app/x.js')
    """

    def __init__(
        self, files: Mapping[str, bytes], *, links: Mapping[str, str] | None = None
    ) -> None:
        self._files = dict(files)
        self._links = dict(links or {})
        self._directories = {
            "/".join(path.split("/")[:depth]) or "/"
            for path in self._files
            for depth in range(1, path.count("/") + 1)
        }

    def maybe_read(self, location: Location) -> bytes | None:
        """Return the bytes of the file at *location*; None when there is no such file."""
        return self._files.get(self._real(location))

    def kind(self, location: Location) -> FileKind | None:
        """Return what is at *location*, links followed."""
        path = self._real(location)
        if path in self._files:
            return None if location.endswith("/") else "file"
        return "directory" if path in self._directories else None

    def canonical(self, location: Location) -> Location:
        """Return the real location of what exists at *location*, links followed."""
        slash = "/" if location.endswith("/") else ""
        return location_of_path(self._real(location).rstrip("/") + slash)

    def names_in(self, folder: Location) -> list[str]:
        """Return the names of what is in *folder*, sorted."""
        prefix = self._real(folder).rstrip("/") + "/"
        below = (path[len(prefix) :] for path in self._files if path.startswith(prefix))
        return sorted({path.partition("/")[0] for path in below})

    def _real(self, location: Location) -> str:
        path = path_of(location).rstrip("/") or "/"
        for _ in range(40):  # as ELOOP
            link = next(
                (name for name in self._links if path == name or path.startswith(name + "/")), None
            )
            if link is None:
                return path
            path = self._links[link] + path[len(link) :]
        return ""
