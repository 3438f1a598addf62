"""The cache: never wrong, never required, whatever its folder contains."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from command_line import FILES, invoke, write
from support import package

from compartment_mapper.cache import analyses as analyses_module
from compartment_mapper.cache import bundles as bundles_module
from compartment_mapper.cache import file_dependencies
from compartment_mapper.cache.analyses import Analyses, KnownEngine, KnownScans
from compartment_mapper.cache.file_dependencies import ObservedDisk, differences
from compartment_mapper.cache.folder import VARIABLE, cache_folder, clear, parts_of
from compartment_mapper.host.disk import Disk
from compartment_mapper.locations import location_of_path
from compartment_mapper.records.module_record import Language, ModuleRecord
from compartment_mapper.scan import scan_module
from compartment_mapper.scan.scanner import ScanHere


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


def aged(root: Path) -> None:
    """Make all files below *root* some seconds older."""
    for path in [*root.rglob("*"), root]:
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 3600), follow_symlinks=False)


def bundled(*more: str) -> tuple[Result, bytes]:
    """Return the output of ``bundle``, and the archive; remove an existing one first."""
    Path("app.zip").unlink(missing_ok=True)
    result = invoke("bundle", "main.js", "-o", "app.zip", *more)
    archive = Path("app.zip")
    return result, archive.read_bytes() if archive.exists() else b""


def assert_same_as_new(*more: str) -> Result:
    """Fail if the cache makes a difference; return the output."""
    kept, archive = bundled(*more)
    new, expected = bundled("--no-cache", *more)
    assert (kept.stdout, kept.stderr, kept.exit_code) == (new.stdout, new.stderr, new.exit_code)
    assert archive == expected
    return kept


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


# Whole archives


def is_kept(*more: str) -> bool:
    """Return whether a bundle is reused."""
    result, _ = bundled("--timings", *more)
    return "load" not in result.stderr


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
    assert assert_same_as_new().exit_code == 1
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


# Analyses


class Asked:
    """A scanner and an engine that count their calls."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        self.texts.append(source)
        return ScanHere().begin(source, language, in_cycle=in_cycle, page=page)

    def syntax_problem(self, source: bytes, language: Language) -> tuple[str, int] | None:
        self.texts.append(source)
        return (f"wrong {language}", 2) if b"wrong" in source else None


def record_of(path: Path, asked: Asked, source: bytes, version: bytes = b"1") -> ModuleRecord:
    """Return the record of *source*, using the cache at *path*."""
    with Analyses(str(path), version) as known:
        return KnownScans(known, asked).begin(source, "cjs", in_cycle=False)()


def test_a_source_is_scanned_once(tmp_path: Path) -> None:
    asked = Asked()
    found = [record_of(tmp_path, asked, b"require('a'); fetch(1)") for _ in range(2)]
    assert found == [scan_module(b"require('a'); fetch(1)", "cjs")] * 2
    assert len(asked.texts) == 1
    record_of(tmp_path, asked, b"require('b')")
    record_of(tmp_path, asked, b"require('a'); fetch(1)", version=b"2")
    assert len(asked.texts) == 3


def test_language_and_cycle_make_another_analysis(tmp_path: Path) -> None:
    asked = Asked()
    source = b"import { a } from 'x'; export const b = () => a;"
    kinds: list[tuple[Language | None, bool]] = [("mjs", False), ("mjs", True), (None, False)]
    for _ in range(2):
        with Analyses(str(tmp_path), b"1") as known:
            scans = KnownScans(known, asked)
            for language, in_cycle in kinds:
                record = scans.begin(source, language, in_cycle=in_cycle)()
                assert record == scan_module(source, language, in_cycle=in_cycle)
    assert len(asked.texts) == 3


def test_the_engine_is_queried_once(tmp_path: Path) -> None:
    asked = Asked()
    for _ in range(2):
        with Analyses(str(tmp_path), b"1") as known:
            engine = KnownEngine(known, asked, lambda: "node")
            assert engine.syntax_problem(b"wrong", "cjs") == ("wrong cjs", 2)
            assert engine.syntax_problem(b"right", "cjs") is None
            assert engine.syntax_problem(b"wrong", "mjs") == ("wrong mjs", 2)
    assert len(asked.texts) == 3
    with Analyses(str(tmp_path), b"1") as known:
        KnownEngine(known, asked, lambda: "another").syntax_problem(b"right", "cjs")
    assert len(asked.texts) == 4


@pytest.mark.parametrize("value", [b"", b"x" * 40, 5, None, "text"])
def test_values_that_are_not_ours_are_not_used(tmp_path: Path, value: object) -> None:
    asked = Asked()
    record_of(tmp_path, asked, b"require('a')")
    with sqlite3.connect(tmp_path / "analysis.sqlite") as table:
        table.execute("UPDATE kept SET value = ?", (value,))
    table.close()
    assert record_of(tmp_path, asked, b"require('a')").requests[0].specifier == "a"
    assert len(asked.texts) == 2


def test_values_of_other_sources_are_not_used(tmp_path: Path) -> None:
    asked = Asked()
    record_of(tmp_path, asked, b"require('a')")
    record_of(tmp_path, asked, b"require('b')")
    with sqlite3.connect(tmp_path / "analysis.sqlite") as table:
        (value,) = table.execute("SELECT value FROM kept").fetchone()
        table.execute("UPDATE kept SET value = ?", (value,))
    table.close()
    for name in "ab":
        found = record_of(tmp_path, asked, f"require('{name}')".encode())
        assert found.requests[0].specifier == name


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE kept",
        "ALTER TABLE kept RENAME TO other",
        "CREATE TRIGGER t AFTER INSERT ON kept BEGIN DELETE FROM kept; END",
        "PRAGMA user_version = 77",
    ],
)
def test_another_database_is_harmless(tmp_path: Path, statement: str) -> None:
    asked = Asked()
    record_of(tmp_path, asked, b"require('a')")
    with sqlite3.connect(tmp_path / "analysis.sqlite") as table:
        table.execute(statement)
    table.close()
    for _ in range(3):
        assert record_of(tmp_path, asked, b"require('a')").requests[0].specifier == "a"


def test_a_database_that_is_locked_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyses_module, "_PATIENCE", 0.05)
    asked = Asked()
    record_of(tmp_path, asked, b"require('a')")
    other = sqlite3.connect(tmp_path / "analysis.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    start = time.monotonic()
    assert record_of(tmp_path, asked, b"require('b')").requests[0].specifier == "b"
    assert time.monotonic() - start < 5
    other.execute("COMMIT")
    other.close()
    assert (tmp_path / "analysis.sqlite").exists()


def test_analyses_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyses_module, "MOST_BYTES", 200_000)
    for number in range(40):
        with Analyses(str(tmp_path), b"1") as known:
            known.add(known.key(b"%d" % number), "x" * 20_000)
    assert (tmp_path / "analysis.sqlite").stat().st_size < 300_000
    with Analyses(str(tmp_path), b"1") as known:
        assert known.value(known.key(b"39")) == "x" * 20_000


# File system observations


def test_an_observed_disk_says_what_the_disk_says(tmp_path: Path) -> None:
    write(tmp_path, {"a/b/c.js": "1", "a/d.js": "2", "e/f.js": "3"})
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "a" / "up").symlink_to("../e/f.js")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    paths = ["", "a", "a/", "a/b", "a/b/c.js", "a/b/c.js/", "a/b/c.js/x", "a/none", "none/x/y"]
    paths += ["link", "link/", "link/b/c.js", "link/none", "a/up", "a/up/", "loop", "loop/x"]
    paths += ["gone", "gone/x", "pipe", "a/../e/f.js", "a/./d.js", "a//d.js", "link/../e/f.js"]
    root = os.path.realpath(tmp_path)
    observed, disk = ObservedDisk(Disk()), Disk()
    for path in paths:
        location = location_of_path(f"{root}/{path}")
        assert observed.kind(location) == disk.kind(location), path
        assert observed.canonical(location) == disk.canonical(location), path
        assert observed.names_in(location) == disk.names_in(location), path
        if path != "pipe":
            assert observed.maybe_read(location) == disk.maybe_read(location), path
    found = differences(observed.observations(), disk)
    assert (found.files, found.is_elsewhere) == ((), False)


def test_a_path_of_very_many_folders_is_harmless(tmp_path: Path) -> None:
    disk = ObservedDisk(Disk())

    assert disk.kind(location_of_path(f"{tmp_path}{'/a' * 100_000}")) is None


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


# Replaced sources in an otherwise unchanged archive


def stages_after(change: Callable[[], object], *more: str) -> str:
    """Return the stages of a bundle after *change*; a cached result must equal a new one."""
    bundled(*more)
    change()
    result, archive = bundled("--timings", *more)
    timings = [line for line in result.stderr.splitlines() if line.startswith("timings")]
    new, expected = bundled("--no-cache", *more)
    said = [line for line in result.stderr.splitlines() if not line.startswith("timings")]
    assert (result.stdout, said) == (new.stdout, new.stderr.splitlines())
    assert archive == expected
    assert assert_same_as_new("--json", *more).exit_code == new.exit_code
    return " ".join(timings)


HARMLESS_CHANGES = {
    "a comment": "// new\nrequire('./x');\nrequire('a');\nconsole.log(1);\n",
    "other values": "require('./x');\nrequire('a');\nconsole.log(12345, 'é');\n",
    "an edit": "require('./x');\nrequire('a');\nconsole.log(1, '<!--', 07);\n",
    "a mark": "\ufeffrequire('./x');\nrequire('a');\nconsole.log(1);\n",
}


@pytest.mark.parametrize("change", HARMLESS_CHANGES)
@pytest.mark.parametrize("more", [(), ("--compress",), ("--infer",)])
def test_a_source_with_the_same_interface_is_replaced(
    app: Path, folder: Path, change: str, more: tuple[str, ...]
) -> None:
    main = app / "main.js"
    timings = stages_after(lambda: main.write_text(HARMLESS_CHANGES[change]), *more)
    assert "replace" in timings
    assert "load" not in timings


@pytest.mark.parametrize(
    "text",
    [
        "require('./x'); require('a'); console.log(1); require('fs');",
        "require('./x'); require('a'); console.log(1); exports.more = 1;",
        "require('./x'); require('a'); console.log(1); fetch('/');",
        "require('./x'); require('a');",
        "require('./x'); require('a'); console.log(1); with (a) {}",
        "require('./x'); require('a'); console.log(1); let let;",
        "import './x.js'; import 'a'; console.log(1);",
        "require('./x'); require('a'); console.log(1); Array = 1;",
        "require('./x'); require('a'); console.log(1); eval('1');",
        "(function f() { require('./x'); })(); require('a'); console.log(1);",
        "",
        "require('./x'); require('a'); console.log(1); '(f,t,s,...a)=>f(...a)'",
    ],
)
def test_a_source_with_another_interface_is_rebuilt(app: Path, folder: Path, text: str) -> None:
    stages_after(lambda: (app / "main.js").write_text(text))
    assert_same_as_new("--infer")
    assert_same_as_new("--json")


def test_modules_of_cycles_and_of_equal_sources_are_replaced_or_rebuilt(
    app: Path, folder: Path
) -> None:
    write(
        app,
        {
            "package.json": package(name="app", version="1.0.0", type="module"),
            "main.js": "import { b } from './b.js'; import './c.js'; import './d.js'; export let a = b;",
            "b.js": "import { a } from './main.js'; export const b = () => a;",
            "c.js": "export const same = 1;",
            "d.js": "export const same = 1;",
        },
    )
    in_cycle = "import { a } from './main.js'; /* new */ export const b = () => a;"
    assert "replace" in stages_after(lambda: (app / "b.js").write_text(in_cycle))
    other = "export const same = 2;"
    assert "load" in stages_after(lambda: (app / "c.js").write_text(other))
    assert "load" not in stages_after(lambda: (app / "d.js").write_text("export const same = 3;"))


def test_positions_in_a_changed_source_are_updated(app: Path, folder: Path) -> None:
    write(app, {"main.js": "function f() { require('./none') }"})
    moved = "\n\n\nfunction f() { require('./none') }"
    assert "load" in stages_after(lambda: (app / "main.js").write_text(moved))


def test_sources_of_dependencies_are_rebuilt(app: Path, folder: Path) -> None:
    text = "\n\n\nfetch('/');\n"
    assert "load" in stages_after(lambda: write(app, {"node_modules/a/index.js": text}))
