"""All installed packages of an application, reached by its modules or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compartment_mapper.errors.diagnostic import Diagnostic, InputError
from compartment_mapper.graph.package_graph import declared_names
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.resolve.file_urls import location_below
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.package_lookup import ResolverContext, find_package
from compartment_mapper.resolve.specifiers import descriptor_of

_NODE_MODULES = "node_modules/"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPackage:
    """A package below a ``node_modules``."""

    #: Its real folder.
    root: Location
    name: CanonicalName
    descriptor: PackageDescriptor
    #: The folders of its declared dependencies.
    dependencies: tuple[Location, ...]
    from_git: bool = False


def installed_packages(
    root: Location, *, context: ResolverContext, only: frozenset[Location] | None = None
) -> list[InstalledPackage]:
    """Return the packages that are installed for the application, by name.

    Names follow declared dependencies alone, so that they depend neither on the modules that an
    entry reaches nor on the layout that a package manager chose. Packages in the application's
    ``node_modules`` that nothing declares come last, after the dependencies of workspaces.

    Args:
        root: The folder of the application.
        context: Finds packages.
        only: The folders of interest, if not all.

    Raises:
        InputError: INVALID_PACKAGE_JSON: npm reads some files that Node rejects.
    """
    walk = _Walk(root, context)
    walk.follow(root, only)
    if only is None:
        others = [(f"/{_NODE_MODULES}" in f, name, f) for name, f in _others(root, context)]
        for is_installed, name, folder in sorted(others):
            if folder not in walk.names:
                walk.names[folder] = CanonicalName(f"external:{name}" if is_installed else name)
                walk.follow(folder, None)
    found = [
        InstalledPackage(
            root=folder,
            name=name,
            descriptor=_descriptor(folder, context),
            dependencies=tuple(walk.dependencies.get(folder, ())),
            from_git=folder in walk.from_git,
        )
        for folder, name in walk.names.items()
        if f"/{_NODE_MODULES}" in folder and (only is None or folder in only)
    ]
    return sorted(found, key=lambda package: package.name)


def _descriptor(folder: Location, context: ResolverContext) -> PackageDescriptor:
    found = context.descriptors(folder)
    if isinstance(found, Diagnostic):
        raise InputError(found)
    return found or PackageDescriptor()


class _Walk:
    """A walk over declared dependencies, level by level: the shortest name wins."""

    def __init__(self, root: Location, context: ResolverContext) -> None:
        self._root = root
        self._context = context
        self.names: dict[Location, CanonicalName] = {root: ROOT_NAME}
        self.dependencies: dict[Location, list[Location]] = {}
        self.from_git: set[Location] = set()

    def follow(self, start: Location, wanted: frozenset[Location] | None) -> None:
        """Name the packages below *start*, until all *wanted* ones have a name."""
        level = [start]
        while level and (wanted is None or not wanted <= self.names.keys()):
            found: dict[Location, list[str]] = {}
            for folder in level:
                prefix = "" if folder == self._root else f"{self.names[folder]}>"
                for name, target in self._declared(folder):
                    if target not in self.names:
                        found.setdefault(target, []).append(prefix + name)
            best = {
                target: min(paths, key=lambda path: (len(path), path))
                for target, paths in found.items()
            }
            level = sorted(best, key=lambda target: best[target])
            self.names |= {target: CanonicalName(best[target]) for target in level}

    def _declared(self, folder: Location) -> Iterator[tuple[str, Location]]:
        descriptor = descriptor_of(folder, self._context.descriptors)
        referrer = Location(folder + "package.json")
        for name in declared_names(folder, application=self._root, context=self._context):
            target = find_package(name, referrer=referrer, context=self._context)
            if target is not None and target != folder:
                self.dependencies.setdefault(folder, []).append(target)
                if descriptor is not None and name in descriptor.from_git:
                    self.from_git.add(target)
                yield name, target


def _others(root: Location, context: ResolverContext) -> Iterator[tuple[str, Location]]:
    """Yield the packages in the application's ``node_modules``, by the name of their folder."""
    holder = Location(root + _NODE_MODULES)
    for name in context.powers.names_in(holder):
        if name.startswith("."):
            continue
        is_scope = name.startswith("@")
        inner = context.powers.names_in(location_below(holder, name)) if is_scope else ()
        for path in [f"{name}/{each}" for each in inner] if is_scope else [name]:
            folder = Location(location_below(holder, path) + "/")
            if context.powers.kind(folder) == "directory":
                yield path, context.powers.canonical(folder)
