"""Set up, and pass every check: format, lint, types, layers, documentation, and all tests.

Requires only Python 3.11 or later with pip. Usage: python3 scripts/check.py
With COMPARTMENT_MAPPER_PACKAGES=all, every program of tests/packages runs, otherwise a sample.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from architecture import check_layers
from environment import ROOT, install_locked, node_folder, npm, other_node, set_up, step, tool

from docs import DOCUMENTATION, build_site

_RUNTIME = ROOT / "runtime"
_PACKAGES = ROOT / "tests" / "packages"
_BROWSER = ROOT / "tests" / "browser"
_MCP = ROOT / "tests" / "mcp"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> None:
    """Run the checks, cheapest first; stop at the first failure."""
    npm_cache = ["--no-audit", "--no-fund", "--ignore-scripts"]
    set_up("-e", f"{ROOT}[dev]")
    npm("development dependencies of the runtime", "ci", *npm_cache, cwd=_RUNTIME)
    npm("packages for tests", "ci", *npm_cache, cwd=_PACKAGES)
    npm("browser automation", "ci", *npm_cache, cwd=_BROWSER)
    npm("MCP servers for tests", "ci", *npm_cache, cwd=_MCP)
    _get_chromium()
    step("format", [tool("ruff"), "format", "--check", "."])
    step("lint", [tool("ruff"), "check", "."])
    step("types", [tool("mypy")])
    step("layers", [tool("lint-imports")])
    npm("runtime: format", "run", "--silent", "format", cwd=_RUNTIME)
    npm("runtime: types", "run", "--silent", "check", cwd=_RUNTIME)
    check_layers()
    npm("runtime: tests", "test", "--silent", cwd=_RUNTIME)
    _audit_other_nodes()
    install_locked(DOCUMENTATION)
    build_site()
    path = f"{node_folder()}{os.pathsep}{os.environ.get('PATH', '')}"
    step("tests", [tool("pytest"), "-q", "-n", "2", "--dist", "loadfile"], env={"PATH": path})


def _audit_other_nodes() -> None:
    """Compare the reachable objects in each other supported Node; the tests cover ours."""
    table = json.loads(
        (ROOT / "compartment_mapper/authority/reviewed_nodes.json").read_text("utf-8")
    )
    own = subprocess.run(
        [node_folder() / "node", "--version"], capture_output=True, text=True, check=True
    )
    for major, version in table.items():
        if not own.stdout.startswith(f"v{major}."):
            audit = [str(other_node(version)), "--test", "test/taming/reachability.test.js"]
            step(f"runtime: reachable objects in Node {major}", audit, cwd=_RUNTIME)


def _get_chromium() -> None:
    """Install Debian's Chromium if possible; otherwise print what is skipped without it."""
    chosen = os.environ.get("COMPARTMENT_MAPPER_CHROMIUM")
    if chosen or any(map(shutil.which, _CHROMIUM)):
        return
    if Path("/etc/debian_version").is_file() and os.geteuid() == 0:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        for command in (["apt-get", "update", "-qq"], install):
            done = subprocess.run(command, env={**os.environ, **quiet}, check=False)
            if done.returncode:
                break
        else:
            return
    print(
        "\nNo Chromium: browser tests are skipped. To run them, install Chromium (Debian: "
        "apt-get install chromium), or set COMPARTMENT_MAPPER_CHROMIUM to its path.",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    main()
