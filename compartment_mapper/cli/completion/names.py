"""The names that a project has: its files, its packages and their capabilities."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path


def entries(folder: str) -> list[os.DirEntry[str]]:
    """Return the entries of a folder; nothing if it cannot be read."""
    try:
        with os.scandir(folder or ".") as found:
            return [*found]
    except OSError:
        return []


def resources() -> Mapping[str, object]:
    """Return the packages of the nearest policy file, unchecked; nothing without a valid one."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "package.json").is_file():
            try:
                value: object = json.loads((folder / "compartment-policy.json").read_bytes())
            except (OSError, ValueError, RecursionError):
                return {}
            found = value.get("resources") if isinstance(value, dict) else None
            return found if isinstance(found, dict) else {}
    return {}


def installed() -> Iterator[str]:
    """Yield the names of the packages in node_modules."""
    for entry in entries("node_modules"):
        if entry.name.startswith("@"):
            yield from (f"{entry.name}/{inner.name}" for inner in entries(entry.path))
        elif not entry.name.startswith("."):
            yield entry.name


def paths(policy: object) -> Iterator[str]:
    """Yield the capabilities that the policy of a package lists."""
    for part in ("globals", "builtins"):
        grants = policy.get(part) if isinstance(policy, dict) else None
        yield from grants if isinstance(grants, dict) else ()
