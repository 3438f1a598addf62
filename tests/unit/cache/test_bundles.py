"""Whole archives in the cache: when one is reused, and what can be wrong with it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cached import aged, assert_same_as_new, bundled, is_kept
from command_line import FILES, write
from support import package

from compartment_mapper.cache import bundles as bundles_module
from compartment_mapper.host.disk import Disk


def test_what_is_unchanged_is_not_made_again(app: Path, folder: Path) -> None:
    assert not is_kept()
    assert is_kept()
    assert is_kept("--json")
    assert_same_as_new()
    assert_same_as_new("--json")


def folder_becomes_link(app: Path) -> None:
    (app / "node_modules").rename(app / "others")
    (app / "node_modules").symlink_to("others")


def file_becomes_folder(app: Path) -> None:
    (app / "x.js").unlink()
    write(app, {"x/index.js": "exports.of_folder = 1"})


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file": lambda app: (app / "x.js").write_text("exports.changed = 1"),
    "a file of a package": lambda app: write(app, {"node_modules/a/index.js": "1"}),
    "a package.json": lambda app: write(
        app, {"node_modules/a/package.json": package(name="a", version="9.9.9")}
    ),
    "what is found first": lambda app: write(app, {"x": "exports.first = 1"}),
    "a nearer package": lambda app: write(app, {"node_modules/a.js": "exports.nearer = 1"}),
    "a policy": lambda app: write(app, {"compartment-policy.json": '{"resources": {}}'}),
    "a file that is gone": lambda app: (app / "x.js").rename(app / "y.js"),
    "a folder that became a link": folder_becomes_link,
    "a file that became a folder": file_becomes_folder,
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_made_again(app: Path, folder: Path, change: str) -> None:
    bundled()
    assert is_kept()
    CHANGES[change](app)
    assert_same_as_new()


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_within_the_same_second_is_made_again(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    app = write(tmp_path / "young", FILES)
    monkeypatch.chdir(app)
    bundled()
    CHANGES[change](app)
    assert_same_as_new()


def test_a_change_with_equal_size_and_times_is_detected(app: Path, folder: Path) -> None:
    (app / "x.js").write_text("exports.a = 1")
    aged(app)
    bundled()
    before = (app / "x.js").stat()
    (app / "x.js").write_text("exports.a = 2")
    os.utime(app / "x.js", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert_same_as_new()


def test_a_file_that_was_only_touched_changes_nothing(app: Path, folder: Path) -> None:
    bundled()
    (app / "x.js").touch()
    (app / "unrelated.js").write_text("1")
    assert is_kept()


@pytest.mark.parametrize(
    "more",
    [
        ("--infer",),
        ("--compress",),
        ("-C", "browser"),
        ("--tree-shaking",),
        ("--allow-all",),
        ("--grant", "a:fetch"),
        ("--asset", "x.js"),
    ],
)
def test_other_options_are_another_archive(app: Path, folder: Path, more: tuple[str, ...]) -> None:
    bundled()
    assert_same_as_new(*more)
    assert_same_as_new(*more)


def test_a_policy_file_that_changed_is_read_again(app: Path, folder: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    for text in ('{"resources": {"a": {"globals": {"fetch": true}}}}', '{"resources": {"a": {}}}'):
        policy.write_text(text)
        assert_same_as_new("--policy", str(policy))
        assert_same_as_new("--policy", str(policy))


def test_links_to_other_places_are_detected(app: Path, folder: Path) -> None:
    write(app, {"one/package.json": package(name="b", version="1.0.0"), "one/index.js": "1"})
    write(app, {"two/package.json": package(name="b", version="2.0.0"), "two/index.js": "2"})
    (app / "node_modules/b").symlink_to("../one")
    (app / "main.js").write_text("require('b')")
    bundled()
    assert is_kept()
    (app / "node_modules/b").unlink()
    (app / "node_modules/b").symlink_to("../two")
    assert_same_as_new()


def test_failures_are_not_cached(app: Path, folder: Path) -> None:
    (app / "main.js").write_text("require('./none')")
    failed = assert_same_as_new()
    assert (failed.exit_code, "Cannot find module './none'" in failed.stderr) == (1, True)
    (app / "none.js").write_text("1")
    assert assert_same_as_new().exit_code == 0


def damaged(content: bytes) -> Iterator[bytes]:
    """Yield possible damages of a file."""
    yield b""
    yield content[: len(content) // 2]
    yield content[:-1]
    yield content + b"x"
    yield b"\x00" * len(content)
    yield content.replace(b"a", b"b")
    yield b"\x80\x05cos\nsystem\n(S'touch owned'\ntR."


@pytest.mark.parametrize("number", range(7))
def test_damaged_files_are_harmless(app: Path, folder: Path, number: int) -> None:
    bundled()
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        kept = path.read_bytes()
        path.write_bytes(list(damaged(kept))[number])
        assert assert_same_as_new().exit_code == 0
        path.write_bytes(list(damaged(kept))[number])
        (app / "x.js").write_text(f"exports.x = {number}")
        assert assert_same_as_new().exit_code == 0
        path.write_bytes(kept)
    assert not (app / "owned").exists()


def rewritten(path: Path, change: Callable[[list[bytes]], object]) -> None:
    """Change the lines of a manifest, and update its digest."""
    _, *lines = path.read_bytes().split(b"\n")
    change(lines)
    text = b"\n".join(lines)
    path.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines.pop(),
        lambda lines: lines.__setitem__(0, b"../../../etc/passwd"),
        lambda lines: lines.__setitem__(0, b"0" * 64),
        lambda lines: lines.__setitem__(1, b"[]"),
        lambda lines: lines.__setitem__(1, b"{}"),
        lambda lines: lines.__setitem__(1, lines[1].replace(b'"file"', b'"fool"')),
        lambda lines: lines.__setitem__(1, lines[1].replace(b'"since": ', b'"since": "x", "y": ')),
        lambda lines: lines.__setitem__(1, b"[" * 100_000),
        lambda lines: lines.__setitem__(2, b"null"),
        lambda lines: lines.__setitem__(2, b"{}"),
        lambda lines: lines.__setitem__(
            2, lines[2].replace(b'"warnings": [', b'"warnings": [[1],')
        ),
    ],
)
def test_malicious_manifests_are_harmless(
    app: Path, folder: Path, change: Callable[[list[bytes]], object]
) -> None:
    bundled()
    (manifest,) = (folder / "bundles").glob("*.manifest")
    rewritten(manifest, change)
    assert assert_same_as_new().exit_code == 0
    assert is_kept()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_only_to_be_read_is_used_as_it_is(app: Path, folder: Path) -> None:
    bundled()
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    assert is_kept()
    (app / "x.js").write_text("exports.other = 1")
    assert_same_as_new()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o700)


def test_a_full_disk_is_harmless(app: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_names: object) -> tuple[int, str]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    monkeypatch.setattr(Disk, "write", lambda _disk, path, content: Path(path).write_bytes(content))
    assert assert_same_as_new().exit_code == 0
    assert not list((folder / "bundles").iterdir())


def test_what_was_not_used_for_longest_goes_first(
    app: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled()
    first = {path.name for path in (folder / "bundles").iterdir()}
    aged(folder)
    monkeypatch.setattr(bundles_module, "MOST_BYTES", 6_000)
    bundled("--compress")
    kept = {path.name for path in (folder / "bundles").iterdir()}
    assert kept
    assert not kept & first
    assert is_kept("--compress")
