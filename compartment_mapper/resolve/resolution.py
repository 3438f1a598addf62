"""What a specifier leads to: a file, a builtin, nothing on purpose, or a failure with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from compartment_mapper.locations import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResolution:
    """A file that exists."""

    #: Its real path: links are followed.
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinResolution:
    """A module of Node itself."""

    #: Without ``node:``, such as ``fs/promises``.
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyResolution:
    """An empty module: what the ``browser`` field means by ``false``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionFailure:
    """Why there is no module, in the words of Node, and without paths of this machine."""

    #: Node's, such as ``ERR_PACKAGE_PATH_NOT_EXPORTED``.
    code: str
    message: str
    #: How to mend it; empty when we don't know.
    hint: str = ""


Resolution = FileResolution | BuiltinResolution | EmptyResolution | ResolutionFailure

#: A specifier longer than this is cut in messages.
_SHOWN_LENGTH = 120


def shown(specifier: str) -> str:
    """Return *specifier* for use in a message, short enough to read.

    >>> shown("a" * 1000)[-4:], len(shown("a" * 1000))
    ('aaa…', 121)
    """
    cut = specifier[:_SHOWN_LENGTH] + "…" if len(specifier) > _SHOWN_LENGTH else specifier
    return cut.encode("utf-8", "replace").decode()


def listed(names: list[str]) -> str:
    """Return the first of *names*, quoted, for a hint.

    >>> listed([".", "./loud"])
    "'.', './loud'"
    """
    first = ", ".join(f"'{shown(name)}'" for name in names[:8])
    return first + (", …" if len(names) > 8 else "")  # noqa: PLR2004 - as many as above
