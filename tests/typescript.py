"""The real TypeScript compiler, a development dependency of the runtime."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from support import NODE, RUNTIME

_TSC = RUNTIME / "node_modules" / "typescript" / "bin" / "tsc"
_OPTIONS = (
    "--noEmit --strict --target esnext --module esnext --lib esnext --noUncheckedIndexedAccess"
)
_PROBLEM = re.compile(
    r"^(?P<file>[\w.]+)\((?P<line>\d+),\d+\): error (?P<text>TS\d+: .*)$", re.MULTILINE
)


def type_problems(declarations: str, programs: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the problems of each of *programs*, and of ``tools.d.ts`` with *declarations*."""
    if not _TSC.is_file():
        pytest.skip("run `npm ci` in runtime/")
    with tempfile.TemporaryDirectory() as folder:
        files = {"tools.d.ts": declarations}
        files |= {f"{name}.ts": f"{text}\nexport {{}};\n" for name, text in programs.items()}
        for file, text in files.items():
            Path(folder, file).write_text(text, "utf-8")
        done = subprocess.run(
            [NODE, str(_TSC), *_OPTIONS.split(), *files],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    found: dict[str, list[str]] = {}
    for problem in _PROBLEM.finditer(done.stdout):
        found.setdefault(problem["file"].removesuffix(".ts"), []).append(problem["text"])
    assert found or done.returncode == 0, done.stdout + done.stderr
    return found
