"""The graphs in docs/architecture.md and the layers of the runtime match the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import architecture  # noqa: E402 - a script, from the folder of scripts


def test_pictures_show_what_the_code_imports() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "architecture.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        ({"base/a.js": "", "policy/b.js": "import '../base/a.js';"}, None),
        ({"base/a.js": "import '../run/b.js';", "run/b.js": ""}, "base-imports-what-stands-below"),
        (
            {
                "base/a.js": "/** @import { T } from '../run/b.js' */\n/** @type {T} */\nexport const a = 1;",
                "run/b.js": "/** @typedef {number} T */\nexport {};",
            },
            "base-imports-what-stands-below",
        ),
        ({"api/a.js": "import '../run/b.js';", "run/b.js": ""}, "api-imports-what-stands-below"),
        ({"base/a.js": "import './b.js';", "base/b.js": "import './a.js';"}, "no-circles"),
        ({"new/a.js": "import './b.js';", "new/b.js": ""}, "each-folder-has-its-layer"),
        (
            {"endowments/files/a.js": "import '../b.js';", "endowments/b.js": ""},
            "endowments-are-put-together-above-their-parts",
        ),
    ],
)
def test_layers_of_the_runtime(tmp_path: Path, files: dict[str, str], refused: str | None) -> None:
    for name, text in files.items():
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    command = [str(part) for part in architecture.cruise("--output-type", "err")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == (refused is not None)
    if refused is not None:
        assert f"error {refused}: " in done.stdout
