"""Lists of patterns: what one list allows of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

_Pattern = TypeVar("_Pattern", str, tuple[str, ...])


def cover(
    all_of: Sequence[_Pattern],
    others: Iterable[_Pattern],
    covers: Callable[[_Pattern, _Pattern], bool],
) -> bool:
    """Return whether *all_of* allow all that each of *others* allows.

    Args:
        all_of: Patterns.
        others: More patterns.
        covers: Whether the first pattern certainly allows everything that the second one allows.
    """
    return all(any(covers(one, other) for one in all_of) for other in others)


def within(
    one: Sequence[_Pattern],
    other: Sequence[_Pattern],
    covers: Callable[[_Pattern, _Pattern], bool],
) -> tuple[_Pattern, ...]:
    """Return the patterns that both lists allow; where patterns cross, nothing."""
    found = {q if covers(p, q) else p for p in one for q in other if covers(p, q) or covers(q, p)}
    return tuple(sorted(found))
