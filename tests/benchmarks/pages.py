"""A page by each bundler: the size of its script, and the time until it is drawn."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Failure, measure
from benchmarks.ours import NODE, Ours
from benchmarks.places import ROOT, Work
from benchmarks.series import Spread, spread
from benchmarks.tables import figure, table

HERE = Path(__file__).parent / "pages"
_APPLICATION = ROOT / "tests" / "browser" / "app"
_OURS = "compartment-mapper"
#: By the name of the output file.
_TOOLS = {
    _OURS: "compartment-mapper: each package in a compartment of its own",
    "lavamoat": "LavaMoat's plugin of webpack: each module in one",
    "webpack": "webpack (no confinement)",
    "esbuild": "esbuild (no confinement)",
}
#: After the application's own page, so that failures are visible.
_PAGE = """<!doctype html><meta charset="utf-8"><div id="app"></div>
<script>var before = performance.now()</script>
<script src="{name}.js"></script>
<script>
  var after = performance.now();
  var drawn = document.querySelectorAll('section').length === 3;
</script>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The result of one tool."""

    tool: str
    #: Bytes, uncompressed and gzipped.
    size: int
    packed: int
    #: Milliseconds from the request of the script until it has drawn; or the reason for a failure.
    drawn: Spread | str


def measured_pages(ours: Ours, work: Work, *, rounds: int, chromium: str) -> list[Page]:
    """Return the results of each tool's page; loads alternate between tools."""
    folder = work.application("pages")
    _prepare(folder)
    script = folder / f"{_OURS}.js"
    flags = ("--format", "script", "-C", "browser")
    result = measure(
        ours.bundle(folder / "main.js", script, *flags, cache=work.cache("pages")), limit=60
    )
    if isinstance(result, Failure):
        raise SystemExit(result.reason)
    subprocess.run([NODE, HERE / "build.mjs", folder], check=True)
    loaded = subprocess.run(
        [NODE, HERE / "load.mjs", folder, str(rounds), chromium, *_TOOLS],
        check=True,
        capture_output=True,
        text=True,
    )
    return [_page(folder, name, found) for name, found in json.loads(loaded.stdout).items()]


def _prepare(folder: Path) -> None:
    """Write the application and the pages to *folder*; packages and drivers are in its parents."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("main.js", "package.json"):
        shutil.copy(_APPLICATION / name, folder)
    (folder / "node_modules").symlink_to(HERE / "node_modules")
    for name in _TOOLS:
        (folder / f"{name}.html").write_text(_PAGE.format(name=name))


def _page(folder: Path, name: str, found: dict[str, object]) -> Page:
    content = (folder / f"{name}.js").read_bytes()
    times = found["times"]
    assert isinstance(times, list)
    drawn = str(found["failed"]) if "failed" in found else spread(times)
    packed = len(gzip.compress(content, mtime=0))
    return Page(tool=_TOOLS[name], size=len(content), packed=packed, drawn=drawn)


def pages_table(pages: list[Page]) -> str:
    """Return the pages as a Markdown table."""
    rows = [
        [
            page.tool,
            f"{page.size / 1000:,.0f}",
            f"{page.packed / 1000:,.0f}",
            page.drawn if isinstance(page.drawn, str) else figure(page.drawn),
        ]
        for page in pages
    ]
    return table(["page of preact, lodash-es, date-fns", "kB", "kB, gzip", "drawn after, ms"], rows)
