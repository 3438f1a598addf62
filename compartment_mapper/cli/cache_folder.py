"""The cache folder of the command line."""

from __future__ import annotations

import hashlib
import os
from pkgutil import get_data

from compartment_mapper.cache.folder import cache_folder
from compartment_mapper.cache.toolchain import toolchain


def maybe_folder() -> str | None:
    """Return the cache folder, if it can be used."""
    found = cache_folder(os.environ)
    return None if found.problem else found.path


def maybe_runtime() -> str | None:
    """Return the identity of the runtime in scripts; None if it is not built."""
    try:
        text = get_data("compartment_mapper", "_runtime/script.js")
    except OSError:
        return None
    return None if text is None else hashlib.sha256(text).hexdigest()


def maybe_toolchain() -> bytes | None:
    """Return the identity of this program, if it can be determined."""
    try:
        return toolchain()
    except OSError:
        return None
