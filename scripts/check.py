"""Set up, and pass every check: format, lint, types, layers, and the tests of both languages.

Needs Python 3.11 or later with pip, and nothing else. Usage: python3 scripts/check.py
With COMPARTMENT_MAPPER_PACKAGES=all every program of tests/packages is run, else a sample.
"""

from __future__ import annotations

import os

from environment import ROOT, node_folder, npm, set_up, step, tool

_RUNTIME = ROOT / "runtime"
_PACKAGES = ROOT / "tests" / "packages"


def main() -> None:
    """Run the checks, cheapest first; the first failure ends the script."""
    npm_cache = ["--no-audit", "--no-fund", "--ignore-scripts"]
    set_up("-e", f"{ROOT}[dev]")
    npm("development dependencies of the runtime", "ci", *npm_cache, cwd=_RUNTIME)
    npm("packages that tests run", "ci", *npm_cache, cwd=_PACKAGES)
    step("format", [tool("ruff"), "format", "--check", "."])
    step("lint", [tool("ruff"), "check", "."])
    step("types", [tool("mypy")])
    step("layers", [tool("lint-imports")])
    npm("runtime: format", "run", "--silent", "format", cwd=_RUNTIME)
    npm("runtime: types", "run", "--silent", "check", cwd=_RUNTIME)
    npm("runtime: tests", "test", "--silent", cwd=_RUNTIME)
    path = f"{node_folder()}{os.pathsep}{os.environ.get('PATH', '')}"
    step("tests", [tool("pytest"), "-q", "-n", "2", "--dist", "loadfile"], env={"PATH": path})


if __name__ == "__main__":
    main()
