"""The command line, called in this process, and an application on disk for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result
from support import package

from compartment_mapper.cli import main

FILES = {
    "package.json": package(name="app", version="1.0.0", dependencies={"a": "1"}),
    "main.js": "require('./x');\nrequire('a');\nconsole.log(1);\n",
    "x.js": "",
    "node_modules/a/package.json": package(name="a", version="2.0.0"),
    "node_modules/a/index.js": "\nfetch('/');\n",
}


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write *files* below *folder*, and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def invoke(*arguments: str) -> Result:
    """Return the result of a command; it must not fail with a traceback."""
    result = CliRunner().invoke(main, arguments, prog_name="compartment-mapper")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def refused(*arguments: str) -> str:
    """Return the error output of a command with bad input."""
    result = invoke(*arguments)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr
