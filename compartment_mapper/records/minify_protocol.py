"""The requests to a minifier, and its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from compartment_mapper.locations import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The stored functor of a module."""

    text: str
    #: See `edit_table`.
    edits: tuple[str, ...]
    #: The source map of the installed file: ``mappings``, and the number of sources; None without
    #: one.
    origin: tuple[str, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minified:
    """An equivalent minified functor."""

    text: str
    #: The mappings from it to the sources; positions without a source map to the installed file,
    #: whose index follows those of the sources.
    mappings: str


class MinifyPowers(Protocol):
    """Minification by the application's esbuild."""

    def minified(self, esbuild: Location, programs: Sequence[Program]) -> list[Minified | None]:
        """Return each program minified, or None where equivalence is not certain.

        Raises:
            InputError: ESBUILD_NOT_USABLE.
        """

    def are_same(self, esbuild: Location, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """Return, for each pair of functors, whether they differ only in formatting."""
