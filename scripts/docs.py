"""Build the documentation site in ``build/site``: set up, generate pages, build, check all links.

Needs Python 3.11 or later with pip; the network only for the first set-up.
Usage: python3 scripts/docs.py [--open]
With --open, the site is opened in the browser.
"""

from __future__ import annotations

import sys
import time
import webbrowser

from environment import ROOT, install_locked, set_up, step, tool

_SCRIPTS = ROOT / "scripts"
#: What makes the pages, and the lockfile of the npm packages that it needs.
DOCUMENTATION = _SCRIPTS / "documentation"
_SOURCES = ROOT / "build" / "docs"
_SITE = ROOT / "build" / "site"


def main() -> None:
    """Set up, and build the site."""
    set_up("-e", f"{ROOT}[docs]")
    install_locked(DOCUMENTATION)
    build_site()
    print(f"\n{_SITE / 'index.html'}")
    if "--open" in sys.argv[1:]:
        webbrowser.open((_SITE / "index.html").as_uri())


def build_site() -> None:
    """Build the site with what is installed; a warning or a broken link ends the script."""
    begun = time.monotonic()
    python = tool("python")
    step("pages", [python, "-m", "documentation.pages", _SOURCES], cwd=_SCRIPTS)
    strict = ["--fail-on-warning", "--keep-going", "--fresh-env", "-q", "--jobs", "2"]
    step("site", [python, "-m", "sphinx", *strict, "--conf-dir", DOCUMENTATION, _SOURCES, _SITE])
    step("links", [python, "-m", "documentation.check_links", _SITE], cwd=_SCRIPTS)
    print(f"\nBuilt in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
