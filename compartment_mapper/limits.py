"""How large an archive, a map and a policy may be; the runtime reads the same ``limits.json``."""

from __future__ import annotations

import json
from pkgutil import get_data
from typing import TypedDict


class Limits(TypedDict):
    """What an archive may take: more than any application needs, less than a bomb wants."""

    #: Bytes: of a file as it is unpacked, of all, of the directory, of the map.
    file: int
    total: int
    directory: int
    map: int
    #: JSON values in the map, each of which takes memory however short its text; and how deep
    #: those lie that may have any shape.
    values: int
    depth: int
    #: How many bytes a packed one may stand for, and how many may come beside that.
    ratio: int
    slack: int
    #: The latest version of the format that a reader may need: 2.0 has what we read.
    version: int


def _limits() -> Limits:
    text = get_data("compartment_mapper", "limits.json")
    assert text is not None
    value: Limits = json.loads(text)
    return value


LIMITS = _limits()
