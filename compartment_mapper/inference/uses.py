"""Collect the capabilities that the code of each package uses."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.authority.scopes import members_with_scope, scope_kind
from compartment_mapper.authority.table import (
    MEMBERS_OF_PROCESS,
    VIEWED_GLOBALS,
    Part,
    authority_of,
    comes_with,
    harmless_paths,
    holders_of,
    is_harmless,
)
from compartment_mapper.graph.module_graph import BuiltinTarget, FileTarget, Module, ModuleGraph
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.inference.links import links_of
from compartment_mapper.inference.shared_globals import shared_globals
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.inference.web_workers import NO_WORKERS, web_workers
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.records.module_record import (
    NODE_ITSELF,
    BuiltinUse,
    FreeName,
    ModuleRequest,
)


def every_use(
    modules: ModuleGraph,
    packages: PackageGraph,
    *,
    page: bool = False,
    before: Container[Location] = (),
) -> Iterator[CapabilityUse]:
    """Yield all uses of every package, file by file, with repetitions.

    Args:
        modules: The modules of the application.
        packages: Their packages.
        page: Whether the host is a page, which has other globals than Node.
        before: Modules that run before the lockdown, as shims: they have no capability.
    """
    owners = {
        location: packages.owner_of(location).canonical_name
        for location in sorted(modules.modules)
        if location not in before
    }
    handed = {
        location: [] if owner == ROOT_NAME else _handed_on(modules.modules[location])
        for location, owner in owners.items()
    }
    handing = {owners[location] for location, names in handed.items() if names}
    workers = web_workers(modules.modules[it] for it in owners) if page else NO_WORKERS
    for location, package in owners.items():
        module = _without_unlent(modules.modules[location], modules)
        for use in _uses_in(module, package, handed[location]):
            if not workers.is_given(location, use.path):
                yield use
        if package in handing:
            yield from _uses_of_handed(module, package, handed[location])
        yield from links_of(module, packages)
    yield from shared_globals(modules, owners, page=page)


def uses_of(
    modules: ModuleGraph,
    packages: PackageGraph,
    *,
    page: bool = False,
    before: Container[Location] = (),
) -> list[CapabilityUse]:
    """Return the first use of each capability, by package, part and path."""
    found: dict[tuple[CanonicalName, Part, str, bool, bool], CapabilityUse] = {}
    for use in every_use(modules, packages, page=page, before=before):
        key = (use.package, use.part, use.path, use.write, use.load)
        first = found.setdefault(key, use)
        if use.targets or first.targets:
            targets = use.targets if first is use else _both(first.targets, use.targets)
            found[key] = replace(first, targets=targets, calls=(*first.calls, use))
    return _without_covered([found[key] for key in sorted(found)])


def _both(targets: str, others: str) -> str:
    """Return the targets of two uses; empty if one of them could be given anything."""
    if not (targets and others):
        return ""
    return "\n".join(dict.fromkeys([*targets.split("\n"), *others.split("\n")]))


def _without_covered(uses: list[CapabilityUse]) -> list[CapabilityUse]:
    """Return *uses* without members of objects that are used as a whole."""
    whole = {(use.package, use.part, use.path) for use in uses if not use.load}

    def is_covered(use: CapabilityUse) -> bool:
        if use.part == "packages" or use.load:
            return False
        return not use.write and any(
            (use.package, use.part, holder) in whole
            and comes_with(use.part, use.path, holder)
            and authority_of(use.part, holder).severity != "critical"
            for holder in holders_of(use.path)
        )

    return [use for use in uses if not is_covered(use)]


def _without_unlent(module: Module, modules: ModuleGraph) -> Module:
    """Return *module* without builtins that would need a function of a module that lends none."""
    record = module.record
    if not any(use.lender for use in record.builtin_uses):
        return module
    lenders = {
        edge.request.specifier
        for edge in module.edges
        if isinstance(edge.target, FileTarget)
        and modules.modules[edge.target.location].record.lends_require
    }
    uses = tuple(use for use in record.builtin_uses if not use.lender or use.lender in lenders)
    return replace(module, record=replace(record, builtin_uses=uses))


def _uses_in(
    module: Module, package: CanonicalName, handed: Sequence[FreeName]
) -> Iterator[CapabilityUse]:
    for name in module.record.free_names:
        path = _granted_path(name) or _tested_path(name, package)
        if path is not None and name not in handed:
            yield CapabilityUse(
                package=package,
                part="globals",
                path=path,
                module=module.location,
                span=name.span,
                write=_is_written(name, path, module),
                uncertain=not name.exact and path in _EXPANDABLE,
                targets=name.targets,
            )
            holder = path.rpartition(".")[0]
            if holder in _STREAMS and authority_of("globals", path).severity == "critical":
                # ``process.stdin._handle?.setBlocking?.(true)``: at least the stream is there.
                yield CapabilityUse(
                    package=package,
                    part="globals",
                    path=f"{holder}.isTTY",
                    module=module.location,
                    span=name.span,
                )
    use_of = partial(CapabilityUse, package=package, part="globals", module=module.location)
    yield from (use_of(path=name.path, span=name.span) for name in module.record.page_names)
    elsewhere: set[str] = set()  # specifiers that resolve to files, or are known requests
    for edge in module.edges:
        elsewhere.add(edge.request.specifier)
        if isinstance(edge.target, BuiltinTarget):
            yield from _builtin_uses(module, package, edge.target.name, edge.request)
    for use in module.record.builtin_uses:
        builtin = is_builtin(use.specifier)
        if use.specifier not in elsewhere and builtin is not None:  # process.getBuiltinModule
            yield from _builtin_uses(module, package, builtin, use)


def _is_written(name: FreeName, path: str, module: Module) -> bool:
    if path == "process.exitCode" and any(
        edge.target == BuiltinTarget(name="process") for edge in module.edges
    ):
        return True  # assignments to members of the module are not told from reading
    return name.written and ("." in path or path == "console")


#: Objects whose members are granted one by one where the scanner is certain.
_EXPANDABLE = frozenset({*VIEWED_GLOBALS, "process.env", "process.stdout", "process.stderr"})
_STREAMS = frozenset({"process.stdin", "process.stdout", "process.stderr"})


def _builtin_uses(
    module: Module, package: CanonicalName, name: str, request: ModuleRequest | BuiltinUse
) -> Iterator[CapabilityUse]:
    uses = [use for use in module.record.builtin_uses if use.specifier == request.specifier]
    is_known = bool(uses) or is_builtin(request.specifier) is not None
    use_of = partial(CapabilityUse, package=package, part="builtins", module=module.location)
    if is_harmless("builtins", name) or not is_known:
        yield use_of(path=name, span=request.span, uncertain=not is_known)
        yield from _critical_members(name, uses, use_of)
        return
    yield use_of(path=name, span=request.span, load=True)
    for use in uses if name != "process" else ():  # the module is the global
        path = f"{name}.{use.path}" if use.path else name
        if not use.path:
            yield from _started(name, use, use_of)
        if use.targets == NODE_ITSELF and name == "child_process":
            path = "child_process.fork"  # a grant for modules of the archive
        if use.path or not use.exact:
            yield use_of(path=path, span=use.span, uncertain=not use.exact, targets=use.targets)


def _started(
    name: str, use: BuiltinUse, use_of: Callable[..., CapabilityUse]
) -> Iterator[CapabilityUse]:
    """Yield the members that start modules, which a grant of the whole builtin does not include."""
    for member in members_with_scope("builtins", name) if not use.exact else ():
        path = f"{name}.{member}"
        if scope_kind("builtins", path) == "modules":
            yield use_of(path=path, span=use.span)


def _critical_members(
    name: str, uses: Iterable[BuiltinUse], use_of: Callable[..., CapabilityUse]
) -> Iterator[CapabilityUse]:
    """Yield the uses of members that a grant of the harmless builtin *name* does not include.

    Every package has its own `module`, without the members that are critical in Node's.
    """
    for use in uses if name != "module" else ():
        path = f"{name}.{use.path}"
        if use.path and authority_of("builtins", path).severity == "critical":
            yield use_of(path=path, span=use.span)


def _handed_on(module: Module) -> list[FreeName]:
    """Return where ``process`` is passed on; the recipient gets the members that it names."""
    return [
        name
        for name in module.record.free_names
        if _granted_path(name) == "process" and not (name.exact or name.computed or name.written)
    ]


def _uses_of_handed(
    module: Module, package: CanonicalName, handed: Sequence[FreeName]
) -> Iterator[CapabilityUse]:
    """Yield the members of ``process`` that a package that passes it on uses through a variable.

    Includes the harmless members, which the recipient may look up.
    """
    use_of = partial(CapabilityUse, package=package, part="globals", module=module.location)
    for name in handed[:1]:
        for path in harmless_paths("globals"):
            if path.startswith("process."):
                yield use_of(path=path, span=name.span)
    for name in module.record.handed_names:
        granted = _granted_path(name)
        if granted is not None:
            yield use_of(path=granted, span=name.span)


def _tested_path(name: FreeName, package: CanonicalName) -> str | None:
    """Return the capability of a name that is only tested: ``typeof WebSocket``.

    The application may test its host; a dependency that finds a capability would use it.
    """
    first = name.path.partition(".")[0]
    is_answered = package == ROOT_NAME or is_harmless("globals", first)
    return first if name.tested and is_answered and first != "process" else None


def _granted_path(name: FreeName) -> str | None:
    """Return the capability that a use of *name* requires, or None."""
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
