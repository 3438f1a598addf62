"""The JSON tables of the package, most of which the runtime reads too."""

from __future__ import annotations

from pkgutil import get_data


def table(name: str) -> bytes:
    """Return the JSON of the table *name*, a path in this package: ``limits.json``."""
    text = get_data(__package__, name)
    assert text is not None, name
    return text
