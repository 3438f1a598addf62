"""An archive that is damaged, modified or invalid is rejected before anything is evaluated."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from hashlib import sha512
from io import BytesIO
from pathlib import Path

import pytest
from process import mapper


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    project = tmp_path_factory.mktemp("good")
    (project / "package.json").write_text('{"name": "app", "type": "module"}')
    (project / "main.js").write_text("import './other.js';\nconsole.log('evaluated');\n")
    (project / "other.js").write_text("console.log('evaluated too');\n")
    archive = project / "app.zip"
    mapper("bundle", project / "main.js", "-o", archive)
    return archive.read_bytes()


def repacked(good: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return the archive with each file modified, in a well-formed zip."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(good)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()


def with_map(good: bytes, change: Callable[[dict[str, dict[str, object]]], object]) -> bytes:
    def changed(name: str, content: bytes) -> bytes:
        if name != "compartment-map.json":
            return content
        found = json.loads(content)
        change(found)
        return json.dumps(found).encode()

    return repacked(good, changed)


def dangling(found: dict[str, dict[str, object]]) -> None:
    app = found["compartments"]["app-v"]
    assert isinstance(app, dict)
    app["modules"]["dep"] = {"compartment": "dep-v1.0.0", "module": "./index.js"}


def unhashed(found: dict[str, dict[str, object]]) -> None:
    app = found["compartments"]["app-v"]
    assert isinstance(app, dict)
    del app["modules"]["./main.js"]["sha512"]


DAMAGES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda _good: b"", "zip"),
    ("no zip", lambda _good: b"console.log('evaluated')", "zip"),
    ("truncated", lambda good: good[: len(good) // 2], "zip"),
    ("trailing bytes", lambda good: good + b"\n", ""),
    (
        "changed module",
        lambda good: repacked(good, lambda _name, text: text.replace(b"too", b"two")),
        "sha512",
    ),
    (
        "map that is no JSON",
        lambda good: repacked(good, lambda name, text: text[1:] if "map" in name else text),
        "JSON",
    ),
    ("dangling link", lambda good: with_map(good, dangling), 'modules["dep"]'),
    ("missing hash", lambda good: with_map(good, unhashed), "sha512"),
    ("no entry", lambda good: with_map(good, lambda found: found.pop("entry")), "entry"),
]


@pytest.mark.parametrize(
    ("damage", "says"), [row[1:] for row in DAMAGES], ids=[row[0] for row in DAMAGES]
)
@pytest.mark.parametrize("command", ["run", "inspect"])
def test_a_bad_archive_is_refused(
    command: str, damage: Callable[[bytes], bytes], says: str, good: bytes, tmp_path: Path
) -> None:
    archive = tmp_path / "app.zip"
    archive.write_bytes(damage(good))

    refused = mapper(command, archive)

    assert refused.returncode == 1
    assert "error [INVALID_ARCHIVE]" in refused.stderr
    assert says in refused.stderr
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr
    assert "    at " not in refused.stderr


def test_a_bad_module_is_refused_when_it_is_reached(good: bytes, tmp_path: Path) -> None:
    files = {name: zipfile.ZipFile(BytesIO(good)).read(name) for name in _names(good)}
    name = next(name for name in files if name.endswith("other.js"))
    content = files[name].replace(b'"imports":[]', b'"imports":"x"')
    before, after = (sha512(text).hexdigest().encode() for text in (files[name], content))
    archive = tmp_path / "app.zip"
    archive.write_bytes(
        repacked(good, lambda n, text: content if n == name else text.replace(before, after))
    )

    refused = mapper("run", archive)

    assert refused.returncode == 1
    assert refused.stderr == (
        f"error [INVALID_ARCHIVE]: {name}.imports: expected an array, found string\n"
        "hint: make the archive again with `compartment-mapper bundle`\n"
    )


def _names(archive: bytes) -> list[str]:
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        return opened.namelist()


def test_the_good_archive_runs(good: bytes, tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    archive.write_bytes(good)

    assert mapper("run", archive).stdout == "evaluated too\nevaluated\n"


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    refused = mapper("run", tmp_path / "absent.zip")

    assert refused.returncode == 1
    assert "absent.zip" in refused.stderr
