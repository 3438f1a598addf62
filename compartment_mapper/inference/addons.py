"""Which native addons an application may load: by its policy, and by grants on the command line."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.graph.addons import found_addons, is_loaded
from compartment_mapper.graph.known_modules import KnownModules
from compartment_mapper.graph.module_graph import FailedTarget, FileTarget
from compartment_mapper.graph.package_graph import Package
from compartment_mapper.graph.programs import found_programs
from compartment_mapper.inference.decision import ScannedApplication, native_package
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location, relative_path
from compartment_mapper.policy.model import Policy
from compartment_mapper.resolve.addons import REFUSED_ADDON, Addons, integrity_of_file
from compartment_mapper.resolve.resolver import FileResolution, ResolverContext, resolve
from compartment_mapper.resolve.specifiers import package_root
from compartment_mapper.text import Span


def addons_of(
    policy: Policy | None, grants: Iterable[str], *, platforms: tuple[str, ...]
) -> Addons:
    """Return the addons that *policy* lists, and those of the packages that *grants* name."""
    named = (name for text in grants if (name := native_package(text)) is not None)
    listed: dict[str, set[str]] = {}
    for own in (policy.entry, *policy.resources.values()) if policy else ():
        for path, integrity in own.native.items():
            listed.setdefault(path, set()).add(integrity)
    return Addons(
        platforms=platforms,
        packages=frozenset(name.rpartition(">")[2] for name in named),
        listed={path: frozenset(hashes) for path, hashes in listed.items()},
    )


def with_addons(policy: Policy, grants: Iterable[str], scanned: ScannedApplication) -> Policy:
    """Return *policy* with the addons of the packages that *grants* name, as they are now."""
    named = {name for text in grants if (name := native_package(text)) is not None}
    found: dict[CanonicalName, dict[str, str]] = {}
    for location, starter in _named_addons(named, scanned) if named else ():
        package = scanned.packages.owner_of(location)
        name, path = package.canonical_name, relative_path(location, package.root) or ""
        if starter is not None:
            name, path = starter, f"{package.name}/{path}"
        integrity = integrity_of_file(scanned.modules.modules[location].source)
        found.setdefault(name, {})[path] = integrity
    for name, native in found.items():
        own = policy.of(name)
        policy = policy.with_package(name, replace(own, native={**own.native, **native}))
    return policy


def unknown_names(grants: Iterable[str], known: Iterable[CanonicalName]) -> Iterator[Diagnostic]:
    """Yield the packages of grants for addons that the application does not reach."""
    names = list(known)
    for text in grants:
        name = native_package(text)
        if name is not None and name not in names:
            yield errors.unknown_package(name, names)


def addon_warnings(
    scanned: ScannedApplication, *, context: ResolverContext
) -> Iterator[Diagnostic]:
    """Yield a warning for each addon that a module loads, and that is not allowed."""
    seen: set[Location] = set()
    known = KnownModules(scanned.modules.modules, application=scanned.root, context=context)
    for file, (module, span) in _refused(known):
        if file in seen:
            continue
        seen.add(file)
        asker = scanned.packages.owner_of(module)
        root = package_root(file, descriptors=context.descriptors)
        label = _label_of(root, asker, context)
        path = relative_path(file, root) or ""
        integrity = integrity_of_file(context.powers.maybe_read(file) or b"")
        line = f'{_key_of(label)}.native["{path}"] = "{integrity}"'
        yield errors.native_addon(scanned.place_of(module, span), label, path, line)
    for program in found_programs(known):
        module, span = program.starter
        if program.allowed or program.file in seen:
            continue
        seen.add(program.file)
        starter = scanned.packages.owner_of(module)
        name, key = starter.canonical_name, _key_of(starter.canonical_name)
        integrity = integrity_of_file(context.powers.maybe_read(program.file) or b"")
        lines = f'{key}.native["{program.path}"] = "{integrity}"'
        root = package_root(program.file, descriptors=context.descriptors)
        if root != starter.root:
            lines += f' and {key}.packages["{_label_of(root, starter, context)}"] = true'
        yield errors.native_program(scanned.place_of(module, span), name, program.path, lines)


def _label_of(root: Location, asker: Package, context: ResolverContext) -> str:
    """Return the canonical name of the package at *root*, of *asker* or a dependency of it."""
    if root == asker.root:
        return str(asker.canonical_name)
    name = getattr(context.descriptors(root), "name", None) or ""
    return name if asker.canonical_name == ROOT_NAME else f"{asker.canonical_name}>{name}"


def _key_of(label: str) -> str:
    return "entry" if label == ROOT_NAME else f'resources["{label}"]'


def _refused(known: KnownModules) -> Iterator[tuple[Location, tuple[Location, Span]]]:
    """Yield the addons that are not allowed, and where they are asked for."""
    modules, context = known.modules, known.context
    open_context = replace(context, addons=replace(context.addons, every=True))
    for location, module in modules.items():
        for edge in module.edges:
            if isinstance(edge.target, FailedTarget) and edge.target.code == REFUSED_ADDON:
                specifier, kind = edge.request.specifier, edge.request.kind
                found = resolve(specifier, referrer=location, kind=kind, context=open_context)
                if isinstance(found, FileResolution):
                    yield found.location, (location, edge.request.span)
    for addon in found_addons(known):
        if not addon.allowed and addon.asker[0] in modules:
            yield addon.file, addon.asker


def _named_addons(
    named: Container[str], scanned: ScannedApplication
) -> Iterator[tuple[Location, CanonicalName | None]]:
    """Yield the addons of *named* packages, the libraries that these load, and programs.

    Each has the package that starts it, if it is a program of another package.
    """
    modules = scanned.modules.modules
    for location, module in modules.items():
        owner = scanned.packages.owner_of(location)
        if owner.canonical_name not in named:
            continue
        targets = (e.target.location for e in module.edges if isinstance(e.target, FileTarget))
        for file in (location, *targets):
            if file in modules and modules[file].record.language == "addon":
                is_other = scanned.packages.owner_of(file) != owner
                starts = is_other and not is_loaded(file)
                yield file, owner.canonical_name if starts else None
