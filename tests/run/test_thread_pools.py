"""Libraries that run functions in threads and child processes: the same output as in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from process import mapper
from support import NODE, ROOT

SOURCES = Path(__file__).parent / "threads" / "pools"
PACKAGES = ROOT / "tests" / "packages"
PROGRAMS = [
    *("comlink.mjs", "jest-worker.cjs", "pino-pretty.cjs", "pino.cjs", "piscina.mjs"),
    *("threads.mjs", "tinypool.mjs", "workerpool.cjs"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pools") / "app"
    shutil.copytree(SOURCES, folder)
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    declared = json.loads((PACKAGES / "package.json").read_text())["dependencies"]
    description = {"name": "pools", "version": "1.0.0", "dependencies": declared}
    (folder / "package.json").write_text(json.dumps(description))
    return folder


@pytest.mark.parametrize("program", PROGRAMS)
def test_output_is_that_of_node(app: Path, program: str, tmp_path: Path) -> None:
    expected = subprocess.run(
        [NODE, program], cwd=app, capture_output=True, text=True, check=True, timeout=60
    )

    mapper("bundle", "--infer", program, "-o", tmp_path / "app.zip", cwd=app, check=True)
    found = mapper("run", "app.zip", cwd=tmp_path)

    assert found.stdout == expected.stdout, found.stderr
    assert found.returncode == 0
