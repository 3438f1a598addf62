"""What is left of texts without their types, by their hash: kept with the analyses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from compartment_mapper.cache.analyses import Analyses
from compartment_mapper.records.codec import erasure_from_plain, erasure_to_plain
from compartment_mapper.records.type_stripping import Erasure, ErasureRefusal, Typed


class _Erases(Protocol):
    def erased(self, typed: Typed) -> Erasure | ErasureRefusal: ...


class KnownErasures:
    """`ErasePowers` that asks *eraser* only for texts that are not known.

    Args:
        analyses: What is known.
        eraser: Erases.
        identity: By which Node.
    """

    def __init__(self, analyses: Analyses, eraser: _Erases, identity: Callable[[], str]) -> None:
        self._analyses = analyses
        self._eraser = eraser
        self._identity = identity

    def erased(self, typed: Typed) -> Erasure | ErasureRefusal:
        """Return how *typed* is edited to be JavaScript, or why it can't be."""
        identity = self._identity().encode("utf-8", "surrogateescape")
        kind = f"{typed.syntax} {typed.language} {typed.jsx}".encode()
        key = self._analyses.key(b"erase", identity, kind, typed.source)
        found = erasure_from_plain(self._analyses.value(key))
        if found is None:
            found = self._eraser.erased(typed)
            self._analyses.add(key, erasure_to_plain(found))
        return found
