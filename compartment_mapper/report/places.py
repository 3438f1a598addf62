"""The paths of source files in their repository."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import normpath


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRoot:
    """The folder of the application in its repository, and the file that stands for unknown places.

    Code scanning and annotations name files by their path from the root of the repository.
    """

    #: From the repository to the application: ``packages/app``; empty for the same folder.
    prefix: str
    #: From the repository to the archive, or to the package.json of the application.
    fallback: str

    def path_of(self, file: str) -> str | None:
        """Return the path of *file*, which is relative to the application; None if it is outside.

        >>> root = SourceRoot(prefix="packages/app", fallback="packages/app/package.json")
        >>> root.path_of("../../node_modules/a/index.js")
        'node_modules/a/index.js'
        >>> root.path_of("../../../x.js") is None
        True
        """
        path = normpath(f"{self.prefix}/{file}" if self.prefix else file)
        return None if path.startswith(("../", "/")) or path == ".." else path
