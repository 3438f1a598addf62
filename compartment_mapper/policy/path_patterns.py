"""Patterns of files in a policy: ``./data/**``, ``$TMP/**``, ``/etc/hosts``.

A pattern starts at the working directory (``./``), the root (``/``), the user's home (``$HOME/``)
or the folder for temporary files (``$TMP/``). ``*`` and ``?`` match within one name; ``**`` matches
any number of folders, and at the end also the folder itself.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from compartment_mapper.policy.patterns import cover, within
from compartment_mapper.tables import table

_ANCHORS: tuple[str, ...] = tuple(json.loads(table("authority/scopes.json"))["anchors"])
_MOST_DEEP = 3


def check_path(text: str) -> str:
    """Return why *text* is not a pattern of files, or an empty string.

    >>> check_path("./data/**")
    ''
    >>> check_path("../data")
    "'../data' must start with one of ./, /, $HOME/, $TMP/"
    """
    anchor = _anchor_of(text)
    if anchor is None:
        return f"'{text}' must start with one of {', '.join(_ANCHORS)}"
    if "\0" in text or "\\" in text:
        return f"'{text}': separate folders by '/'"
    names = text.removeprefix(anchor).split("/")
    if names == [""]:
        return f"'{text}': write '{text}**' for all files below, or '{text}*' for those in it"
    if any(name in {"", ".", ".."} for name in names):
        return f"'{text}': a pattern has no '.', '..' or empty names after its start"
    if any("**" in name and name != "**" for name in names):
        return f"'{text}': '**' must be a whole name, as in ./data/**"
    if names.count("**") > _MOST_DEEP:
        return f"'{text}': write '**' at most {_MOST_DEEP} times"
    return ""


def paths_cover(all_of: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Return whether the patterns *all_of* allow all that each of *others* allows.

    The answer is False if this is not certain.
    """
    return cover(all_of, others, _covers)


def paths_within(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return patterns that allow only what both lists allow; where patterns cross, nothing.

    >>> paths_within(("./data/**", "$TMP/**"), ("./**",))
    ('./data/**',)
    """
    return within(one, other, _covers)


def _anchor_of(text: str) -> str | None:
    return next((anchor for anchor in _ANCHORS if text.startswith(anchor)), None)


@lru_cache(maxsize=4096)
def _covers(one: str, other: str) -> bool:
    anchor = _anchor_of(one)
    if anchor is None or anchor != _anchor_of(other):
        return False
    return _names_cover(
        tuple(one.removeprefix(anchor).split("/")), tuple(other.removeprefix(anchor).split("/"))
    )


@lru_cache(maxsize=4096)
def _names_cover(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not one:
        return not other
    if one[0] == "**":
        return _names_cover(one[1:], other) or (bool(other) and _names_cover(one, other[1:]))
    if not other or other[0] == "**":
        return False
    return _name_covers(one[0], other[0]) and _names_cover(one[1:], other[1:])


def _name_covers(one: str, other: str) -> bool:
    if one in {"*", other}:
        return True
    if "*" in other or "?" in other:
        return False
    pattern = re.escape(one).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, other, re.DOTALL) is not None
