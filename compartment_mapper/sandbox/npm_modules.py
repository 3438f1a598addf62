"""`npm_modules`: installed npm packages as modules of a sandbox."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from os import PathLike
from pathlib import Path

#: A package, or a path in one: https://docs.npmjs.com/cli/configuring-npm/package-json#name
_SPECIFIER = re.compile(r"(?:@[a-z0-9~-][\w.~-]*/)?[A-Za-z0-9~-][\w.~-]*(?:/[\w.~/-]+)?")
_ENTRY = """\
export * from {name};
import * as all from {name};
const own = 'default' in all ? all.default : all;
export {{ own as default }};
"""


class ModulesError(Exception):
    """A package cannot be packed; the message is that of `compartment-mapper bundle`."""


def npm_modules(
    folder: str | PathLike[str], *specifiers: str, infer: bool = False
) -> dict[str, bytes]:
    """Return archives of installed packages, for ``Sandbox(modules=…)``.

    Each package and each of its dependencies has a compartment of its own, with harmless
    capabilities. Scans are cached.

    Args:
        folder: The project, in whose ``node_modules`` the packages are.
        specifiers: What code imports: ``"zod"``, ``"lodash-es/debounce.js"``.
        infer: Whether to grant what the code uses, except critical capabilities. The process of the
            sandbox still has no files and no other processes, but `fetch` reaches the network.

    Raises:
        ValueError: A specifier is not one of a package.
        ModulesError: A package is not installed, or cannot be packed.

    >>> Sandbox(modules=npm_modules("project", "zod"))  # doctest: +SKIP
    """
    installed = Path(folder).resolve() / "node_modules"
    if not installed.is_dir():
        raise ModulesError(f"'{folder}' has no node_modules: run npm install there")
    for specifier in specifiers:
        if not _SPECIFIER.fullmatch(specifier) or "/../" in f"/{specifier}/":
            raise ValueError(f"'{specifier}' is not a specifier of a package")
    return {specifier: _archive(specifier, installed, infer=infer) for specifier in specifiers}


def _archive(specifier: str, installed: Path, *, infer: bool) -> bytes:
    with tempfile.TemporaryDirectory(prefix="compartment-mapper-") as name:
        project = Path(name)
        (project / "node_modules").symlink_to(installed)
        description = {"name": "modules", "version": "1.0.0", "type": "module"}
        (project / "package.json").write_text(json.dumps(description))
        (project / "main.js").write_text(_ENTRY.format(name=json.dumps(specifier)))
        command = [sys.executable, "-m", "compartment_mapper", "bundle", "main.js"]
        options = ["-o", "modules.zip", *(["--infer"] if infer else [])]
        done = subprocess.run(  # noqa: S603 - this package's own command
            [*command, *options], cwd=project, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ModulesError(f"cannot pack '{specifier}':\n{done.stderr.strip()}")
        return (project / "modules.zip").read_bytes()
