"""Graphs and policy → compartment map: one compartment for each reachable package."""

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
from compartment_mapper.locations import (
    CanonicalName,
    Location,
    ModuleName,
    path_of,
    relative_path,
)
from compartment_mapper.policy.model import PackagePolicy, Policy
from compartment_mapper.records.languages import LANGUAGES
from compartment_mapper.records.module_record import RequestKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of compartments and modules in the archive."""

    #: By the folder of the package.
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
    """Return the names, which depend only on the application: ``name-v1.0.0``, ``name-v1.0.0-n1``.

    Packages with the same name and version are numbered in the order of their canonical names.
    """
    taken: dict[str, int] = {}
    compartments: dict[Location, str] = {}
    for root, package in packages.packages.items():
        base = f"{package.name}-v{package.version}"
        number = taken.get(base, 0)
        taken[base] = number + 1
        compartments[root] = f"{base}-n{number}" if number else base
    return Names(compartments=compartments, packages=packages)


def installed_names(packages: PackageGraph) -> Names:
    """Return the names with which each package sees its own folder at its place on the disk."""
    compartments = {root: path_of(root).strip("/") for root in packages.packages}
    return Names(compartments=compartments, packages=packages)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTable:
    """The targets of the requests of one package, besides its own files."""

    #: Links, exits and errors by key.
    links: Mapping[str, ModuleConfiguration]
    #: By requesting module: the keys that differ from path arithmetic.
    resolutions: Mapping[Location, Resolutions]


def link_tables(modules: ModuleGraph, names: Names) -> dict[Location, LinkTable]:
    """Return the link table of each package, by its folder.

    Imports use the plain names, as in Endo's archives; a ``require`` with a different target (each
    kind has its own conditions) gets a separate name.
    """
    of_packages: dict[Location, list[Module]] = {root: [] for root in names.packages.packages}
    of_packages |= _by_package(modules, names)
    return {root: _link_table(own, names) for root, own in of_packages.items()}


def _by_package(modules: ModuleGraph, names: Names) -> dict[Location, list[Module]]:
    found: dict[Location, list[Module]] = {}
    for location in sorted(modules.modules):
        found.setdefault(names.packages.owners[location], []).append(modules.modules[location])
    return found


def more_links(
    modules: ModuleGraph, names: Names, known: Mapping[str, CompartmentDescriptor]
) -> dict[Location, LinkTable]:
    """Return the links that *modules* need besides those of the *known* compartments."""
    found: dict[Location, LinkTable] = {}
    for root, own in _by_package(modules, names).items():
        compartment = known.get(names.compartments[root])
        before = compartment.modules if compartment else {}
        table = _link_table(own, names, before)
        links = {key: link for key, link in table.links.items() if key not in before}
        found[root] = LinkTable(links=links, resolutions=table.resolutions)
    return found


def _link_table(
    own: list[Module], names: Names, known: Mapping[str, ModuleConfiguration] | None = None
) -> LinkTable:
    before = known or {}
    kept = {ModuleName(key) for key, link in before.items() if isinstance(link, FileModule)}
    files = frozenset({*kept, *(names.module_name(module.location) for module in own)})
    links: dict[str, ModuleConfiguration] = {
        key: link for key, link in before.items() if not isinstance(link, FileModule)
    }
    table = _Table(files=files, links=links)
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
    """A link table under construction."""

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
    """Return the map of *modules*.

    Args:
        modules: The modules; each gets a file.
        tables: From `link_tables`; every package gets a compartment.
        policy: The policy; each compartment contains its part.
        names: The names of compartments and modules.
        attenuators: The attenuators of the policy, by their specifiers.
        sha512_of: The hash, in hexadecimal, of the stored content of a module.
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
        if root in tables
    }
    if attenuators:
        compartments[ATTENUATORS] = _attenuator_compartment(attenuators, names)
    return CompartmentMap(
        entry_compartment=names.compartment_of(modules.entry),
        entry_module=names.module_name(modules.entry),
        compartments=dict(sorted(compartments.items())),
    )


def asset_key(asset: Location, reader: Location, names: Names) -> str:
    """Return the name under which a module lists an asset that it reads."""
    name = names.module_name(asset).removeprefix("./")
    owner = names.compartment_of(asset)
    return f"asset:{name}" if owner == names.compartment_of(reader) else f"asset:{owner}/{name}"


_KINDS: tuple[RequestKind, ...] = ("import", "require")


#: Endo's name for the compartment of the attenuators.


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
            # other modules request it with its type
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
    """Return the target of an edge, and its key if it is a file of the same compartment."""
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
    """Yield candidate keys for a request; the first needs no table."""
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
    """Return the key with which Endo looks up a specifier, or None if Endo rejects it.

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
