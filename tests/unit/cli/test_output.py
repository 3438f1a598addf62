"""``-o``: forbidden targets, and standard output."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from command_line import invoke, write
from support import package

FILES = {
    "package.json": package(name="app", version="1.0.0", dependencies={"b": "1"}),
    "main.js": "require('b'); require('./data.json')\n",
    "data.json": "{}",
    "policy.json": '{"entry": {"packages": {"b": true}}, "harmless": true}',
    "node_modules/b/package.json": package(name="b", version="1.0.0"),
    "node_modules/b/index.js": "module.exports = 1;\n",
}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write(tmp_path / "app", FILES)
    (folder / "link.json").symlink_to("data.json")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize(
    "output",
    [
        "data.json",
        "./data.json",
        "link.json",
        "policy.json",
        "package.json",
        "other/package.json",
        "package-lock.json",
        "compartment-mapper.toml",
        "node_modules/b/package.json",
        "main.js",
        "node_modules/b/index.js",
        "app.mjs",
        "folder",
        "fifo",
        "/dev/null",
    ],
)
def test_an_input_or_a_special_file_is_not_overwritten(
    output: str, app: Path, *, cached: bool
) -> None:
    options = ["--policy", "policy.json", *([] if cached else ["--no-cache"])]
    for _ in range(2):  # the second is cached
        result = invoke("bundle", "main.js", "-o", output, *options)

        assert result.exit_code == 1
        assert f"error [CANNOT_WRITE]: cannot write '{output}'" in result.stderr
    assert {name: (app / name).read_text() for name in FILES} == FILES


def test_a_script_does_not_replace_an_input_either(app: Path) -> None:
    for output in ("main.js", "node_modules/b/index.js"):
        result = invoke("bundle", "main.js", "-o", output, "--format", "script")

        assert (result.exit_code, "is an input file" in result.stderr) == (1, True)
    assert (
        "is not an archive"
        in invoke("bundle", "main.js", "-o", "a.zip", "--format", "script").stderr
    )
    assert (app / "main.js").read_text() == FILES["main.js"]


def test_what_was_made_is_made_again(app: Path) -> None:
    for output in ("app.zip", "app.bin"):
        assert invoke("bundle", "main.js", "-o", output).exit_code == 0
        first = (app / output).read_bytes()
        (app / "main.js").write_text(f"require('b') // {output}")
        assert invoke("bundle", "main.js", "-o", output).exit_code == 0
        assert (app / output).read_bytes() != first


def test_a_hyphen_is_standard_output(app: Path) -> None:
    result = invoke("bundle", "main.js", "-o", "-")

    assert result.exit_code == 0
    assert ZipFile(BytesIO(result.stdout_bytes)).namelist()
    assert not (app / "-").exists()
    assert invoke("bundle", "main.js", "-o", "-", "--json").exit_code == 2


@pytest.mark.parametrize("arguments", [("n" * 5000,), ("main.js", "-o", "n" * 300 + ".zip")])
def test_a_name_that_is_too_long_is_an_error(arguments: tuple[str, ...], app: Path) -> None:
    assert app.is_dir()
    result = invoke("bundle", *arguments, *(() if "-o" in arguments else ("-o", "a.zip")))

    assert result.exit_code == 1
    assert "error [CANNOT_" in result.stderr
    assert len(result.stderr) < 1000
