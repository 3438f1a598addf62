"""A package whose grants list paths, programs or variables has those, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import write
from process import mapper

TOOL = [sys.executable, "-m", "compartment_mapper"]
HERE = Path(__file__).parent
FILES = {
    "read": ["./data/**", "./out/**", "$TMP/**", "./data-link/**"],
    "write": ["./out/**", "$TMP/**", "./one/*", "./far/away/**", "./written/**"],
}
PROGRAMS = {
    "programs": ["env", "printf", "cat", "elsewhere"],
    "args": [[], ["one"], ["%s", "*"]],
    "env": ["GIVEN", "SCOPED_*"],
}

#: The probes call functions of Node in ways that make it throw later.
MAIN = """
import run from 'dep';
process.on('uncaughtException', () => undefined);
await run();
"""

Found = dict[str, dict[str, dict[str, object]]]


def _run(folder: Path, *, scoped: bool, options: tuple[str, ...] = ()) -> Found:
    """Return what each probe found."""
    (home := folder / "home").mkdir()
    (temporary := folder / "temporary").mkdir()
    variables = (
        {"process.env": False, "process.env.SCOPED_*": True} if scoped else {"process.env": True}
    )
    dep = {
        "globals": {**variables, "process.getBuiltinModule": False},
        "builtins": {
            **dict.fromkeys(["fs", "fs/promises"], FILES if scoped else True),
            "child_process": PROGRAMS if scoped else True,
            "os.tmpdir": True,
        },
    }
    resources = {"dep": dep}
    entry = {"globals": {"process.on": True}, "packages": {"dep": True}}
    policy = {"harmless": True, "entry": entry, "resources": resources}
    app = write(
        folder / "app",
        {
            "package.json": '{"name": "app", "type": "module", "dependencies": {"dep": "1"}}',
            "main.js": MAIN,
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
            "node_modules/dep/index.js": (HERE / "files.js").read_text(),
            "node_modules/dep/leads.js": (HERE / "leads.js").read_text(),
            "compartment-policy.json": json.dumps(policy),
            "secret.txt": "secret",
            "data/a.txt": "data",
            "data/deep/b.txt": "deep",
            "out/old.txt": "old",
            "one/a/b": "",
            "written/a": "a",
            "written/b": "b",
            "written/c/d": "d",
            "out/linked": "",
            **dict.fromkeys([f"out/use/{name}" for name in ("f", "g", "h", "i", "d/e")], "own"),
            **dict.fromkeys([f"outside/{name}" for name in "fghi"], "outside"),
            "links/plain": "",
            "out/link/plain": "",
        },
    )
    for name in "fghi":
        (app / "out/link" / name).symlink_to(f"../../outside/{name}")
    (app / "out/link/d").symlink_to("../../outside")
    for name in ("removed", "replaced", "moved", "kept"):
        (app / "links" / name).symlink_to("../out/linked")
    (program := app / "out/elsewhere").write_text("#!/bin/sh\necho elsewhere\n")
    program.chmod(0o755)
    (app / "data/up").symlink_to("../secret.txt")
    (app / "data/outside").symlink_to(app)
    (app / "data/inside").symlink_to("a.txt")
    (app / "data/gone").symlink_to("../made.txt")
    (app / "out/gone").symlink_to("../made.txt")
    (app / "data-link").symlink_to("data")
    # The bundler refuses what it sees.
    mapper("bundle", "--allow-all", app / "main.js", "-o", app / "app.zip", check=True)
    done = subprocess.run(
        [*TOOL, "run", *options, "app.zip", "--policy", "compartment-policy.json"],
        cwd=app,
        env={
            **os.environ,
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "PATH": f".:{os.environ['PATH']}",
            "SCOPED_ONE": "1",
            "SCOPED_TWO": "2",
            "OTHER": "other",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout, done.stderr
    found: Found = json.loads(done.stdout.splitlines()[-1])
    found["after"] = {
        "secret": {"value": (app / "secret.txt").read_text()},
        "made": {"value": (app / "made.txt").exists()},
    }
    return found


@pytest.fixture(scope="module", params=[(), ("--no-second-wall",)], ids=["wall", "no wall"])
def restricted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Found:
    return _run(tmp_path_factory.mktemp("files"), scoped=True, options=request.param)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return _run(tmp_path_factory.mktemp("whole"), scoped=False)


def test_what_is_listed_works(restricted: Found, whole: Found) -> None:
    assert restricted["allowed"] == whole["allowed"]
    assert [name for name, each in whole["allowed"].items() if "value" not in each] == []


def test_what_is_not_listed_is_denied(restricted: Found, whole: Found) -> None:
    reached = {name: each for name, each in restricted["denied"].items() if "value" in each}
    unreached = {name: each for name, each in whole["denied"].items() if "value" not in each}

    assert reached == {}
    # The rest shows that a probe succeeds without a scope.
    assert unreached.keys() == {
        "arguments that change",
        "arguments with a map of their own",
        "removing a folder with options that change",
        "the class of a stream",
    }


def test_nothing_changed_outside(restricted: Found, whole: Found) -> None:
    assert restricted["after"] == {"secret": {"value": "secret"}, "made": {"value": False}}
    assert whole["after"] == {"secret": {"value": "changed"}, "made": {"value": True}}


def test_a_denial_names_the_file_and_the_line_that_grants_it(restricted: Found) -> None:
    assert (
        restricted["denied"]["readFileSync"]["message"]
        .__str__()
        .endswith(
            "/app/secret.txt' with 'fs'; "
            'add "./secret.txt" to resources["dep"].builtins["fs"].read'
        )
    )
    assert restricted["denied"]["another program"]["message"] == (
        "package 'dep' may not start 'sh' with 'child_process'; "
        'add "sh" to resources["dep"].builtins["child_process"].programs'
    )
    assert restricted["denied"]["other arguments"]["message"] == (
        "package 'dep' may not start 'printf -v x' with 'child_process'; "
        'add ["-v","x"] to resources["dep"].builtins["child_process"].args'
    )


def test_a_program_gets_the_listed_variables(restricted: Found) -> None:
    names = restricted["programs"]

    assert names["its own"]["value"] == ["GIVEN", "PATH"]
    assert names["those of the process"]["value"] == ["PATH", "SCOPED_ONE", "SCOPED_TWO"]
    assert names["variables"]["value"] == ["SCOPED_ONE", "SCOPED_TWO"]
