"""The identity of this program: cached values of other versions are not used."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import lru_cache
from importlib.util import find_spec

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: The type stripper and the minifier, which are built from their own sources.
_HELPERS = [os.path.join(_PACKAGE, "_runtime", name) for name in ("strip-types.cjs", "minify.mjs")]
_PARSERS = ("tree_sitter", "tree_sitter_javascript")


@lru_cache(maxsize=1)
def toolchain() -> bytes:
    """Return a digest of our sources, the helpers, the parser and their versions."""
    digest = hashlib.sha256(repr((1, sys.version_info[:3], sys.byteorder)).encode())
    helpers = [path for path in _HELPERS if os.path.exists(path)]
    for path in (*sorted(_sources(_PACKAGE)), *helpers):
        with open(path, "rb") as file:
            content = file.read()
        digest.update(b"%d %s " % (len(content), path.removeprefix(_PACKAGE).encode()) + content)
    for name in _PARSERS:
        spec = find_spec(name)
        folder = os.path.dirname(spec.origin or "") if spec else ""
        for path in sorted(_files(folder, (".so", ".pyd"))):
            found = os.stat(path)
            identity = (name, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            digest.update(repr(identity).encode())
    return digest.digest()


def _sources(folder: str) -> list[str]:
    found = _files(folder, (".py", ".json"))
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir() and not entry.name.startswith("_"):
                found += _sources(entry.path)
    return found


def _files(folder: str, endings: tuple[str, ...]) -> list[str]:
    if not folder:
        return []
    with os.scandir(folder) as entries:
        return [entry.path for entry in entries if entry.name.endswith(endings)]
