"""Expand patterns that begin with a package name to dependencies.

A string is not a request just because a package has that name: it counts if the source makes
computed requests, and the package is declared or the source belongs to the application.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.graph.patterns import PROGRAMS, SUFFIXES, TYPED, files_of_package, shape_of
from compartment_mapper.locations import Location, Specifier, base_name, joined
from compartment_mapper.records.module_record import ModuleRecord, ModuleRequest, PatternRequest
from compartment_mapper.resolve.addons import ADDON, REFUSED_ADDON
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.resolver import (
    FileResolution,
    ResolutionFailure,
    ResolverContext,
    find_package,
    resolve,
)
from compartment_mapper.resolve.specifiers import package_name_of, package_root

_MODULES = (*PROGRAMS, *TYPED)


def package_requests(
    record: ModuleRecord, *, location: Location, application: Location, context: ResolverContext
) -> Iterator[ModuleRequest]:
    """Yield a request for each module of other packages that a pattern of *record* matches.

    Args:
        record: The record of the source.
        location: The location of its file.
        application: The folder of the application's own package.
        context: Resolves packages.
    """
    patterns = [p for p in record.patterns if p.pattern != "*" and not p.pattern.startswith(".")]
    if not patterns:
        return
    installed = _Installed(location, application, context)
    seen: set[tuple[str, str]] = set()
    for request in patterns:
        for specifier in installed.matching(request):
            if (specifier, request.kind) not in seen:
                seen.add((specifier, request.kind))
                yield ModuleRequest(
                    specifier=Specifier(specifier),
                    kind=request.kind,
                    span=request.span,
                    reach="guarded",
                )


class _Installed:
    """The installed dependencies of the package around one module."""

    def __init__(self, location: Location, application: Location, context: ResolverContext) -> None:
        root = package_root(location, descriptors=context.descriptors)
        descriptor = context.descriptors(root)
        self._location = location
        self._root = root
        self._context = context
        self._is_application = root == application
        self._declared = (
            descriptor.declared if isinstance(descriptor, PackageDescriptor) else frozenset[str]()
        )
        self._folders: dict[str, Location | None] = {}
        self._names: tuple[str, ...] | None = None

    def matching(self, request: PatternRequest) -> Iterator[str]:
        """Yield the specifiers of installed files that the pattern of *request* matches."""
        pattern = request.pattern
        if "*" not in pattern:
            is_there = pattern.startswith("#") or self._folder_of(package_name_of(pattern))
            if is_there and self._is_module(pattern, request):
                yield pattern
            return
        wanted = re.compile(shape_of(package_name_of(pattern)))
        for name in self._all_names():
            if wanted.fullmatch(name) and self._folder_of(name):
                yield from self._files_matching(name, request)

    def _files_matching(self, name: str, request: PatternRequest) -> Iterator[str]:
        asked = package_name_of(request.pattern)
        path = request.pattern[len(asked) :]
        if "*" not in path:
            found: Iterable[str] = (name + path,)
        else:
            folder = self._folder_of(name)
            assert folder is not None
            suffix = SUFFIXES if request.kind == "require" else ""
            whole = re.compile(shape_of(path.removeprefix("/")) + suffix)
            known = path[: path.index("*")].rpartition("/")[0].removeprefix("/")
            below = f"{known}/" if known else ""
            files = files_of_package(joined(folder, below), self._context.powers)
            matching = (below + file for file in files if file.endswith((*_MODULES, ".json")))
            found = (f"{name}/{file}" for file in matching if whole.fullmatch(file))
        yield from (specifier for specifier in found if self._is_module(specifier, request))

    def _all_names(self) -> tuple[str, ...]:
        if self._names is None:
            names = set(self._declared)
            if self._is_application:
                names.update(self._names_in_folder())
            self._names = tuple(sorted(names))
        return self._names

    def _names_in_folder(self) -> Iterator[str]:
        modules = Location(f"{self._root}node_modules/")
        for name in self._context.powers.names_in(modules):
            if name.startswith("@"):
                scope = Location(f"{modules}{name}/")
                yield from (f"{name}/{inner}" for inner in self._context.powers.names_in(scope))
            elif not name.startswith("."):
                yield name

    def _folder_of(self, name: str) -> Location | None:
        if name not in self._folders:
            may = self._is_application or name in self._declared
            self._folders[name] = (
                find_package(name, referrer=self._location, context=self._context) if may else None
            )
        return self._folders[name]

    def _is_module(self, specifier: str, request: PatternRequest) -> bool:
        """Return whether the specifier resolves to a file that loads without an explicit type."""
        found = resolve(
            Specifier(specifier), referrer=self._location, kind=request.kind, context=self._context
        )
        if not isinstance(found, FileResolution):
            return isinstance(found, ResolutionFailure) and found.code == REFUSED_ADDON
        if found.location.endswith(".json"):
            return request.kind == "require"
        if found.location.endswith(ADDON):
            return request.kind == "require"
        return found.location.endswith(_MODULES) or "." not in base_name(found.location)


def unknown_requests(record: ModuleRecord) -> tuple[PatternRequest, ...]:
    """Return the fully computed requests, unless they only load builtins."""
    if any(is_builtin(request.pattern) is not None for request in record.patterns):
        return ()
    return tuple(request for request in record.patterns if request.pattern == "*")
