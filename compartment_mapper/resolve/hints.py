"""Hints for failed requests: similar files that exist."""

from __future__ import annotations

from dataclasses import replace

from compartment_mapper.authority.node_builtins import PREFIX_ONLY_BUILTINS
from compartment_mapper.errors.diagnostic import Diagnostic, did_you_mean
from compartment_mapper.locations import Location, parent_of
from compartment_mapper.resolve.cjs import find_path
from compartment_mapper.resolve.esm import Candidate, Request
from compartment_mapper.resolve.file_urls import location_below
from compartment_mapper.resolve.package_lookup import find_package, package_scope
from compartment_mapper.resolve.resolution import ResolutionFailure, shown

_MISSING = frozenset({"MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND", "ERR_UNSUPPORTED_DIR_IMPORT"})

#: Extensions that `require` adds, and that an `import` must include.
_ADDED = (".js", ".json", "/index.js", "/index.json")

#: Extensions that neither adds.
_NEVER_ADDED = (".mjs", ".cjs", ".ts", ".jsx", "/index.mjs", "/index.cjs")

#: The maximum length of a package name in npm.
_LONGEST_NAME = 214


def with_hint(failure: ResolutionFailure, request: Request) -> ResolutionFailure:
    """Return *failure* with a hint, if it has none and an existing file suggests one."""
    if failure.hint or failure.code not in _MISSING or len(request.specifier) > _LONGEST_NAME:
        return failure
    if request.specifier.startswith((".", "/")):
        return replace(failure, hint=_file_hint(request))
    return replace(failure, hint=_with_extension(request) or _package_hint(request))


def _file_hint(request: Request) -> str:
    found = _with_extension(request)
    if found:
        return found
    base = location_below(parent_of(request.referrer), request.specifier)
    for suffix in _NEVER_ADDED:
        if request.context.powers.kind(Location(base + suffix)) == "file":
            return f"did you mean '{request.specifier.rstrip('/')}{suffix}'?"
    return ""


def _with_extension(request: Request) -> str:
    """Return a hint with the extension that ``require`` would add, or nothing."""
    found = find_path(request)
    if isinstance(found, Candidate):
        named = request.specifier.rstrip("/")
        for suffix in _ADDED:
            if found.location.endswith(named.lstrip("./") + suffix):
                return f"did you mean '{named}{suffix}'?"
    return ""


def _package_hint(request: Request) -> str:
    parts = request.specifier.split("/")
    name = "/".join(parts[: 2 if request.specifier.startswith("@") else 1])
    if name in PREFIX_ONLY_BUILTINS:
        return f"did you mean 'node:{name}'?"
    if find_package(name, referrer=request.referrer, context=request.context) is not None:
        return f"package '{shown(name)}' is installed, but does not contain that file"
    scope = package_scope(request.referrer, context=request.context)
    if scope is None or isinstance(scope, Diagnostic):
        return f"npm install {shown(name)}"
    declared = scope[1].declared
    if name in declared:
        return f"package.json declares '{shown(name)}', but it is not installed: npm install"
    return did_you_mean(name, declared) or f"npm install {shown(name)}"
