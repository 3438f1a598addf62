"""The limits of an archive, a map and a policy; the runtime reads the same ``limits.json``."""

from __future__ import annotations

import json
from typing import TypedDict

from compartment_mapper.tables import table


class Limits(TypedDict):
    """The limits of an archive: above the needs of any application, below those of a zip bomb."""

    #: Bytes: of an unpacked file, of all files, of the central directory, and of the map.
    file: int
    total: int
    directory: int
    map: int
    #: JSON values in the map, each of which takes memory; and the nesting depth of free-form
    #: values.
    values: int
    depth: int
    #: The compression ratio, and the bytes that are allowed in addition.
    ratio: int
    slack: int
    #: The latest format version that the reader supports: 2.0.
    version: int


LIMITS: Limits = json.loads(table("limits.json"))
