"""Graphs and policy → compartment map: one compartment for each package that is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from compartment_mapper.archive.compartment_map import (
    ATTENUATORS,
    CompartmentDescriptor,
    CompartmentMap,
    CompartmentModule,
    ErrorModule,
    ExitModule,
    FileModule,
    ModuleConfiguration,
    Resolutions,
)
from compartment_mapper.graph.module_graph import (
    BuiltinTarget,
    Edge,
    FailedTarget,
    FileTarget,
    Module,
    ModuleGraph,
)
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.locations import CanonicalName, Location, ModuleName, relative_path
from compartment_mapper.policy.model import PackagePolicy, Policy
from compartment_mapper.records.languages import LANGUAGES
from compartment_mapper.records.module_record import RequestKind


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTable:
    """What the requests of one package mean, besides its own files."""

    #: Links, exits and errors by key.
    links: Mapping[str, ModuleConfiguration]
    #: By the module that requests: the keys that path arithmetic does not give.
    resolutions: Mapping[Location, Resolutions]


def link_tables(modules: ModuleGraph, names: Names) -> dict[Location, LinkTable]:
    """Return the table of each package, by its folder.

    What is imported has the plain names, as in Endo's archives; a ``require`` that leads
    elsewhere (each kind has conditions of its own) gets a name of its own.
    """
    by_package: dict[Location, list[Module]] = {root: [] for root in names.packages.packages}
    for location in sorted(modules.modules):
        by_package[names.packages.owners[location]].append(modules.modules[location])
    return {root: _link_table(own, names) for root, own in by_package.items()}


def _link_table(own: list[Module], names: Names) -> LinkTable:
    files = frozenset(names.module_name(module.location) for module in own)
    table = _Table(files=files)
    for kind in _KINDS:
        for module in own:
            _add_edges(table, module, kind, names)
    for asset in {asset for module in own for asset in module.assets}:
        link = CompartmentModule(
            compartment=names.compartment_of(asset), module=names.module_name(asset)
        )
        table.links[asset_key(asset, own[0].location, names)] = link
    return LinkTable(links=table.links, resolutions=table.resolutions)


@dataclass(slots=True)
class _Table:
    """A link table, while it is filled."""

    files: frozenset[ModuleName]
    links: dict[str, ModuleConfiguration] = field(default_factory=dict)
    resolutions: dict[Location, dict[RequestKind, dict[str, str]]] = field(default_factory=dict)


def map_compartments(
    modules: ModuleGraph,
    tables: Mapping[Location, LinkTable],
    *,
    policy: Policy,
    names: Names,
    attenuators: Mapping[str, Location],
    sha512_of: Callable[[Location], str],
) -> CompartmentMap:
    """Return the map of what *modules* reach.

    Args:
        modules: Every one of which gets a file.
        tables: Of `link_tables`; every package gets a compartment.
        policy: Each compartment carries its part.
        names: Of compartments and modules.
        attenuators: The modules that narrow grants of the policy, by the specifiers it has.
        sha512_of: The hash, in hexadecimal, of what the archive stores for a module.
    """
    files: dict[Location, dict[str, ModuleConfiguration]] = {root: {} for root in tables}
    for location, module in modules.modules.items():
        root = names.packages.owners[location]
        key = names.module_name(location)
        files[root][key] = FileModule(
            location=key.removeprefix("./"),
            parser=LANGUAGES[module.record.language]["parser"],
            sha512=sha512_of(location),
            resolutions=tables[root].resolutions.get(location, {}),
            is_entry=location in modules.others,
        )
    compartments = {
        names.compartments[root]: CompartmentDescriptor(
            name=package.name,
            label=package.canonical_name,
            location=names.compartments[root],
            modules={**tables[root].links, **files[root]},
            policy=policy.of(package.canonical_name),
        )
        for root, package in names.packages.packages.items()
    }
    if attenuators:
        compartments[ATTENUATORS] = _attenuator_compartment(attenuators, names)
    return CompartmentMap(
        entry_compartment=names.compartment_of(modules.entry),
        entry_module=names.module_name(modules.entry),
        compartments=dict(sorted(compartments.items())),
    )


def asset_key(asset: Location, reader: Location, names: Names) -> str:
    """Return the name by which a module lists a file that it looks at: for readers that ask."""
    name = names.module_name(asset).removeprefix("./")
    owner = names.compartment_of(asset)
    return f"asset:{name}" if owner == names.compartment_of(reader) else f"asset:{owner}/{name}"


_KINDS: tuple[RequestKind, ...] = ("import", "require")


#: Endo's name for the compartment whose modules narrow grants.


def _attenuator_compartment(
    attenuators: Mapping[str, Location], names: Names
) -> CompartmentDescriptor:
    return CompartmentDescriptor(
        name=ATTENUATORS,
        label=CanonicalName(ATTENUATORS),
        location=ATTENUATORS,
        modules={
            specifier: CompartmentModule(
                compartment=names.compartment_of(location), module=names.module_name(location)
            )
            for specifier, location in attenuators.items()
        },
        policy=PackagePolicy(packages="any"),
    )


def _add_edges(table: _Table, module: Module, kind: RequestKind, names: Names) -> None:
    referrer = names.module_name(module.location)
    imported = {
        edge.request.specifier: edge.target.location
        for edge in module.edges
        if edge.request.kind == kind and isinstance(edge.target, FileTarget)
    }
    for edge in module.edges:
        if edge.request.kind != kind:
            continue
        specifier = edge.request.specifier
        found = imported.get(specifier)
        if isinstance(edge.target, FailedTarget) and found is not None:
            # Elsewhere the module asks for it as it must be asked for: with its type.
            own = names.packages.owners[found] == names.packages.owners[module.location]
            name = names.module_name(found) if own else specifier
            table.links[f"untyped:{name}"], _ = _configuration(edge, module, names)
            continue
        wanted, own_key = _configuration(edge, module, names)
        plain = arithmetic_key(specifier, referrer)
        key = next(
            key
            for key in _keys(plain, own_key, kind, specifier)
            if key == own_key or (key not in table.files and table.links.get(key, wanted) == wanted)
        )
        if key != own_key:
            table.links[key] = wanted
        if key != plain:
            of_module = table.resolutions.setdefault(module.location, {})
            of_module.setdefault(kind, {})[specifier] = key


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
