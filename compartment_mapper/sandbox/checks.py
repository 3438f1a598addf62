"""Checks of arguments against annotations: by pydantic if it is installed, or else by typeguard."""

from __future__ import annotations

from collections.abc import Callable

#: Returns the value for the tool, or raises ValueError with a description of the problem.
Check = Callable[[object], object]


def check_of(annotation: object) -> Check | None:
    """Return the check for *annotation*, or None if it accepts everything."""
    if annotation is object:
        return None
    try:
        from compartment_mapper.sandbox.conversion import (  # noqa: PLC0415 - 150 ms
            UnsupportedError,
            converter_of,
        )
    except ImportError:  # without pydantic 2
        return _plain_check(annotation)
    try:
        return converter_of(annotation)
    except UnsupportedError:  # for example, `typing.TypedDict` before Python 3.12
        return _plain_check(annotation)


def _plain_check(annotation: object) -> Check:
    from compartment_mapper.sandbox.annotations import problem_of  # noqa: PLC0415 - 40 ms

    def check(value: object) -> object:
        problem = problem_of(value, annotation)
        if problem is not None:
            raise ValueError(problem)
        return value

    return check
