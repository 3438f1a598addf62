"""Resolve ``import``: ESM_RESOLVE and its parts, as in Node 24.

https://nodejs.org/api/esm.html#resolution-algorithm-specification
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import assert_never

from compartment_mapper.authority.node_builtins import is_builtin
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import Location, parent_of, relative_path
from compartment_mapper.resolve.addons import ADDON
from compartment_mapper.resolve.browser_field import main_of
from compartment_mapper.resolve.file_urls import UrlProblem, location_below, referenced
from compartment_mapper.resolve.package_exports import (
    BareTarget,
    PackageTarget,
    exports_resolve,
    import_not_defined,
    imports_resolve,
)
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.package_lookup import (
    ResolverContext,
    node_modules_of,
    package_scope,
)
from compartment_mapper.resolve.resolution import (
    BuiltinResolution,
    FileResolution,
    Resolution,
    ResolutionFailure,
    shown,
)
from compartment_mapper.resolve.specifiers import package_root

#: DEVIATION: without ``node-addons``, as under Node's ``--no-addons``: a compartment cannot confine
#: native code, and packages provide an alternative under the next condition.
IMPORT_CONDITIONS = frozenset({"node", "import", "module-sync"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request: *specifier* in *referrer*."""

    specifier: str
    referrer: Location
    #: The active conditions, of Node and of the user.
    conditions: frozenset[str]
    context: ResolverContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A file to look for."""

    location: Location
    #: The directory of the package that exports it by name, which it must not leave.
    package: Location | None = None


Found = Candidate | BuiltinResolution | ResolutionFailure

_RELATIVE = re.compile(r"/|\.\.?(?:/|$)")
_SCHEME = re.compile(r"[\x00-\x20]*([A-Za-z][A-Za-z0-9+.-]*):")
_URL_WITHOUT_HOST = re.compile(r"(?:https?|wss?|ftp):[\\/]*$", re.IGNORECASE)

#: Node's invalidPackageNameRegEx.
_INVALID_NAME = re.compile(r"^\.|%|\\")

_MAIN_SUFFIXES = ("", ".js", ".json", ".node", "/index.js", "/index.json", "/index.node")
_INDEXES = ("index.js", "index.json", "index.node")


def resolve_import(request: Request) -> Resolution:
    """Resolve an ``import`` request: ESM_RESOLVE."""
    found = _esm_candidate(request)
    return _finalized(found, request) if isinstance(found, Candidate) else found


def _esm_candidate(request: Request) -> Found:
    """Return the candidate of steps 1 to 6 of ESM_RESOLVE, in the order of Node's moduleResolve."""
    specifier = request.specifier
    # 3. Otherwise, if specifier starts with "/", "./", or "../", then set resolved to the URL
    #    resolution of specifier relative to parentURL.
    if _RELATIVE.match(specifier):
        return located(specifier, parent_of(request.referrer), request)
    # 4. Otherwise, if specifier starts with "#", then PACKAGE_IMPORTS_RESOLVE.
    if specifier.startswith("#"):
        return package_imports_resolve(request)
    name = is_builtin(specifier)
    if name is not None:
        return BuiltinResolution(name=name)
    # 2. If specifier is a valid URL, then set resolved to it.
    scheme = _SCHEME.match(specifier)
    if scheme and not _URL_WITHOUT_HOST.match(specifier):
        return _by_scheme(scheme[1].lower(), request)
    # 5. Otherwise, specifier is a bare specifier: PACKAGE_RESOLVE.
    return package_resolve(specifier, request)


def _by_scheme(scheme: str, request: Request) -> Found:
    if scheme == "file":
        return located(request.specifier, parent_of(request.referrer), request)
    if scheme == "node":
        return unknown_builtin(request.specifier)
    # `import` of "data:" does not come here: `graph.targets` reads it.
    return ResolutionFailure(
        code="ERR_UNSUPPORTED_ESM_URL_SCHEME",
        message=f"Only URLs with a scheme in: file, data, and node are supported. "
        f"Received protocol '{shown(scheme)}:'",
        hint="put the module into a file" if scheme == "data" else "install it as a package",
    )


def located(
    reference: str, directory: Location, request: Request, *, package: Location | None = None
) -> Candidate | ResolutionFailure:
    """Return the file of the URL reference in *directory*."""
    location = referenced(reference, directory)
    if not isinstance(location, UrlProblem):
        return Candidate(location=location, package=package)
    if location is UrlProblem.FOREIGN_HOST:
        return ResolutionFailure(code="ERR_INVALID_FILE_URL_HOST", message=location.value)
    # 7.1 If resolved contains any percent encodings of "/" or "\", throw an Invalid Module
    #     Specifier error.  DEVIATION: so does a percent sign that encodes nothing; Node throws
    #     a URIError without a code.
    return invalid_specifier(request.specifier, location.value)


def _finalized(candidate: Candidate, request: Request) -> Resolution:
    """Step 7 of ESM_RESOLVE: Node's finalizeResolution."""
    location = candidate.location
    # 7.2 If the file at resolved is a directory, throw an Unsupported Directory Import error.
    #     As Node: whatever ends in "/" counts as one.
    kind = request.context.powers.kind(location)
    if kind == "directory" or location.endswith("/"):
        return ResolutionFailure(
            code="ERR_UNSUPPORTED_DIR_IMPORT",
            message=f"Directory import '{shown(request.specifier)}' is not supported "
            "resolving ES modules",
        )
    # 7.3 If the file at resolved does not exist, throw a Module Not Found error.
    if kind is None:
        return ResolutionFailure(
            code="ERR_MODULE_NOT_FOUND",
            message=f"Cannot find module '{shown(request.specifier)}'",
        )
    # 7.4 Set resolved to the real path of resolved.
    resolution = existing(candidate, request)
    # 8.-9. Let format be the result of ESM_FILE_FORMAT(resolved): reads the package.json around.
    if isinstance(resolution, FileResolution) and resolution.location.endswith(".js"):
        scope = package_scope(resolution.location, context=request.context)
        if isinstance(scope, Diagnostic):
            return invalid_config("package.json", scope)
    return resolution


def existing(candidate: Candidate, request: Request) -> FileResolution | ResolutionFailure:
    """Return the resolution to *candidate*, an existing file, unless we reject it."""
    real = request.context.powers.canonical(candidate.location)
    # DEVIATION: a file that a package exports by name (exports, main, a path below its name) must
    # be in its own real directory. Node follows `main` and links anywhere.
    if candidate.package is not None and not real.startswith(
        request.context.powers.canonical(candidate.package)
    ):
        return _escape(request.specifier)
    # DEVIATION: a compartment cannot confine native code, so only named files are loaded.
    if real.endswith(ADDON):
        return _addon(real, request)
    return FileResolution(location=real)


def _addon(real: Location, request: Request) -> FileResolution | ResolutionFailure:
    context = request.context
    root = package_root(real, descriptors=context.descriptors)
    description = context.descriptors(root)
    package = getattr(description, "name", None) or ""
    path, content = relative_path(real, root) or "", context.powers.maybe_read(real) or b""
    if context.addons.allows(package, path, content):
        return FileResolution(location=real)
    return ResolutionFailure(
        code="ERR_DLOPEN_FAILED",
        message=f"Cannot load the native addon '{shown(request.specifier)}': it is machine code, "
        "which no compartment confines",
        # `bundle.application` knows the name of the package in a policy, and shows the grant.
        hint="to trust it with everything that the process may do, name it in the policy",
    )


def _escape(specifier: str) -> ResolutionFailure:
    if ".." in specifier.split("/"):
        return invalid_specifier(specifier, "points outside of the package that it names")
    return ResolutionFailure(
        code="ERR_INVALID_PACKAGE_TARGET",
        message=f"Invalid package target: '{shown(specifier)}' points outside of its own package",
        hint="a package can export only files in its own directory, after following symbolic links",
    )


def package_imports_resolve(request: Request) -> Found:
    """PACKAGE_IMPORTS_RESOLVE."""
    name = request.specifier
    # 2. If specifier is exactly equal to "#", then throw. As Node: also if it ends in "/".
    if name == "#" or name.endswith("/"):
        return invalid_specifier(name, "is not a valid internal imports specifier name")
    # 3. Let packageURL be the result of LOOKUP_PACKAGE_SCOPE(parentURL).
    scope = package_scope(request.referrer, context=request.context)
    if isinstance(scope, Diagnostic):
        return invalid_config("package.json", scope)
    if scope is None or scope[1].imports is None:
        return import_not_defined(name, {})
    # 4. If packageURL is not null and pjson.imports is a non-null Object.
    directory, descriptor = scope
    target = imports_resolve(descriptor.imports or {}, name, request.conditions)
    match target:
        case PackageTarget(reference=reference):
            return located(reference, directory, request)
        case BareTarget(specifier=bare):
            # The referrer of a bare target is the package.json.
            return package_resolve(bare, request, base=Location(directory + "package.json"))
        case ResolutionFailure():
            return target
        case _:
            assert_never(target)


def package_resolve(specifier: str, request: Request, *, base: Location | None = None) -> Found:
    """PACKAGE_RESOLVE of *specifier*, from *base* or else from the referrer."""
    base = base or request.referrer
    # 3. If packageSpecifier is a Node.js builtin module name, return "node:" + packageSpecifier.
    name = is_builtin(specifier)
    if name is not None:
        return BuiltinResolution(name=name)
    parsed = _package_name(specifier)
    if parsed is None:
        return invalid_specifier(specifier, "is not a valid package name")
    # 9. Let selfUrl be the result of PACKAGE_SELF_RESOLVE.  10. If not undefined, return it.
    scope = package_scope(base, context=request.context)
    if isinstance(scope, Diagnostic):
        return invalid_config("package.json", scope)
    if scope is not None and scope[1].has_exports and scope[1].name == parsed[0]:
        return exported(parsed, scope[1], request, directory=scope[0])
    # 11. While parentURL is not the file system root, continue if the folder does not exist.
    for node_modules in node_modules_of(base, nested=True):
        directory = Location(location_below(node_modules, parsed[0]) + "/")
        if request.context.powers.kind(directory) == "directory":
            return _package_file(parsed, directory, request)
    # 12. Throw a Module Not Found error.
    return ResolutionFailure(
        code="ERR_MODULE_NOT_FOUND", message=f"Cannot find package '{shown(parsed[0])}'"
    )


def _package_name(specifier: str) -> tuple[str, str] | None:
    """Return name and subpath (``.`` or ``./x``), or None: steps 2 to 8 of PACKAGE_RESOLVE.

    >>> _package_name("@s/a/b.js"), _package_name("a"), _package_name("@s")
    (('@s/a', './b.js'), ('a', '.'), None)
    """
    parts = specifier.split("/", 2 if specifier.startswith("@") else 1)
    # 5. If packageSpecifier does not contain a "/" separator, then throw.
    if specifier.startswith("@") and len(parts) == 1:
        return None
    depth = 2 if specifier.startswith("@") else 1
    name, below = "/".join(parts[:depth]), parts[depth:]
    # 2. If packageSpecifier is an empty string, throw.
    # 6. If packageName starts with "." or contains "\" or "%", then throw.
    # DEVIATION: dot segments after a scope throw too; Node lets "@s/../a" leave the scope.
    if not name or _INVALID_NAME.search(name) or name.endswith(("/.", "/..")):
        return None
    return name, "./" + below[0] if below else "."


def _package_file(parsed: tuple[str, str], directory: Location, request: Request) -> Found:
    """Step 11 of PACKAGE_RESOLVE, from 11.4 on: the package is in *directory*."""
    # 11.4 Let pjson be the result of READ_PACKAGE_JSON(packageURL).
    descriptor = request.context.descriptors(directory)
    if isinstance(descriptor, Diagnostic):
        return invalid_config(f"{parsed[0]}/package.json", descriptor)
    # 11.5 If pjson is not null and pjson.exports is not null or undefined,
    if descriptor is not None and descriptor.has_exports:
        return exported(parsed, descriptor, request, directory=directory, package=directory)
    # 11.6 Otherwise, if packageSubpath is equal to ".", then pjson.main (LEGACY_MAIN_RESOLVE).
    if parsed[1] == ".":
        return _legacy_main(parsed[0], directory, descriptor, request)
    # 11.7 Otherwise, return the URL resolution of packageSubpath in packageURL.
    return located(parsed[1], directory, request, package=directory)


def exported(
    parsed: tuple[str, str],
    descriptor: PackageDescriptor,
    request: Request,
    *,
    directory: Location,
    package: Location | None = None,
) -> Candidate | ResolutionFailure:
    """Return the file that *descriptor* of *directory* exports as the subpath of *parsed*."""
    name, subpath = parsed
    target = exports_resolve(
        descriptor.exports, subpath, request.conditions, file=f"{shown(name)}/package.json"
    )
    if isinstance(target, ResolutionFailure):
        return target
    return located(target.reference, directory, request, package=package)


def _legacy_main(
    name: str, directory: Location, descriptor: PackageDescriptor | None, request: Request
) -> Candidate | ResolutionFailure:
    """Node's LEGACY_MAIN_RESOLVE."""
    main = main_of(descriptor, request.conditions)
    # 1. let M = pkg_url + (json main field).  2. TRY(M, M.js, M.json, M.node).
    # 3. TRY(M/index.js, M/index.json, M/index.node).
    # 4. TRY(pkg_url/index.js, pkg_url/index.json, pkg_url/index.node).
    names = [main + suffix for suffix in _MAIN_SUFFIXES] if main else []
    for path in (*names, *_INDEXES):
        location = location_below(directory, path)
        if request.context.powers.kind(location) == "file":
            return Candidate(location=location, package=directory)
    # 5. NOT_FOUND.
    return ResolutionFailure(
        code="ERR_MODULE_NOT_FOUND",
        message=f"Cannot find package '{shown(name)}'",
        hint=f"it is installed, but its main file '{shown(main or 'index.js')}' does not exist",
    )


def invalid_specifier(specifier: str, reason: str) -> ResolutionFailure:
    """Return Node's ERR_INVALID_MODULE_SPECIFIER."""
    return ResolutionFailure(
        code="ERR_INVALID_MODULE_SPECIFIER", message=f'Invalid module "{shown(specifier)}" {reason}'
    )


def invalid_config(file: str, problem: Diagnostic) -> ResolutionFailure:
    """Return Node's ERR_INVALID_PACKAGE_CONFIG."""
    return ResolutionFailure(
        code="ERR_INVALID_PACKAGE_CONFIG",
        message=f"Invalid package config {shown(file)}.",
        hint=f"{problem.place or file}: {problem.message}",
    )


def unknown_builtin(specifier: str) -> ResolutionFailure:
    """Return Node's ERR_UNKNOWN_BUILTIN_MODULE."""
    return ResolutionFailure(
        code="ERR_UNKNOWN_BUILTIN_MODULE",
        message=f"No such built-in module: {shown(specifier)}",
    )
