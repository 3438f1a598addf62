"""``run --report``: denials, including caught ones, and uses of risky capabilities."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from command_line import write
from process import mapper

TOOL = [sys.executable, "-m", "compartment_mapper"]

EVIL = """
const tried = (f) => { try { return f() } catch {} };
tried(() => require('child_process').execFileSync('id'));
for (let i = 0; i < 5; i++) tried(() => fetch('http://localhost'));
tried(() => process.binding('fs'));
tried(() => process.getBuiltinModule('net'));
tried(() => require('other'));
"""
MAIN = """
require('evil');
const fs = require('fs');
for (let i = 0; i < 3; i++) fs.existsSync(__filename);
const { readFile } = fs.promises;
readFile('main.js').then(() => console.log('read'));
try { fs.writeFileSync('x', '') } catch (error) { console.log(error.code) }
"""
POLICY = {
    "harmless": True,
    "entry": {
        "packages": {"evil": True},
        "builtins": {
            "fs.existsSync": True,
            "fs.promises.readFile": True,
            "fs.writeFileSync": False,
        },
        "globals": {"console": True},
    },
    "resources": {
        "evil": {
            "builtins": {"child_process": False, "net": False},
            "globals": {
                "fetch": False,
                "process.binding": False,
                "process.getBuiltinModule": False,
            },
            "packages": {"other": False},
        }
    },
}
FILES = {
    "package.json": json.dumps({"name": "app", "dependencies": {"evil": "1", "other": "1"}}),
    "compartment-policy.json": json.dumps(POLICY),
    "main.js": MAIN,
    "node_modules/evil/package.json": json.dumps(
        {"name": "evil", "version": "1.0.0", "dependencies": {"other": "1"}}
    ),
    "node_modules/evil/index.js": EVIL,
    "node_modules/other/package.json": json.dumps({"name": "other", "version": "1.0.0"}),
    "node_modules/other/index.js": "",
}


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Return the result of the application in *folder*."""
    return subprocess.run(
        [*TOOL, "run", *options, "main.js"], cwd=folder, capture_output=True, text=True, check=False
    )


def lines_of(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def last_counts(lines: list[dict[str, object]]) -> dict[tuple[object, ...], object]:
    """Return the last count of each use; a later line replaces earlier ones."""
    names = ("package", "part", "capability", "allowed", "severity", "place")
    return {tuple(line[name] for name in names): line["count"] for line in lines}


def test_caught_denials_and_uses_of_high_severity_are_reported(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    done = run(tmp_path, "--report", "uses.jsonl")
    assert (done.stdout, done.stderr) == ("ERR_ACCESS_DENIED\nread\n", "")
    lines = lines_of(tmp_path / "uses.jsonl")
    place = "evil/index.js"
    assert last_counts(lines) == {
        ("evil", "builtins", "child_process", False, "critical", f"{place}:3"): 1,
        ("evil", "globals", "fetch", False, "high", f"{place}:4"): 5,
        ("evil", "globals", "process.binding", False, "critical", f"{place}:5"): 1,
        ("evil", "builtins", "net", False, "high", f"{place}:6"): 1,
        ("evil", "packages", "other", False, "low", f"{place}:7"): 1,
        ("$root$", "builtins", "fs.existsSync", True, "high", "$root$/main.js:4"): 3,
        ("$root$", "builtins", "fs.promises.readFile", True, "high", "$root$/main.js:6"): 1,
        ("$root$", "builtins", "fs.writeFileSync", False, "high", "$root$/main.js:7"): 1,
    }
    assert all(str(line["time"]).endswith("Z") for line in lines)


def test_without_it_nothing_is_different(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    done = run(tmp_path)
    assert (done.stdout, done.stderr) == ("ERR_ACCESS_DENIED\nread\n", "")


def test_what_ends_by_a_crash_was_reported(tmp_path: Path) -> None:
    main = "require('evil'); process.abort()"
    policy = {**POLICY, "entry": {**POLICY["entry"], "globals": {"process.abort": True}}}  # type: ignore[dict-item]
    write(tmp_path, {**FILES, "main.js": main, "compartment-policy.json": json.dumps(policy)})
    done = run(tmp_path, "--report", "uses.jsonl")
    assert done.returncode < 0
    assert len(lines_of(tmp_path / "uses.jsonl")) == 5


def test_it_is_appended_to_and_bounded(tmp_path: Path) -> None:
    evil = "for (let i = 0; i < 10_100; i++) try { require('node:' + 'net') } catch {}"
    many = "\n".join(f"try {{ fetch('{n}') }} catch {{}}" for n in range(10_050))
    write(tmp_path, {**FILES, "main.js": "require('evil')", "node_modules/evil/index.js": many})
    (tmp_path / "uses.jsonl").write_text('{"mine": 1}\n')
    run(tmp_path, "--report", "uses.jsonl")
    lines = lines_of(tmp_path / "uses.jsonl")
    assert lines[0] == {"mine": 1}
    assert len(lines) == 1 + 10_000 + 1
    assert lines[-1]["omitted"] == 50
    write(tmp_path, {"node_modules/evil/index.js": evil})
    run(tmp_path, "--report", "uses.jsonl")
    assert lines_of(tmp_path / "uses.jsonl")[-1]["count"] == 10_100


def test_a_file_that_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    done = run(tmp_path, "--report", "no/such/folder")
    assert (done.returncode, "CANNOT_WRITE" in done.stderr) == (1, True)


CAUGHT = """
const url = ['http://other', 'example'].join('.');
for (let n = 0; n < 2; n += 1) fetch(url).catch(() => undefined);
require('os').hostname?.call;
try { require('fs').readFileSync(__filename + 'x') } catch {}
try { require('fs').unlinkSync('x') } catch {}
"""


def test_a_caught_denial_is_a_warning_at_the_end(tmp_path: Path) -> None:
    dep = {
        "globals": {"fetch": {"hosts": ["own.example"]}},
        "builtins": {"fs.unlinkSync": False, "fs.readFileSync": True, "os.hostname": False},
    }
    files = {
        "package.json": '{"name": "app", "dependencies": {"dep": "1"}}',
        "main.js": "require('dep');\nconsole.log('done');\n",
        "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
        "node_modules/dep/index.js": CAUGHT,
        "compartment-policy.json": json.dumps(
            {
                "harmless": True,
                "entry": {"packages": {"dep": True}},
                "resources": {"dep": dep},
            }
        ),
    }
    write(tmp_path, files)

    done = mapper("run", tmp_path / "main.js")

    assert (done.stdout, done.returncode) == ("done\n", 0)
    assert done.stderr.splitlines() == [
        "warning: denied, and not mentioned in the policy:",
        (
            "  package 'dep' tried to use global 'fetch' for 'other.example:80' (high), "
            "first at dep/index.js:3, 2 times"
        ),
        (
            "  `run --report FILE` records every denial; a decision (true or false) in the policy "
            "silences this"
        ),
    ]
