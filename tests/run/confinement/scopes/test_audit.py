"""`run --audit` records what grants are used for, and `policy infer` restricts them to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import invoke, refused, write

FILES = {
    "package.json": '{"name": "app", "type": "module", "dependencies": {"dep": "1"}}',
    "main.js": "import run from 'dep';\nawait run(process.argv.slice(2));\n",
    "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
    "node_modules/dep/index.js": """
const http = require('http'), fs = require('fs'), { execFileSync } = require('child_process');
const text = (parts) => parts.join('');
module.exports = async (more) => {
  const url = text(['http://local', 'host:1']);
  await fetch(url).catch((error) => console.log(error.code ?? 'failed'));
  await new Promise((done) => http.get(url, done).on('error', done));
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) fs.writeFileSync(text(['out/', name]), name);
  console.log(fs.readFileSync(text(['data', '.txt']), 'utf8'));
  console.log(execFileSync(text(['e', 'nv']), ['true']).length);
  for (const file of more)
    try { fs.writeFileSync(file, ''); } catch (error) { console.log(error.code, error.message); }
};
""",
    "data.txt": "data",
    "out/.keep": "",
}


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Return the result of the application in *folder*."""
    return subprocess.run(
        [sys.executable, "-m", "compartment_mapper", "run", *options],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = write(tmp_path / "app", FILES)
    assert invoke("policy", "infer", str(folder / "main.js")).exit_code == 0
    file = folder / "compartment-policy.json"
    policy = json.loads(file.read_text())
    policy["resources"]["dep"]["builtins"]["child_process.execFileSync"] = True
    file.write_text(json.dumps(policy))
    return folder


SCOPES = {
    "fetch": {"hosts": ["localhost:1"]},
    "http.get": {"hosts": ["localhost:1"]},
    "fs.writeFileSync": {"write": ["./out/**"]},
    "fs.readFileSync": {"read": ["./data.txt"]},
    "child_process.execFileSync": {"programs": ["env"], "env": ["*"]},
}


def test_grants_are_restricted_to_what_a_run_used(app: Path) -> None:
    done = run(app, "--audit-output", "audit.json", "main.js")
    result = invoke("policy", "infer", "--audit", str(app / "audit.json"), str(app / "main.js"))

    assert done.stdout.splitlines() == ["failed", "data", "0"], done.stderr
    assert "audit" not in done.stderr
    assert result.exit_code == 0, result.output
    own = json.loads((app / "compartment-policy.json").read_text())["resources"]["dep"]
    grants = {**own["globals"], **own["builtins"]}
    assert {path: each.get("grant", each) for path, each in grants.items()} == SCOPES
    again = run(app, "main.js", "--", "out/more", "other")
    assert again.stdout.splitlines()[:3] == ["failed", "data", "0"]
    (line,) = again.stdout.splitlines()[3:]
    assert line.startswith("ERR_ACCESS_DENIED package 'dep' may not write")
    assert (app / "out/more").exists()
    assert not (app / "other").exists()


def test_the_audit_of_restricted_grants_names_what_is_missing(app: Path) -> None:
    run(app, "--audit-output", "audit.json", "main.js")
    invoke("policy", "infer", "--audit", str(app / "audit.json"), str(app / "main.js"))

    done = run(app, "--audit", "main.js", "--", "other")

    assert 'resources["dep"].builtins["fs.writeFileSync"] = {"write":["./other"]}' in done.stderr, (
        done.stderr
    )


def test_the_text_of_an_audit(app: Path) -> None:
    done = run(app, "--audit", "main.js")

    assert "audit: grants that could be restricted to what was used:" in done.stderr
    assert 'resources["dep"].globals["fetch"] = {"hosts":["localhost:1"]}  # dep/index.js:' in (
        done.stderr
    )


ROW: dict[str, object] = {
    "label": "dep",
    "part": "globals",
    "path": "fetch",
    "place": "",
    "grant": True,
}
WRONG: list[tuple[str, object]] = [
    *(("part", "other"), ("part", None), ("part", ["globals"]), ("label", 1), ("path", {})),
    *(("place", []), ("grant", [1]), ("grant", {"hosts": {}}), ("grant", {"hosts": [1]})),
    ("grant", 1),
]
TEXTS = [
    *("", "[]", "{}", '{"audit": [], "used": [{}]}', "\0", "[" * 99999),
    *(json.dumps({"audit": [{**ROW, key: value}], "used": []}) for key, value in WRONG),
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_file_that_is_no_audit(text: str, app: Path) -> None:
    (app / "audit.json").write_text(text)
    before = (app / "compartment-policy.json").read_text()

    message = refused("policy", "infer", "--audit", str(app / "audit.json"), str(app / "main.js"))

    assert "error [INVALID_AUDIT]: the file is not an audit" in message
    assert (app / "compartment-policy.json").read_text() == before
