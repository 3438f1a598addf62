"""Find the target of a request, and the language as which it is loaded."""

from __future__ import annotations

from compartment_mapper.graph.loading import Loading
from compartment_mapper.graph.module_graph import BuiltinTarget, FileTarget, Target
from compartment_mapper.graph.module_ids import data_location, empty_location, file_of, location_as
from compartment_mapper.graph.patterns import PROGRAMS, TYPED
from compartment_mapper.locations import Location, base_name
from compartment_mapper.records.languages import LANGUAGES, Language
from compartment_mapper.records.module_record import RESOLVES, ModuleRequest
from compartment_mapper.resolve.data_urls import data_module
from compartment_mapper.resolve.module_format import language_of
from compartment_mapper.resolve.resolution import shown
from compartment_mapper.resolve.resolver import (
    BuiltinResolution,
    EmptyResolution,
    FileResolution,
    ResolutionFailure,
    crosses_packages,
    package_scope,
)
from compartment_mapper.resolve.specifiers import is_bare, package_name_of, package_root
from compartment_mapper.resolve.typescript import resolve_for

#: The languages that Node loads as a program, or as data.
_LOADED = frozenset({*PROGRAMS, *TYPED, ".json"})


def is_optional(location: Location, request: ModuleRequest, loading: Loading) -> bool:
    """Return whether the package declares the requested package as optional."""
    scope = package_scope(file_of(location), context=loading.context)
    if not isinstance(scope, tuple) or not is_bare(request.specifier):
        return False
    name = package_name_of(request.specifier)
    return name in scope[1].optional_dependencies or name in scope[1].optional_peers


def target_of(
    location: Location, request: ModuleRequest, loading: Loading
) -> Target | ResolutionFailure:
    """Return the target of *request* by the module at *location*."""
    if request.kind == "import" and request.specifier.startswith("data:"):
        return _data_target(location, request, loading)
    found = resolve_for(
        request.specifier,
        referrer=file_of(location),
        kind=request.kind,
        context=loading.context,
        application=loading.root,
    )
    match found:
        case BuiltinResolution(name=name):
            return BuiltinTarget(name=name)
        case EmptyResolution():
            package = package_root(file_of(location), descriptors=loading.context.descriptors)
            return FileTarget(location=empty_location(package))
        case ResolutionFailure():
            return found
        case FileResolution(location=file):
            refused = _refusal(file, location, request, loading)
            if refused is not None:
                return refused
            language = language_for(file, request, loading)
            if isinstance(language, ResolutionFailure):
                return language
            own = language if language and not LANGUAGES[language]["extensions"] else None
            return FileTarget(location=location_as(file, own) if own else file)


def _data_target(
    location: Location, request: ModuleRequest, loading: Loading
) -> Target | ResolutionFailure:
    module = data_module(request.specifier, request.attribute_type)
    if isinstance(module, ResolutionFailure):
        return module
    package = package_root(file_of(location), descriptors=loading.context.descriptors)
    target = data_location(package, request.specifier)
    loading.data[target] = module
    return FileTarget(location=target)


def language_for(
    file: Location, request: ModuleRequest, loading: Loading
) -> Language | ResolutionFailure | None:
    """Return the language of *file*; a file that is only resolved is loaded as bytes."""
    if request.attribute_type != RESOLVES:
        return language_of(file, request.kind, request.attribute_type, context=loading.context)
    stem, dot, extension = base_name(file).rpartition(".")
    if stem and dot + extension not in _LOADED:
        return "bytes"
    language = language_of(file, request.kind, None, context=loading.context)
    return "bytes" if isinstance(language, ResolutionFailure) else language


def _is_crossing(
    file: Location, location: Location, request: ModuleRequest, loading: Loading
) -> bool:
    """Return whether a dependency requests a file of another package by path."""
    if is_bare(request.specifier) or request.specifier.startswith("#"):
        return False
    package = package_root(file_of(location), descriptors=loading.context.descriptors)
    return crosses_packages(file, package=package, application=loading.root)


def _refusal(
    file: Location, location: Location, request: ModuleRequest, loading: Loading
) -> ResolutionFailure | None:
    if not loading.admits(file, request.specifier, file_of(location)):
        return _missing(request)
    return _crossing(request) if _is_crossing(file, location, request, loading) else None


def _missing(request: ModuleRequest) -> ResolutionFailure:
    code = "MODULE_NOT_FOUND" if request.kind == "require" else "ERR_MODULE_NOT_FOUND"
    return ResolutionFailure(code=code, message=f"Cannot find module '{shown(request.specifier)}'")


def _crossing(request: ModuleRequest) -> ResolutionFailure:
    # DEVIATION: Node lets a package request any file; here a package is a trust domain.
    return ResolutionFailure(
        code="ERR_CROSSES_PACKAGES",
        message=f"'{request.specifier}' points into another package",
        hint="a dependency can import its own files by path and other packages by name",
    )
