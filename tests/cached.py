"""What tests of the cache share: bundling as a command does, with a cache."""

from __future__ import annotations

import os
from pathlib import Path

from click.testing import Result
from command_line import invoke


def aged(root: Path) -> None:
    """Make all files below *root* some seconds older."""
    for path in [*root.rglob("*"), root]:
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 3600), follow_symlinks=False)


def bundled(*more: str) -> tuple[Result, bytes]:
    """Return the output of ``bundle``, and the archive; remove an existing one first."""
    Path("app.zip").unlink(missing_ok=True)
    result = invoke("bundle", "main.js", "-o", "app.zip", *more)
    archive = Path("app.zip")
    return result, archive.read_bytes() if archive.exists() else b""


def assert_same_as_new(*more: str) -> Result:
    """Fail if the cache makes a difference; return the output."""
    kept, archive = bundled(*more)
    new, expected = bundled("--no-cache", *more)
    assert (kept.stdout, kept.stderr, kept.exit_code) == (new.stdout, new.stderr, new.exit_code)
    assert archive == expected
    return kept


# Whole archives


def is_kept(*more: str) -> bool:
    """Return whether a bundle is reused."""
    result, _ = bundled("--timings", *more)
    return "load" not in result.stderr
