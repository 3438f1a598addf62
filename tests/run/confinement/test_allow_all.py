"""Only one option grants everything, and each run with it prints a warning."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import write
from process import mapper

SAID = "warning: --allow-all grants every package all capabilities of this process"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "package.json": '{"name": "app", "dependencies": {"reader": "1"}}',
        "main.js": "console.log(require('reader').length > 0);\n",
        "node_modules/reader/package.json": '{"name": "reader"}',
        "node_modules/reader/index.js": "module.exports = require('fs').readdirSync('/');\n",
    }
    return write(tmp_path / "app", files)


def test_an_application_that_is_run_with_it(project: Path) -> None:
    done = mapper("run", "--allow-all", project / "main.js", check=True)

    assert (done.stdout, SAID in done.stderr) == ("true\n", True)


def test_an_archive_that_is_run_with_it(project: Path, tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    mapper("bundle", project / "main.js", "-o", archive, check=True)

    assert mapper("run", archive).returncode == 1
    done = mapper("run", "--allow-all", archive, check=True)
    assert (done.stdout, SAID in done.stderr) == ("true\n", True)


def test_an_archive_that_was_bundled_with_it(project: Path, tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    mapper("bundle", project / "main.js", "-o", archive, "--allow-all", check=True)

    done = mapper("run", archive, check=True)

    assert (done.stdout, SAID in done.stderr) == ("true\n", True)


def test_inference_does_not_print_the_allow_all_warning(project: Path) -> None:
    assert SAID not in mapper("run", "--infer", project / "main.js", check=True).stderr


def test_an_archive_of_one_package_that_was_bundled_with_it(tmp_path: Path) -> None:
    files = {"package.json": '{"name": "app"}', "main.js": "console.log(1);\n"}
    entry = write(tmp_path / "app", files) / "main.js"
    archive = tmp_path / "app.zip"
    mapper("bundle", entry, "-o", archive, "--allow-all", check=True)
    own = tmp_path / "own.zip"
    mapper("bundle", entry, "-o", own, check=True)

    assert SAID in mapper("run", archive, check=True).stderr
    assert SAID not in mapper("run", own, check=True).stderr


@pytest.mark.parametrize(
    "builtin",
    [
        *("fs", "fs/promises", "url", "events", "stream", "buffer", "perf_hooks", "crypto"),
        *("console", "http", "timers", "util", "worker_threads"),
    ],
)
def test_modules_import_builtins_with_it(builtin: str, tmp_path: Path) -> None:
    text = f"import all from 'node:{builtin}'; console.log(typeof all, process.argv.length)"
    write(tmp_path, {"package.json": '{"name": "app", "type": "module"}', "main.js": text})

    done = mapper("run", "--allow-all", tmp_path / "main.js", check=True)
    assert done.stdout.split() in (["object", "2"], ["function", "2"])


@pytest.mark.parametrize(
    "use",
    [
        "import { performance } from 'perf_hooks'; process.on('exit', () => 1); performance.mark('a')",
        (
            "const { createRequire } = await import('module'); new Response('x').body;"
            "createRequire(import.meta.url)('fs').ReadStream; process.stdout.isTTY"
        ),
        (
            "import * as fs from 'fs'; for (const name in fs) void fs[name]; await import('stream');"
            "crypto.randomUUID(); performance.now()"
        ),
    ],
    ids=["perf_hooks", "require", "namespace"],
)
def test_no_order_of_uses_fails_with_it(use: str, tmp_path: Path) -> None:
    text = f"{use};\nconsole.log('done')"
    write(tmp_path, {"package.json": '{"name": "app", "type": "module"}', "main.js": text})

    assert mapper("run", "--allow-all", tmp_path / "main.js", check=True).stdout == "done\n"


def test_the_host_is_not_hardened_with_it(tmp_path: Path) -> None:
    text = "const { EventEmitter } = require('events'); process.on('exit', () => {});"
    text += "EventEmitter.prototype.own = 1; console.log(new EventEmitter().own)"
    write(tmp_path, {"package.json": '{"name": "app"}', "main.js": text})

    assert mapper("run", "--allow-all", tmp_path / "main.js", check=True).stdout == "1\n"
