"""Completions, in a real bash."""

from __future__ import annotations

import json
import os
import pty
import select
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import write
from support import package

BIN = Path(sys.executable).parent
APP = {
    "package.json": package(name="app", version="1.0.0"),
    "src/main.js": "",
    "app.zip": "",
    "other.zip": "",
    "notes.txt": "",
    "compartment-policy.json": json.dumps(
        {
            "entry": {},
            "resources": {
                "express": {"globals": {"process.env.NODE_ENV": True}},
                "express>debug": {"globals": {"process.env.DEBUG": True}, "builtins": {"tty.isatty": True}},
                "@scope/a": {},
            },
        }
    ),
}  # fmt: skip
ENVIRONMENT = {
    "HOME": "/nonexistent",
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    "TERM": "dumb",
    "LANG": "C.UTF-8",
}
SOURCE = 'eval "$(_COMPARTMENT_MAPPER_COMPLETE=bash_source compartment-mapper)"'


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write(tmp_path / "app", APP)


def completed(line: str, folder: Path) -> list[str]:
    """Return what bash's function for completions finds for the last word of *line*."""
    words = line.split(" ")
    listed = " ".join(shlex.quote(word) for word in words)
    script = f"""
        {SOURCE}
        complete -p compartment-mapper > /dev/null || exit 9
        COMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; COMPREPLY=()
        compopt() {{ echo "$@"; }}
        _compartment_mapper_completion compartment-mapper
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-c", script],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pol", ["policy"]),
        ("policy in", ["infer"]),
        ("bundle --sou", ["--source-map"]),
        ("bundle --format ", ["archive", "script", "module"]),
        ("bundle ", ["-o default"]),
        ("bundle src/main.js -o ", ["-o default"]),
        ("run --policy ", ["-o default"]),
        ("init ", ["-o dirnames"]),
        ("verify o", ["other.zip"]),
        ("verify a", ["app.zip"]),
        ("verify src/", ["-o default"]),
        ("policy explain ", ["@scope/a", "debug", "express"]),
        ("policy explain de", ["debug"]),
        ("policy explain debug ", ["process.env.DEBUG", "tty.isatty"]),
        ("policy explain debug process", ["process.env.DEBUG"]),
        ("inspect --why exp", ["express"]),
        ("schema policy-i", ["policy-infer"]),
    ],
)
def test_bash_completes(app: Path, line: str, expected: list[str]) -> None:
    assert completed(f"compartment-mapper {line}", app) == expected


@pytest.mark.parametrize("policy", ["{", "[]", '{"resources": 1}', '{"resources": {"a": 1}}', None])
def test_a_broken_policy_completes_nothing_and_says_nothing(app: Path, policy: str | None) -> None:
    path = app / "compartment-policy.json"
    path.unlink() if policy is None else path.write_text(policy)
    write(app, {"node_modules/b/x": "", "node_modules/@s/c/x": "", "node_modules/.bin/x": ""})

    found = completed("compartment-mapper policy explain ", app)
    assert found == (["a"] if policy and '"a"' in policy else ["@s/c", "b"])
    assert "child_process" in completed("compartment-mapper policy explain b child", app)


def test_a_broken_configuration_does_not_disturb(app: Path) -> None:
    (app / "compartment-mapper.toml").write_text("wrong")
    assert completed("compartment-mapper bundle --form", app) == ["--format"]


def test_a_key_completes_on_a_terminal(app: Path) -> None:
    ours, theirs = pty.openpty()
    bash = ["/bin/bash", "--noprofile", "--norc", "-i"]
    with subprocess.Popen(
        bash,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=app,
        env=ENVIRONMENT,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        os.write(ours, f"{SOURCE}; echo rea''dy\n".encode())
        assert "ready" in shown_until(ours, "ready")
        os.write(ours, b"compartment-mapper verify ot\t")
        assert "verify other.zip" in shown_until(ours, "other.zip")
        process.kill()
    os.close(ours)


def shown_until(terminal: int, text: str) -> str:
    shown, end = "", time.monotonic() + 30
    while text not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 65536).decode()
    return shown
