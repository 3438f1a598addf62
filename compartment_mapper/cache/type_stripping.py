"""What is left of texts without their types, by their hash: kept with the analyses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from compartment_mapper.cache.analyses import Analyses
from compartment_mapper.records.codec import stripped_from_plain, stripped_to_plain
from compartment_mapper.records.type_stripping import StrippedTypes, StripRefusal, Typed


class _Strips(Protocol):
    def stripped(self, typed: Typed) -> StrippedTypes | StripRefusal: ...


class CachedStripping:
    """`StripPowers` that asks *stripper* only for texts that are not known.

    Args:
        analyses: What is known.
        stripper: Erases.
        identity: By which Node.
    """

    def __init__(self, analyses: Analyses, stripper: _Strips, identity: Callable[[], str]) -> None:
        self._analyses = analyses
        self._stripper = stripper
        self._identity = identity

    def stripped(self, typed: Typed) -> StrippedTypes | StripRefusal:
        """Return how *typed* is edited to be JavaScript, or why it can't be."""
        identity = self._identity().encode("utf-8", "surrogateescape")
        kind = f"{typed.syntax} {typed.language} {typed.jsx}".encode()
        key = self._analyses.key(b"erase", identity, kind, typed.source)
        found = stripped_from_plain(self._analyses.value(key))
        if found is None:
            found = self._stripper.stripped(typed)
            self._analyses.add(key, stripped_to_plain(found))
        return found
