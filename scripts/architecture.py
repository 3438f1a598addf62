"""Draw the import graphs of Python packages and runtime folders into docs/architecture.md.

Usage: python3 scripts/architecture.py [--check]
With --check, write nothing, and exit with status 1 if the graphs differ from the code.
The edges come from import-linter, and from dependency-cruiser, which sees types too. Transitive
edges are omitted. Layers are checked elsewhere: by the contracts in pyproject.toml, and by
runtime/layers/layers.cjs.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from environment import ROOT, install_locked, node_folder, step, tool

_PAGE = ROOT / "docs" / "architecture.md"
_LAYERS = ROOT / "runtime" / "layers"
_PACKAGE = "compartment_mapper"

#: Run by the Python of the virtual environment, which has grimp (from import-linter).
_PYTHON_IMPORTS = f"""
import json, grimp
graph = grimp.build_graph("{_PACKAGE}", cache_dir=None)
names = sorted(module for module in graph.modules)
print(json.dumps([
    [name, other] for name in names for other in graph.find_modules_directly_imported_by(name)
]))
"""


def main() -> None:
    """Write the graphs, or compare them."""
    text = _PAGE.read_text("utf-8")
    drawn = put(put(text, "python", python_arrows()), "runtime", runtime_arrows())
    if "--check" not in sys.argv[1:]:
        _PAGE.write_text(drawn, "utf-8")
    elif drawn != text:
        sys.exit(f"{_PAGE.name} is out of date: run python3 scripts/architecture.py")


def cruise(*arguments: str) -> list[str | Path]:
    """Return the command that scans the runtime's imports, run in the folder `runtime`."""
    cruiser = _LAYERS / "node_modules" / "dependency-cruiser" / "bin" / "dependency-cruise.mjs"
    rules = _LAYERS / "layers.cjs"
    return [node_folder() / "node", cruiser, "--config", rules, *arguments, "src"]


def check_layers() -> None:
    """Reject cycles in the runtime, and imports of higher layers; types count."""
    install_locked(_LAYERS)
    step("runtime: layers", cruise("--output-type", "err"), cwd=ROOT / "runtime")


def python_arrows() -> set[tuple[str, str]]:
    """Return the imports between Python packages."""
    text = _output([tool("python"), "-c", _PYTHON_IMPORTS])
    pairs = json.loads(text)
    # All packages import the top package for its version.
    named = [pair for pair in pairs if _PACKAGE not in pair]
    return _between((_python_box(one), _python_box(other)) for one, other in named)


def runtime_arrows() -> set[tuple[str, str]]:
    """Return the imports between runtime folders."""
    install_locked(_LAYERS)
    found = json.loads(_output(cruise("--output-type", "json")))
    return _between(
        (_runtime_box(module["source"]), _runtime_box(to["resolved"]))
        for module in found["modules"]
        for to in module["dependencies"]
        if to["resolved"].startswith("src/") and module["source"].startswith("src/")
    )


def put(text: str, name: str, arrows: set[tuple[str, str]]) -> str:
    """Return *text* with the graph between its two markers replaced."""
    lines = [f"  {one} --> {other}" for one, other in sorted(reduced(arrows))]
    picture = "\n".join(["```mermaid", "flowchart TD", *lines, "```", ""])
    begin, end = f"<!-- imports: {name} -->", "<!-- end -->"
    found = re.compile(rf"(?<={re.escape(begin)}\n).*?(?={end})", re.DOTALL)
    return found.sub(lambda _: picture, text, count=1)


def reduced(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the transitive reduction of an acyclic graph.

    >>> sorted(reduced({("a", "b"), ("b", "c"), ("a", "c")}))
    [('a', 'b'), ('b', 'c')]
    """
    ways = {one: {to for frm, to in arrows if frm == one} for one, _ in arrows}

    def reached(box: str) -> set[str]:
        return {far for near in ways.get(box, ()) for far in {near, *reached(near)}}

    return {
        (one, other)
        for one, other in arrows
        if not any(other in reached(near) for near in ways[one] - {other})
    }


def _between(arrows: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(one, other) for one, other in arrows if one != other}


def _python_box(module: str) -> str:
    _, _, rest = module.partition(".")
    return rest.partition(".")[0]


def _runtime_box(path: str) -> str:
    folder = path.removeprefix("src/").rpartition("/")[0]
    return folder.partition("/")[0]


def _output(command: list[str | Path]) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT / "runtime",
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout or sys.exit(done.stderr)


if __name__ == "__main__":
    main()
