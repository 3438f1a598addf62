"""Find machine code that ``child_process`` starts: ``@esbuild/linux-x64/bin/esbuild``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import relpath

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.graph.known_modules import KnownModules, Site
from compartment_mapper.locations import (
    Location,
    Specifier,
    joined,
    parent_of,
    path_of,
    relative_path,
)
from compartment_mapper.powers import ReadPowers
from compartment_mapper.records.module_record import ModuleRecord, ModuleRequest
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.package_lookup import ResolverContext, find_package
from compartment_mapper.text import Span

_STARTS = frozenset({"spawn", "spawnSync", "execFile", "execFileSync"})
#: How files with machine code begin on Linux, macOS and Windows.
_MAGIC = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ")
#: Where packages have them, as seen from their folder. Those for one platform: anywhere.
_FOLDERS = ("", "bin/")
#: The most folders of a package for one platform that are looked into.
_MOST_FOLDERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProgram:
    """A file with machine code that a package may start."""

    #: Where the package of the starter uses ``child_process``.
    starter: Site
    request: ModuleRequest
    file: Location
    #: Its path in a policy of the starter, with the name of its package if that is another one.
    path: str
    #: Whether the policy or a grant names it.
    allowed: bool


def found_programs(known: KnownModules) -> Iterator[FoundProgram]:
    """Yield the programs in packages that use ``child_process``, and in their dependencies."""
    for root, site in sorted(_starters(known).items()):
        descriptor = known.context.descriptors(root)
        if not isinstance(descriptor, PackageDescriptor):
            continue
        for folder, name in {root: "", **_dependencies(site[0], descriptor, known.context)}.items():
            for file in _programs_in(folder, known.context):
                yield _found(site, file, folder, name, descriptor.name or "", known.context)


def _starters(known: KnownModules) -> Mapping[Location, Site]:
    found: dict[Location, Site] = {}
    for location, module in known.modules.items():
        for use in _starting(module.record):
            found.setdefault(known.roots[location], (location, use))
    return found


def _starting(record: ModuleRecord) -> Iterator[Span]:
    for use in record.builtin_uses:
        is_named = use.path in _STARTS or not (use.path or use.exact)
        if is_named and is_builtin(use.specifier) == "child_process":
            yield use.span


def _dependencies(
    referrer: Location, descriptor: PackageDescriptor, context: ResolverContext
) -> Mapping[Location, str]:
    """Return the names by the folders of installed dependencies for the archive's platforms."""
    found: dict[Location, str] = {}
    for name in sorted(descriptor.declared):
        folder = find_package(name, referrer=referrer, context=context)
        if folder is not None and _suits(folder, context):
            found.setdefault(context.powers.canonical(folder), name)
    return found


def _suits(folder: Location, context: ResolverContext) -> bool:
    """Return whether the package in *folder* is one for a platform of the archive."""
    found = _platforms(folder, context.powers)
    if found is None:
        return True
    systems, processors = found
    pairs = (platform.partition("-") for platform in context.addons.platforms)
    return any(system in systems and cpu in processors for system, _, cpu in pairs)


def _platforms(folder: Location, powers: ReadPowers) -> tuple[list[object], list[object]] | None:
    """Return the systems and processors of the package in *folder*; None if it has no such list."""
    try:
        value = json.loads(powers.maybe_read(joined(folder, "package.json")) or b"{}")
    except (ValueError, RecursionError):
        return ([], [])
    systems, processors = value.get("os"), value.get("cpu")
    if not isinstance(systems, list) or not isinstance(processors, list):
        return None
    return systems, processors


def _folders_in(folder: Location, powers: ReadPowers) -> Iterator[str]:
    """Yield the folders below *folder* without links, as seen from it."""
    pending = [""]
    for _ in range(_MOST_FOLDERS):
        if not pending:
            return
        below = pending.pop(0)
        yield below
        for name in sorted(powers.names_in(Location(folder + below))):
            inner = Location(f"{folder}{below}{name}/")
            if powers.kind(inner) == "directory" and powers.canonical(inner) == inner:
                pending.append(f"{below}{name}/")


def _programs_in(folder: Location, context: ResolverContext) -> Iterator[Location]:
    powers = context.powers
    found = _folders_in(folder, powers) if _platforms(folder, powers) else _FOLDERS
    for below in found:
        place = Location(folder + below)
        for name in sorted(powers.names_in(place)) if powers.kind(place) == "directory" else ():
            file = Location(place + name)
            is_named = "." not in name or name.endswith(".exe")
            if is_named and powers.kind(file) == "file":
                real = powers.canonical(file)
                if real.startswith(folder) and (powers.maybe_read(real) or b"").startswith(_MAGIC):
                    yield real


def _found(
    site: Site, file: Location, folder: Location, name: str, starter: str, context: ResolverContext
) -> FoundProgram:
    below = relative_path(file, folder) or ""
    declared = getattr(context.descriptors(folder), "name", None) or name
    path = f"{declared}/{below}" if name else below
    way = relpath(path_of(file), path_of(parent_of(site[0])))
    own = way if way.startswith(".") else f"./{way}"
    request = ModuleRequest(
        specifier=Specifier(f"{name}/{below}" if name else own),
        kind="require",
        span=site[1],
        reach="guarded",
    )
    content = context.powers.maybe_read(file) or b""
    allowed = context.addons.allows(starter, path, content)
    return FoundProgram(starter=site, request=request, file=file, path=path, allowed=allowed)
