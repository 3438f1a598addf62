"""The entry points of a package, and whether a file of it was meant to be published."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.side_effects import has_side_effects

#: The file that Node loads without ``main``.
_DEFAULT = "index.js"


def entry_points_of(descriptor: PackageDescriptor) -> tuple[str, ...]:
    """Return the programs that *descriptor* offers to others, sorted, relative to the package.

    Without extensions: the same file under another one is no other entry point.

    >>> entry_points_of(PackageDescriptor(main="./lib/a.js", programs=("cli.js",)))
    ('cli', 'lib/a')
    """
    found = [*descriptor.programs, *_targets(descriptor.exports)]
    if descriptor.main is not None or descriptor.exports is None:
        found.append(descriptor.main or _DEFAULT)
    if isinstance(descriptor.browser, str):
        found.append(descriptor.browser)
    programs = (_normal(path) for path in found if not _NO_PROGRAM.search(path))
    return tuple(sorted({_EXTENSION.sub("", path) for path in programs}))


#: Declarations of types, data and styles.
_NO_PROGRAM = re.compile(r"\.d\.[cm]?ts\Z|\.(?:json|css|html|wasm|map)\Z")
_EXTENSION = re.compile(r"\.[cm]?js\Z")


def _targets(exports: object) -> Iterator[str]:
    """Yield the targets of ``exports``, of all conditions."""
    pending = [exports]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            pending += value.values()


def _normal(path: str) -> str:
    return re.sub(r"\A(?:\./+)+", "", path)


#: Files that npm always publishes.
_ALWAYS = re.compile(
    r"(?:package\.json|(?:readme|licen[cs]e|changelog|notice)(?:\..*)?)", re.IGNORECASE
)


def is_published(path: str, files: tuple[str, ...] | None, entry_points: tuple[str, ...]) -> bool:
    """Return whether npm publishes the file at *path*, according to ``files``.

    Lenient where npm's rules are unclear: a pattern of a folder matches at any depth.

    >>> is_published("lib/a.js", ("lib",), ()), is_published("setup.js", ("lib",), ())
    (True, False)
    """
    if files is None or _EXTENSION.sub("", path) in entry_points or _ALWAYS.fullmatch(path):
        return True
    patterns = [_normal(glob).strip("/") for glob in files if not glob.startswith("!")]
    if any(not pattern or set(pattern) <= {"*", "/", "."} for pattern in patterns):
        return True
    folders = tuple(f"{pattern}/**" for pattern in patterns)
    return has_side_effects(path, (*patterns, *folders))
