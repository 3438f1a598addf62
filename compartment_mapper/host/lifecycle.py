"""Run lifecycle scripts of packages as npm does: shell, folder and environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from compartment_mapper.host.node_process import find_node

_STANDARD_ERROR = 2
#: The status of a shell for a command that does not exist.
_NOT_FOUND = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleScript:
    """One script to run."""

    package: str
    event: str
    command: str
    #: The folders of the package and of the application, with a final slash.
    folder: str
    application: str


def run_script(script: LifecycleScript, *, shares_output: bool) -> int:
    """Run *script* and return its status.

    Args:
        script: The script.
        shares_output: Whether it writes to our standard output; otherwise to standard error.
    """
    if "\0" in script.command:  # the system has no such command
        return _NOT_FOUND
    sys.stdout.flush()
    done = subprocess.run(  # noqa: S603 - the policy allows the command
        ["sh", "-c", script.command],  # noqa: S607 - the shell that npm uses, from the PATH
        cwd=script.folder,
        env=environment_of(script, os.environ),
        stdin=subprocess.DEVNULL,
        stdout=None if shares_output else _STANDARD_ERROR,
        check=False,
    )
    return done.returncode


def environment_of(script: LifecycleScript, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of *script*.

    https://docs.npmjs.com/cli/using-npm/scripts#environment lists the variables.
    """
    node, npm = _programs(inherited)
    found = {key: value for key, value in inherited.items() if not key.startswith("npm_package_")}
    folder = Path(script.folder)
    found |= _package_variables(folder / "package.json")
    found |= {
        "INIT_CWD": script.application.rstrip("/"),
        "NODE": node,
        "npm_node_execpath": node,
        "npm_command": "rebuild",
        "npm_lifecycle_event": script.event,
        "npm_lifecycle_script": script.command,
        "npm_package_json": str(folder / "package.json"),
        "PATH": os.pathsep.join(_path(folder, node, npm, inherited.get("PATH", ""))),
    }
    if npm is not None:
        found["npm_execpath"] = str(npm / "bin" / "npm-cli.js")
        found["npm_config_node_gyp"] = str(npm / "node_modules/node-gyp/bin/node-gyp.js")
    return found


def _programs(inherited: Mapping[str, str]) -> tuple[str, Path | None]:
    """Return Node, and the folder of npm: those of the PATH, else the installed ones."""
    path = inherited.get("PATH")
    own = Path(find_node(None).path)
    npm = shutil.which("npm", path=path)
    folders = [Path(npm).resolve().parent.parent] if npm else []
    folders.append(own.parent.parent / "lib" / "node_modules" / "npm")
    found = (folder for folder in folders if (folder / "bin" / "npm-cli.js").is_file())
    return shutil.which("node", path=path) or str(own), next(found, None)


def _path(folder: Path, node: str, npm: Path | None, inherited: str) -> Iterator[str]:
    """Yield the folders of programs: of dependencies from the package upwards, node-gyp, ours."""
    yield from (str(above / "node_modules" / ".bin") for above in (folder, *folder.parents))
    if npm is not None:
        yield str(npm / "node_modules/@npmcli/run-script/lib/node-gyp-bin")
    if inherited:
        yield inherited
    yield str(Path(node).parent)


#: Longer integers are infinite in JavaScript.
_MOST_DIGITS = 400
#: The fields that npm passes on.
_PASSED_ON = ("name", "version", "config", "engines", "bin")


def _package_variables(package_json: Path) -> dict[str, str]:
    """Return ``npm_package_name`` and the other fields that npm passes on."""
    content = package_json.read_bytes().removeprefix(b"\xef\xbb\xbf")
    value = json.loads(content, parse_int=_integer)
    kept = {key: value[key] for key in _PASSED_ON if key in value}
    if isinstance(kept.get("bin"), str):
        kept["bin"] = {str(value.get("name", "")).rpartition("/")[2]: kept["bin"]}
    found = dict(_variables("npm_package_", kept))
    # The system has no variables with these characters, and no lone surrogates.
    return {
        key.encode(errors="ignore").decode(): value.encode(errors="ignore").decode()
        for key, value in found.items()
        if "\0" not in key + value and "=" not in key
    }


def _integer(digits: str) -> int | float:
    """Return the number; Python refuses to parse integers with thousands of digits."""
    return int(digits) if len(digits) < _MOST_DIGITS else float(digits)


def _variables(prefix: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the variables of *values*: members and items of a value have their own."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _variables(f"{prefix}{key}_", value)
        elif isinstance(value, list):
            yield from _variables(f"{prefix}{key}_", {str(n): v for n, v in enumerate(value)})
        elif value is None or value is False:
            yield prefix + key, ""
        else:
            yield prefix + key, "true" if value is True else str(value)
