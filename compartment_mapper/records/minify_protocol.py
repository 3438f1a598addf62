"""Programs that are to be shorter: what a minifier is told of them, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from compartment_mapper.locations import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The functor of a module, as it is stored."""

    text: str
    #: See `edit_table`.
    edits: tuple[str, ...]
    #: Of the map that the installed file has: ``mappings``, and how many sources; None for no map.
    origin: tuple[str, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minified:
    """A functor that does the same."""

    text: str
    #: From it to the sources; what comes from none of them leads to the installed file, which is
    #: counted behind them.
    mappings: str


class MinifyPowers(Protocol):
    """To ask the esbuild of an application."""

    def minified(self, esbuild: Location, programs: Sequence[Program]) -> list[Minified | None]:
        """Return for each program a shorter one; None where none surely does the same.

        Raises:
            InputError: ESBUILD_NOT_USABLE.
        """

    def are_same(self, esbuild: Location, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """Return for each pair of functors whether they only are written differently."""
