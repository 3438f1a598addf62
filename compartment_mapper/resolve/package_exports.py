"""Resolve ``exports`` and ``imports`` of a package.json.

Node's algorithms, from https://nodejs.org/api/esm.html#resolution-algorithm-specification, as pure
functions. They return strings of the package.json; the caller resolves them to files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from compartment_mapper.resolve.resolution import ResolutionFailure, listed, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageTarget:
    """A file of the package."""

    #: A URL reference that begins with ``./``, relative to the package's directory.
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BareTarget:
    """Another package (or a builtin), to resolve from the package's directory."""

    specifier: str


Target = PackageTarget | BareTarget | ResolutionFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """The parameters of resolving the targets of one key."""

    #: The key of ``exports`` or ``imports``.
    key: str
    #: The match of the star in the key; None if the key is not a pattern.
    star: str | None
    is_import: bool
    conditions: frozenset[str]
    #: The name of the package.json in messages.
    file: str


@dataclass(slots=True, kw_only=True)
class _Level:
    """An array or object of targets, partially tried."""

    targets: Iterator[object]
    is_array: bool
    #: The outcome if no further target of this level resolves.
    last: BuildResult


class _Nothing(Enum):
    """A target that does not resolve, without being an error."""

    #: The specification's *undefined*: no condition matched, so the next target is tried.
    UNDEFINED = 1
    #: The specification's *null*: explicitly not exported.
    NULL = 2


BuildResult = Target | _Nothing

#: Path segments that targets must not contain: ``.``, ``..`` and ``node_modules``, encoded or not.
#: DEVIATION: empty segments are allowed, as in Node (DEP0166), contrary to the specification.
_DOT = r"(?:\.|%2e)"
_NODE_MODULES = "".join(
    f"(?:{re.escape(c)}|%{ord(c):02x}|%{ord(c.upper()):02x})" for c in "node_modules"
)
_INVALID_SEGMENT = re.compile(
    rf"(?:^|[\\/])(?:{_DOT}{_DOT}?|{_NODE_MODULES})(?=[\\/]|$)", re.IGNORECASE
)

#: The URL parser's definition of a scheme.
_SCHEME = re.compile("[a-z][a-z0-9+.-]*:", re.IGNORECASE)

#: Keys like array indices, which JavaScript would reorder.
_NUMERIC = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
_LARGEST_INDEX = 0xFFFF_FFFE

#: Characters that the URL parser drops or moves before it reads a path.
_URL_NOISE = re.compile(r"[\t\n\r]")


def exports_resolve(
    exports: object, subpath: str, conditions: frozenset[str], *, file: str = "package.json"
) -> PackageTarget | ResolutionFailure:
    """Resolve *subpath* in *exports*: Node's PACKAGE_EXPORTS_RESOLVE.

    Args:
        exports: The field of the package.json, which is present.
        subpath: ``.`` or a path that begins with ``./``.
        conditions: The active conditions; ``default`` is always active.
        file: The name of the package.json in messages.

    >>> exports_resolve({"./*": "./lib/*.js"}, "./a", frozenset())
    PackageTarget(reference='./lib/a.js')
    """
    # 1. If exports is an Object with both a key starting with "." and a key not starting with
    #    ".", throw an Invalid Package Configuration error.
    keys = list(exports) if isinstance(exports, dict) else []
    with_dot = sum(key.startswith(".") for key in keys)
    if 0 < with_dot < len(keys):
        return _invalid_config(
            file,
            "\"exports\" cannot contain some keys starting with '.' and some not",
        )
    # 2. If subpath is equal to ".", a String, an Array, or an Object without keys starting
    #    with "." is the main export.  3. Otherwise exports is a map of subpaths.
    subpaths = exports if isinstance(exports, dict) and (with_dot or not keys) else {".": exports}
    found = _imports_exports_resolve(subpath, subpaths, conditions, is_import=False, file=file)
    if isinstance(found, PackageTarget | ResolutionFailure):
        return found
    assert not isinstance(found, BareTarget)
    # 4. Throw a Package Path Not Exported error.
    return _path_not_exported(subpath, subpaths, conditions, file=file)


def imports_resolve(
    imports: Mapping[str, object],
    name: str,
    conditions: frozenset[str],
    *,
    file: str = "package.json",
) -> Target:
    """Resolve *name* in *imports*: Node's PACKAGE_IMPORTS_RESOLVE, from step 4 on.

    >>> imports_resolve({"#dep": {"node": "dep", "default": "./dep.js"}}, "#dep", frozenset())
    PackageTarget(reference='./dep.js')
    """
    # 4. Let resolved be the result of PACKAGE_IMPORTS_EXPORTS_RESOLVE; if not null, return it.
    found = _imports_exports_resolve(name, imports, conditions, is_import=True, file=file)
    if isinstance(found, PackageTarget | BareTarget | ResolutionFailure):
        return found
    # 5. Throw a Package Import Not Defined error.
    return import_not_defined(name, imports)


def import_not_defined(name: str, imports: Mapping[str, object]) -> ResolutionFailure:
    """Return the failure for a *name* that matches no key of *imports*."""
    return ResolutionFailure(
        code="ERR_PACKAGE_IMPORT_NOT_DEFINED",
        message=f'Package import specifier "{shown(name)}" is not defined',
        hint=f'"imports" of package.json defines {listed(list(imports))}'
        if imports
        else 'package.json has no "imports"',
    )


def _imports_exports_resolve(
    key: str,
    targets: Mapping[str, object],
    conditions: frozenset[str],
    *,
    is_import: bool,
    file: str,
) -> BuildResult:
    """Node's PACKAGE_IMPORTS_EXPORTS_RESOLVE."""
    # 1. If matchKey ends in "/", then return null.
    # DEVIATION: a pattern may match such a key, as in Node (DEP0155).
    # 2. If matchKey is a key of matchObj and does not contain "*", resolve its target.
    if key in targets and "*" not in key and (is_import or not key.endswith("/")):
        match, star = key, None
    else:
        # 3.-4. Let expansionKeys be the keys of matchObj containing only a single "*", sorted by
        #    PATTERN_KEY_COMPARE; the first one that matches decides.
        matching = [pattern for pattern in targets if _pattern_matches(pattern, key)]
        if not matching:
            return _Nothing.UNDEFINED
        match = min(matching, key=pattern_order)
        base, _, trailer = match.partition("*")
        star = key[len(base) : len(key) - len(trailer)]
    question = _Question(
        key=match, star=star, is_import=is_import, conditions=conditions, file=file
    )
    return _target_resolve(targets[match], question)


def _pattern_matches(pattern: str, key: str) -> bool:
    # 4.1-4.2 The key starts with but is not equal to patternBase, ends with patternTrailer, and
    #    is at least as long as the pattern.
    base, star, trailer = pattern.partition("*")
    return (
        star == "*"
        and "*" not in trailer
        and len(key) >= len(pattern)
        and key.startswith(base)
        and key.endswith(trailer)
    )


def pattern_order(pattern: str) -> tuple[int, int]:
    """Return a key that sorts patterns by specificity: Node's PATTERN_KEY_COMPARE.

    >>> sorted(["./*", "./a/*", "./a/*.js"], key=pattern_order)
    ['./a/*.js', './a/*', './*']
    """
    # 3.-6. The longer prefix before "*" wins, then the longer key.
    return -pattern.index("*"), -len(pattern)


def _target_resolve(target: object, question: _Question) -> BuildResult:
    """Node's PACKAGE_TARGET_RESOLVE with an explicit stack: targets can nest as deeply as JSON."""
    levels = [_Level(targets=iter([target]), is_array=False, last=_Nothing.UNDEFINED)]
    while levels:
        level = levels[-1]
        outcome: BuildResult
        try:
            outcome = _entered(next(level.targets), question, levels)
        except StopIteration:
            levels.pop()
            outcome = level.last
        if isinstance(outcome, PackageTarget | BareTarget):
            return outcome
        if isinstance(outcome, ResolutionFailure) and outcome.code != _INVALID_TARGET:
            return outcome
        if outcome is not _Nothing.UNDEFINED and not _kept_by_array(outcome, levels):
            return outcome
    return _Nothing.UNDEFINED


def _kept_by_array(outcome: BuildResult, levels: list[_Level]) -> bool:
    """Pop *levels* to the nearest array, which continues with its next target; False if none."""
    # 3.2 (Array) Continue the loop on any Invalid Package Target error, and on null.
    while levels and not levels[-1].is_array:
        levels.pop()
    if levels:
        levels[-1].last = outcome
    return bool(levels)


def _entered(target: object, question: _Question, levels: list[_Level]) -> BuildResult:
    """Return the outcome of a plain *target*, or push its nested targets to *levels*."""
    # 1. If target is a String.
    if isinstance(target, str):
        return _text_target(target, question)
    # 2. Otherwise, if target is a non-null Object.
    if isinstance(target, dict):
        # 2.1 If target contains any index property keys, throw Invalid Package Configuration.
        if any(_is_index(key) for key in target):
            return _invalid_config(question.file, '"exports" cannot contain numeric property keys')
        # 2.2 For each property p of target, in object insertion order, if p equals "default" or
        #    conditions contains an entry for p, then resolve; if undefined, continue the loop.
        held = [v for k, v in target.items() if k == "default" or k in question.conditions]
        levels.append(_Level(targets=iter(held), is_array=False, last=_Nothing.UNDEFINED))
        return _Nothing.UNDEFINED
    # 3. Otherwise, if target is an Array: 3.1 if it is empty, return null.
    if isinstance(target, list):
        levels.append(
            _Level(
                targets=iter(target),
                is_array=True,
                last=_Nothing.UNDEFINED if target else _Nothing.NULL,
            )
        )
        return _Nothing.UNDEFINED
    # 4. Otherwise, if target is null, return null.  5. Otherwise throw Invalid Package Target.
    return _Nothing.NULL if target is None else _invalid_target(str(target), question)


def _text_target(target: str, question: _Question) -> BuildResult:
    """Step 1 of PACKAGE_TARGET_RESOLVE."""
    # 1.1 If target does not start with "./":
    if not target.startswith("./"):
        # 1.1.1 If isImports is false, or target begins with "../" or "/", or target is a valid
        #    URL, throw.  1.1.2-3 Return PACKAGE_RESOLVE(target with every "*" replaced).
        if question.is_import and _is_bare(target):
            return BareTarget(specifier=_with_star(target, question))
        return _invalid_target(target, question)
    # 1.2 If target split on "/" or "\" contains "", ".", "..", or "node_modules" segments after
    #    the first "." segment, case insensitive and including percent encoded variants, throw.
    if _has_invalid_segment(target[2:]):
        return _invalid_target(target, question)
    # 1.5-1.6 The same of patternMatch: throw an Invalid Module Specifier error.
    if question.star is not None and _has_invalid_segment(question.star):
        return _invalid_match(question)
    # 1.7 Return the URL resolution of resolvedTarget with every "*" replaced by patternMatch.
    return PackageTarget(reference=_with_star(target, question))


def _with_star(target: str, question: _Question) -> str:
    return target if question.star is None else target.replace("*", question.star)


def _is_bare(target: str) -> bool:
    return not target.startswith(("../", "/")) and not _SCHEME.match(target)


def _has_invalid_segment(text: str) -> bool:
    # URL parsers drop tabs and line ends, which could hide a segment.
    return _INVALID_SEGMENT.search(_URL_NOISE.sub("", text)) is not None


def _is_index(key: str) -> bool:
    return _NUMERIC.fullmatch(key) is not None and float(key) <= _LARGEST_INDEX


_INVALID_TARGET = "ERR_INVALID_PACKAGE_TARGET"


def _invalid_target(target: str, question: _Question) -> ResolutionFailure:
    field = "imports" if question.is_import else "exports"
    place = "main target" if question.key == "." else "target"
    key = "" if question.key == "." else f" for '{shown(question.key)}'"
    return ResolutionFailure(
        code=_INVALID_TARGET,
        message=f'Invalid "{field}" {place} "{shown(target)}" defined{key} '
        f"in the package config {question.file}",
        hint='targets must start with "./" and stay in the package'
        if target[:1] not in {"", "."}
        else "",
    )


def _invalid_match(question: _Question) -> ResolutionFailure:
    request = question.key.replace("*", question.star or "")
    field = "imports" if question.is_import else "exports"
    return ResolutionFailure(
        code="ERR_INVALID_MODULE_SPECIFIER",
        message=f'Invalid module "{shown(request)}" request is not a valid match in pattern '
        f'"{shown(question.key)}" for the "{field}" resolution of {question.file}',
    )


def _invalid_config(file: str, problem: str) -> ResolutionFailure:
    return ResolutionFailure(
        code="ERR_INVALID_PACKAGE_CONFIG", message=f"Invalid package config {file}. {problem}."
    )


def _path_not_exported(
    subpath: str, subpaths: Mapping[str, object], conditions: Iterable[str], *, file: str
) -> ResolutionFailure:
    message = (
        f'No "exports" main defined in {file}'
        if subpath == "."
        else f"Package subpath '{shown(subpath)}' is not defined by \"exports\" in {file}"
    )
    if subpath in subpaths and subpaths[subpath] is not None:
        hint = f"no target matches the conditions {listed(sorted(conditions))}"
    elif subpaths:
        hint = f"the package exports {listed([k for k, v in subpaths.items() if v is not None])}"
    else:
        hint = "the package exports nothing"
    return ResolutionFailure(code="ERR_PACKAGE_PATH_NOT_EXPORTED", message=message, hint=hint)
