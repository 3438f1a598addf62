"""The interfaces of everything that the stages may ask of the host, passed as arguments.

`MemoryFiles` implements file access in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from compartment_mapper.locations import Location, location_of_path, path_of

if TYPE_CHECKING:  # a cache hit needs none of them
    from compartment_mapper.records.languages import Language
    from compartment_mapper.records.minify_protocol import Minified, Program
    from compartment_mapper.records.module_record import ModuleRecord
    from compartment_mapper.records.type_stripping import StrippedTypes, StripRefusal, Typed

FileKind = Literal["file", "directory"]


class ReadPowers(Protocol):
    """Read access to files. No method raises for a missing file."""

    def maybe_read(self, location: Location) -> bytes | None:
        """Return the bytes of the file at *location*, or None if there is no such file."""

    def kind(self, location: Location) -> FileKind | None:
        """Return the kind of *location*, following links; None if missing (or a loop of links)."""

    def canonical(self, location: Location) -> Location:
        """Return the real location of *location*, which exists, following links."""

    def names_in(self, folder: Location) -> list[str]:
        """Return the sorted names in *folder*, or nothing if there is no folder."""


class WritePowers(Protocol):
    """Write access to one file."""

    def write(self, path: str, content: bytes) -> None:
        """Write *content* to *path* atomically.

        Raises:
            InputError: CANNOT_WRITE.
        """


class StripPowers(Protocol):
    """Type stripping."""

    def stripped(self, typed: Typed) -> StrippedTypes | StripRefusal:
        """Return the edits that turn *typed* into JavaScript, or the problem."""


class MinifyPowers(Protocol):
    """Minification by the application's esbuild."""

    def minified(self, esbuild: Location, programs: Sequence[Program]) -> list[Minified | None]:
        """Return each program minified, or None where equivalence is not certain.

        Raises:
            InputError: ESBUILD_NOT_USABLE.
        """

    def are_same(self, esbuild: Location, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """Return, for each pair of functors, whether they differ only in formatting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShimChanges:
    """What a shim changes: names of properties, by object."""

    package: str
    #: In its package.
    path: str
    adds: Mapping[str, tuple[str, ...]]
    #: What it replaces, and what was put back.
    restored: Mapping[str, tuple[str, ...]]


class ShimPowers(Protocol):
    """Confined runs of shims."""

    def changes(self, archive: bytes) -> list[ShimChanges]:
        """Return what each shim of *archive* changes.

        Raises:
            InputError: SHIM_REFUSED.
        """


class ScanPowers(Protocol):
    """Scanning of sources: in this process, in workers, or from a cache."""

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        """Start to scan, as `scan.scan_module`; the returned function waits for the result."""


class SyntaxPowers(Protocol):
    """Syntax checks by a JavaScript engine, for parse uncertainty."""

    def syntax_problem(self, source: bytes, language: Language) -> tuple[str, int] | None:
        """Return the engine's message and 1-based line (0: unknown) for invalid source, or None."""


class MemoryFiles:
    """`ReadPowers` over a mapping from absolute path to content, for tests and small file trees.

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
        """Return the bytes of the file at *location*, or None if there is no such file."""
        return self._files.get(self._real(location))

    def kind(self, location: Location) -> FileKind | None:
        """Return the kind of *location*, following links."""
        path = self._real(location)
        if path in self._files:
            return None if location.endswith("/") else "file"
        return "directory" if path in self._directories else None

    def canonical(self, location: Location) -> Location:
        """Return the real location of *location*, which exists, following links."""
        slash = "/" if location.endswith("/") else ""
        return location_of_path(self._real(location).rstrip("/") + slash)

    def names_in(self, folder: Location) -> list[str]:
        """Return the sorted names in *folder*."""
        prefix = self._real(folder).rstrip("/") + "/"
        below = (path[len(prefix) :] for path in self._files if path.startswith(prefix))
        return sorted({path.partition("/")[0] for path in below})

    def _real(self, location: Location) -> str:
        path = path_of(location).rstrip("/") or "/"
        for _ in range(40):  # the limit of ELOOP
            link = next(
                (name for name in self._links if path == name or path.startswith(name + "/")), None
            )
            if link is None:
                return path
            path = self._links[link] + path[len(link) :]
        return ""
