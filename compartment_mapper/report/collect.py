"""Collect the review of an archive, or of an application that was bundled for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from compartment_mapper.archive.compartment_map import (
    ATTENUATORS,
    CompartmentMap,
    FileModule,
    policy_of_map,
)
from compartment_mapper.archive.mapping import archive_names
from compartment_mapper.archive.reader import Archive
from compartment_mapper.archive.writer import file_path
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.graph.module_graph import BuiltinTarget, Edge, FailedTarget, FileTarget
from compartment_mapper.graph.module_ids import display_name, file_of
from compartment_mapper.inference.decision import ScannedApplication
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.policy.diff import diff_policies
from compartment_mapper.policy.model import PARTS, PackagePolicy, Policy
from compartment_mapper.records.languages import LANGUAGES
from compartment_mapper.records.module_record import ModuleRequest
from compartment_mapper.report.capabilities import (
    capabilities_of,
    granted_capabilities,
    leak_of,
)
from compartment_mapper.report.chains import import_chains, link_chains
from compartment_mapper.report.model import (
    ChainStep,
    Comparison,
    FileImport,
    Review,
    ReviewedCapability,
    ReviewedFile,
    ReviewedPackage,
)
from compartment_mapper.report.summary import PackageSummary, summaries_of

#: esbuild's name of the module format, by parser.
_FORMATS: Mapping[str, Literal["esm", "cjs"]] = {
    LANGUAGES["mjs"]["parser"]: "esm",
    LANGUAGES["cjs"]["parser"]: "cjs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltApplication:
    """An application, and the archive that was built from it."""

    scanned: ScannedApplication
    #: The effective policy.
    policy: Policy
    map: CompartmentMap
    sizes: Mapping[str, int]
    sha512: str
    problems: tuple[Diagnostic, ...]


def review_of_archive(archive: Archive, *, target: str, tool_version: str) -> Review:
    """Return the review of *archive*, which is called *target*."""
    return Review(
        kind="archive",
        target=target,
        tool_version=tool_version,
        sha512=archive.sha512,
        entries=tuple(archive.map.entries),
        packages=_packages(
            archive.map,
            archive.sizes,
            capabilities=granted_capabilities(policy_of_map(archive.map)),
            chains=link_chains(archive.map),
        ),
        policy=reviewed_policy(archive.map),
    )


def review_of_application(built: BuiltApplication, *, target: str, tool_version: str) -> Review:
    """Return the review of *built*, whose entry is called *target*."""
    scanned = built.scanned
    packages = _packages(
        built.map,
        built.sizes,
        capabilities=capabilities_of(
            scanned.uses, built.policy, lambda use: scanned.place_of(use.module, use.span)
        ),
        chains=import_chains(
            scanned.modules, scanned.packages, lambda module: display_name(module, scanned.root)
        ),
    )
    known = [each for package in packages for each in package.capabilities]
    return Review(
        kind="source",
        target=target,
        tool_version=tool_version,
        sha512=built.sha512,
        entries=tuple(built.map.entries),
        packages=_with_sources(packages, scanned),
        policy=reviewed_policy(built.map, known),
        problems=built.problems,
    )


def compared(review: Review, before: Policy, *, against: str, size: int | None) -> Review:
    """Return *review* with the changes since the policy *before*.

    Args:
        review: The application.
        before: The policy to compare with.
        against: The name of its file.
        size: The bytes of the files of the other archive; None for a policy.
    """
    difference = diff_policies(before, review.policy)
    return replace(
        review, comparison=Comparison(against=against, difference=difference, size_before=size)
    )


def reviewed_policy(
    compartment_map: CompartmentMap, capabilities: Iterable[ReviewedCapability] = ()
) -> Policy:
    """Return the policy in a map with the versions of the packages.

    Args:
        compartment_map: The map.
        capabilities: Give the places of uses; uses that are not granted are added as denials.
    """
    policy = policy_of_map(compartment_map)
    versions = {own.canonical_name: own.version for own in summaries_of(compartment_map, {})}
    known: dict[CanonicalName, list[ReviewedCapability]] = {}
    for each in capabilities:
        known.setdefault(each.package, []).append(each)
    return Policy(
        entry=_with_uses(policy.entry, known.get(ROOT_NAME, [])),
        resources={
            name: replace(_with_uses(own, known.get(name, [])), version=versions.get(name))
            for name, own in policy.resources.items()
        },
    )


def _with_uses(own: PackagePolicy, capabilities: list[ReviewedCapability]) -> PackagePolicy:
    """Return the policy of a package with the places of its uses, and its denied uses."""
    for part in PARTS:
        grants = own.grants_of(part)
        denied = [c.path for c in capabilities if c.part == part and c.status == "denied"]
        if isinstance(grants, Mapping):
            own = own.with_grants(part, {**dict.fromkeys(denied, False), **grants})
    places = {
        (each.part, each.path): f"{each.place.file}:{each.place.position.line}"
        for each in capabilities
        if each.place is not None and each.place.position is not None
    }
    return replace(own, reasons={**own.reasons, **places})


def _packages(
    compartment_map: CompartmentMap,
    sizes: Mapping[str, int],
    *,
    capabilities: Mapping[CanonicalName, tuple[ReviewedCapability, ...]],
    chains: Mapping[CanonicalName, tuple[ChainStep, ...]],
) -> tuple[ReviewedPackage, ...]:
    def package(summary: PackageSummary) -> ReviewedPackage:
        is_entry = summary.compartment == compartment_map.entry_compartment
        own = capabilities.get(ROOT_NAME if is_entry else summary.canonical_name, ())
        return ReviewedPackage(
            canonical_name=summary.canonical_name,
            name=summary.name,
            version=summary.version,
            compartment=summary.compartment,
            files=_files(compartment_map, summary.compartment, sizes),
            dependencies=summary.dependencies,
            dependents=summary.dependents,
            harden=summary.harden,
            capabilities=own,
            chain=chains.get(summary.canonical_name, ()),
            leak=leak_of(own),
        )

    summaries = summaries_of(compartment_map, sizes)
    return tuple(package(each) for each in summaries if each.compartment != ATTENUATORS)


def _files(
    compartment_map: CompartmentMap, compartment: str, sizes: Mapping[str, int]
) -> tuple[ReviewedFile, ...]:
    entry = compartment_map.entry_module
    is_first = compartment == compartment_map.entry_compartment
    found = [
        ReviewedFile(
            name=file_path(compartment, module),
            path=module.location,
            size=sizes.get(file_path(compartment, module), 0),
            stored=sizes.get(file_path(compartment, module), 0),
            sha512=module.sha512,
            format=_FORMATS.get(module.parser, ""),
            is_entry=module.is_entry or (is_first and key == entry),
        )
        for key, module in compartment_map.compartments[compartment].modules.items()
        if isinstance(module, FileModule)
    ]
    return tuple(sorted({file.name: file for file in found}.values(), key=lambda f: f.path))


def _with_sources(
    packages: tuple[ReviewedPackage, ...], scanned: ScannedApplication
) -> tuple[ReviewedPackage, ...]:
    """Return *packages* with the name, the size and the imports of the source of each file."""
    names = archive_names(scanned.packages)
    located = {
        f"{names.compartment_of(location)}/{names.module_name(location)[2:]}": location
        for location in scanned.modules.modules
    }

    def with_source(file: ReviewedFile) -> ReviewedFile:
        location = located.get(file.name)
        return file if location is None else _with_source(file, location, scanned)

    return tuple(replace(own, files=tuple(map(with_source, own.files))) for own in packages)


def _with_source(
    file: ReviewedFile, location: Location, scanned: ScannedApplication
) -> ReviewedFile:
    module = scanned.modules.modules[location]
    return replace(
        file,
        name=_source_name(location, scanned.root),
        size=len(module.written),
        imports=tuple(_file_import(edge, scanned.root) for edge in module.edges),
    )


def _source_name(location: Location, root: Location) -> str:
    """Return the path of a file, with a suffix if the module is not the program of the file."""
    return display_name(location, root) + location[len(file_of(location)) :]


def _file_import(edge: Edge, root: Location) -> FileImport:
    specifier, kind = edge.request.specifier, _kind(edge.request)
    match edge.target:
        case FileTarget(location=location):
            return FileImport(specifier=specifier, kind=kind, target=_source_name(location, root))
        case BuiltinTarget(name=name):
            return FileImport(specifier=specifier, kind=kind, target=name, is_external=True)
        case FailedTarget():
            return FileImport(specifier=specifier, kind=kind, target=specifier, is_external=True)


def _kind(request: ModuleRequest) -> str:
    if request.kind == "require":
        return "require-call"
    return "import-statement" if request.reach == "always" else "dynamic-import"
