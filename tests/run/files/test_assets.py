"""Assets that only the user of the application knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import write
from process import mapper

PROJECT = {
    "package.json": '{"name": "app", "dependencies": {"dep": "1"}}',
    "main.js": "console.log(require('dep')(['texts', 'a.txt']), require('dep')(['texts', 'c.txt']));",
    "texts/of:app.txt": "own",
    "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "dependencies": {"in": "1"}}',
    "node_modules/dep/index.js": "const { join } = require('path');\nrequire('in');\n"
    "module.exports = (parts) => {\n"
    "  try { return require('fs').readFileSync(join(__dirname, parts.join('/')), 'utf8'); }\n"
    "  catch ({ code }) { return code; }\n"
    "};\n",
    "node_modules/dep/texts/a.txt": "a",
    "node_modules/dep/texts/b.txt": "b",
    "node_modules/dep/node_modules/in/package.json": '{"name": "in", "version": "1.0.0"}',
    "node_modules/dep/node_modules/in/index.js": "",
    "node_modules/dep/node_modules/in/secret.txt": "of in",
    "secret.txt": "of the application",
}


def test_an_asset_is_included_in_the_archive(tmp_path: Path) -> None:
    project = tmp_path / "app"
    (project / "texts").mkdir(parents=True)
    (project / "package.json").write_text('{"name": "app"}')
    (project / "texts" / "one.txt").write_text("one")
    (project / "main.js").write_text(
        "const name = ['texts', 'one.txt'].join('/');\n"
        "const place = require('path').join(__dirname, name);\n"
        "console.log(require('fs').readFileSync(place, 'utf8'));\n"
    )
    archive = tmp_path / "app.zip"

    assert mapper("bundle", project / "main.js", "-o", archive).returncode == 0
    assert "ENOENT" in mapper("run", archive).stderr
    made = mapper("bundle", project / "main.js", "-o", archive, "--asset", "texts/*.txt")
    assert made.returncode == 0, made.stderr
    (project / "texts" / "one.txt").unlink()

    assert mapper("run", archive).stdout == "one\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write(tmp_path / "app", PROJECT)
    (folder / "node_modules/dep/texts/c.txt").symlink_to(folder / "secret.txt")
    (folder / "node_modules/dep/up").symlink_to(folder)
    (folder / "node_modules/dep/again").symlink_to(folder / "node_modules/dep")
    return folder


def bytes_of(project: Path, *choices: str) -> dict[str, list[str]]:
    """Return the included files for each ``--asset`` of *choices*, by compartment."""
    options = [option for choice in choices for option in ("--asset", choice)]
    archive = project / "app.zip"
    made = mapper("bundle", project / "main.js", "-o", archive, "--json", "--infer", *options)
    found = json.loads(made.stdout)
    if made.returncode:
        return {
            problem["code"]: [problem["message"], problem["hint"]] for problem in found["problems"]
        }
    return {
        name: [key.removesuffix("#as=bytes") for key in modules if key.endswith("#as=bytes")]
        for name, modules in found["compartments"].items()
        if any(key.endswith("#as=bytes") for key in modules)
    }


def test_files_of_a_package_are_chosen_by_its_canonical_name(project: Path) -> None:
    assert bytes_of(project, "dep:texts/*") == {"dep-v1.0.0": ["./texts/a.txt", "./texts/b.txt"]}
    (project / "node_modules" / "dep" / "texts" / "a.txt").unlink()
    assert mapper("run", project / "app.zip").stdout == "a ENOENT\n"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        pytest.param("dep>in:*.txt", {"in-v1.0.0": ["./secret.txt"]}, id="nested"),
        pytest.param("$root$:secret.txt", {"app-v": ["./secret.txt"]}, id="application"),
        pytest.param("secret.txt", {"app-v": ["./secret.txt"]}, id="no-package"),
        pytest.param("./texts/of:*", {"app-v": ["./texts/of:app.txt"]}, id="colon-in-a-glob"),
        pytest.param(
            "dep:**/*.txt", {"dep-v1.0.0": ["./texts/a.txt", "./texts/b.txt"]}, id="links-out"
        ),
    ],
)
def test_a_choice_names_files_of_one_package(
    project: Path, choice: str, expected: dict[str, list[str]]
) -> None:
    assert bytes_of(project, choice) == expected


NOTHING = "globs are relative to the package's folder and may contain *, ? and **; symbolic links that leave the folder are not followed"
COLON = "--asset takes PACKAGE:GLOB; start a glob that contains a colon with ./"


@pytest.mark.parametrize(
    ("choice", "code", "message", "hint"),
    [
        (
            "depp:*",
            "UNKNOWN_PACKAGE",
            "package 'depp' is not part of the application",
            "did you mean 'dep'?",
        ),
        ("C:/data/*", "UNKNOWN_PACKAGE", "package 'C' is not part of the application", COLON),
        ("dep:none/*", "ASSET_NOT_FOUND", "no file of package 'dep' matches 'none/*'", NOTHING),
        ("dep:", "ASSET_NOT_FOUND", "no file of package 'dep' matches ''", NOTHING),
        ("dep:../../*.txt", "ASSET_NOT_FOUND", None, NOTHING),
        ("dep:texts/c.txt", "ASSET_NOT_FOUND", None, NOTHING),
        ("dep:up/*.txt", "ASSET_NOT_FOUND", None, NOTHING),
        (
            "none.txt",
            "ASSET_NOT_FOUND",
            "no file of package '$root$' matches 'none.txt'",
            NOTHING,
        ),
    ],
)
def test_a_choice_that_names_nothing_is_an_error(
    project: Path, choice: str, code: str, message: str | None, hint: str
) -> None:
    [(found, (said, hinted))] = bytes_of(project, choice).items()

    assert (found, hinted) == (code, hint)
    assert message in {None, said}
