"""The five applications, and working copies of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.places import HERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application with its packages."""

    name: str
    #: The folder of its installation.
    source: Path
    #: Missing optional packages that some bundlers need to know.
    absent: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name in tables."""
        return self.name.upper()


#: See `Application.absent`.
_ABSENT = {"xl": ("jiti", "jiti/package.json", "@babel/preset-typescript/package.json")}

APPLICATIONS = tuple(
    Application(name=name, source=HERE / "apps" / name, absent=_ABSENT.get(name, ()))
    for name in ("s", "m", "l", "p", "xl")
)


def copy(source: Path, target: Path) -> None:
    """Copy an application: its own files, and its packages as hard links if possible.

    Read every file, so that all tools find them in the page cache.
    """
    packages = source / "node_modules"
    if not packages.is_dir():
        message = f"{packages} is missing: python3 scripts/bench.py installs it"
        raise FileNotFoundError(message)
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(source, target, ignore=ignored)
    shutil.copytree(packages, target / "node_modules", symlinks=True, copy_function=_linked)
    for path in target.rglob("*"):
        if path.is_file():
            path.read_bytes()


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a different file system
        shutil.copy2(source, target)


def changing(entry: Path) -> Callable[[int], None]:
    """Return a function that makes *entry* unique by a statement at its end."""
    original = entry.read_text()

    def change(number: int) -> None:
        entry.write_text(f"{original}\nvoid {number + 1};\n")

    return change
