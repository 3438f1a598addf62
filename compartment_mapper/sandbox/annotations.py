"""Check values of JavaScript against the annotations of parameters.

Follows typeguard except for booleans: in Python they are integers, in JavaScript they are not
numbers, and a tool that takes an amount must reject ``true``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Literal

import typeguard

_NUMBERS = (int, float, complex)
#: Other users of typeguard in this process keep Python's rules.
_IS_OURS: ContextVar[bool] = ContextVar("checks an argument of a tool", default=False)


def problem_of(value: object, annotation: object) -> str | None:
    """Return the problem with *value*, or None.

    >>> problem_of([1, True], list[int])
    'item 1 of list is a boolean; expected int'
    """
    token = _IS_OURS.set(True)
    try:
        typeguard.check_type(
            value,
            annotation,
            collection_check_strategy=typeguard.CollectionCheckStrategy.ALL_ITEMS,
        )
    except typeguard.TypeCheckError as problem:
        return str(problem)
    finally:
        _IS_OURS.reset(token)
    return None


_Check = Callable[[object, object, tuple[object, ...], typeguard.TypeCheckMemo], None]


def _check_number(
    value: object, origin: object, _args: tuple[object, ...], _memo: typeguard.TypeCheckMemo
) -> None:
    assert isinstance(origin, type)
    if isinstance(value, bool):
        raise typeguard.TypeCheckError(f"is a boolean; expected {origin.__name__}")
    accepted = _NUMBERS[: _NUMBERS.index(origin) + 1]
    if not isinstance(value, accepted):
        raise typeguard.TypeCheckError(f"is not an instance of {origin.__name__}")


def _check_literal(
    value: object, _origin: object, args: tuple[object, ...], _memo: typeguard.TypeCheckMemo
) -> None:
    if not any(type(value) is type(arg) and value == arg for arg in args):
        raise typeguard.TypeCheckError(f"is not one of ({', '.join(map(repr, args))})")


def _maybe_checker(
    origin: object, args: tuple[object, ...], _extras: tuple[object, ...]
) -> _Check | None:
    if not _IS_OURS.get():
        return None
    if origin in _NUMBERS:
        return _check_number
    return _check_literal if origin is Literal and not _has_nested(args) else None


def _has_nested(args: tuple[object, ...]) -> bool:
    return any(not isinstance(arg, int | str | bytes | None) for arg in args)


typeguard.checker_lookup_functions.insert(0, _maybe_checker)
