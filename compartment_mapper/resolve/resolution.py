"""Results of resolution: a file, a builtin, an empty module, or a failure."""

from __future__ import annotations

from dataclasses import dataclass

from compartment_mapper.locations import Location
from compartment_mapper.text import without_surrogates


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResolution:
    """A file that exists."""

    #: Its real path, following links.
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinResolution:
    """A builtin module of Node."""

    #: Without ``node:``, for example ``fs/promises``.
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyResolution:
    """An empty module: the ``browser`` field has ``false``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionFailure:
    """A failure in Node's words, without paths of this machine."""

    #: Node's code, for example ``ERR_PACKAGE_PATH_NOT_EXPORTED``.
    code: str
    message: str
    #: How to fix it; empty if unknown.
    hint: str = ""


Resolution = FileResolution | BuiltinResolution | EmptyResolution | ResolutionFailure

#: Longer specifiers are truncated in messages.
_SHOWN_LENGTH = 120


def shown(specifier: str) -> str:
    """Return *specifier* for a message, truncated if it is long.

    >>> shown("a" * 1000)[-4:], len(shown("a" * 1000))
    ('aaa…', 121)
    """
    cut = specifier[:_SHOWN_LENGTH] + "…" if len(specifier) > _SHOWN_LENGTH else specifier
    return without_surrogates(cut)


def listed(names: list[str]) -> str:
    """Return the first *names*, quoted, for a hint.

    >>> listed([".", "./loud"])
    "'.', './loud'"
    """
    first = ", ".join(f"'{shown(name)}'" for name in names[:8])
    return first + (", …" if len(names) > 8 else "")  # noqa: PLR2004 - as many as above
