"""V8's code cache, opened here for a restricted process, and written by another one.

The process that runs packages can only read the cache. If it is missing, a low-priority process
that never runs packages compiles all sources of the archive.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from compartment_mapper.cache.folder import cache_folder
from compartment_mapper.host.node_process import Content, Node, runtime_files

_FOLDER = "code"
_OTHERS_WRITE = 0o022


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The code cache files of the runtime and of an archive, which may not exist."""

    folder: str
    own: str
    archive: str

    def opened(self) -> dict[str, IO[bytes]]:
        """Return the existing files that only the user can write to, by the runtime's flags."""
        files = {"--own-code-fd": self.own, "--code-fd": self.archive}
        opened = {flag: _maybe_opened(path) for flag, path in files.items()}
        return {flag: file for flag, file in opened.items() if file is not None}

    def make(self, node: Node, content: Content) -> None:
        """Write both files in a background process."""
        readable = [*runtime_files(), self.folder, f"{self.folder}/*"]
        options = [
            *("--permission", f"--allow-fs-write={self.folder}/*"),
            *(f"--allow-fs-read={path}" for path in readable),
        ]
        node.begin(options, ["--keep", self.own, self.archive], content)


def maybe_code(node: Node, compartment_map: bytes) -> Code | None:
    """Return the code cache path for the archive with that map, or None without a usable folder."""
    found = cache_folder(os.environ)
    folder = Path(os.path.realpath(found.path)) / _FOLDER
    try:
        if found.problem or not _is_own(Path(found.path).lstat(), stat.S_ISDIR):
            return None
        folder.mkdir(mode=0o700, exist_ok=True)
        if not _is_own(folder.lstat(), stat.S_ISDIR):
            return None
        own = _name_of_runtime(node)
    except OSError:
        return None
    archive = hashlib.sha256(own.encode() + compartment_map).hexdigest()
    files = [str(folder / f"{name}.v8") for name in (own, archive)]
    return Code(folder=str(folder), own=files[0], archive=files[1])


def _name_of_runtime(node: Node) -> str:
    """Return a key for the compiled code of the runtime: V8 rejects code of other builds."""
    digest = hashlib.sha256()
    found = Path(node.path).stat()
    engine = (node.path, found.st_size, found.st_mtime_ns, os.environ.get("NODE_OPTIONS", ""))
    digest.update(repr(("walled", engine)).encode("utf-8", "surrogateescape"))
    for path in runtime_files():
        digest.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return digest.hexdigest()


def _is_own(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    return (
        is_kind(found.st_mode)
        and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
        and not found.st_mode & _OTHERS_WRITE
    )


def _maybe_opened(path: str) -> IO[bytes] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    if _is_own(os.fstat(descriptor), stat.S_ISREG):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    return None
