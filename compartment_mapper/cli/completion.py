"""Types of arguments with completions for shells; a value is the text as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType

_MOST = 500


class PathText(StringParamType):
    """A file or folder, completed by the shell itself."""

    kind = "file"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return an item that makes the shell complete files, or folders."""
        del ctx, param
        return [CompletionItem(incomplete, type=self.kind)]


class FolderText(PathText):
    """A folder."""

    kind = "dir"


class ArchiveText(PathText):
    """An archive: the shell completes files where the folder has none."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the archives; if there are folders to enter, too, the shell completes."""
        folder, begin = os.path.split(incomplete)
        found = [entry for entry in _entries(folder) if entry.name.startswith(begin)]
        archives = [e.name for e in found if e.is_file() and e.name.endswith(".zip")]
        if not archives or any(entry.is_dir() for entry in found):
            return super().shell_complete(ctx, param, incomplete)
        return [CompletionItem(os.path.join(folder, name)) for name in sorted(archives)]  # noqa: PTH118 - a text


class PackageText(StringParamType):
    """A package of the application, by name."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the packages of the policy; without one, those in node_modules."""
        del ctx, param
        names = {name.rpartition(">")[2] for name in _resources()} or {*_installed()}
        return _items(names, incomplete)


class CapabilityText(StringParamType):
    """A capability, of the package that the command line names."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the paths that the policy has for the package; without one, all paths."""
        del param
        package = ctx.params.get("package")
        own = [p for name, p in _resources().items() if name.rpartition(">")[2] == package]
        found = {path for policy in own for path in _paths(policy)}
        if not found:
            # Other commands need not read the table of capabilities.
            table = import_module("compartment_mapper.authority.table")
            found = {path for rows in table.AUTHORITIES.values() for path in rows}
        return _items(found, incomplete)


class SchemaText(StringParamType):
    """The words that name a schema."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names of the schemas."""
        del ctx, param
        names: list[str] = import_module("compartment_mapper.cli.schemas").output_names()
        return _items([*names, "configuration", "policy"], incomplete)


PATH = PathText()
FOLDER = FolderText()
ARCHIVE = ArchiveText()
PACKAGE = PackageText()
CAPABILITY = CapabilityText()
SCHEMA = SchemaText()


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    found = sorted(name for name in names if name.startswith(incomplete) and name.isprintable())
    return [CompletionItem(name) for name in found[:_MOST]]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder or ".") as entries:
            return [*entries]
    except OSError:
        return []


def _resources() -> Mapping[str, object]:
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


def _installed() -> Iterator[str]:
    for entry in _entries("node_modules"):
        if entry.name.startswith("@"):
            yield from (f"{entry.name}/{inner.name}" for inner in _entries(entry.path))
        elif not entry.name.startswith("."):
            yield entry.name


def _paths(policy: object) -> Iterator[str]:
    for part in ("globals", "builtins"):
        grants = policy.get(part) if isinstance(policy, dict) else None
        yield from grants if isinstance(grants, dict) else ()
