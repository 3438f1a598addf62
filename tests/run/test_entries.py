"""Several entries in one archive, or one script, share the modules that both reach."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE, ROOT

FILES = {
    "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"shared": "1"}}',
    "a.js": "console.log('a', require('shared'), require.main === module);\n",
    "tools/b.mjs": "import shared from 'shared'; console.log('b', shared, import.meta.main);\n",
    "c.js": "require('./missing.js');\n",
    "node_modules/shared/package.json": '{"name": "shared", "version": "1.0.0"}',
    "node_modules/shared/index.js": "module.exports = 'shared';\n",
    "other/package.json": '{"name": "other"}',
    "other/index.js": "",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("app"), FILES)


@pytest.fixture(scope="module")
def archive(app: Path) -> Path:
    entries = (app / "a.js", app / "tools" / "b.mjs", app / "a.js")
    mapper("bundle", *entries, "-o", app / "app.zip", check=True)
    return app / "app.zip"


def test_the_first_entry_is_begun_at(archive: Path) -> None:
    assert mapper("run", archive).stdout == "a shared true\n"


@pytest.mark.parametrize("name", ["tools/b.mjs", "./tools/b.mjs"])
def test_another_one_is_begun_at_by_its_name(archive: Path, name: str) -> None:
    assert mapper("run", archive, "--entry", name).stdout == "b shared true\n"


def test_an_unknown_entry_suggests_the_nearest(archive: Path) -> None:
    done = mapper("run", archive, "--entry", "tools/b.js")

    assert done.returncode == 1
    assert "UNKNOWN_ENTRY" in done.stderr
    assert "did you mean 'tools/b.mjs'?" in done.stderr


def test_a_file_that_is_not_an_entry_is_rejected(archive: Path) -> None:
    runtime = ROOT / "compartment_mapper" / "_runtime"
    done = subprocess.run(
        [NODE, runtime / "main.cjs", "--entry", "index.js", archive],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "it has no entry" in done.stderr


def test_entries_are_shown(archive: Path) -> None:
    listed = "entries: a.js, tools/b.mjs"

    assert listed in mapper("verify", archive).stdout
    assert listed in mapper("inspect", archive).stdout
    for command in ("verify", "inspect"):
        found = json.loads(mapper(command, archive, "--json").stdout)
        assert found["entries"] == ["a.js", "tools/b.mjs"]


def test_one_entry_leaves_the_map_as_it_is(app: Path, tmp_path: Path) -> None:
    mapper("bundle", app / "a.js", "-o", tmp_path / "one.zip", check=True)

    assert b'"entry":true' not in (tmp_path / "one.zip").read_bytes()
    assert "entries:" not in mapper("verify", tmp_path / "one.zip").stdout


def test_a_script_has_them_too(app: Path, tmp_path: Path) -> None:
    script = tmp_path / "app.cjs"
    entries = (app / "a.js", app / "tools" / "b.mjs")
    mapper("bundle", *entries, "-o", script, "--format", "script", check=True)

    def printed(**env: str) -> str:
        return subprocess.run(
            [NODE, script], capture_output=True, text=True, check=False, env={**os.environ, **env}
        ).stdout

    assert printed() == "a shared true\n"
    assert printed(COMPARTMENT_MAPPER_ENTRY="tools/b.mjs") == "b shared true\n"


def test_a_problem_of_any_entry_is_an_error(app: Path, tmp_path: Path) -> None:
    done = mapper("bundle", app / "a.js", app / "c.js", "-o", tmp_path / "x.zip")

    assert done.returncode == 1
    assert "c.js:1:9: error [MODULE_NOT_FOUND]" in done.stderr


def test_entries_are_in_one_package(app: Path, tmp_path: Path) -> None:
    done = mapper("bundle", app / "a.js", app / "other" / "index.js", "-o", tmp_path / "x.zip")

    assert (done.returncode, "ENTRIES_OF_TWO_PACKAGES" in done.stderr) == (1, True)
    assert "'a.js' and 'other/index.js' belong to different packages" in done.stderr


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (
            ("bundle", "a.js", "c.js", "-o", "x.mjs", "--format", "module"),
            "bundle each entry separately",
        ),
        (("run", "a.js", "--entry", "b"), "name the file itself"),
    ],
)
def test_where_there_can_be_one_entry_only(app: Path, command: tuple[str, ...], hint: str) -> None:
    done = mapper(*(str(app / part) if part.endswith(("js",)) else part for part in command))

    assert (done.returncode, hint in done.stderr) == (2, True), done.stderr
