"""Find the programs that packages install as commands: the field ``bin`` of package.json.

The scripts in ``node_modules/.bin`` are not used: some package managers write shell scripts there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.locations import Location, joined
from compartment_mapper.resolve.package_lookup import (
    ResolverContext,
    find_package,
    node_modules_of,
)
from compartment_mapper.resolve.specifiers import descriptor_of

_SCRIPTS = (".cjs", ".js", ".mjs")
#: The first line of a script that Node runs.
_NODE = re.compile(rb"\A(?:\xef\xbb\xbf)?#![^\n]*\bnode\b")


def command_file(name: str, *, root: Location, context: ResolverContext) -> Location:
    """Return the program of the command *name*, of a package that is installed for *root*.

    Raises:
        InputError: TOOL_NOT_FOUND, TOOL_NOT_JAVASCRIPT.
    """
    known: list[str] = []
    for package in _packages(name, root, context):
        descriptor = descriptor_of(package, context.descriptors)
        commands = descriptor.commands if descriptor else {}
        known += commands
        if name in commands:
            return _checked(name, joined(package, commands[name]), context)
    raise InputError(errors.tool_not_found(name, known))


def _checked(name: str, file: Location, context: ResolverContext) -> Location:
    # As Node resolves the main module, with or without an extension.
    for place in (file, *(Location(file + extension) for extension in _SCRIPTS)):
        if context.powers.kind(place) == "file":
            real = context.powers.canonical(place)
            source = context.powers.maybe_read(real) or b""
            if real.endswith(_SCRIPTS) or _NODE.match(source):
                return real
            raise InputError(errors.tool_not_javascript(name))
    raise InputError(errors.tool_not_javascript(name))


def _packages(name: str, root: Location, context: ResolverContext) -> Iterator[Location]:
    """Yield the folders of installed packages: declared ones first, then all others."""
    beside = Location(root + "package.json")
    descriptor = descriptor_of(root, context.descriptors)
    declared = sorted(descriptor.declared) if descriptor else []
    seen: set[Location] = set()
    for own in (name, *declared):
        found = find_package(own, referrer=beside, context=context)
        if found is not None and found not in seen:
            seen.add(found)
            yield found
    for folder in node_modules_of(beside, nested=False):
        for found in _installed(folder, context):
            if found not in seen:
                seen.add(found)
                yield found


def _installed(folder: Location, context: ResolverContext) -> Iterator[Location]:
    for name in context.powers.names_in(folder):
        place = joined(folder, f"{name}/")
        if name.startswith("@"):
            yield from _installed(place, context)
        elif not name.startswith(".") and context.powers.kind(place) == "directory":
            yield context.powers.canonical(place)
