"""Where the cache is, and the commands that show and clear it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cached import assert_same_as_new, bundled
from command_line import invoke, write

from compartment_mapper.cache.folder import VARIABLE, cache_folder, clear, parts_of

# The folder


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"HOME": "/h"}, "/h/.cache/compartment-mapper"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/compartment-mapper"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "relative"}, "/h/.cache/compartment-mapper"),
        ("darwin", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/Library/Caches/compartment-mapper"),
        ("win32", {"HOME": "/h", "LOCALAPPDATA": "/l"}, "/l/compartment-mapper"),
        ("linux", {"HOME": "/h", VARIABLE: "/c/d"}, "/c/d"),
    ],
)
def test_the_location_of_the_cache(
    platform: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "makedirs", lambda *_args, **_names: None)
    assert cache_folder(environment, platform=platform).path == expected


def test_the_folder_is_made_for_its_user_alone(folder: Path) -> None:
    assert cache_folder(os.environ).problem == ""
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [
        (lambda path: (path.mkdir(), path.chmod(0o770)), "other users can write to it"),
        (lambda path: (path.mkdir(), path.chmod(0o707)), "other users can write to it"),
        (lambda path: path.write_text(""), "file exists"),
        (lambda path: path.symlink_to("/"), ""),
        (lambda path: path.symlink_to("/nowhere/at/all"), "file exists"),
    ],
)
def test_a_folder_that_others_may_write_to_is_not_used(
    folder: Path, prepare: Callable[[Path], object], problem: str
) -> None:
    prepare(folder)
    if not problem:  # for a link, its target counts
        pytest.skip("only another user's folder shows it") if os.getuid() == 0 else None
        problem = "it belongs to another user"
    assert cache_folder(os.environ).problem == problem


def test_a_folder_of_another_user_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    assert cache_folder(os.environ).problem == "it belongs to another user"


def test_a_relative_folder_is_refused() -> None:
    assert "absolute" in cache_folder({VARIABLE: "here"}).problem


def test_an_unusable_cache_folder_does_not_fail_a_bundle(app: Path, folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    assert assert_same_as_new().exit_code == 0
    assert list(folder.iterdir()) == []


# The commands


def test_info_and_clear(app: Path, folder: Path) -> None:
    bundled()
    (folder / "code").mkdir()
    (folder / "code" / "x.cache").write_bytes(b"123")
    (folder / "mine.txt").write_text("not ours")
    (folder / "bundles" / "notes.txt").write_text("not ours")
    found = json.loads(invoke("cache", "info", "--json").stdout)
    assert found["folder"] == str(folder)
    assert found["parts"]["bundles"]["files"] == 2
    assert found["parts"]["code"] == {"files": 1, "bytes": 3}
    assert found["bytes"] == sum(part["bytes"] for part in found["parts"].values()) > 0
    assert "analysis  1 file," in invoke("cache", "info").stdout
    assert "removed 4 files" in invoke("cache", "clear").stdout
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {"mine.txt", "notes.txt"}


def test_clear_says_why_it_can_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "here")
    result = invoke("cache", "clear")
    assert result.exit_code == 1
    assert "[CACHE_NOT_USABLE]" in result.stderr
    assert json.loads(invoke("cache", "info", "--json").stdout)["problem"]


def test_without_the_cache_nothing_is_stored(app: Path, folder: Path) -> None:
    assert bundled("--no-cache")[0].exit_code == 0
    assert not folder.exists()


def test_clear_follows_no_links(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"x.zip": "1"})
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "bundles").symlink_to(outside)
    (kept / "code").mkdir()
    (kept / "code" / "x").symlink_to(outside / "x.zip")
    clear(str(kept))
    assert (outside / "x.zip").exists()
    assert sum(part.files for part in parts_of(str(kept))) == 0
