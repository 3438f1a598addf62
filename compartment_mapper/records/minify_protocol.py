"""The requests to a minifier, and its answers."""

from __future__ import annotations

from dataclasses import dataclass


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
