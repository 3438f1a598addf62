"""A cache of type stripping results, by hash, in the analysis cache."""

from __future__ import annotations

from collections.abc import Callable

from compartment_mapper.cache.analyses import Analyses
from compartment_mapper.powers import StripPowers
from compartment_mapper.records.codec import stripped_from_plain, stripped_to_plain
from compartment_mapper.records.type_stripping import StrippedTypes, StripRefusal, Typed


class CachedStripping:
    """`StripPowers` that passes only unknown sources to *stripper*.

    Args:
        analyses: The cache.
        stripper: Strips types.
        identity: Identifies the Node that strips types.
    """

    def __init__(
        self, analyses: Analyses, stripper: StripPowers, identity: Callable[[], str]
    ) -> None:
        self._analyses = analyses
        self._stripper = stripper
        self._identity = identity

    def stripped(self, typed: Typed) -> StrippedTypes | StripRefusal:
        """Return the edits that turn *typed* into JavaScript, or the problem."""
        identity = self._identity().encode("utf-8", "surrogateescape")
        kind = f"{typed.syntax} {typed.language} {typed.jsx}".encode()
        key = self._analyses.key(b"erase", identity, kind, typed.source)
        found = stripped_from_plain(self._analyses.value(key))
        if found is None:
            found = self._stripper.stripped(typed)
            self._analyses.add(key, stripped_to_plain(found))
        return found
