"""The policy of a run: restricted, audited, and never extended."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from process import mapper

from compartment_mapper.cli.schemas.reading import output_schema

FILES = {
    "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"evil": "1"}}',
    "main.js": "console.log(typeof require('evil').read());\n",
    "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
    "node_modules/evil/index.js": "const fs = require('fs');\n"
    "exports.read = () => fs.readdirSync('/')\n"
    "  + process.env.HOME + require('os').cpus().length;\n",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    mapper("bundle", folder / "main.js", "-o", folder / "app.zip", "--infer", check=True)
    return folder


def within(app: Path, **builtins: object) -> Path:
    policy = app / "within.json"
    evil = {"builtins": builtins, "globals": {"process.env.HOME": True, "fetch": True}}
    value = {"harmless": True, "entry": {"packages": "any"}, "resources": {"evil": evil}}
    policy.write_text(json.dumps(value))
    return policy


def test_an_archive_runs_with_what_both_policies_grant(app: Path) -> None:
    policy = within(app, fs=True, os=True)

    done = mapper("run", "--policy", policy, app / "app.zip")

    assert (done.stdout, done.returncode) == ("string\n", 0), done.stderr


def test_a_run_can_be_given_less_than_the_archive_has(app: Path) -> None:
    done = mapper("run", app / "app.zip", "--policy", within(app, fs=True))

    assert done.returncode == 1
    assert "package 'evil' may not use builtin 'os.cpus'" in done.stderr


def test_a_run_can_not_be_given_more_than_the_archive_has(app: Path, tmp_path: Path) -> None:
    harmless = tmp_path / "harmless.zip"
    mapper("bundle", app / "main.js", "-o", harmless, check=True)

    done = mapper("run", harmless, "--policy", within(app, fs=True, os=True))

    assert done.returncode == 1
    assert "may not use builtin 'fs.readdirSync'" in done.stderr


@pytest.mark.parametrize("order", ["before", "after"])
def test_an_audit_records_instead_of_failing(app: Path, order: str) -> None:
    entry = app / "main.js"

    arguments: list[str | Path] = ["--audit", entry] if order == "before" else [entry, "--audit"]
    done = mapper("run", *arguments)

    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert 'resources["evil"].builtins["fs.readdirSync"] = true  # evil/index.js:2' in lines
    assert 'resources["evil"].builtins["os.cpus"] = true  # evil/index.js:3' in lines
    assert 'resources["evil"].globals["process.env.HOME"] = true  # evil/index.js:3' in lines


def test_an_audit_speaks_json(app: Path, tmp_path: Path) -> None:
    harmless = tmp_path / "harmless.zip"
    mapper("bundle", app / "main.js", "-o", harmless, check=True)

    done = mapper("run", "--audit-json", harmless)

    found = json.loads(done.stderr.splitlines()[-1])
    jsonschema.validate(found, output_schema("run"))
    assert found["schemaVersion"] == 1
    rows = found["audit"]
    assert {row["path"] for row in rows} == {"fs.readdirSync", "os.cpus", "process.env.HOME"}


def test_an_audit_continues_past_a_policy_that_is_too_strict(app: Path) -> None:
    policy = within(app, fs=True)

    refused = mapper("run", app / "main.js", "--policy", policy)
    audited = mapper("run", app / "main.js", "--policy", policy, "--audit")

    assert "POLICY_TOO_NARROW" in refused.stderr
    assert audited.returncode == 0
    assert 'resources["evil"].builtins["os.cpus"] = true' in audited.stderr
