"""The process behind the compartments has no more permissions than all packages together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import write
from support import NODE

TOOL = [sys.executable, "-m", "compartment_mapper"]

#: What code that has escaped would do, in the start realm itself.
RAW = """
const tried = (f) => { try { return f() ? 'done' : 'nothing' } catch (e) { return e.code } };
const fs = require('fs'), folder = process.env.FOLDER;
console.log(JSON.stringify({
  read: tried(() => fs.readFileSync(folder + '/main.js')),
  write: tried(() => (fs.writeFileSync(folder + '/written', ''), true)),
  child: tried(() => require('child_process').execFileSync('true')),
  worker: tried(() => new (require('worker_threads').Worker)('', { eval: true })),
  addon: tried(() => process.dlopen({ exports: {} }, folder + '/x.node')),
  native: tried(() => {
    const { internalBinding } = require('internal/test/binding');
    return internalBinding('fs').readFileUtf8(folder + '/main.js', 0);
  }),
}));
"""
REFUSED = {
    **dict.fromkeys(["read", "write", "child", "worker", "native"], "ERR_ACCESS_DENIED"),
    "addon": "ERR_DLOPEN_DISABLED",
}


def app(folder: Path, text: str, *, builtins: object = None, names: object = None) -> Path:
    """Return the folder of an application with one package that has the given grants."""
    own = {"builtins": builtins or {}, "globals": names or {}}
    files = {
        "package.json": json.dumps({"name": "app", "main": "main.js"}),
        "compartment-policy.json": json.dumps({"harmless": True, "entry": own, "resources": {}}),
        "main.js": text,
    }
    write(folder, files)
    return folder


def run(folder: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Return the result of the application in *folder*."""
    return subprocess.run(
        [*TOOL, "run", *options, "main.js"],
        cwd=folder,
        env={**os.environ, **more},
        input="typed",
        capture_output=True,
        text=True,
        check=False,
    )


def raw(folder: Path, flags: list[str]) -> object:
    """Return the permissions of a script outside of compartments, in a process with such flags."""
    script = folder / "raw.js"
    script.write_text(RAW)
    options = [*flags, f"--allow-fs-read={script}"] if flags else []
    done = subprocess.run(
        [NODE, "--expose-internals", *options, script],
        env={**os.environ, "FOLDER": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def flags_of(folder: Path) -> list[str]:
    done = subprocess.run(
        [*TOOL, "inspect", "--node-flags", "main.js"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.replace("'", "").split()


#: The result of `process.permission`, for a package that may read it.
ASKS = """
const { permission } = process;
const all = ['fs.read', 'fs.write', 'child', 'worker', 'wasi', 'addon'];
console.log(permission ? all.filter((one) => permission.has(one)).join() : 'no wall');
"""
MAY_ASK = {"process.permission": True, "console": True}


def test_escaped_code_is_limited_to_the_grants_of_all_packages(tmp_path: Path) -> None:
    folder = app(tmp_path, "0")
    without = raw(folder, [])
    assert without == {**dict.fromkeys(REFUSED, "done"), "addon": "ERR_DLOPEN_FAILED"}
    (folder / "written").unlink()
    assert raw(folder, flags_of(folder)) == REFUSED
    assert not (folder / "written").exists()


@pytest.mark.parametrize(
    ("builtins", "has"),
    [
        ({}, ""),
        ({"fs.readFileSync": True}, "fs.read"),
        ({"fs.writeFileSync": True}, "fs.write"),
        ({"child_process.spawn": True}, "child"),
        ({"worker_threads.Worker": True}, "fs.read,fs.write,child,worker"),
        ({"fs": True}, "fs.read,fs.write"),
    ],
)
def test_the_process_has_what_the_packages_have(builtins: object, has: str, tmp_path: Path) -> None:
    folder = app(tmp_path, ASKS, builtins=builtins, names=MAY_ASK)
    done = run(folder)
    assert (done.stdout, done.stderr) == (f"{has}\n", "")
    archive = tmp_path / "app.zip"
    subprocess.run([*TOOL, "bundle", "main.js", "-o", archive], cwd=folder, check=True)
    done = subprocess.run([*TOOL, "run", archive], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"{has}\n", "")


def test_a_restricted_policy_makes_a_stricter_wall(tmp_path: Path) -> None:
    folder = app(tmp_path, ASKS, builtins={"fs": True}, names=MAY_ASK)
    restrict = folder / "narrow.json"
    restrict.write_text(json.dumps({"entry": {"globals": MAY_ASK}, "resources": {}}))
    subprocess.run([*TOOL, "bundle", "main.js", "-o", "app.zip"], cwd=folder, check=True)
    done = subprocess.run(
        [*TOOL, "run", "app.zip", "--policy", restrict],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("\n", "")


def test_it_can_be_disabled_with_a_warning(tmp_path: Path) -> None:
    folder = app(tmp_path, ASKS, names=MAY_ASK)
    done = run(folder, "--no-second-wall")
    assert done.stdout == "no wall\n"
    assert done.stderr.startswith(
        "warning: running without Node's permission model (--no-second-wall is set)"
    )
    done = run(folder, NODE_OPTIONS="--require=./main.js")
    assert done.stderr.startswith("warning: running without Node's permission model (NODE_OPTIONS")


def test_what_is_granted_works_behind_it(tmp_path: Path) -> None:
    text = """
    const fs = require('fs'), { execFileSync } = require('child_process');
    fs.mkdirSync('made'); fs.writeFileSync('made/a', 'written');
    fs.symlinkSync('a', 'made/link'); fs.renameSync('made/a', 'made/b'); fs.symlinkSync('b', 'made/c');
    const child = "console.log(require('fs').readFileSync('made/b', 'utf8'), process.env.NODE_OPTIONS)";
    console.log(process.permission.has('worker'), fs.readFileSync(0, 'utf8'), fs.readFileSync('made/c', 'utf8'), fs.realpathSync('made/c').endsWith('b'));
    console.log(execFileSync(process.execPath, ['-e', child], { encoding: 'utf8' }).trim(), process.execArgv);
    """
    names = {"console": True, "process.execPath": True, "process.execArgv": True} | MAY_ASK
    granted = {"fs": True, "child_process.execFileSync": True}
    folder = app(tmp_path, text, builtins=granted, names=names)
    done = run(folder)
    assert (done.stdout, done.stderr) == ("false typed written true\nwritten undefined []\n", "")


def test_warnings_of_the_wall_are_not_shown_but_those_of_programs_are(tmp_path: Path) -> None:
    text = "setTimeout(() => process.emitWarning('mine', 'SecurityWarning'), 50)"
    granted = {"child_process.execFile": True}
    names = {"process.emitWarning": True, "setTimeout": True}
    done = run(app(tmp_path, text, builtins=granted, names=names))
    assert "SecurityWarning: mine" in done.stderr
    assert "--allow" not in done.stderr


def test_descriptors_are_synchronised_where_that_is_granted(tmp_path: Path) -> None:
    text = """
    const fs = require('fs'); const fd = fs.openSync('a', 'w'); fs.writeSync(fd, 'x'); fs.fsyncSync(fd); fs.closeSync(fd);
    console.log(fs.readFileSync('a', 'utf8'));
    """
    done = run(app(tmp_path, text, builtins={"fs": True}, names={"console": True}))
    assert (done.stdout, done.stderr) == ("x\n", "")


def test_a_script_has_a_command_line_with_a_wall(tmp_path: Path) -> None:
    folder = app(tmp_path, ASKS, builtins={"child_process.spawn": True}, names=MAY_ASK)
    made = subprocess.run(
        [*TOOL, "bundle", "main.js", "-o", "app.js", "--format", "script"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    command = made.stdout.splitlines()[-1].removeprefix("run node ").split()
    done = subprocess.run([NODE, *command], cwd=folder, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("fs.read,child\n".replace("fs.read,", ""), "")


def test_the_walled_process_can_not_write_what_was_compiled(tmp_path: Path) -> None:
    text = "console.log(process.permission.has('fs.write', process.env.FOLDER))"
    names = {**MAY_ASK, "process.env.FOLDER": True}
    folder = app(tmp_path, text, names=names)
    cache = tmp_path / "cache"
    for _ in range(2):
        done = run(folder, COMPARTMENT_MAPPER_CACHE=str(cache), FOLDER=str(cache / "code"))
        assert (done.stdout, done.stderr) == ("false\n", "")


def test_a_package_that_may_write_files_only_writes_them(tmp_path: Path) -> None:
    text = """
    const fs = require('fs');
    fs.writeFileSync('new.txt', 'written');
    fs.appendFileSync('new.txt', ' twice');
    try { fs.writeFileSync('link', '') } catch (error) { console.log(error.code) }
    """
    (tmp_path / "link").symlink_to("/proc/self/oom_score_adj")
    done = run(app(tmp_path, text, builtins={"fs.writeFileSync": True, "fs.appendFileSync": True}))

    assert (done.stdout, done.stderr) == ("ERR_ACCESS_DENIED\n", "")
    assert (tmp_path / "new.txt").read_text() == "written twice"
