"""Summarize packages and import chains as plain records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from compartment_mapper.archive.compartment_map import (
    CompartmentDescriptor,
    CompartmentMap,
    CompartmentModule,
    FileModule,
)
from compartment_mapper.authority.table import Part, Severity
from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.locations import CanonicalName, Location
from compartment_mapper.policy.diff import authority_of_grant
from compartment_mapper.policy.model import Attenuation, Grant, Grants, Hardening
from compartment_mapper.report.model import chosen_names, is_at_least
from compartment_mapper.text import position_at


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSummary:
    """One package of an application."""

    canonical_name: CanonicalName
    name: str
    version: str
    compartment: str
    modules: int
    #: Bytes in the archive.
    size: int
    dependencies: tuple[CanonicalName, ...]
    dependents: tuple[CanonicalName, ...]
    globals: tuple[str, ...]
    builtins: tuple[str, ...]
    #: Which of its exports are hardened: all, none, or functions and classes.
    harden: Hardening = False
    #: Its files that run outside of compartments: machine code, and shims before the lockdown.
    native: tuple[str, ...] = ()
    shims: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {
            "canonicalName": self.canonical_name,
            "name": self.name,
            "version": self.version,
            "compartment": self.compartment,
            "modules": self.modules,
            "bytes": self.size,
            "dependencies": list(self.dependencies),
            "dependents": list(self.dependents),
            "globals": list(self.globals),
            "builtins": list(self.builtins),
            "harden": self.harden,
            **({"native": list(self.native)} if self.native else {}),
            **({"shims": list(self.shims)} if self.shims else {}),
        }


def summaries_of(compartment_map: CompartmentMap, sizes: Mapping[str, int]) -> list[PackageSummary]:
    """Return the packages of a map: the application first, then by canonical name.

    Args:
        compartment_map: The map of an archive.
        sizes: The bytes of each file, by its path in the archive.
    """
    labels = {name: c.label for name, c in compartment_map.compartments.items()}
    links = {
        name: _linked(compartment) & labels.keys() - {name}
        for name, compartment in compartment_map.compartments.items()
    }
    found = [
        PackageSummary(
            canonical_name=compartment.label,
            name=compartment.name,
            version=_version(compartment),
            compartment=name,
            modules=sum(isinstance(m, FileModule) for m in compartment.modules.values()),
            size=sum(
                sizes.get(f"{name}/{module.location}", 0)
                for module in compartment.modules.values()
                if isinstance(module, FileModule)
            ),
            dependencies=tuple(sorted(labels[target] for target in links[name])),
            dependents=tuple(
                sorted(labels[source] for source, targets in links.items() if name in targets)
            ),
            globals=_granted(compartment.policy.globals if compartment.policy else {}),
            builtins=_granted(compartment.policy.builtins if compartment.policy else {}),
            harden=(compartment.policy.harden if compartment.policy else None) or False,
            native=tuple(sorted(compartment.policy.native)) if compartment.policy else (),
            shims=tuple(sorted(compartment.policy.shims)) if compartment.policy else (),
        )
        for name, compartment in compartment_map.compartments.items()
    ]
    entry = compartment_map.entry_compartment
    return sorted(found, key=lambda summary: (summary.compartment != entry, summary.canonical_name))


def _linked(compartment: CompartmentDescriptor) -> set[str]:
    return {
        module.compartment
        for module in compartment.modules.values()
        if isinstance(module, CompartmentModule)
    }


def _version(compartment: CompartmentDescriptor) -> str:
    """Return the version, which Endo's schema stores only in the compartment's name."""
    version = compartment.location.removeprefix(f"{compartment.name}-v")
    head, found, number = version.rpartition("-n")
    return head if found and number.isdigit() else version


def _granted(grants: Grants) -> tuple[str, ...]:
    if isinstance(grants, str):
        return (grants,)
    if isinstance(grants, Attenuation):
        return ("attenuated",)
    return tuple(sorted(name for name, grant in grants.items() if grant and grant != "load"))


def severity_of(part: Part, name: str) -> Severity:
    """Return the severity of a grant in a summary; ``any`` and ``attenuated`` stand for all.

    >>> severity_of("globals", "any"), severity_of("builtins", "os.cpus")
    ('critical', 'low')
    """
    return authority_of_grant(part, name, _GRANTED).severity


_GRANTED: Grant = True


def restricted_summaries(
    summaries: Sequence[PackageSummary], *, minimum: Severity | None, names: Iterable[str]
) -> list[PackageSummary]:
    """Return the packages of *names* only (if there are any), with grants from *minimum* up.

    Raises:
        InputError: UNKNOWN_PACKAGE.
    """
    chosen = chosen_names(names, {each.canonical_name: each.name for each in summaries})

    def severe(part: Part, paths: tuple[str, ...]) -> tuple[str, ...]:
        if minimum is None:
            return paths
        return tuple(path for path in paths if is_at_least(severity_of(part, path), minimum))

    return [
        replace(
            each,
            globals=severe("globals", each.globals),
            builtins=severe("builtins", each.builtins),
        )
        for each in summaries
        if each.canonical_name in chosen
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request in the import chain from the entry to a package."""

    package: CanonicalName
    module: Location
    line: int
    specifier: str


def why(name: str, modules: ModuleGraph, packages: PackageGraph) -> list[Step] | None:
    """Return the shortest import chain to the package *name*, or None if it is unreachable.

    Args:
        name: A canonical name, or the name in a package.json (then the nearest package).
        modules: The modules of the application.
        packages: The packages of the application.
    """
    goals = frozenset(
        location
        for location, root in packages.owners.items()
        if name in {packages.packages[root].canonical_name, packages.packages[root].name}
    )
    if not goals:
        return None
    return [
        Step(
            package=packages.owner_of(module.location).canonical_name,
            module=module.location,
            line=position_at(module.source, request.span.start).line,
            specifier=request.specifier,
        )
        for module, request in modules.chain_to(goals)
    ]
