"""Resolve ``require``, as in Node 24.

https://nodejs.org/api/modules.html#all-together
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import Location, parent_of
from compartment_mapper.powers import ReadPowers
from compartment_mapper.resolve.browser_field import main_of
from compartment_mapper.resolve.esm import (
    Candidate,
    Found,
    Request,
    existing,
    exported,
    invalid_config,
    package_imports_resolve,
    unknown_builtin,
)
from compartment_mapper.resolve.file_urls import location_below
from compartment_mapper.resolve.package_lookup import node_modules_of, package_scope
from compartment_mapper.resolve.resolution import (
    BuiltinResolution,
    Resolution,
    ResolutionFailure,
    shown,
)

#: DEVIATION: without ``node-addons``, see `resolve.esm.IMPORT_CONDITIONS`.
REQUIRE_CONDITIONS = frozenset({"node", "require", "module-sync"})

_ROOT = Location("file:///")
_EXTENSIONS = (".js", ".json", ".node")
_RELATIVE = re.compile(r"\.(?:$|[./])")
_NAMES_DIRECTORY = re.compile(r"(?:^|/)(?:\.\.?)?$")

#: Node's EXPORTS_PATTERN: the name of a package, and the path below it.
_PACKAGE = re.compile(r"((?:@[^/\\%]+/)?[^./\\%][^/\\%]*)(/.*)?")


def resolve_require(request: Request) -> Resolution:
    """Resolve a ``require`` request: Node's Module._resolveFilename."""
    specifier = request.specifier
    if not specifier:
        return ResolutionFailure(
            code="ERR_INVALID_ARG_VALUE",
            message="The argument 'id' must be a non-empty string. Received ''",
        )
    # 1. If X is a core module, return it.
    name = is_builtin(specifier)
    if name is not None:
        return BuiltinResolution(name=name)
    if specifier.startswith("node:"):
        return unknown_builtin(specifier)
    found = _load_package_imports(request) or _load_package_self(request) or find_path(request)
    return existing(found, request) if isinstance(found, Candidate) else found


def _load_package_imports(request: Request) -> Found | None:
    """LOAD_PACKAGE_IMPORTS; None if it does not apply."""
    # 4. If X begins with '#'.
    if not request.specifier.startswith("#"):
        return None
    # 1. Find the closest package scope SCOPE to DIR.  2. If no scope was found, return.
    scope = package_scope(request.referrer, context=request.context)
    if isinstance(scope, Diagnostic):
        return invalid_config("package.json", scope)
    # 3. If the SCOPE/package.json "imports" is null or undefined, return.
    if scope is None or scope[1].imports is None:
        return None
    # 4.-5. PACKAGE_IMPORTS_RESOLVE, then RESOLVE_ESM_MATCH.
    found = package_imports_resolve(request)
    if isinstance(found, BuiltinResolution):
        # As in Node, whose finalizeEsmResolution accepts files only.
        return ResolutionFailure(
            code="ERR_INVALID_URL_SCHEME",
            message="The URL must be of scheme file",
            hint=f"use require('node:{found.name}'): \"imports\" can map to it for import only",
        )
    return _esm_match(found, request)


def _load_package_self(request: Request) -> Found | None:
    """LOAD_PACKAGE_SELF; None if it does not apply."""
    # 1. Find the closest package scope SCOPE to DIR.  2. If no scope was found, return.
    scope = package_scope(request.referrer, context=request.context)
    if isinstance(scope, Diagnostic):
        return invalid_config("package.json", scope)
    # 3. If the SCOPE/package.json "exports" is null or undefined, return.
    if scope is None or not scope[1].has_exports or not scope[1].name:
        return None
    # 4. If the SCOPE/package.json "name" is not the first segment of X, return.
    directory, descriptor = scope
    name = scope[1].name
    if request.specifier != name and not request.specifier.startswith(name + "/"):
        return None
    # 5.-6. PACKAGE_EXPORTS_RESOLVE, then RESOLVE_ESM_MATCH.
    parsed = (name, "." + request.specifier[len(name) :])
    return _esm_match(exported(parsed, descriptor, request, directory=directory), request)


def _esm_match(found: Found, request: Request) -> Found:
    """RESOLVE_ESM_MATCH: the file itself must exist, no extension is added."""
    if isinstance(found, ResolutionFailure) and found.code == "ERR_MODULE_NOT_FOUND":
        return _not_found(request)
    if isinstance(found, Candidate) and request.context.powers.kind(found.location) != "file":
        return _not_found(request)
    return found


def find_path(request: Request) -> Candidate | ResolutionFailure:
    """Node's Module._findPath: steps 2, 3, 6 and 7."""
    specifier, powers = request.specifier, request.context.powers
    # 2.-3. If X begins with '/', './' or '../'.  As Node: also with '..' and anything after it.
    if specifier.startswith("/") or _RELATIVE.match(specifier):
        directory = _ROOT if specifier.startswith("/") else parent_of(request.referrer)
        found = _load_path(location_below(directory, specifier), request, package=None)
        return found or _not_found(request)
    # 6. LOAD_NODE_MODULES(X, dirname(Y)).
    for directory in node_modules_of(request.referrer, nested=False):
        if powers.kind(directory) == "directory":
            found = _load_from(directory, request)
            if found is not None:
                return found
    # 7. THROW "not found".
    return _not_found(request)


def _load_from(node_modules: Location, request: Request) -> Candidate | ResolutionFailure | None:
    """Step 2 of LOAD_NODE_MODULES, for one directory."""
    package = node_modules
    if match := _PACKAGE.fullmatch(request.specifier):
        # 2.1 LOAD_PACKAGE_EXPORTS(X, DIR): try to interpret X as NAME and SUBPATH.
        directory = Location(location_below(node_modules, match[1]) + "/")
        if request.context.powers.kind(directory) == "directory":
            package = directory
            descriptor = request.context.descriptors(directory)
            if isinstance(descriptor, Diagnostic):
                return invalid_config(f"{match[1]}/package.json", descriptor)
            if descriptor is not None and descriptor.has_exports:
                parsed = (match[1], "." + (match[2] or ""))
                found = exported(
                    parsed, descriptor, request, directory=directory, package=directory
                )
                matched = _esm_match(found, request)
                assert not isinstance(matched, BuiltinResolution)
                return matched
    # 2.2 LOAD_AS_FILE(DIR/X).  2.3 LOAD_AS_DIRECTORY(DIR/X).
    return _load_path(location_below(node_modules, request.specifier), request, package=package)


def _load_path(
    path: Location, request: Request, *, package: Location | None
) -> Candidate | ResolutionFailure | None:
    """Return the file for *path*: LOAD_AS_FILE, then LOAD_AS_DIRECTORY."""
    powers = request.context.powers
    # A specifier that can only be a directory is not tried as a file.
    if not _NAMES_DIRECTORY.search(request.specifier):
        file = load_as_file(path, powers=powers)
        if file is not None:
            # Directly in node_modules, `d.js` belongs to no package and takes precedence over `d/`.
            beside = parent_of(file).endswith("/node_modules/")
            return Candidate(location=file, package=parent_of(file) if beside else package)
    if powers.kind(path) != "directory":
        return None
    found = _load_as_directory(Location(path.rstrip("/") + "/"), request)
    if found is None or isinstance(found, ResolutionFailure):
        return found
    return Candidate(location=found, package=package)


def load_as_file(path: Location, *, powers: ReadPowers) -> Location | None:
    """LOAD_AS_FILE."""
    # 1. If X is a file, load X.  2. If X.js is a file.  3. If X.json is.  4. If X.node is.
    return _first_file((path, *_with_extensions(path)), powers=powers)


def _load_as_directory(
    directory: Location, request: Request
) -> Location | ResolutionFailure | None:
    """LOAD_AS_DIRECTORY."""
    powers = request.context.powers
    # 1. If X/package.json is a file, a. parse it, and look for the "main" field.
    descriptor = request.context.descriptors(directory)
    if isinstance(descriptor, Diagnostic):
        return invalid_config("package.json", descriptor)
    # b. If "main" is a falsy value, GOTO 2.
    main = main_of(descriptor, request.conditions)
    # 1.f, 2. LOAD_INDEX(X): X/index.js, X/index.json, X/index.node.
    indexes = _with_extensions(Location(directory + "index"))
    if not main:
        return _first_file(indexes, powers=powers)
    # c. let M = X + (json main field).  d. LOAD_AS_FILE(M).  e. LOAD_INDEX(M).
    path = location_below(directory, main)
    names = (path, *_with_extensions(path), *_with_extensions(Location(path + "/index")))
    # g. THROW "not found".
    return _first_file((*names, *indexes), powers=powers) or ResolutionFailure(
        code="MODULE_NOT_FOUND",
        message=f"Cannot find module '{shown(request.specifier)}'. "
        'Please verify that the package.json has a valid "main" entry',
        hint=f"\"main\" is '{shown(main)}', which does not exist",
    )


def _with_extensions(path: Location) -> Iterable[Location]:
    return [Location(path + extension) for extension in _EXTENSIONS]


def _first_file(candidates: Iterable[Location], *, powers: ReadPowers) -> Location | None:
    return next((found for found in candidates if powers.kind(found) == "file"), None)


def _not_found(request: Request) -> ResolutionFailure:
    return ResolutionFailure(
        code="MODULE_NOT_FOUND", message=f"Cannot find module '{shown(request.specifier)}'"
    )
