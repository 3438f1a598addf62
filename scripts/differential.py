"""Set up, and compare with Node, V8 and acorn: package files, generated programs, mutants.

Requires Python 3.11 or later with pip, and a network the first time. docs/conformance.md describes
the comparisons and the differences. The tests run a few of each; this script runs as many as
requested.

Usage: python3 scripts/differential.py {corpus,programs,mutants} [--count N] [--first N] [--seed S]
    [--jobs N]
"""

from __future__ import annotations

import os
import sys

from environment import ROOT, install_locked, set_up, tool

_FOLDERS = ("tests/packages", "tests/browser", "runtime")


def main() -> None:
    """Install missing packages, and become the comparison with this command's arguments."""
    arguments = sys.argv[1:]
    if not {"-h", "--help"} & {*arguments}:
        if not tool("compartment-mapper").exists():
            set_up("-e", f"{ROOT}[dev]")
        for folder in _FOLDERS:
            install_locked(ROOT / folder)
    # Run in tests/, so that Python finds the package without an environment variable.
    os.chdir(ROOT / "tests")
    python = str(tool("python"))
    os.execv(python, [python, "-m", "differential", *arguments])  # noqa: S606 - our own program


if __name__ == "__main__":
    main()
