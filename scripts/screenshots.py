"""Take the pictures in ``docs/images``: sessions in a terminal, and a graph of packages.

Needs Python 3.11 or later with pip, and Chromium (or COMPARTMENT_MAPPER_CHROMIUM).
Usage: python3 scripts/screenshots.py
"""

from __future__ import annotations

from pathlib import Path

from environment import ROOT, install_locked, set_up, step, tool

_SCRIPTS = ROOT / "scripts"
_PICTURES = ROOT / "docs" / "images"


def main() -> None:
    """Set up, and take all pictures."""
    set_up("-e", f"{ROOT}[docs]")
    for folder in ("scripts/documentation", "tests/browser", "tests/packages"):
        install_locked(ROOT / folder)
    command: list[str | Path] = [tool("python"), "-m", "documentation.screenshots", _PICTURES]
    step("pictures", command, cwd=_SCRIPTS)


if __name__ == "__main__":
    main()
