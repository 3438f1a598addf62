"""Shims: modules that run before the lockdown, by a policy or by an option."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic, InputError, Place
from compartment_mapper.graph.module_graph import FileTarget, ModuleGraph
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.inference.decision import ScannedApplication
from compartment_mapper.locations import (
    ROOT_NAME,
    CanonicalName,
    Location,
    Specifier,
    relative_path,
)
from compartment_mapper.policy.model import PackagePolicy, Policy
from compartment_mapper.policy.shims import Shim
from compartment_mapper.powers import ShimChanges
from compartment_mapper.records.languages import is_program
from compartment_mapper.resolve.addons import integrity_of_file
from compartment_mapper.resolve.package_lookup import find_package
from compartment_mapper.resolve.resolver import FileResolution, ResolverContext, resolve
from compartment_mapper.tables import table

_EXTERNAL = "external:"


def shim_files(
    policy: Policy | None, named: Iterable[str], *, root: Location, context: ResolverContext
) -> list[Location]:
    """Return the shims that *policy* lists and those that options name.

    Args:
        policy: The given policy.
        named: Specifiers, after the canonical names of dependents: ``a>b/file``, ``./file.js``.
        root: The folder of the application.
        context: The resolver context.

    Raises:
        InputError: SHIM_NOT_FOUND.
    """
    found = [_named_file(name, root, context) for name in named]
    entries = [(ROOT_NAME, policy.entry), *policy.resources.items()] if policy else []
    for name, own in entries:
        for path in own.shims:
            folder = _folder_of(name, root, context)
            location = None if folder is None else Location(f"{folder}{path}")
            if location is None or context.powers.kind(location) != "file":
                raise InputError(errors.shim_not_found(f"{name}/{path}"))
            found.append(context.powers.canonical(location))
    return list(dict.fromkeys(found))


def _named_file(name: str, root: Location, context: ResolverContext) -> Location:
    *chain, specifier = name.split(">")
    folder: Location | None = root
    for package in chain:
        folder = folder and _package_in(folder, package, context)
    for kind in ("require", "import") if folder and specifier else ():
        found = resolve(
            Specifier(specifier),
            referrer=Location(f"{folder}package.json"),
            kind="require" if kind == "require" else "import",
            context=context,
        )
        if isinstance(found, FileResolution):
            return found.location
    raise InputError(errors.shim_not_found(name))


def _folder_of(name: CanonicalName, root: Location, context: ResolverContext) -> Location | None:
    if name.startswith(_EXTERNAL):
        return Location(f"{root}{name.removeprefix(_EXTERNAL)}/")
    folder: Location | None = root
    for package in name.split(">") if name != ROOT_NAME else ():
        folder = folder and _package_in(folder, package, context)
    return folder


def _package_in(folder: Location, name: str, context: ResolverContext) -> Location | None:
    return find_package(name, referrer=Location(f"{folder}package.json"), context=context)


def modules_of_shims(modules: ModuleGraph, shims: Iterable[Location]) -> frozenset[Location]:
    """Return the modules that the shims load, with the shims."""
    found: set[Location] = set()
    pending = list(shims)
    while pending:
        location = pending.pop()
        if location in found:
            continue
        found.add(location)
        edges = modules.modules[location].edges
        pending += [e.target.location for e in edges if isinstance(e.target, FileTarget)]
    return frozenset(found)


def with_shims(
    policy: Policy, scanned: ScannedApplication, shims: Sequence[Location], *, file: str | None
) -> Policy:
    """Return *policy* with all *shims*; those that it did not list may add nothing yet.

    Args:
        policy: The policy.
        scanned: The application.
        shims: The files.
        file: The name of the policy file, if any.

    Raises:
        InputError: SHIM_CHANGED: the policy lists another content.
    """
    problems: list[Diagnostic] = []
    for location in shims:
        package = scanned.packages.owner_of(location)
        name = package.canonical_name
        path = relative_path(location, package.root) or ""
        integrity = _integrity_of(location, scanned)
        known = policy.of(name).shims.get(path)
        if known is None:
            shim = Shim(integrity=integrity, recorded=False)
            policy = _with_shim(policy, name, path, shim)
        elif known.integrity != integrity:
            problems.append(errors.shim_changed(f"{name}/{path}", file or "the policy"))
    if problems:
        raise InputError(*problems)
    return policy


def with_shims_of(policy: Policy, other: Policy) -> Policy:
    """Return *policy* with the shims of *other*."""
    for name in [ROOT_NAME, *other.resources]:
        for path, shim in other.of(name).shims.items():
            policy = _with_shim(policy, name, path, shim)
    return policy


def has_shims(policy: Policy) -> bool:
    """Return whether *policy* lists a shim."""
    return any(own.shims for own in _packages(policy))


def unrecorded(policy: Policy) -> bool:
    """Return whether a shim of *policy* has to run, to see what it adds."""
    return any(not shim.recorded for own in _packages(policy) for shim in own.shims.values())


def _packages(policy: Policy) -> tuple[PackagePolicy, ...]:
    return (policy.entry, *policy.resources.values())


def with_additions(policy: Policy, changes: Iterable[ShimChanges]) -> Policy:
    """Return *policy* with what its shims change, for those that did not run yet."""
    for row in changes:
        name = CanonicalName(row.package)
        known = policy.of(name).shims[row.path]
        if not known.recorded:
            policy = _with_shim(
                policy,
                name,
                row.path,
                replace(known, adds=row.adds, restored=row.restored, recorded=True),
            )
    return policy


def _with_shim(policy: Policy, name: CanonicalName, path: str, shim: Shim) -> Policy:
    own = policy.of(name)
    return policy.with_package(name, replace(own, shims={**own.shims, path: shim}))


def _integrity_of(shim: Location, scanned: ScannedApplication) -> str:
    """Return a hash of a shim and of all modules that it loads: sources, formats and links."""

    def name_of(location: Location) -> str:
        package = scanned.packages.owner_of(location)
        return f"{package.canonical_name}/{relative_path(location, package.root)}"

    rows: list[list[object]] = []
    for location in modules_of_shims(scanned.modules, [shim]):
        module = scanned.modules.modules[location]
        links = sorted(
            [edge.request.kind, edge.request.specifier, name_of(edge.target.location)]
            for edge in module.edges
            if isinstance(edge.target, FileTarget)
        )
        source = integrity_of_file(module.source)
        rows.append([name_of(location), module.record.language, source, links])
    return integrity_of_file(json.dumps(sorted(rows, key=json.dumps)).encode())


def shim_proposals(scanned: ScannedApplication, shims: Sequence[Location]) -> Iterator[Diagnostic]:
    """Yield a warning for each package with known shims that the application loads too late."""
    late: dict[CanonicalName, list[tuple[str, Place]]] = {}
    reasons: dict[CanonicalName, str] = {}
    for specifier, package, place, reason in _late_shims(scanned, shims):
        *chain, _ = package.split(">")
        late.setdefault(package, []).append((">".join([*chain, specifier]), place))
        reasons[package] = reason
    for package, found in sorted(late.items()):
        options = list(dict.fromkeys(option for option, _ in found))
        yield errors.late_shim(found[0][1], options, reasons[package])


def _late_shims(
    scanned: ScannedApplication, shims: Sequence[Location]
) -> Iterator[tuple[str, CanonicalName, Place, str]]:
    """Yield specifier, package, place and reason of each request of a known shim."""
    known: dict[str, dict[str, str]] = json.loads(table("inference/known_shims.json"))
    running = modules_of_shims(scanned.modules, shims)
    for location, module in sorted(scanned.modules.modules.items()):
        if location in running or not is_program(module.record.language):
            continue
        owner = scanned.packages.owner_of(location).root
        for edge in module.edges:
            if not isinstance(edge.target, FileTarget) or edge.target.location in running:
                continue
            package = scanned.packages.owner_of(edge.target.location)
            reason = _reason(known.get(package.name), edge.target.location, package.root)
            if package.root != owner and reason is not None:
                place = module.place(display_name(location, scanned.root), edge.request.span)
                yield edge.request.specifier, package.canonical_name, place, reason


def _reason(files: Mapping[str, str] | None, target: Location, root: Location) -> str | None:
    path = relative_path(target, root) or ""
    return next(
        (reason for prefix, reason in (files or {}).items() if path.startswith(prefix)), None
    )


def restored_warnings(changes: Iterable[ShimChanges]) -> Iterator[Diagnostic]:
    """Yield a warning for each shim that replaces properties, which are put back."""
    for each in changes:
        names = [f"{owner}.{key}" for owner, keys in each.restored.items() for key in keys]
        if names:
            yield errors.shim_restored(f"{each.package}/{each.path}", names)
