"""Find the configuration of a project: beside the nearest package.json."""

from __future__ import annotations

import json
import os
from pathlib import Path

from compartment_mapper import errors
from compartment_mapper.cli.configuration.model import (
    CONFIGURATION_FILE,
    PACKAGE_KEY,
    Configuration,
)
from compartment_mapper.cli.configuration.reading import configuration_of
from compartment_mapper.cli.shared import read_file
from compartment_mapper.errors.diagnostic import InputError


def configuration_for(path: str) -> Configuration | None:
    """Return the configuration for the file or folder *path*, or None.

    It is in the nearest folder with a package.json, or with a configuration file, from *path* up.

    Raises:
        InputError: INVALID_CONFIGURATION, CANNOT_READ.
    """
    try:
        real = os.path.realpath(path)
    except ValueError:
        return None  # no path: the command reports it
    folder = real if os.path.isdir(real) else os.path.dirname(real)  # noqa: PTH112, PTH120 - also for names that are too long
    while True:
        own = os.path.join(folder, CONFIGURATION_FILE)  # noqa: PTH118 - a text
        package = os.path.join(folder, "package.json")  # noqa: PTH118 - a text
        has_own, has_package = os.path.isfile(own), os.path.isfile(package)  # noqa: PTH113 - as above
        if has_own or has_package:
            return _configuration_in(folder, own if has_own else None, package)
        if folder == os.path.dirname(folder):  # noqa: PTH120 - a text
            return None
        folder = os.path.dirname(folder)  # noqa: PTH120 - a text


def _configuration_in(folder: str, own: str | None, package: str) -> Configuration | None:
    in_package = _maybe_value_in(package)
    if own is None:
        if in_package is None:
            return None
        name = f"{shown_path(package)} ({PACKAGE_KEY})"
        return configuration_of(in_package, folder=folder, file=name)
    if in_package is not None:
        raise InputError(errors.two_configurations(shown_path(own), PACKAGE_KEY))
    return configuration_of(_toml(own), folder=folder, file=shown_path(own))


def _maybe_value_in(package: str) -> object:
    """Return the value of our key in a package.json; a file that is no JSON fails later."""
    try:
        content = Path(package).read_bytes()
        # Most files do not have it, and are read again.
        value: object = json.loads(content) if PACKAGE_KEY.encode() in content else None
    except (OSError, ValueError, RecursionError):
        return None
    return value.get(PACKAGE_KEY) if isinstance(value, dict) else None


def _toml(path: str) -> object:
    import tomllib  # noqa: PLC0415 - most commands read no TOML

    try:
        return tomllib.loads(read_file(path).decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise InputError(
            errors.invalid_configuration(shown_path(path), f"not TOML: {problem}")
        ) from problem


def shown_path(path: str) -> str:
    """Return *path*, relative to the working directory if it is below it."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
