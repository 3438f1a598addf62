"""The command line in a separate process, as users run it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def mapper(
    *arguments: str | Path,
    check: bool = False,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``compartment-mapper``; with *check*, it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "compartment_mapper", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=cwd,
        env=env,
    )
    assert "Traceback (most recent call last)" not in done.stderr, done.stderr
    assert done.returncode == 0 or not check, done.stderr
    return done
