"""Grants of members beside a grant of their builtin with a scope: the longest path decides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import write
from process import mapper

HERE = Path(__file__).parent
MAIN = "import run from 'dep'; await run(); process.exit(0);"
FILES = {"paths": ["./out/**"]}
HOSTS = {"hosts": ["localhost:1"]}
PROGRAMS = {"programs": ["printf"]}
NAMES = ("fs", "http", "child_process")


def _run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, builtins: Mapping[str, object], *options: str
) -> dict[str, bool]:
    """Return whether each probe succeeded."""
    entry = {"globals": {"process.exit": True}, "packages": {"dep": True}}
    policy = {"harmless": True, "entry": entry, "resources": {"dep": {"builtins": builtins}}}
    app = write(
        folder,
        {
            "package.json": '{"name": "app", "type": "module", "dependencies": {"dep": "1"}}',
            "main.js": MAIN,
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
            "node_modules/dep/index.js": (HERE / "members.js").read_text(),
            "compartment-policy.json": json.dumps(policy),
            "out/old": "old",
        },
    )
    monkeypatch.chdir(app)  # paths of scopes start there
    done = mapper("run", *options, "main.js", check=True)
    found: dict[str, bool] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("options", [(), ("--no-second-wall",)], ids=["wall", "no wall"])
def test_a_denial_of_a_member_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    denials = {
        "fs.writeFileSync": False,
        "fs.promises.writeFile": False,
        "fs.readFileSync": {"read": ["./data/**"]},
        "child_process.spawnSync": False,
        "http.get": False,
        "fs/promises": {"paths": ["./out/**"]},
    }
    scopes = {"fs": FILES, "http": HOSTS, "child_process": PROGRAMS}

    found = _run(tmp_path, monkeypatch, {**scopes, **denials}, *options)

    assert set(found.values()) == {False}


def test_the_promises_have_no_more_than_their_scope(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = dict.fromkeys(["fs/promises", "http", "child_process"], True)
    denied = dict.fromkeys(["fs.readFileSync", "fs.writeFileSync"], False)
    grants = {"fs.promises": FILES, **others, **denied}

    found = _run(tmp_path, monkeypatch, grants, "--no-second-wall")

    assert not found["the list of matches by fs"]


def test_the_members_are_there_without_denials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants = dict.fromkeys([*NAMES, "fs/promises"], True)

    assert set(_run(tmp_path, monkeypatch, grants).values()) == {True}
