"""Graphs and policy → compartment map: one compartment for each package that is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from compartment_mapper.compartment_map import (
    CompartmentDescriptor,
    CompartmentMap,
    CompartmentModule,
    ErrorModule,
    ExitModule,
    FileModule,
    ModuleConfiguration,
)
from compartment_mapper.locations import Location, ModuleName, relative_path
from compartment_mapper.module_graph import (
    BuiltinTarget,
    Edge,
    FailedTarget,
    FileTarget,
    Module,
    ModuleGraph,
)
from compartment_mapper.module_record import Language, RequestKind
from compartment_mapper.package_graph import Package, PackageGraph
from compartment_mapper.policy import Policy

_PARSERS: Mapping[Language, str] = {
    "mjs": "pre-mjs-json",
    "cjs": "pre-cjs-json",
    "json": "json",
    "text": "text",
    "bytes": "bytes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What compartments and modules are called in the archive."""

    #: By the package's folder.
    compartments: Mapping[Location, str]
    packages: PackageGraph

    def compartment_of(self, module: Location) -> str:
        """Return the name of the compartment of *module*."""
        return self.compartments[self.packages.owners[module]]

    def module_name(self, module: Location) -> ModuleName:
        """Return the key of *module* in its compartment."""
        path = relative_path(module, self.packages.owners[module])
        assert path is not None, module
        return ModuleName(f"./{path}")


def archive_names(packages: PackageGraph) -> Names:
    """Return the names, which depend on the application alone: ``name-v1.0.0``, ``name-v1.0.0-n1``.

    Packages of the same name and version are counted in the order of their canonical names.
    """
    taken: dict[str, int] = {}
    compartments: dict[Location, str] = {}
    for root, package in packages.packages.items():
        base = f"{package.name}-v{package.version}"
        number = taken.get(base, 0)
        taken[base] = number + 1
        compartments[root] = f"{base}-n{number}" if number else base
    return Names(compartments=compartments, packages=packages)


def map_compartments(
    modules: ModuleGraph,
    packages: PackageGraph,
    *,
    policy: Policy,
    names: Names,
    sha512_of: Callable[[Location], str],
) -> CompartmentMap:
    """Return the map of what *modules* reach.

    Args:
        modules: Every one of which gets a file.
        packages: Every one of which gets a compartment.
        policy: Each compartment carries its part.
        names: Of compartments and modules.
        sha512_of: The hash, in hexadecimal, of what the archive stores for a module.
    """
    by_package: dict[Location, list[Module]] = {root: [] for root in packages.packages}
    for location in sorted(modules.modules):
        by_package[packages.owners[location]].append(modules.modules[location])
    compartments = {
        names.compartments[root]: _compartment(package, by_package[root], names, policy, sha512_of)
        for root, package in packages.packages.items()
    }
    return CompartmentMap(
        entry_compartment=names.compartment_of(modules.entry),
        entry_module=names.module_name(modules.entry),
        compartments=dict(sorted(compartments.items())),
    )


@dataclass(slots=True)
class _Table:
    """The modules of one compartment, while it is filled."""

    modules: dict[str, ModuleConfiguration] = field(default_factory=dict)
    #: By the module that requests, kind and specifier: the key, where arithmetic misses it.
    resolutions: dict[str, dict[RequestKind, dict[str, str]]] = field(default_factory=dict)


def _compartment(
    package: Package,
    own: list[Module],
    names: Names,
    policy: Policy,
    sha512_of: Callable[[Location], str],
) -> CompartmentDescriptor:
    table = _Table()
    for module in own:
        key = names.module_name(module.location)
        table.modules[key] = FileModule(
            location=key.removeprefix("./"),
            parser=_PARSERS[module.record.language],
            sha512=sha512_of(module.location),
        )
    # What is imported has the plain names, as in Endo's archives; a require that leads elsewhere
    # gets a name of its own.
    for kind in _KINDS:
        for module in own:
            _add_edges(table, module, kind, names)
    return CompartmentDescriptor(
        name=package.name,
        label=package.canonical_name,
        location=names.compartments[package.root],
        modules={key: _with_resolutions(table, key) for key in table.modules},
        policy=policy.of(package.canonical_name),
    )


_KINDS: tuple[RequestKind, ...] = ("import", "require")


def _with_resolutions(table: _Table, key: str) -> ModuleConfiguration:
    module = table.modules[key]
    resolutions = table.resolutions.get(key)
    if resolutions is None or not isinstance(module, FileModule):
        return module
    return FileModule(
        location=module.location,
        parser=module.parser,
        sha512=module.sha512,
        resolutions=resolutions,
    )


def _add_edges(table: _Table, module: Module, kind: RequestKind, names: Names) -> None:
    referrer = names.module_name(module.location)
    for edge in module.edges:
        if edge.request.kind != kind:
            continue
        specifier = edge.request.specifier
        wanted, target_key = _configuration(edge, module, names)
        plain = arithmetic_key(specifier, referrer)
        for key in _keys(plain, target_key, kind, specifier):
            there = table.modules.get(key)
            if key == target_key or there is None or there == wanted:
                if key != target_key:
                    table.modules[key] = wanted
                if key != plain:
                    table.resolutions.setdefault(referrer, {}).setdefault(kind, {})[specifier] = key
                break


def _configuration(
    edge: Edge, module: Module, names: Names
) -> tuple[ModuleConfiguration, ModuleName | None]:
    """Return what an edge means, and its key where it is a file of the same compartment."""
    match edge.target:
        case FileTarget(location=location):
            link = CompartmentModule(
                compartment=names.compartment_of(location), module=names.module_name(location)
            )
            same = names.packages.owners[location] == names.packages.owners[module.location]
            return link, link.module if same else None
        case BuiltinTarget(name=name):
            return ExitModule(exit=name), None
        case FailedTarget(code=code, message=message):
            return ErrorModule(deferred_error=message, code=code), None


def _keys(
    plain: ModuleName | None, target: ModuleName | None, kind: RequestKind, specifier: str
) -> Iterator[str]:
    """Yield the keys to try for a request, the one that needs no table first."""
    if plain is not None:
        yield plain
    if target is not None:
        yield target
    yield f"{kind}:{specifier}"
    number = 1
    while True:
        yield f"{kind}:{specifier}#{number}"
        number += 1


def arithmetic_key(specifier: str, referrer: ModuleName) -> ModuleName | None:
    """Return the key that Endo looks a specifier up by; None where it would refuse.

    https://github.com/endojs/endo/blob/master/packages/compartment-mapper/src/node-module-specifier.js

    >>> arithmetic_key("../b.js", ModuleName("./lib/a.js"))
    './b.js'
    >>> arithmetic_key("dep", ModuleName("./lib/a.js"))
    'dep'
    """
    if not specifier.startswith("."):
        return None if specifier.startswith("/") else ModuleName(specifier)
    segments = referrer.split("/")[1:-1]
    for segment in specifier.split("/"):
        if segment == "..":
            if not segments:
                return None
            segments.pop()
        elif segment not in {"", "."}:
            segments.append(segment)
    return ModuleName("./" + "/".join(segments)) if segments else ModuleName(".")
