"""Build the sdist, the wheel and the npm package, and check them."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from environment import ROOT, install_locked, npm, set_up, step, tool

_LARGEST = {".tar.gz": 4 * 1024 * 1024, ".whl": 8 * 1024 * 1024, ".tgz": 8 * 1024 * 1024}
#: In the sdist, and not in the repository.
_ADDED = {"PKG-INFO"}


def main() -> None:
    """Build into ``dist/``, or with --check into a folder that is removed."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="See docs/releasing.md.")
    parser.add_argument(
        "--check", action="store_true", help="build into a temporary folder, and keep nothing"
    )
    options = parser.parse_args()
    set_up("-e", f"{ROOT}[release]")
    with tempfile.TemporaryDirectory(prefix="compartment-mapper-release-") as scratch:
        build(Path(scratch) / "dist", scratch=Path(scratch))
        if not options.check:
            _keep(Path(scratch) / "dist")
    print("\nThe packages are fine.")


def build(output: Path, *, scratch: Path) -> None:
    """Build all packages into *output*, the wheel from the unpacked sdist, and check each."""
    output.mkdir()
    step("sdist", [tool("hatchling"), "build", "-t", "sdist", "-d", output])
    (sdist,) = output.glob("*.tar.gz")
    _compare_with_repository(sdist)
    with tarfile.open(sdist) as archive:
        archive.extractall(scratch / "unpacked", filter="data")
    (unpacked,) = (scratch / "unpacked").iterdir()
    step("wheel", [tool("hatchling"), "build", "-t", "wheel", "-d", output], cwd=unpacked)
    (wheel,) = output.glob("*.whl")
    step("check metadata", [tool("twine"), "check", "--strict", sdist, wheel])
    step("check the wheel's files", [tool("check-wheel-contents"), wheel])
    _try_wheel(wheel)
    install_locked(ROOT / "runtime")
    npm("npm package", "pack", "--pack-destination", str(output), cwd=ROOT / "runtime")
    _report(output)


def _compare_with_repository(sdist: Path) -> None:
    """End the script where the sdist lacks files of the repository, or has others."""
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()} - _ADDED
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = {name for name in listed.stdout.split("\0") if name}
    missing, extra = sorted(tracked - packed), sorted(packed - tracked)
    if missing or extra:
        sys.exit(f"{sdist.name} lacks {missing[:10]}; not in the repository: {extra[:10]}")


def _try_wheel(wheel: Path) -> None:
    """Run a program with nothing but the files of the wheel and the installed dependencies."""
    with tempfile.TemporaryDirectory(prefix="compartment-mapper-wheel-") as folder:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)  # noqa: S202 - we have just made it
        module: list[str | Path] = [tool("python"), "-P", "-m", "compartment_mapper"]
        alone = {"PYTHONPATH": folder}
        step("try the wheel", [*module, "eval", "-e", "6 * 7"], cwd=Path(folder), env=alone)


def _report(output: Path) -> None:
    print()
    for path in sorted(output.iterdir()):
        size = path.stat().st_size
        print(f"{size / 1024:8.0f} KiB  {path.name}")
        largest = next(most for suffix, most in _LARGEST.items() if path.name.endswith(suffix))
        if size > largest:
            sys.exit(f"{path.name} is larger than {largest} bytes")


def _keep(built: Path) -> None:
    folder = ROOT / "dist"
    folder.mkdir(exist_ok=True)
    for path in built.iterdir():
        shutil.copyfile(path, folder / path.name)
        print(folder / path.name)


if __name__ == "__main__":
    main()
