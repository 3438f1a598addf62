"""On a terminal the number of modules is shown while they are read, and is gone before anything else is said."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import write
from support import package

_MODULES = {f"m{index}.js": "" for index in range(60)}
_REQUESTS = "".join(f"require('./{name}');\n" for name in _MODULES)


@pytest.mark.parametrize(
    ("last", "said"), [("", b"denied"), ("require('gone');\n", b"error [MODULE_NOT_FOUND]")]
)
def test_progress_is_gone_before_anything_is_said(tmp_path: Path, last: str, said: bytes) -> None:
    files = {
        "package.json": package(name="app", dependencies={"dep": "1"}),
        "main.js": f"{_REQUESTS}require('dep');\n{last}",
        "node_modules/dep/package.json": package(name="dep"),
        "node_modules/dep/index.js": "fetch('/');\n",
    }
    app = write(tmp_path / "app", {**files, **_MODULES})
    bundle = ["bundle", str(app / "main.js"), "-o", str(tmp_path / "app.zip"), "--no-cache"]
    written = _on_a_terminal([sys.executable, "-m", "compartment_mapper", *bundle])
    shown = [line.rpartition(b"\r")[2].removeprefix(b"\x1b[K") for line in written.split(b"\r\n")]
    assert b"50 modules" in written
    assert said in b"\n".join(shown)
    assert not any(b"50 modules" in line for line in shown)


def _on_a_terminal(command: list[str]) -> bytes:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    with io.FileIO(controller) as screen:
        written = b"".join(iter(lambda: _read(screen), b""))
    process.wait(timeout=60)
    return written


def _read(screen: io.FileIO) -> bytes:
    try:
        return screen.read(65536) or b""
    except OSError:  # nobody has the terminal any more
        return b""
