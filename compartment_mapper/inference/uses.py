"""What each package's code is seen to use, and the policies that follow from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from compartment_mapper import errors
from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.authority.table import (
    HOST_GLOBALS,
    KNOWN_GLOBALS,
    MADE_GLOBAL,
    MAKES_GLOBAL,
    MEMBERS_OF_PROCESS,
    VIEWED_GLOBALS,
    WHOLE_GLOBAL,
    WITHOUT_POWER,
    Authority,
    Part,
    Severity,
    authority_of,
    comes_with,
    harmless_paths,
    holders_of,
    is_harmless,
)
from compartment_mapper.errors import Diagnostic
from compartment_mapper.graph.loader import display_name
from compartment_mapper.graph.module_graph import (
    BuiltinTarget,
    Edge,
    FileTarget,
    Module,
    ModuleGraph,
    Target,
)
from compartment_mapper.graph.package_graph import Package, PackageGraph
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.policy.model import Grant, PackagePolicy, Policy
from compartment_mapper.records.module_record import BuiltinUse, FreeName, ModuleRequest
from compartment_mapper.resolve.specifiers import is_bare, package_name_of
from compartment_mapper.text import Span

#: How a package comes by another: it declares it (or is the application), it merely finds it
#: installed, somebody else's text names it, it wants files of the application's own, or it has no
#: claim to it.
Link = Literal["declared", "installed", "named", "application", "refused"]

_OF_THE_APPLICATION = Authority("high", "runs, and reads, files of the application's own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One authority that a package uses, where it does so first.

    The authority is a global or a builtin of the host, or another package.
    """

    package: CanonicalName
    part: Part
    path: str
    module: Location
    span: Span
    #: Of a global: it is assigned.
    write: bool = False
    #: Of a global: no host has it, another package makes it.
    made: bool = False
    #: Of a builtin: it is requested; what is used of it are uses of their own.
    load: bool = False
    #: The text may use more of the object than is certain, so that all of it is listed.
    uncertain: bool = False
    #: Of a package.
    link: Link = "declared"
    #: Of a package: what it is requested by.
    specifier: str = ""

    @property
    def authority(self) -> Authority:
        """How bad it is to grant, and why."""
        if self.link == "application":
            return _OF_THE_APPLICATION
        if self.made:
            return MAKES_GLOBAL if self.write else MADE_GLOBAL
        return authority_of(self.part, self.path, write=self.write)

    @property
    def severity(self) -> Severity:
        """How bad it is to grant; what nobody may have without being named is critical."""
        if self.link == "refused":
            return "critical"
        return "harmless" if self.harmless else self.authority.severity

    @property
    def harmless(self) -> bool:
        """Whether it can neither read nor change anything outside of the compartment."""
        if self.part == "packages":
            return self.link == "declared"
        return self.load or self.authority.severity == "harmless"

    @property
    def has_form(self) -> bool:
        """Whether a dependency that is not granted the builtin has a form of it without power."""
        builtin = self.path.partition(".")[0]
        return self.part == "builtins" and builtin in WITHOUT_POWER and self.package != ROOT_NAME

    @property
    def grant(self) -> Grant:
        """What stands in a policy that grants it."""
        if self.load:
            return "load"
        return "write" if self.write else True


def every_use(modules: ModuleGraph, packages: PackageGraph, *, page: bool = False) -> Iterator[Use]:
    """Yield what every package uses, file by file, as often as it does.

    Args:
        modules: Of the application.
        packages: Which these modules are of.
        page: Whether the host is a page, with other globals than Node's.
    """
    owners = {
        location: packages.owner_of(location).canonical_name for location in sorted(modules.modules)
    }
    handed = {
        location: [] if owner == ROOT_NAME else _handed_on(modules.modules[location])
        for location, owner in owners.items()
    }
    handing = {owners[location] for location, names in handed.items() if names}
    for location, package in owners.items():
        module = modules.modules[location]
        yield from _uses_in(module, package, handed[location])
        if package in handing:
            yield from _uses_of_handed(module, package, handed[location])
        yield from _links_of(module, packages)
    yield from _shared_globals(modules, owners, page=page)


def uses_of(modules: ModuleGraph, packages: PackageGraph, *, page: bool = False) -> list[Use]:
    """Return what every package uses, by package, part and path; the first use of each."""
    found: dict[tuple[CanonicalName, Part, str, bool, bool], Use] = {}
    for use in every_use(modules, packages, page=page):
        found.setdefault((use.package, use.part, use.path, use.write, use.load), use)
    return _without_covered([found[key] for key in sorted(found)])


def _without_covered(uses: list[Use]) -> list[Use]:
    """Return *uses* without members of objects that are used whole."""
    whole = {(use.package, use.part, use.path) for use in uses if not use.load}

    def is_covered(use: Use) -> bool:
        if use.part == "packages" or use.load:
            return False
        return not use.write and any(
            (use.package, use.part, holder) in whole
            and comes_with(use.part, use.path, holder)
            and authority_of(use.part, holder).severity != "critical"
            for holder in holders_of(use.path)
        )

    return [use for use in uses if not is_covered(use)]


def _uses_in(module: Module, package: CanonicalName, handed: Sequence[FreeName]) -> Iterator[Use]:
    for name in module.record.free_names:
        path = _granted_path(name) or _tested_path(name, package)
        if path is not None and name not in handed:
            yield Use(
                package=package,
                part="globals",
                path=path,
                module=module.location,
                span=name.span,
                write=name.written and ("." in path or path == "console"),
                uncertain=not name.exact and path in _EXPANDABLE,
            )
    use_of = partial(Use, package=package, part="globals", module=module.location)
    yield from (use_of(path=name.path, span=name.span) for name in module.record.page_names)
    elsewhere: set[str] = set()  # specifiers that lead to files, or are known as requests
    for edge in module.edges:
        elsewhere.add(edge.request.specifier)
        if isinstance(edge.target, BuiltinTarget):
            yield from _builtin_uses(module, package, edge.target.name, edge.request)
    for use in module.record.builtin_uses:
        builtin = is_builtin(use.specifier)
        if use.specifier not in elsewhere and builtin is not None:  # process.getBuiltinModule
            yield from _builtin_uses(module, package, builtin, use)


#: Objects whose members are granted one by one where the text is certain.
_EXPANDABLE = frozenset({*VIEWED_GLOBALS, "process.env", "process.stdout", "process.stderr"})


def _builtin_uses(
    module: Module, package: CanonicalName, name: str, request: ModuleRequest | BuiltinUse
) -> Iterator[Use]:
    uses = [use for use in module.record.builtin_uses if use.specifier == request.specifier]
    is_known = bool(uses) or is_builtin(request.specifier) is not None
    use_of = partial(Use, package=package, part="builtins", module=module.location)
    if is_harmless("builtins", name) or not is_known:
        yield use_of(path=name, span=request.span, uncertain=not is_known)
        yield from _critical_members(name, uses, use_of)
        return
    yield use_of(path=name, span=request.span, load=True)
    for use in uses if name != "process" else ():  # that is the global
        path = f"{name}.{use.path}" if use.path else name
        if use.path or not use.exact:
            yield use_of(path=path, span=use.span, uncertain=not use.exact)


def _critical_members(
    name: str, uses: Iterable[BuiltinUse], use_of: Callable[..., Use]
) -> Iterator[Use]:
    """Yield the uses of members that do not come with the harmless builtin *name*.

    Every package has a `module` of its own, without the members that are critical in Node's.
    """
    for use in uses if name != "module" else ():
        path = f"{name}.{use.path}"
        if use.path and authority_of("builtins", path).severity == "critical":
            yield use_of(path=path, span=use.span)


def _handed_on(module: Module) -> list[FreeName]:
    """Return where ``process`` goes elsewhere: a dependency gets the members that it names."""
    return [
        name
        for name in module.record.free_names
        if _granted_path(name) == "process" and not (name.exact or name.computed or name.written)
    ]


def _uses_of_handed(
    module: Module, package: CanonicalName, handed: Sequence[FreeName]
) -> Iterator[Use]:
    """Yield what of ``process`` is used by way of a variable in a package that hands it on.

    And the harmless members, for which whoever is handed it may look.
    """
    use_of = partial(Use, package=package, part="globals", module=module.location)
    for name in handed[:1]:
        for path in harmless_paths("globals"):
            if path.startswith("process."):
                yield use_of(path=path, span=name.span)
    for name in module.record.handed_names:
        granted = _granted_path(name)
        if granted is not None:
            yield use_of(path=granted, span=name.span)


def _shared_globals(
    modules: ModuleGraph, owners: Mapping[Location, CanonicalName], *, page: bool
) -> Iterator[Use]:
    """Yield the globals that one package makes and another names: both need the grant.

    What a page has is the page's.
    """
    makers: dict[str, list[Use]] = {}
    for use in _made_globals(modules, owners):
        first = use.path.partition(".")[0]
        if first not in _NOT_SHARED and not (page and first in KNOWN_GLOBALS):
            makers.setdefault(use.path, []).append(replace(use, made=first not in HOST_GLOBALS))
    by = {path: {use.package for use in made} for path, made in makers.items()}
    wanted: dict[str, list[Use]] = {}
    others = {
        package: [path for path in makers if by[path] != {package}]
        for package in set(owners.values())
    }
    for location, package in owners.items():
        for path, span in _places_in(modules.modules[location], others[package]).items():
            use = replace(makers[path][0], package=package, module=location, span=span, write=False)
            wanted.setdefault(path, []).append(use)
    for path in sorted(wanted):
        yield from (*makers[path], *wanted[path])


def _made_globals(modules: ModuleGraph, owners: Mapping[Location, CanonicalName]) -> Iterator[Use]:
    handing: set[CanonicalName] = set()
    use_of = partial(Use, part="globals", write=True)
    for location, package in owners.items():
        for name in modules.modules[location].record.made_globals:
            if name.path == WHOLE_GLOBAL:
                handing.add(package)
            else:
                yield use_of(package=package, path=name.path, module=location, span=name.span)
    if handing - {ROOT_NAME}:
        yield from _made_of_handed(modules, owners, handing - {ROOT_NAME})


def _made_of_handed(
    modules: ModuleGraph,
    owners: Mapping[Location, CanonicalName],
    handing: Container[CanonicalName],
) -> Iterator[Use]:
    """Yield the functions that the application calls by names that such a package may make.

    As test runners do: a module hands the global object to another, which calls it ``context``.
    """
    from compartment_mapper.scan.capabilities.made_globals import functions_given  # noqa: PLC0415 - see scan_powers

    given: dict[str, list[Use]] = {}
    for location, package in owners.items():
        module = modules.modules[location]
        if package in handing and module.record.language in {"mjs", "cjs"}:
            use_of = partial(Use, package=package, part="globals", module=location, write=True)
            for name, span in functions_given(module.source).items():
                given.setdefault(name, []).append(use_of(path=name, span=span))
    called = set[str]()
    for location, package in owners.items():
        if package == ROOT_NAME:
            source = modules.modules[location].source
            names = {match.decode() for match in _CALLED.findall(source)} & given.keys() - called
            called.update(_places_in(modules.modules[location], names))
    for name in sorted(called):
        yield from given[name]


_CALLED = re.compile(rb"(?<![\w$.])([A-Za-z_$][\w$]*)\s*[(.]")
#: Of these each package has its own.
_NOT_SHARED = frozenset(VIEWED_GLOBALS) & HOST_GLOBALS | {"console"}


def _places_in(module: Module, paths: Iterable[str]) -> dict[str, Span]:
    """Return where the text of a module names which of such globals."""
    if module.record.language not in {"mjs", "cjs"}:
        return {}
    named = [path for path in paths if path.rpartition(".")[2].encode() in module.source]
    if not named:
        return {}
    from compartment_mapper.scan.capabilities.made_globals import places_of_globals  # noqa: PLC0415 - see scan_powers

    return places_of_globals(module.source, named)


def _tested_path(name: FreeName, package: CanonicalName) -> str | None:
    """Return the authority of a name that is only asked for: ``typeof WebSocket``.

    The application knows what its host has; a dependency that finds a power would use it.
    """
    first = name.path.partition(".")[0]
    is_answered = package == ROOT_NAME or is_harmless("globals", first)
    return first if name.tested and is_answered and first != "process" else None


def _granted_path(name: FreeName) -> str | None:
    """Return the authority that a use of *name* needs; None for none."""
    if name.tested:
        return None
    first, *members = name.path.split(".")
    if first == "Math":
        return "Math" if not name.exact or members[:1] == ["random"] else None
    if first not in VIEWED_GLOBALS or not members:
        return first
    if first == "process" and members[0] not in MEMBERS_OF_PROCESS:
        return None
    depth = 2 if members[0] in VIEWED_GLOBALS[first] else 1
    return ".".join((first, *members[:depth]))


def policy_of(uses: Iterable[Use], packages: PackageGraph, *, infer: bool) -> Policy:
    """Return the policy that follows from *uses*.

    Args:
        uses: Of all packages.
        packages: All that are reached.
        infer: Grant every package what it uses, but for critical powers. Without, only the
            application's own package gets what it uses, and the others get the harmless part.
    """
    granted: dict[CanonicalName, dict[str, dict[str, Grant]]] = {
        package.canonical_name: {"globals": {}, "builtins": {}, "packages": {}}
        for package in packages.packages.values()
    }
    for use in uses:
        inferred = infer and use.severity != "critical"
        if inferred or use.harmless or use.package == ROOT_NAME:
            grants = granted[use.package][use.part]
            grants[use.path] = use.grant if use.write else grants.get(use.path, use.grant)
    policies = {
        name: PackagePolicy(
            globals=parts["globals"],
            builtins=_without_needless_loads(parts["builtins"]),
            packages=parts["packages"],
        )
        for name, parts in granted.items()
    }
    return Policy(
        entry=policies[ROOT_NAME],
        resources={name: policy for name, policy in policies.items() if name != ROOT_NAME},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A place where a package is seen to change what another exports."""

    package: CanonicalName
    target: CanonicalName
    module: Location
    #: Of the request of the other package.
    span: Span


def patches_of(modules: ModuleGraph, packages: PackageGraph) -> Iterator[Patch]:
    """Yield where packages change what others export."""
    for location, module in sorted(modules.modules.items()):
        package = packages.owner_of(location).canonical_name
        for edge in module.edges:
            if edge.request.specifier not in module.record.patched:
                continue
            targets = {
                packages.owner_of(source).canonical_name
                for source in _sources_of(edge.target, modules)
            }
            for target in sorted(targets - {package}):
                span = edge.request.span
                yield Patch(package=package, target=target, module=location, span=span)


def _sources_of(target: Target, modules: ModuleGraph) -> set[Location]:
    """Return the modules that what *target* exports may be of: its own, and what it re-exports."""
    found: set[Location] = set()
    pending = [target]
    while pending:
        reached = pending.pop()
        if not isinstance(reached, FileTarget) or reached.location in found:
            continue
        found.add(reached.location)
        module = modules.modules[reached.location]
        record = module.record
        passed_on = {*record.cjs_reexports, *(star.request for star in record.star_exports)}
        passed_on.update(entry.request for entry in record.indirect_exports)
        pending += [edge.target for edge in module.edges if edge.request.specifier in passed_on]
    return found


def unchanging_packages(modules: ModuleGraph, packages: PackageGraph) -> frozenset[CanonicalName]:
    """Return the packages that are not seen to change late what they export.

    What the application's own package changes counts as well; what others do does not: a hostile
    one would ask for its victim to stay open.
    """
    changing: set[CanonicalName] = set()
    for location, module in modules.modules.items():
        if module.record.changes_late or module.record.doubt is not None:
            changing.add(packages.owner_of(location).canonical_name)
        changing.update(_patched_in_package(module, packages))
    changing.update(
        patch.target for patch in patches_of(modules, packages) if patch.package == ROOT_NAME
    )
    return frozenset({p.canonical_name for p in packages.packages.values()} - changing)


def _patched_in_package(module: Module, packages: PackageGraph) -> Iterator[CanonicalName]:
    """Yield the package of *module* for each of its own modules that it changes."""
    own = packages.owner_of(module.location)
    for edge in module.edges:
        is_patched = edge.request.specifier in module.record.patched
        if is_patched and isinstance(edge.target, FileTarget):
            owner = packages.owner_of(edge.target.location)
            yield from (own.canonical_name,) if owner == own else ()


def with_hardening(
    policy: Policy, packages: PackageGraph, hardened: Container[CanonicalName]
) -> Policy:
    """Return *policy* with the code of *hardened* packages frozen, where it does not say."""

    def decided(name: CanonicalName) -> PackagePolicy:
        own = policy.of(name)
        return replace(own, harden="code") if own.harden is None and name in hardened else own

    names = {package.canonical_name for package in packages.packages.values()}
    others = sorted((names | policy.resources.keys()) - {ROOT_NAME})
    resources = {name: decided(name) for name in others}
    return replace(policy, entry=decided(ROOT_NAME), resources=resources)


def _without_needless_loads(grants: dict[str, Grant]) -> dict[str, Grant]:
    """Return *grants* without those to load a builtin of which a member is granted."""
    holders = {holder for path in grants for holder in holders_of(path)}
    return {p: grant for p, grant in grants.items() if grant != "load" or p not in holders}


def _links_of(module: Module, packages: PackageGraph) -> Iterator[Use]:
    source = packages.owner_of(module.location)
    for edge in module.edges:
        if isinstance(edge.target, FileTarget):
            target = packages.owner_of(edge.target.location)
            if source != target:
                yield Use(
                    package=source.canonical_name,
                    part="packages",
                    path=target.canonical_name,
                    module=module.location,
                    span=edge.request.span,
                    link=_link(edge, source, target),
                    specifier=edge.request.specifier,
                )


def _link(edge: Edge, source: Package, target: Package) -> Link:
    specifier = edge.request.specifier
    if source.canonical_name == ROOT_NAME:
        return "declared"
    if "/node_modules/" in specifier or _is_detour(specifier, target):
        return "refused"
    is_path = not is_bare(specifier) and not specifier.startswith("#")
    is_declared = is_path or _requested_name(specifier, target) in source.declared
    if target.canonical_name == ROOT_NAME:
        return "application" if is_declared else "refused"
    if is_declared:
        return "declared"
    return "named" if edge.named else "installed"


def _is_detour(specifier: str, target: Package) -> bool:
    """Whether a path leads out of the package that *specifier* begins with: ``b/../c/x.js``."""
    is_path = is_bare(specifier) and ".." in specifier.split("/")
    return is_path and package_name_of(specifier) != target.name


def _requested_name(specifier: str, target: Package) -> str:
    return package_name_of(specifier) if is_bare(specifier) else target.name


def doubtful_links(
    uses: Iterable[Use], modules: ModuleGraph, packages: PackageGraph, *, root: Location
) -> Iterator[Diagnostic]:
    """Yield a warning for each link that is granted because it is used, and for no better reason.

    A package that finds another installed may find another version with another tree, or none;
    one that wants files of the application gets its configuration.
    """
    versions = {
        package.canonical_name: (package.name, package.version)
        for package in packages.packages.values()
    }
    named: dict[str, list[Use]] = {}
    for use in uses:
        place = modules.modules[use.module].place(display_name(use.module, root), use.span)
        if use.link == "named":
            named.setdefault(use.path, []).append(use)
        elif use.link == "application":
            yield errors.uses_application(place, use.package, use.specifier)
        elif use.link == "installed":
            own, version = versions[CanonicalName(use.path)]
            name = package_name_of(use.specifier) if is_bare(use.specifier) else own
            yield errors.undeclared_dependency(
                place, use.package, name, f"^{version}" if version else "*"
            )
    for path, loaders in named.items():
        first = loaders[0]
        place = modules.modules[first.module].place(display_name(first.module, root), first.span)
        yield errors.named_package(place, path, sorted({use.package for use in loaders}))


def allow_all(packages: PackageGraph) -> Policy:
    """Return the policy that gives everything to everyone."""
    everything = PackagePolicy(globals="any", builtins="any", packages="any")
    return Policy(
        entry=everything,
        resources={package.canonical_name: everything for package in packages.packages.values()},
    )


def withheld(uses: Iterable[Use], policy: Policy) -> list[Use]:
    """Return the uses that *policy* does not grant, and about which nobody decided."""
    return [use for use in uses if not _is_decided(use, policy.of(use.package))]


def _is_decided(use: Use, policy: PackagePolicy) -> bool:
    allowed = policy.allows(use.part, use.path, write=use.write, load=use.load)
    return allowed or use.has_form or policy.denies(use.part, use.path)
