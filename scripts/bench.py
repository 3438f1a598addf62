"""Set up, install five applications and the tools for comparison, and run all benchmarks.

Needs Python 3.11 or later with pip, a network the first time, and some minutes; CI does not run it.
docs/performance.md describes the benchmarks and their results.

Usage: python3 scripts/bench.py [--runs N] [--apps s,m,l,p,xl] [--groups cold,warm,...]
    [--no-peers] [--slow SECONDS] [--limit SECONDS] [--output DIR] [--docs] [--from RESULTS.JSON]
       python3 scripts/bench.py --pages [--runs N] [--docs]
       python3 scripts/bench.py --sandbox [--runs N] [--docs]
Folders are relative to the project.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from environment import ROOT, install_locked, set_up, step, tool

#: Other ways to evaluate JavaScript from Python.
_ENGINES = ("quickjs==1.19.4", "mini-racer==0.14.1", "deno==2.9.8")
_BENCHMARKS = ROOT / "tests" / "benchmarks"


def main() -> None:
    """Install missing packages, and run the benchmark with this command's arguments."""
    arguments = sys.argv[1:]
    if not {"-h", "--help"} & {*arguments}:
        set_up("-e", str(ROOT))
        if "--sandbox" in arguments:
            _install_engines()
        for folder in _needed(arguments):
            install_locked(folder)
    # Run in tests/, so that Python finds it without an environment variable that others inherit.
    step("benchmarks", [tool("python"), "-m", "benchmarks", *arguments], cwd=ROOT / "tests")


def _install_engines() -> None:
    for engine in _ENGINES:  # where there is no wheel, the benchmark goes without it
        command = [
            str(tool("python")),
            "-m",
            "pip",
            "install",
            "-q",
            "--only-binary",
            ":all:",
            engine,
        ]
        subprocess.run(command, check=False)


def _needed(arguments: list[str]) -> list[Path]:
    """Return the folders of the required packages."""
    if "--pages" in arguments:
        return [_BENCHMARKS / "pages"]
    if "--sandbox" in arguments:
        return [_BENCHMARKS / "peers"]
    applications = sorted((_BENCHMARKS / "apps").iterdir())
    return applications if "--no-peers" in arguments else [*applications, _BENCHMARKS / "peers"]


if __name__ == "__main__":
    main()
