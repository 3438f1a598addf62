"""``process.argv`` as in Node: the path of the program, and its arguments."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE

FILES = {
    "package.json": '{"name": "app"}',
    "main.js": "console.log(process.argv.slice(1).join());\n",
}


def test_an_entry_is_named_by_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "app", FILES)
    monkeypatch.chdir(folder)

    done = mapper("run", "main.js", "--", "-a", "b", check=True)

    assert done.stdout == "/app-v/main.js,-a,b\n"


def test_an_archive_is_named_by_the_place_of_its_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "app", FILES)
    monkeypatch.chdir(folder)
    mapper("bundle", "main.js", "-o", "app.zip", check=True)

    assert mapper("run", "app.zip", check=True).stdout == "/app-v/main.js\n"


#: Each prints whether the module is the main program.
IS_MAIN = """import fs, { realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { here } from 'es-main';
const [, program] = process.argv;
console.log(
  program === fileURLToPath(import.meta.url),
  import.meta.url === pathToFileURL(program).href,
  import.meta.url === `file://${program}`,
  new URL(import.meta.url).pathname === new URL(program, 'file:').pathname,
  import.meta.filename === realpathSync(program),
  fileURLToPath(import.meta.url) === fs.realpathSync.native(path.resolve(program)),
  path.basename(program) === path.basename(import.meta.filename),
  createRequire(import.meta.url).resolve(program) === import.meta.filename,
  import.meta.main,
  here(import.meta.url),
);
"""
ES_MAIN = """const { createRequire } = require('module');
const { fileURLToPath } = require('url');
const fs = require('fs');
exports.here = (url) => [
  createRequire(url).resolve(process.argv[1]) === fileURLToPath(url),
  fs.realpathSync(process.argv[1]) === fileURLToPath(url),
  require.main === undefined,
];
"""


@pytest.mark.parametrize("way", ["entry", "archive", "script"])
def test_a_module_knows_whether_it_is_the_program(tmp_path: Path, way: str) -> None:
    folder = write(
        tmp_path / "app",
        {
            "package.json": '{"name": "app", "dependencies": {"es-main": "1"}}',
            "main.mjs": IS_MAIN,
            "node_modules/es-main/package.json": '{"name": "es-main", "version": "1.0.0"}',
            "node_modules/es-main/index.js": ES_MAIN,
        },
    )
    expected = subprocess.run(
        [NODE, folder / "main.mjs"], capture_output=True, text=True, check=True
    ).stdout
    output = tmp_path / ("out.js" if way == "script" else "out.zip")
    chosen = ["--format", "script"] if way == "script" else []
    if way != "entry":
        mapper("bundle", folder / "main.mjs", "--infer", "-o", output, *chosen, check=True)
    ran = (
        mapper("run", "--infer", folder / "main.mjs")
        if way == "entry"
        else mapper("run", output)
        if way == "archive"
        else subprocess.run([NODE, output], capture_output=True, text=True, check=False)
    )

    assert ran.stdout == expected, ran.stderr
    assert "false" not in expected
