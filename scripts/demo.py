"""Set up, and do the main job on a real application: bundle express, look at it, run it.

Needs Python 3.11 or later with pip, and nothing else. Usage: python3 scripts/demo.py
"""

from __future__ import annotations

from environment import ROOT, npm, set_up, step, tool

_APPLICATION = ROOT / "examples" / "express"


def main() -> None:
    """Run the three jobs on ``examples/express``, under its policy file."""
    set_up(str(ROOT))
    npm("install express", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=_APPLICATION)
    mapper = tool("compartment-mapper")
    archive = ROOT / "dist" / "hello-express.zip"
    archive.parent.mkdir(exist_ok=True)
    step("does its policy still fit?", [mapper, "policy", "check", _APPLICATION])
    step("bundle", [mapper, "bundle", _APPLICATION, "-o", archive])
    step("inspect", [mapper, "inspect", archive])
    step("verify", [mapper, "verify", archive])
    step("run, one compartment per package", [mapper, "run", archive])


if __name__ == "__main__":
    main()
