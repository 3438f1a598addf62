"""Where things are: the project, its virtual environment's programs, the folder to work in."""

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
    """The folder where a benchmark builds: copies of applications, products, caches."""

    folder: Path

    def clear(self) -> None:
        """Begin with nothing: what an earlier benchmark left is no product of this one."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)

    def application(self, name: str) -> Path:
        """Return where the copy of an application is."""
        return self.folder / "applications" / name

    def product(self, tool: str, name: str) -> Path:
        """Return the file that *tool* makes of an application; its folder is there."""
        folder = self.folder / "products" / tool.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def cache(self, name: str) -> Path:
        """Return a folder for a cache, which may not be there."""
        return self.folder / "caches" / name


def emptied(*paths: Path) -> Callable[[int], None]:
    """Return what removes files and folders before a run."""

    def remove(_round: int) -> None:
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    return remove
