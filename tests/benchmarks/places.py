"""Paths: the project, programs of its virtual environment, and the working folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"


@dataclass(frozen=True, slots=True)
class Work:
    """The working folder of a benchmark: copies of applications, products, caches."""

    folder: Path

    def clear(self) -> None:
        """Start with an empty folder, without leftovers of an earlier benchmark."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)

    def application(self, name: str) -> Path:
        """Return the folder of an application's copy."""
        return self.folder / "applications" / name

    def product(self, tool: str, name: str) -> Path:
        """Return the output path of *tool* for an application; its folder exists."""
        folder = self.folder / "products" / tool.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def cache(self, name: str) -> Path:
        """Return the path of a cache folder, which may not exist."""
        return self.folder / "caches" / name


def emptied(*paths: Path) -> Callable[[int], None]:
    """Return a function that removes files and folders before a run."""

    def remove(_round: int) -> None:
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    return remove
