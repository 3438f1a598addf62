"""Resolve specifiers relative to a referrer: as Node 24, except where marked `DEVIATION`."""

from __future__ import annotations

from dataclasses import replace

from compartment_mapper.authority.node_builtins import POLYFILLS, is_builtin
from compartment_mapper.locations import Location, Specifier, relative_path
from compartment_mapper.records.module_record import RequestKind
from compartment_mapper.resolve.browser_field import BROWSER, browser_replacement
from compartment_mapper.resolve.cjs import REQUIRE_CONDITIONS, resolve_require
from compartment_mapper.resolve.esm import IMPORT_CONDITIONS, Request, resolve_import
from compartment_mapper.resolve.hints import with_hint
from compartment_mapper.resolve.package_lookup import (
    Descriptors,
    ResolverContext,
    crosses_packages,
    find_package,
    package_scope,
    read_descriptors,
    resolver_context,
)
from compartment_mapper.resolve.resolution import (
    BuiltinResolution,
    EmptyResolution,
    FileResolution,
    Resolution,
    ResolutionFailure,
)

__all__ = [
    "BuiltinResolution",
    "Descriptors",
    "EmptyResolution",
    "FileResolution",
    "Resolution",
    "ResolutionFailure",
    "ResolverContext",
    "crosses_packages",
    "find_package",
    "is_builtin",
    "package_scope",
    "read_descriptors",
    "resolve",
    "resolver_context",
]

_CONDITIONS = {"import": IMPORT_CONDITIONS, "require": REQUIRE_CONDITIONS}


def resolve(
    specifier: Specifier, *, referrer: Location, kind: RequestKind, context: ResolverContext
) -> Resolution:
    """Resolve *specifier* in *referrer*.

    Failures are returned; nothing is raised for any input.

    Args:
        specifier: As written, with the escapes of the literal decoded.
        referrer: The real location of the requesting module.
        kind: ``import`` resolves URLs, ``require`` resolves paths; each has its own conditions.
        context: See `resolver_context`.
    """
    request = Request(
        specifier=specifier,
        referrer=referrer,
        conditions=_conditions(kind, context.conditions),
        context=context,
    )
    resolution = (
        _resolved_for_browser(request, kind)
        if BROWSER in context.conditions
        else _resolved_as_node(request, kind)
    )
    if isinstance(resolution, ResolutionFailure):
        return with_hint(resolution, request)
    return resolution


def _conditions(kind: RequestKind, chosen: frozenset[str]) -> frozenset[str]:
    """Return the conditions for ``exports``; a page is not Node."""
    own = _CONDITIONS[kind]
    return (own - _OF_NODE if BROWSER in chosen else own) | chosen


_OF_NODE = frozenset({"node", "node-addons"})


def _resolved_as_node(request: Request, kind: RequestKind) -> Resolution:
    return resolve_import(request) if kind == "import" else resolve_require(request)


def _resolved_for_browser(request: Request, kind: RequestKind) -> Resolution:
    """Resolve as Node, with the ``browser`` fields replacing names before and files after."""
    scope = package_scope(request.referrer, context=request.context)
    if isinstance(scope, tuple) and not request.specifier.startswith((".", "/")):
        replacement = browser_replacement(request.specifier, scope[1])
        if replacement is False:
            return EmptyResolution()
        if replacement is not None and replacement.startswith("."):
            return _file_of_package(replacement, scope[0], request)
        if replacement is not None:
            request = replace(request, specifier=replacement)
    resolution = _resolved_as_node(request, kind)
    if isinstance(resolution, BuiltinResolution):
        resolution = _stand_in(resolution.name, request, kind)
    if isinstance(resolution, FileResolution):
        return _replaced_file(resolution, request)
    return resolution


def _stand_in(name: str, request: Request, kind: RequestKind) -> Resolution:
    """Return the page's replacement of a builtin: the installed package of that name, if any.

    DEVIATION: in Node the builtin takes precedence; a page has none.
    """
    package = name.partition("/")[0]
    if find_package(package, referrer=request.referrer, context=request.context) is not None:
        folder = name if "/" in name else f"{name}/"
        found = resolve_require(replace(request, specifier=Specifier(folder)))
        if not isinstance(found, BuiltinResolution):
            return found
    usual = POLYFILLS.get(package)
    return ResolutionFailure(
        code="MODULE_NOT_FOUND" if kind == "require" else "ERR_MODULE_NOT_FOUND",
        message=f"Cannot find module '{request.specifier}': a page has no Node builtins",
        hint=f"npm install {usual}, which replaces it"
        if usual
        else f'in package.json, "browser": {{"{name}": false}} makes it an empty module',
    )


def _replaced_file(resolution: FileResolution, request: Request) -> Resolution:
    scope = package_scope(resolution.location, context=request.context)
    if not isinstance(scope, tuple):
        return resolution
    path = relative_path(resolution.location, scope[0])
    replacement = browser_replacement(f"./{path}", scope[1])
    if replacement is False:
        return EmptyResolution()
    if replacement is None:
        return resolution
    return _file_of_package(replacement, scope[0], request)


def _file_of_package(path: str, directory: Location, request: Request) -> Resolution:
    """Return the file for *path* in a ``browser`` field: a file of that package."""
    referrer = Location(directory + "package.json")
    resolution = resolve_require(replace(request, specifier=path, referrer=referrer))
    if isinstance(resolution, FileResolution) and not resolution.location.startswith(directory):
        return ResolutionFailure(
            code="ERR_INVALID_PACKAGE_TARGET",
            message='Invalid "browser" target: it points outside of its own package',
        )
    return resolution
