"""The ``sideEffects`` field of package.json, for tree shaking.

It is webpack's field, https://webpack.js.org/guides/tree-shaking/; Node ignores it.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PARTS = re.compile(r"\*+|\?|\[[^\]/]+\]|[{},]|[^*?\[\]{},]+|.", re.DOTALL)

_UNCLEAR = re.compile(r"\A!|[\\()]")


def has_side_effects(path: str, globs: tuple[str, ...] | None) -> bool:
    """Return whether evaluating a file may do more than define its exports.

    Args:
        path: Relative to the folder of the nearest package.json, without ``./``.
        globs: Its `PackageDescriptor.side_effects`.

    >>> has_side_effects("a.js", ()), has_side_effects("a.js", None)
    (False, True)
    >>> has_side_effects("lib/a.js", ("*.css", "./lib/{a,b}.js"))
    True
    """
    if globs is None:
        return True
    patterns = [_pattern(glob) for glob in globs]
    return any(pattern is None or pattern.fullmatch(path) for pattern in patterns)


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str] | None:
    """Return a regular expression for *glob*, or None if its meaning is unclear.

    A glob without ``/`` matches names in any folder.
    """
    if _UNCLEAR.search(glob) or any(glob.count(a) != glob.count(b) for a, b in ("{}", "[]")):
        return None
    anywhere = "" if "/" in glob else "(?:.*/)?"
    path = re.sub(r"\A(?:\./+|/+)", "", glob)
    try:
        return re.compile(anywhere + _expression(path), re.DOTALL)
    except re.error:
        return None


def _expression(path: str) -> str:
    written = ""
    depth = 0
    # Two stars match any number of folders; inside a segment they match more than webpack's.
    for part in _PARTS.findall(path.replace("**/", "\0")):
        depth += (part == "{") - (part == "}")
        if part == "," and depth:
            written += "|"
        elif part in _PIECES:
            written += _PIECES[part]
        elif part.startswith("*"):
            written += ".*"
        elif part.startswith("[") and len(part) > 1:
            written += part
        else:
            written += re.escape(part).replace("\0", "(?:.*/)?")
    return written


_PIECES = {"*": "[^/]*", "?": ".", "{": "(?:", "}": ")"}
