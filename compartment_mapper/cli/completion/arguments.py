"""Types of arguments with completions for shells; a value is the text as it is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType

from compartment_mapper.cli.completion.names import entries, installed, paths, resources

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
        found = [entry for entry in entries(folder) if entry.name.startswith(begin)]
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
        names = {name.rpartition(">")[2] for name in resources()} or {*installed()}
        return _items(names, incomplete)


class CapabilityText(StringParamType):
    """A capability, of the package that the command line names."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the paths that the policy has for the package; without one, all paths."""
        del param
        package = ctx.params.get("package")
        own = [p for name, p in resources().items() if name.rpartition(">")[2] == package]
        found = {path for policy in own for path in paths(policy)}
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
        names: list[str] = import_module("compartment_mapper.cli.schemas.reading").output_names()
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
