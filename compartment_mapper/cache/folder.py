"""The cache folder of the user, if there is one."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

VARIABLE = "COMPARTMENT_MAPPER_CACHE"
_NAME = "compartment-mapper"
#: The parts of the cache; other files in the folder are never removed.
PARTS: Mapping[str, tuple[str, ...]] = {
    "analysis": ("analysis.sqlite", "analysis.sqlite-journal"),
    "bundles": ("bundles",),
    "code": ("code",),
}
#: Our files in the part ``bundles``.
_BUNDLE = re.compile(r"[0-9a-f]{64}\.(?:zip|manifest)|\.partial-.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFolder:
    """A usable cache folder, or the reason why there is none."""

    path: str
    #: The reason why it is not used; empty if it is.
    problem: str = ""


def cache_folder(environment: Mapping[str, str], *, platform: str = sys.platform) -> CacheFolder:
    """Return the folder that *environment* names, and create it if it is missing.

    The folder is used only if no other user can write to it.
    """
    path = _chosen(environment, platform)
    if not os.path.isabs(path):
        return CacheFolder(path=path, problem=f"{VARIABLE} is not an absolute path")
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        problem = _distrust(os.stat(path))
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
    return CacheFolder(path=path, problem=problem)


def _chosen(environment: Mapping[str, str], platform: str) -> str:
    if environment.get(VARIABLE):
        return environment[VARIABLE]
    home = environment.get("HOME") or os.path.expanduser("~")
    if platform == "darwin":
        return os.path.join(home, "Library", "Caches", _NAME)
    if platform == "win32":
        local = environment.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
        return os.path.join(local, _NAME)
    named = environment.get("XDG_CACHE_HOME", "")
    # The XDG Base Directory Specification: relative paths must be ignored.
    base = named if os.path.isabs(named) else os.path.join(home, ".cache")
    return os.path.join(base, _NAME)


def _distrust(found: os.stat_result) -> str:
    """Return how other users could write to a folder (following links); empty if they cannot."""
    if not stat.S_ISDIR(found.st_mode):
        return "it is not a folder"
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        return "it belongs to another user"
    if os.name == "posix" and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "other users can write to it"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the cache."""

    name: str
    files: int
    size: int


def parts_of(folder: str) -> list[Part]:
    """Return the parts of the cache in *folder*."""
    found = []
    for name, tops in PARTS.items():
        sizes = [size for top in tops for _, size in _files(os.path.join(folder, top))]
        found.append(Part(name=name, files=len(sizes), size=sum(sizes)))
    return found


def clear(folder: str) -> Part:
    """Clear the cache in *folder*, and return its size; other files stay."""
    count = size = 0
    for tops in PARTS.values():
        for top in tops:
            for path, length in _files(os.path.join(folder, top)):
                with contextlib.suppress(OSError):
                    os.unlink(path)
                    count, size = count + 1, size + length
    return Part(name="all", files=count, size=size)


def _files(path: str) -> Iterator[tuple[str, int]]:
    """Yield the files at *path*, or directly in it, without following links."""
    try:
        found = os.lstat(path)
        if stat.S_ISREG(found.st_mode):
            yield path, found.st_size
        elif stat.S_ISDIR(found.st_mode):
            with os.scandir(path) as entries:
                is_ours = _BUNDLE.fullmatch if path.endswith("bundles") else bool
                for entry in entries:
                    if entry.is_file(follow_symlinks=False) and is_ours(entry.name):
                        yield entry.path, entry.stat(follow_symlinks=False).st_size
    except OSError:
        return
