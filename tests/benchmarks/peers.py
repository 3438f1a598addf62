"""The tools for comparison, and their commands."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.applications import Application
from benchmarks.measure import Command
from benchmarks.ours import NODE
from benchmarks.places import PEERS

_MODULES = PEERS / "node_modules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundler:
    """A tool that bundles an application into a file."""

    name: str
    #: The extension of its output.
    suffix: str
    #: Application, its entry, the output.
    bundle: Callable[[Application, Path, Path], tuple[str, ...]]
    #: Node arguments that run the output, if the bundler supports running it.
    run: Callable[[Path], tuple[str, ...]] | None

    def command(self, application: Application, folder: Path, product: Path) -> Command:
        """Return the command that builds *product* from the application's copy in *folder*."""
        arguments = self.bundle(application, folder / "index.js", product)
        return Command(arguments=arguments, folder=folder)


def _endo(_application: Application, entry: Path, product: Path) -> tuple[str, ...]:
    return (NODE, str(PEERS / "endo-archive.mjs"), str(entry), str(product))


def run_by_endo(product: Path) -> tuple[str, ...]:
    """Return the command that runs an archive of Endo."""
    return (NODE, str(PEERS / "endo-run.mjs"), str(product))


def _rollup(application: Application, entry: Path, product: Path) -> tuple[str, ...]:
    return (NODE, str(PEERS / "rollup.mjs"), str(entry), str(product), *application.absent)


def webpack(
    application: Application, entry: Path, product: Path, *, cache: Path | None = None
) -> tuple[str, ...]:
    """Return the webpack command, with or without its file cache in *cache*."""
    files = (str(entry), str(product), str(cache or ""))
    return (NODE, str(PEERS / "webpack.mjs"), *files, *application.absent)


def _esbuild(application: Application, entry: Path, product: Path) -> tuple[str, ...]:
    external = (f"--external:{name}" for name in application.absent)
    flags = ("--bundle", "--platform=node", "--log-level=error", f"--outfile={product}")
    return (str(_esbuild_binary()), str(entry), *flags, *external)


def _esbuild_binary() -> Path:
    """Return the program itself: npm's ``bin`` may be a script that starts it."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return _MODULES / "@esbuild" / f"{platform.system().lower()}-{machine}" / "bin" / "esbuild"


def _lavamoat(*arguments: str, policy: Path) -> tuple[str, ...]:
    override = policy.with_suffix(".override.json")
    cli = str(_MODULES / "lavamoat" / "src" / "cli.js")
    return (NODE, cli, *arguments, "--policy", str(policy), "--override", str(override))


def _lavamoat_policy(_application: Application, entry: Path, product: Path) -> tuple[str, ...]:
    return _lavamoat(entry.name, "--autopolicy", policy=product)


def run_by_lavamoat(entry: Path, policy: Path) -> tuple[str, ...]:
    """Return the command that runs an application under a policy of LavaMoat."""
    return _lavamoat(entry.name, policy=policy)


def _run_by_node(product: Path) -> tuple[str, ...]:
    return (NODE, str(product))


ENDO = Bundler(name="Endo", suffix=".zip", bundle=_endo, run=run_by_endo)
ROLLUP = Bundler(name="rollup", suffix=".cjs", bundle=_rollup, run=_run_by_node)
WEBPACK = Bundler(name="webpack", suffix=".cjs", bundle=webpack, run=_run_by_node)
ESBUILD = Bundler(name="esbuild", suffix=".cjs", bundle=_esbuild, run=_run_by_node)
#: Creates a policy, not a file to run: LavaMoat runs the application in place.
LAVAMOAT = Bundler(name="LavaMoat", suffix=".json", bundle=_lavamoat_policy, run=None)
BUNDLERS = (ENDO, ROLLUP, WEBPACK, ESBUILD, LAVAMOAT)

_QUADRATIC = "    let capacity = fields.capacity;\n    while (capacity < required) {\n"
_MENDED = (
    "    let capacity = fields.capacity;\n"
    "    if (capacity >= required) return;\n"
    "    while (capacity < required) {\n"
)


def mend_endo_zip(modules: Path = _MODULES) -> None:
    """Patch @endo/zip to grow its buffer only when it is full, for a fair comparison.

    As published it copies everything at every write, which takes XL some minutes.

    Raises:
        ValueError: The source of @endo/zip changed: review the patch.
    """
    path = modules / "@endo" / "zip" / "src" / "buffer-writer.js"
    text = path.read_text()
    if _MENDED in text:
        return
    if text.count(_QUADRATIC) != 1:
        message = f"{path}: ensureCanSeek is not as expected; is it still quadratic?"
        raise ValueError(message)
    path.write_text(text.replace(_QUADRATIC, _MENDED))


def versions(modules: Path = _MODULES) -> dict[str, str]:
    """Return the versions of the installed peers, by package."""
    names = json.loads((modules.parent / "package.json").read_text())["dependencies"]
    return {
        name: json.loads((modules / name / "package.json").read_text())["version"] for name in names
    }
