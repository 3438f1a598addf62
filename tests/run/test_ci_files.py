"""The files for CI and containers: they parse, and the commands that they run do what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml
from command_line import write
from support import NODE, ROOT, package

BIN = Path(sys.executable).parent
APP = {
    "package.json": package(name="app", version="1.0.0", dependencies={"a": "1"}),
    "index.js": "require('a');\n",
    "node_modules/a/package.json": package(name="a", version="2.0.0"),
    "node_modules/a/index.js": "require('child_process').exec('x');\n",
}
EXAMPLE = ROOT / "examples" / "docker"


def shell(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run *script* as a runner does, with the installed command on the PATH."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = write(tmp_path / "app", APP)
    assert shell("compartment-mapper policy infer", folder).returncode == 0
    return folder


def steps() -> dict[str, dict[str, object]]:
    action = yaml.safe_load((ROOT / "action" / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    return {step.get("name", step.get("uses")): step for step in action["runs"]["steps"]}


def run_step(name: str, folder: Path, inputs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    step = steps()[name]
    declared = yaml.safe_load((ROOT / "action" / "action.yml").read_text())["inputs"]
    env = {}
    assert isinstance(step["env"], dict)
    for key, value in step["env"].items():
        found = re.fullmatch(r"\$\{\{ inputs\.(\S+) \}\}", value)
        assert found is not None, value
        env[key] = inputs.get(found[1], declared[found[1]]["default"])
    assert step["shell"] == "bash"
    return shell(str(step["run"]), folder, **env)


# --- the action ---


def test_the_action_passes_and_fails_with_the_policy(app: Path) -> None:
    assert run_step("Check the policy", app, {}).returncode == 0
    (app / "node_modules/a/index.js").write_text("fetch('/');\n")

    for inputs in ({}, {"entry": "index.js"}):
        done = run_step("Check the policy", app, inputs)
        assert done.returncode == 1
        assert "! a uses global fetch (high), not covered" in done.stdout


def test_the_action_annotates_what_is_new(app: Path) -> None:
    assert "::" not in run_step("Annotate", app, {}).stdout
    (app / "node_modules/a/index.js").write_text("fetch('/');\n")

    done = run_step("Annotate", app, {})
    assert done.returncode == 0
    assert re.search(
        r"^::warning .*file=node_modules/a/index\.js,line=1", done.stdout, re.MULTILINE
    )


def test_the_action_bundles(app: Path) -> None:
    assert run_step("Bundle", app, {"bundle": "out.zip"}).returncode == 0
    assert (app / "out.zip").is_file()
    value = json.loads((app / "node_modules/a/package.json").read_text())
    (app / "node_modules/a/package.json").write_text(json.dumps({**value, "version": "2.0.1"}))

    done = run_step("Bundle", app, {"bundle": "out.zip"})
    assert (done.returncode, "POLICY_STALE" in done.stderr) == (1, True)


def test_inputs_of_the_action_are_never_part_of_a_script(app: Path) -> None:
    for step in steps().values():
        assert "${{" not in str(step.get("run", ""))
    done = run_step("Check the policy", app, {"entry": "index.js; touch pwned; $(touch pwned)"})

    assert done.returncode == 1
    assert "ENTRY_NOT_FOUND" in done.stderr
    assert not (app / "pwned").exists()


def test_the_install_step_of_the_action_is_valid_shell() -> None:
    script = str(steps()["Install compartment-mapper"]["run"])
    done = subprocess.run(["/bin/bash", "-n"], input=script, text=True, check=False)
    assert done.returncode == 0


# --- pre-commit ---


def hooks() -> dict[str, dict[str, object]]:
    found = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return {hook["id"]: hook for hook in found}


def test_hooks_run_what_they_say(app: Path) -> None:
    entry = str(hooks()["compartment-policy"]["entry"])
    assert shell(entry, app).returncode == 0
    (app / "node_modules/a/index.js").write_text("fetch('/');\n")
    assert shell(entry, app).returncode == 1
    assert shell(str(hooks()["compartment-install-scripts"]["entry"]), app).returncode == 0


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("src/a.ts", True),
        ("package-lock.json", True),
        ("packages/b/yarn.lock", True),
        ("compartment-mapper.toml", True),
        ("README.md", False),
        ("a.js.txt", False),
    ],
)
def test_the_policy_hook_runs_for_sources_and_lock_files(name: str, *, runs: bool) -> None:
    hook = hooks()["compartment-policy"]
    assert bool(re.search(str(hook["files"]), name)) == runs
    assert hook["pass_filenames"] is False


# --- the container ---


def stages() -> list[list[str]]:
    """Return the instructions of the example's Dockerfile by stage, with continued lines joined."""
    text = (EXAMPLE / "Dockerfile").read_text().replace("\\\n", " ")
    found: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("FROM "):
            found.append([])
        if line and not line.startswith("#"):
            found[-1].append(line)
    return found


def test_commands_of_the_dockerfile_build_and_start_the_application(tmp_path: Path) -> None:
    """There is no container here: the stages run in folders, with the same files and commands."""
    packages, bundle, final = stages()
    assert "RUN npm ci --omit=dev --ignore-scripts" in packages
    allowed = [
        line.removeprefix("!")
        for line in (EXAMPLE / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    for name in allowed:
        if (EXAMPLE / name).is_dir():
            shutil.copytree(EXAMPLE / name, tmp_path / name)
        elif (EXAMPLE / name).exists():
            shutil.copy(EXAMPLE / name, tmp_path / name)
    scripts = [line.removeprefix("RUN ") for line in bundle if "RUN compartment-mapper" in line]
    assert scripts == ["compartment-mapper policy check", "compartment-mapper bundle"]
    checked, bundled = (shell(script, tmp_path, CI="true") for script in scripts)
    assert (checked.returncode, bundled.returncode) == (0, 0), bundled.stderr

    entry = json.loads(
        next(line for line in final if line.startswith("ENTRYPOINT")).split(" ", 1)[1]
    )
    program = json.loads(next(line for line in final if line.startswith("CMD")).split(" ", 1)[1])
    assert "USER nonroot" in final
    assert entry[0] == "/nodejs/bin/node"
    printed = re.search(r"^run (.*)$", bundled.stdout, re.MULTILINE)
    assert printed is not None
    flags = [flag.replace("/app/", "") for flag in entry[1:]]
    assert ["node", *flags, *program] == shlex.split(printed[1])
    assert answer_of([NODE, *flags, *program], tmp_path) == "hello /x\n"


def answer_of(command: list[str], folder: Path) -> str:
    """Start a server, return what it answers, and stop it as a container is stopped."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "PORT": str(port)}
    with subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == f"listening on {port}\n"
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/x", timeout=10) as answer:
                text: str = answer.read().decode()
            server.terminate()
            assert server.wait(10) == 0
        finally:
            server.kill()
    return text
