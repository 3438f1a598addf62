"""Read a configuration: TOML or JSON values to a `Configuration`, with every problem at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from compartment_mapper import errors
from compartment_mapper.cli.configuration.model import KEYS, NEVER, Configuration, Key
from compartment_mapper.errors.diagnostic import Diagnostic, InputError, did_you_mean
from compartment_mapper.policy.values import shown


def configuration_of(values: object, *, folder: str, file: str) -> Configuration:
    """Return the configuration in *values*, which a file of *folder* holds.

    Args:
        values: The parsed content.
        folder: The folder of the file, an absolute path; the paths in *values* are relative to it.
        file: The name of the file, for messages.

    Raises:
        InputError: INVALID_CONFIGURATION, once for each problem.
    """
    if not isinstance(values, dict):
        raise InputError(
            errors.invalid_configuration(file, f"it must be an object, got {shown(values)}")
        )
    problems = [*_unknown_keys(values, file)]
    known = {key: value for key, value in values.items() if key in KEYS}
    for key, value in known.items():
        problem = _problem_of(KEYS[key], value, folder)
        if problem:
            problems.append(errors.invalid_configuration(file, f"{key} {problem}"))
    problems += [] if problems else _conflicts(known, file)
    if problems:
        raise InputError(*problems)
    found = {
        key.replace("-", "_"): _plain(KEYS[key], value, folder) for key, value in known.items()
    }
    entry = found.pop("entry", (folder,))
    return Configuration(file=file, entry=entry, **found)  # type: ignore[arg-type] # checked above


def _unknown_keys(values: Mapping[str, object], file: str) -> Iterator[Diagnostic]:
    for key in values:
        if key in KEYS or key == "$schema":
            continue
        if key in NEVER:
            problem, hint = f"'{key}' cannot be configured: {NEVER[key]}", f"pass --{key} instead"
        else:
            problem = f"unknown key '{key}'"
            hint = did_you_mean(key, KEYS) or f"known keys: {', '.join(KEYS)}"
        yield errors.invalid_configuration(file, problem, hint)


def _problem_of(key: Key, value: object, folder: str) -> str:
    """Return what is wrong with the value of a key, or an empty string."""
    match key.kind:
        case "flag":
            return "" if isinstance(value, bool) else f"must be true or false, got {shown(value)}"
        case "word":
            words = ", ".join(f'"{word}"' for word in key.words)
            return "" if value in key.words else f"must be one of {words}, got {shown(value)}"
        case "name":
            return "" if _is_name(value) else f"must be a string, got {shown(value)}"
        case "names":
            is_list = isinstance(value, list) and all(map(_is_name, value))
            return "" if is_list else f"must be a list of strings, got {shown(value)}"
        case "path":
            return _path_problem(value, folder)
        case "paths":
            listed = value if isinstance(value, list) and value else [value]
            return next(filter(None, (_path_problem(each, folder) for each in listed)), "")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _path_problem(value: object, folder: str) -> str:
    """Return why *value* is no path inside *folder*, also where links lead out of it."""
    if not isinstance(value, str) or not value or "\0" in value:
        return f"must be a path, got {shown(value)}"
    path = os.path.join(folder, value)  # noqa: PTH118 - links stay
    real, root = os.path.realpath(os.path.dirname(path)), os.path.realpath(folder)  # noqa: PTH120 - links stay
    is_folder_itself = os.path.normpath(path) == os.path.normpath(folder)
    is_inside = is_folder_itself or os.path.commonpath([real, root]) == root
    if os.path.isabs(value) or not is_inside:  # noqa: PTH117 - a text
        return f"must be a path inside the folder of the file, got {shown(value)}"
    return ""


def _plain(key: Key, value: object, folder: str) -> object:
    def path(name: object) -> str:
        return os.path.normpath(os.path.join(folder, str(name)))  # noqa: PTH118 - links stay

    match key.kind:
        case "path":
            return path(value)
        case "paths":
            return tuple(map(path, value if isinstance(value, list) else [value]))
        case "names":
            assert isinstance(value, list)
            return tuple(value)
        case "flag" | "word" | "name":
            return value


def _conflicts(values: Mapping[str, object], file: str) -> list[Diagnostic]:
    """Return the problems of keys that do not go together."""
    form = values.get("format", "archive")
    found = []
    if values.get("infer") and ("policy" in values or "policy-override" in values):
        found.append("infer cannot be combined with policy or policy-override")
    if values.get("compress") and form != "archive":
        found.append('compress needs format = "archive"')
    if "global-name" in values and form != "script":
        found.append('global-name needs format = "script"')
    return [errors.invalid_configuration(file, problem) for problem in found]
