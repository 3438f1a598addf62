from __future__ import annotations

from pathlib import Path

import pytest
from command_line import FILES, write


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a small application, which is the current folder."""
    monkeypatch.chdir(write(tmp_path / "app", FILES))
    return tmp_path / "app"
