"""``process.argv`` is as Node has it: the program's absolute path, and its own arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import write
from process import mapper

FILES = {
    "package.json": '{"name": "app"}',
    "main.js": "console.log(process.argv.slice(1).join());\n",
}


def test_an_entry_is_named_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "app", FILES)
    monkeypatch.chdir(folder)

    done = mapper("run", "main.js", "--", "-a", "b", check=True)

    assert done.stdout == f"{folder}/main.js,-a,b\n"


def test_an_archive_is_named_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "app", FILES)
    monkeypatch.chdir(folder)
    mapper("bundle", "main.js", "-o", "app.zip", check=True)

    assert mapper("run", "app.zip", check=True).stdout == f"{folder}/app.zip\n"
