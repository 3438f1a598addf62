"""``install-scripts run`` runs real scripts: the allowed ones, in order, as npm does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import invoke, refused, write
from support import NODE, package

#: Appends a line to a file of the application, so that the order shows.
LOG = (
    "require('fs').appendFileSync(process.env.INIT_CWD + '/log.txt', "
    "process.env.npm_package_name + ' ' + process.env.npm_lifecycle_event + '\\n');\n"
)
APP = {
    "package.json": package(
        name="app", version="1.0.0", main="main.js", dependencies={"a": "1", "z": "1"}
    ),
    "main.js": "1;\n",
    "node_modules/a/package.json": package(
        name="a",
        version="1.0.0",
        dependencies={"b": "1"},
        scripts={"preinstall": "node log.js", "postinstall": "node log.js"},
    ),
    "node_modules/a/log.js": LOG,
    "node_modules/b/package.json": package(
        name="b", version="1.0.0", dependencies={"a": "1"}, scripts={"install": "node log.js"}
    ),
    "node_modules/b/log.js": LOG,
    "node_modules/z/package.json": package(
        name="z", version="1.0.0", scripts={"postinstall": "node log.js"}
    ),
    "node_modules/z/log.js": LOG,
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = write(tmp_path / "app", APP)
    assert invoke("policy", "infer", str(folder)).exit_code == 0
    return folder


def allow(app: Path, *names: str) -> None:
    path = app / "compartment-policy.json"
    policy = json.loads(path.read_text())
    for name in names:
        policy["installScripts"][name]["run"] = True
    path.write_text(json.dumps(policy))


def log(app: Path) -> list[str]:
    path = app / "log.txt"
    return path.read_text().splitlines() if path.exists() else []


def test_nothing_runs_by_default(app: Path) -> None:
    result = invoke("install-scripts", "run", str(app))

    assert result.exit_code == 0
    assert result.stdout == "0 install scripts ran, 3 packages are not allowed to run any\n"
    assert log(app) == []


def test_allowed_scripts_run_dependencies_first(app: Path) -> None:
    allow(app, "a", "a>b")

    result = invoke("install-scripts", "run", str(app))

    assert log(app) == ["b install", "a preinstall", "a postinstall"]
    assert result.stdout.endswith("3 install scripts ran, 1 package is not allowed to run any\n")
    assert "a>b install: node log.js\n" in result.stdout


def test_json_lists_what_ran(app: Path) -> None:
    allow(app, "a>b")

    result = invoke("install-scripts", "run", str(app), "--json")

    assert json.loads(result.stdout) == {
        "schemaVersion": 1,
        "ran": [{"package": "a>b", "event": "install", "command": "node log.js"}],
        "notAllowed": ["a", "z"],
    }


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"node_modules/z/log.js": LOG + "1;"}, id="file"),
        pytest.param(
            {
                "node_modules/z/package.json": package(
                    name="z", version="1.0.0", scripts={"postinstall": "node log.js; echo"}
                )
            },
            id="command",
        ),
        pytest.param(
            {
                "node_modules/z/package.json": package(
                    name="z", version="1.0.1", scripts={"postinstall": "node log.js"}
                )
            },
            id="version",
        ),
    ],
)
def test_if_an_allowed_script_changed_none_runs(app: Path, files: dict[str, str]) -> None:
    allow(app, "a", "a>b", "z")
    write(app, files)

    problem = refused("install-scripts", "run", str(app))

    assert "error [INSTALL_SCRIPT_CHANGED]: the install script of 'z' was changed" in problem
    assert log(app) == []


def test_a_script_that_another_script_changes_does_not_run(app: Path) -> None:
    write(
        app,
        {
            "node_modules/b/log.js": LOG
            + "require('fs').writeFileSync('../z/log.js', 'process.exit(1)');\n"
        },
    )
    invoke("policy", "infer", str(app))
    allow(app, "a>b", "z")

    result = invoke("install-scripts", "run", str(app))

    assert result.exit_code == 1
    assert "[INSTALL_SCRIPT_CHANGED]" in result.stderr
    assert log(app) == ["b install"]


def test_the_first_failure_ends_the_command(app: Path) -> None:
    write(app, {"node_modules/b/log.js": LOG + "process.exit(7);\n"})
    invoke("policy", "infer", str(app))
    allow(app, "a", "a>b", "z")

    result = invoke("install-scripts", "run", str(app))

    assert result.exit_code == 1
    assert (
        "[INSTALL_SCRIPT_FAILED]: the install script of 'a>b' ended with status 7" in result.stderr
    )
    assert log(app) == ["b install"]


def test_without_a_record_nothing_runs(app: Path) -> None:
    path = app / "compartment-policy.json"
    policy = json.loads(path.read_text())
    del policy["installScripts"]
    path.write_text(json.dumps(policy))
    assert "[INSTALL_SCRIPTS_NOT_RECORDED]" in refused("install-scripts", "run", str(app))
    path.unlink()
    assert "[INSTALL_SCRIPTS_NOT_RECORDED]" in refused("install-scripts", "run", str(app))


TOOL = (sys.executable, "-m", "compartment_mapper")
NPM = Path(NODE).parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

#: Variables that name the run or the configuration of npm, and not the package.
_OF_NPM = re.compile(
    r"npm_config_|npm_old|_|COLOR|EDITOR|SHLVL|OLDPWD|PWD|npm_package_(?:resolved|integrity|optional|dev|peer)"
)


def test_environment_is_that_of_npm(tmp_path: Path) -> None:
    fields = {"config": {"a-b": "c"}, "engines": {"node": ">=1"}, "bin": {"x": "x.js"}}
    folder = write(
        tmp_path / "app",
        {
            "package.json": package(name="app", version="1.0.0", dependencies={"e": "1"}),
            "main.js": "",
            "node_modules/e/package.json": package(
                name="e", version="1.0.0", scripts={"postinstall": "node env.js"}, **fields
            ),
            "node_modules/e/x.js": "",
            "node_modules/e/env.js": "require('fs').writeFileSync(process.env.OUT, "
            "JSON.stringify({ ...process.env, cwd: process.cwd() }));\n",
        },
    )
    invoke("policy", "infer", str(folder / "main.js"))
    allow(folder, "e")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("npm_")}
    inherited["PATH"] = f"{Path(NODE).parent}{os.pathsep}{inherited['PATH']}"

    def environment(name: str, *command: str) -> dict[str, str]:
        out = tmp_path / name
        env = {**inherited, "OUT": str(out)}
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, str] = json.loads(out.read_text())
        return {key: value for key, value in found.items() if not _OF_NPM.match(key)}

    ours = environment("ours", *TOOL, "install-scripts", "run")
    theirs = environment("theirs", NODE, str(NPM), "rebuild", "--ignore-scripts=false", "--offline")

    for own in (ours, theirs):
        del own["OUT"]
        own["PATH"] = own["PATH"].split(os.pathsep)[0]
    assert ours.keys() == theirs.keys()
    assert {key: (ours[key], theirs[key]) for key in ours if ours[key] != theirs[key]} == {}


def test_a_number_of_thousands_of_digits_is_no_obstacle(app: Path) -> None:
    content = (app / "node_modules/z/package.json").read_text()
    long = content.replace("{", '{"config": {"n": ' + "9" * 5_000 + "}, ", 1)
    (app / "node_modules/z/package.json").write_text(long)
    allow(app, "z")

    assert invoke("install-scripts", "run", str(app)).exit_code == 0
    assert log(app) == ["z postinstall"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the host has no named pipes")
def test_a_named_pipe_in_place_of_a_descriptor_is_an_error_and_no_wait(app: Path) -> None:
    descriptor = app / "node_modules/z/package.json"
    descriptor.unlink()
    os.mkfifo(descriptor)

    done = subprocess.run(
        [*TOOL, "install-scripts", "list", str(app)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1
    assert "[INVALID_PACKAGE_JSON]" in done.stderr
