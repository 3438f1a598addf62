"""Check and write the output of ``-o``."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path, PurePath

from compartment_mapper import errors
from compartment_mapper.bundle.build_result import Format
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.disk import Disk

STANDARD_OUTPUT = "-"

#: Extensions of code and of other files that users must not lose.
_SCRIPTS = frozenset({".cjs", ".js", ".mjs"})
_NEVER = frozenset(
    {"npm-shrinkwrap.json", "package-lock.json", "package.json", "compartment-mapper.toml"}
)


def check_output(output: str, form: Format) -> None:
    """Reject an invalid output path before anything is built.

    Raises:
        InputError: CANNOT_WRITE.
    """
    if output == STANDARD_OUTPUT:
        return
    suffix = PurePath(output).suffix.lower()
    if form == "archive" and suffix in _SCRIPTS:
        _refuse(output, "an archive is not a script", "name it app.zip, or add --format script")
    if form != "archive" and suffix == ".zip":
        _refuse(output, f"a {form} is not an archive", "name it app.js, or omit --format")
    _check_file(output)


def check_report_output(output: str) -> None:
    """Reject an output path for a report that is the name of an archive, a script or a package.

    Raises:
        InputError: CANNOT_WRITE.
    """
    if output == STANDARD_OUTPUT:
        return
    suffix = PurePath(output).suffix.lower()
    if suffix in _SCRIPTS or suffix == ".zip":
        _refuse(output, f"a report is not a {suffix} file", "name it report.html, or omit -o")
    _check_file(output)


def check_policy_output(output: str, inputs: Iterable[str]) -> None:
    """Reject an output path for a policy that is a file of another kind, or one of *inputs*.

    Raises:
        InputError: CANNOT_WRITE.
    """
    if output != STANDARD_OUTPUT:
        _check_file(output)
        check_is_no_input(output, inputs)


def _check_file(output: str) -> None:
    if PurePath(output).name in _NEVER:
        _refuse(output, "the file describes a package and must not be overwritten")
    try:
        mode = Path(output).stat().st_mode
    except OSError:
        return  # a new file; other problems surface when it is written
    if stat.S_ISDIR(mode):
        _refuse(output, "it is a folder")
    if not stat.S_ISREG(mode):
        _refuse(output, "it is not a regular file", "-o - writes to standard output")


def check_is_no_input(output: str, inputs: Iterable[str]) -> None:
    """Reject an output path that is one of *inputs*, under any name.

    Raises:
        InputError: CANNOT_WRITE.
    """
    if output == STANDARD_OUTPUT or not Path(output).exists():
        return
    target = os.path.realpath(output)
    if any(os.path.realpath(path) == target for path in inputs):
        _refuse(output, "it is an input file of the application")


def write_output(output: str, content: bytes) -> None:
    """Write *content* atomically."""
    if output == STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        Disk().write(output, content)


def _refuse(output: str, why: str, hint: str = "choose another -o FILE") -> None:
    raise InputError(errors.cannot_write(output, why, hint))
