"""A cache, and an application."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cached import aged
from command_line import FILES, write

from compartment_mapper.cache import file_dependencies
from compartment_mapper.cache.folder import VARIABLE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder."""
    path = tmp_path / "cache"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application in the current folder, old enough to be identified by its times."""
    written = write(tmp_path / "app", FILES)
    monkeypatch.chdir(written)
    aged(written)
    monkeypatch.setattr(file_dependencies, "_GRANULE", 5_000_000)
    time.sleep(0.01)  # the time of the last metadata change cannot be set
    return written
