"""Scripts run in the oldest Node that is reviewed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import ROOT

from compartment_mapper.host.node_process import reviewed_nodes

sys.path.insert(0, str(ROOT / "scripts"))

from environment import other_node

BUILTINS = """
    assert async_hooks buffer child_process console crypto dgram diagnostics_channel dns events fs
    fs/promises http http2 https net os path perf_hooks process querystring readline stream
    stream/web timers timers/promises tls tty url util v8 vm worker_threads zlib
    """.split()
READS = """
const failed = [];
for (const [name, all] of Object.entries(builtins))
  for (const key of Object.keys(all)) {
    try { void all[key]; } catch (error) {
      if (error.code !== 'ERR_ACCESS_DENIED') failed.push(`${name}.${key}: ${error.message}`);
    }
  }
console.log(failed.join(), typeof File, new Blob(['x']).size);
"""


@pytest.fixture(scope="module")
def node() -> Path:
    reviewed = reviewed_nodes()
    return other_node(reviewed[min(reviewed)])


def printed(node: Path, script: Path) -> str:
    command = [str(node), "--no-warnings", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_member_of_each_builtin_can_be_read(node: Path, tmp_path: Path) -> None:
    requests = ", ".join(f"{name!r}: require({name!r})" for name in BUILTINS)
    main = f"const builtins = {{ {requests} }};{READS}"
    app = write(tmp_path / "app", {"package.json": '{"name": "app"}', "main.js": main})
    script = tmp_path / "app.js"
    mapper("bundle", app / "main.js", "-o", script, "--format", "script", "--infer", check=True)

    assert printed(node, script) == " function 1\n"


@pytest.mark.parametrize("name", ["bindings", "commonjs", "demo", "own-files", "sloppy"])
def test_a_fixture_prints_the_same(name: str, node: Path, tmp_path: Path) -> None:
    folder = ROOT / "fixtures" / "npm_projects" / name
    case = tomllib.loads((folder / "case.toml").read_text())
    script = tmp_path / "app.js"
    options = ("--format", "script", *case.get("options", ()))
    mapper("bundle", folder / case["entry"], "-o", script, *options, check=True)

    assert printed(node, script) == case["stdout"]
