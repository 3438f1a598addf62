"""``cache``: show or clear the cache."""

from __future__ import annotations

import os

import click

from compartment_mapper import errors
from compartment_mapper.cache.folder import CacheFolder, cache_folder, clear, parts_of
from compartment_mapper.cli.commands import Commands
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import reporting, show
from compartment_mapper.errors.diagnostic import InputError


@click.group(
    "cache",
    cls=Commands,
    short_help="Show or clear the cache.",
    epilog="Example: compartment-mapper cache info",
)
def cache_group() -> None:
    """Show or clear the cache, which belongs to the user.

    Its folder is $COMPARTMENT_MAPPER_CACHE, or in the platform's cache folder: ~/.cache,
    ~/Library/Caches, %LOCALAPPDATA%. It is safe to delete and limited to 384 MiB.

    \b
    compartment-mapper cache info     its folder and size
    compartment-mapper cache clear    remove all of it
    """  # noqa: D301 - click marks a paragraph to be left as it is with this character


@cache_group.command(
    "info",
    short_help="Print the folder, the parts and the size of the cache.",
    epilog="Example: compartment-mapper cache info --json",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@reporting
def info_command(*, as_json: bool) -> None:
    """Print the folder, the parts and the size of the cache."""
    from compartment_mapper.report.text import cache_text  # noqa: PLC0415 - other commands need no reports

    found = cache_folder(os.environ)
    parts = [] if found.problem else parts_of(found.path)
    sizes = [(part.name, part.files, part.size) for part in parts]
    if as_json:
        value = {
            "folder": found.path,
            "problem": found.problem or None,
            "bytes": sum(size for _, _, size in sizes),
            "parts": {name: {"files": files, "bytes": size} for name, files, size in sizes},
        }
        print_json(value)
    else:
        show(f"{found.path}: not used, {found.problem}" if found.problem else found.path)
        show(cache_text(sizes)) if sizes else None


@cache_group.command(
    "clear",
    short_help="Clear the cache.",
    epilog="Example: compartment-mapper cache clear",
)
@reporting
def clear_command() -> None:
    """Clear the cache. Files that compartment-mapper did not write stay."""
    from compartment_mapper.report.text import cache_text  # noqa: PLC0415 - as above

    found = _usable(cache_folder(os.environ))
    removed = clear(found)
    show(f"{found}: removed {cache_text([('', removed.files, removed.size)]).strip()}")


def _usable(found: CacheFolder) -> str:
    if found.problem:
        raise InputError(errors.no_cache(found.path, found.problem))
    return found.path
