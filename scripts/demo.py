"""Set up, and bundle, inspect and run a real application: express.

Requires only Python 3.11 or later with pip. Usage: python3 scripts/demo.py
"""

from __future__ import annotations

from environment import ROOT, npm, set_up, step, tool

_APPLICATION = ROOT / "examples" / "express"


def main() -> None:
    """Run the three steps on ``examples/express``, under its policy file."""
    set_up(str(ROOT))
    npm("install express", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=_APPLICATION)
    mapper = tool("compartment-mapper")
    archive = ROOT / "dist" / "hello-express.zip"
    archive.parent.mkdir(exist_ok=True)
    step("check that the policy is up to date", [mapper, "policy", "check", _APPLICATION])
    step("bundle", [mapper, "bundle", _APPLICATION, "-o", archive])
    step("inspect", [mapper, "inspect", archive])
    step("verify", [mapper, "verify", archive])
    step("run, one compartment per package", [mapper, "run", archive])


if __name__ == "__main__":
    main()
