"""Expand patterns and asset references to files on disk.

A missing file is not an error: a computed request may never be executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from compartment_mapper.locations import Location, Specifier, joined, parent_of
from compartment_mapper.powers import ReadPowers
from compartment_mapper.records.module_record import (
    SELF,
    AssetRequest,
    ModuleRecord,
    ModuleRequest,
    PatternRequest,
)

#: A folder with more files than this is ignored: the pattern is too unspecific.
_MOST = 400
#: The extensions of modules, in Node and in compilers.
PROGRAMS = (".js", ".cjs", ".mjs")
TYPED = (".ts", ".mts", ".cts", ".tsx", ".jsx")
#: Files that a program reads from its own folder are not code, even if the source names them.
_CODE = (*PROGRAMS, *TYPED, ".node", ".map")
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
#: The suffixes that `require` may omit, as a regular expression.
SUFFIXES = r"(?:\.js|\.json|\.cjs|/index\.js|/index\.json)?"


def pattern_requests(
    record: ModuleRecord, *, location: Location, read: ReadPowers
) -> Iterator[ModuleRequest]:
    """Yield a request for each module of the same package that a pattern of *record* matches."""
    for request in record.patterns:
        if not request.pattern.startswith("."):
            continue
        if "*" not in request.pattern:
            yield from _mentioned(request, parent_of(location), read)
            continue
        yield from _matching(request, location, read)
    for asset in record.assets:
        if _is_program_url(asset, location):
            yield _request_of_url(asset)
        else:
            yield from _at_place(asset, record, location, read)


def _matching(
    request: PatternRequest, location: Location, read: ReadPowers
) -> Iterator[ModuleRequest]:
    """Yield a request for each file that the pattern of *request* matches."""
    known = request.pattern[: request.pattern.index("*")].rpartition("/")[0] + "/"
    whole = re.compile(shape_of(request.pattern) + (SUFFIXES if request.kind == "require" else ""))
    for path in files_of_package(joined(parent_of(location), known), read):
        if _is_module(path, location) and whole.fullmatch(known + path):
            yield _request_of(request, known + path)


def _at_place(
    asset: AssetRequest, record: ModuleRecord, location: Location, read: ReadPowers
) -> Iterator[ModuleRequest]:
    """Yield the modules in a computed folder, if the source makes fully computed requests.

    A folder that contains the module itself is ignored.
    """
    kinds = {request.kind for request in record.patterns if request.pattern == "*"}
    if not kinds or not asset.path.startswith("."):
        return
    pattern = asset.path
    if "*" not in pattern and read.kind(joined(parent_of(location), pattern)) == "directory":
        pattern = pattern.rstrip("/") + "/*"
    known = joined(parent_of(location), pattern.partition("*")[0].rpartition("/")[0] + "/")
    for kind in sorted(kinds):
        request = PatternRequest(pattern=pattern, kind=kind, span=asset.span, reach="guarded")
        if "*" not in pattern:
            yield from _mentioned(request, parent_of(location), read)
        elif not location.startswith(known):
            yield from _matching(request, location, read)


def _mentioned(
    request: PatternRequest, folder: Location, read: ReadPowers
) -> Iterator[ModuleRequest]:
    suffixes = ("", ".js", ".json", "/index.js") if request.kind == "require" else ("",)
    paths = (request.pattern + suffix for suffix in suffixes)
    if any(
        _is_module(path, folder) and read.kind(joined(folder, path)) == "file" for path in paths
    ):
        yield _request_of(request, request.pattern)


def shape_of(pattern: str) -> str:
    r"""Return a regular expression for a pattern, in which ``*`` matches anything.

    >>> shape_of("./locales/*.js")
    '\\./locales/.*\\.js'
    """
    return ".*".join(re.escape(part) for part in pattern.split("*"))


def _is_module(path: str, referrer: Location) -> bool:
    """Return whether the file can be loaded without an explicit type."""
    if path.endswith(TYPED):
        return "/node_modules/" not in referrer and not path.endswith(_DECLARATIONS)
    return path.endswith((*PROGRAMS, ".json"))


def _is_program_url(asset: AssetRequest, referrer: Location) -> bool:
    """Return whether it is ``new URL('./x.js', import.meta.url)``, as workers are started."""
    is_program = asset.path.endswith((*PROGRAMS, *TYPED)) and "*" not in asset.path
    return asset.is_url and is_program and _is_module(asset.path, referrer)


def _request_of(request: PatternRequest, specifier: str) -> ModuleRequest:
    needs_attribute = request.kind == "import" and specifier.endswith(".json")
    return ModuleRequest(
        specifier=Specifier(specifier),
        kind=request.kind,
        span=request.span,
        reach="guarded",
        attribute_type="json" if needs_attribute else None,
    )


def _request_of_url(asset: AssetRequest) -> ModuleRequest:
    """Return a request for ``new URL('./x.js', import.meta.url)``, which ``import()`` accepts."""
    return ModuleRequest(
        specifier=Specifier(asset.path), kind="import", span=asset.span, reach="guarded"
    )


def asset_files(
    record: ModuleRecord, *, location: Location, read: ReadPowers
) -> Iterator[Location]:
    """Yield the real locations of the files that *record* reads, without duplicates."""
    seen: set[Location] = set()
    for asset in record.assets:
        if asset.path == SELF:
            seen.add(location)
            yield location
        if not asset.path.startswith(".") or _is_program_url(asset, location):
            continue
        for file in _files_of(asset.path, record, location, read):
            canonical = read.canonical(file)
            if canonical not in seen:
                seen.add(canonical)
                yield canonical


def _files_of(
    path: str, record: ModuleRecord, location: Location, read: ReadPowers
) -> Iterator[Location]:
    """Yield the files that an asset reference of a module at *location* matches.

    A folder that contains the module itself is too unspecific: only files that match a pattern or
    that the source names are included, and no code.
    """
    folder = parent_of(location)
    known = path[: path.index("*")].rpartition("/")[0] + "/" if "*" in path else path
    place = joined(folder, known)
    if read.kind(place) == "file":
        yield place
        return
    place = Location(place.rstrip("/") + "/")
    if location.startswith(place):
        yield from _named_files(place, record.file_names, read)
    shape = path[len(known) :] if "*" in path else "*"
    if location.startswith(place) and not shape.strip("*/"):
        return
    whole = re.compile(shape_of(shape))
    for below in files_of_package(place, read):
        if whole.fullmatch(below) and not (location.startswith(place) and _is_code(below)):
            yield joined(place, below)


def _named_files(folder: Location, names: Iterable[str], read: ReadPowers) -> Iterator[Location]:
    """Yield the data files in *folder* whose path is one of *names*."""
    here = frozenset(read.names_in(folder))
    for name in names:
        first = name.removeprefix("./").partition("/")[0]
        if (first in here or first == "..") and not _is_code(name):
            place = joined(folder, name)
            if read.kind(place) == "file":
                yield place


def _is_code(path: str) -> bool:
    return path.endswith(_CODE) and not path.endswith(_DECLARATIONS)


def glob_files(globs: Iterable[str], *, root: Location, read: ReadPowers) -> Iterator[Location]:
    """Yield the real locations of the files below *root* that match one of *globs*.

    ``*`` and ``?`` do not match ``/``, ``**`` does.
    """
    shapes = [re.compile(_glob_shape(glob)) for glob in globs]
    for path in sorted(_walk(root, read)) if shapes else ():
        if any(shape.fullmatch(path) for shape in shapes):
            yield read.canonical(joined(root, path))


def _glob_shape(glob: str) -> str:
    r"""Return a regular expression for a glob.

    >>> _glob_shape("data/**/*.js?n")
    'data/(?:.*/)?[^/]*\\.js[^/]n'
    """
    parts = re.split(r"(\*\*/?|\*|\?)", glob.removeprefix("./"))
    return "".join(_GLOB_PARTS.get(part) or re.escape(part) for part in parts)


_GLOB_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def files_of_package(folder: Location, read: ReadPowers) -> list[str]:
    """Return the paths of the files below *folder*, sorted, or none if there are too many."""
    found = sorted(islice(_walk(folder, read), _MOST + 1))
    return found if len(found) <= _MOST else []


def _walk(folder: Location, read: ReadPowers) -> Iterator[str]:
    """Yield the paths of the files below *folder*, without nested packages.

    Skips links to folders outside of it and to folders that were already visited.
    """
    root = read.canonical(folder)
    seen = {root}
    pending = [""]
    while pending:
        prefix = pending.pop()
        for name in read.names_in(joined(folder, prefix) if prefix else folder):
            kind = read.kind(joined(folder, prefix + name))
            if kind == "directory" and name != "node_modules" and not name.startswith("."):
                real = read.canonical(joined(folder, f"{prefix}{name}/"))
                if real.startswith(root) and real not in seen:
                    seen.add(real)
                    pending.append(f"{prefix}{name}/")
            elif kind == "file":
                yield prefix + name
