"""Patterns of programs, of their arguments, and of the environment variables that they get."""

from __future__ import annotations

import re

from compartment_mapper.policy.patterns import cover, within

_PROGRAM = re.compile(r"[\w.+-]+|/(?:[^/\0]+/)*[^/\0]+")
_VARIABLE = re.compile(r"[^=*\0]+\*?|\*")

Arguments = tuple[tuple[str, ...], ...] | None


def check_program(text: str) -> str:
    """Return why *text* does not name a program, or an empty string.

    >>> check_program("git"), check_program("/usr/bin/git")
    ('', '')
    """
    if not _PROGRAM.fullmatch(text) or {".", ".."} & set(text.split("/")):
        return f"'{text}' must be a name on the PATH, such as git, or an absolute path"
    return ""


def check_variable(text: str) -> str:
    """Return why *text* does not name environment variables, or an empty string."""
    if not _VARIABLE.fullmatch(text):
        return f"'{text}' must be the name of a variable, or end in '*'"
    return ""


def check_arguments(values: list[object]) -> str:
    """Return why *values* is not a pattern of an argument list, or an empty string.

    ``*`` stands for one argument, and ``**`` at the end for any number.
    """
    if not all(isinstance(value, str) and "\0" not in value for value in values):
        return "the arguments in 'args' must be strings"
    if "**" in values[:-1]:
        return "'**' must be the last argument in a list of 'args'"
    return ""


def arguments_cover(one: Arguments, other: Arguments) -> bool:
    """Return whether *one* allows every argument list that *other* allows; None allows all."""
    if one is None:
        return True
    lists = (("**",),) if other is None else other
    return cover(one, lists, _list_covers)


def arguments_within(one: Arguments, other: Arguments) -> Arguments:
    """Return patterns that allow only what both allow."""
    if one is None or other is None:
        return other if one is None else one
    return within(one, other, _list_covers)


def _list_covers(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if one[:1] == ("**",):
        return True
    if not one or not other:
        return one == other
    if other[0] == "**":
        return False
    return one[0] in {"*", other[0]} and _list_covers(one[1:], other[1:])


def names_cover(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether the names in *one*, which may end in ``*``, cover those in *other*."""
    return cover(one, other, _name_covers)


def names_within(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that both lists cover."""
    return within(one, other, _name_covers)


def _name_covers(one: str, other: str) -> bool:
    return other.startswith(one[:-1]) if one.endswith("*") else one == other
