"""Find words in a source by its bytes; the tree then classifies them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from compartment_mapper.scan.syntax.tree import character
from compartment_mapper.text import Span


def is_named_often(source: bytes, name: str, within: Span, limit: int) -> bool:
    """Return whether *name* occurs more than *limit* times in a part of *source*, with members."""
    if name and source.count(name.encode(), within.start, within.end) <= limit:
        return False
    matches = word_pattern(frozenset({name})).finditer(source, within.start, within.end)
    return next(islice(matches, limit, None), None) is not None


def candidate_offsets(
    source: bytes,
    names: frozenset[str],
    within: Span | None = None,
    known: Iterable[int] | None = None,
) -> Iterator[int]:
    """Yield where one of *names* occurs in *source* as a word, but not as ``.name``."""
    if not names:
        return
    start, end = (within.start, within.end) if within else (0, len(source))
    found = known or _found_one_by_one(source, names, Span(start, end))
    if found is None:
        found = [match.start() for match in word_pattern(names).finditer(source, start, end)]
    yield from (offset for offset in found if is_word_start(source, offset))
    for offset, name in _escaped_words(source):
        if start <= offset < end and name in names:
            yield offset


#: With more names, or more positions per name, a single pattern is faster; compiling it costs as
#: much as some hundred positions.
_FEW_NAMES = 64


_FEW_PLACES = 200


#: Each name requires a search over the source: for a long source, only a few names.
_SHORT_TEXT = 50_000


_FEWEST_NAMES = 6


_AFTER_WORD = frozenset(b"$_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _found_one_by_one(source: bytes, names: frozenset[str], within: Span) -> list[int] | None:
    """Return the matches of `word_pattern`, plus some partial words; None if that is slow."""
    start, end = within.start, within.end
    limit = _FEW_NAMES if end - start <= _SHORT_TEXT else _FEWEST_NAMES
    if len(names) > limit or "" in names:
        return None
    places = _FEW_PLACES * len(names) + (end - start) // 50
    found: list[int] = []
    for name in names:
        word = name.encode()
        length = len(word)
        offset = source.find(word, start, end)
        while offset >= 0:
            after = offset + length
            if after >= end or source[after] not in _AFTER_WORD:
                found.append(offset)
            places -= 1
            offset = source.find(word, after, end)
        if places < 0:
            return None
    found.sort()
    return found


@lru_cache(maxsize=4)
def _escaped_words(source: bytes) -> tuple[tuple[int, str], ...]:
    """Return the positions and names of identifiers with Unicode escapes."""
    found: list[tuple[int, str]] = []
    for escape in _ESCAPE.finditer(source):
        start = escape.start()
        while start > 0 and source[start - 1] in _AFTER_WORD:
            start -= 1
        if source[start - 1 : start] in _NOT_BEFORE_ESCAPED:
            continue
        end = escape.end()
        while end < len(source) and source[end] in _AFTER_WORD:
            end += 1
        found.append((start, unescaped(source[start:end].decode("utf-8", "replace"))))
    return tuple(found)


#: An identifier with a Unicode escape, ECMA-262 12.7.
_ESCAPE = re.compile(rb"\\u(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{4})")


#: Characters before a member, and inside a string or a regular expression.
_NOT_BEFORE_ESCAPED = frozenset({b"\\", b".", b"'", b'"', b"/"})


def is_word_start(source: bytes, offset: int) -> bool:
    """Return whether an identifier may begin at *offset* that is not a member (``.name``)."""
    before = source[max(0, offset - 3) : offset]
    if before[-1:] == b".":
        return before == b"..."
    return not before or (before[-1:] not in _NOT_BEFORE and not before[-1:].isalnum())


_NOT_BEFORE = frozenset({b"$", b"_", b"\\"})


@lru_cache(maxsize=256)
def word_pattern(names: frozenset[str]) -> re.Pattern[bytes]:
    """Return a pattern of *names* as whole words; the character before must be checked.

    A prefix tree and a word boundary are four times as fast as a list of alternatives after a
    lookbehind.
    """
    words = frozenset(name for name in names if name[:1].isascii() and name[:1].isidentifier())
    parts = [rb"\b" + _alternatives(words)] if words else []
    parts += [re.escape(name.encode()) for name in sorted(names - words, reverse=True)]
    return re.compile(rb"(?:" + rb"|".join(parts) + rb")(?![\w$])")


def _alternatives(words: frozenset[str]) -> bytes:
    """Return a pattern that matches *words*, with common prefixes factored out."""
    heads = sorted({word[0] for word in words if word})
    tails = {head: frozenset(w[1:] for w in words if w.startswith(head)) for head in heads}
    parts = [re.escape(head.encode()) + _alternatives(tails[head]) for head in heads]
    if not parts:
        return b""
    group = parts[0] if len(parts) == 1 and "" not in words else b"(?:" + b"|".join(parts) + b")"
    return group + b"?" if "" in words else group


def unescaped(name: str) -> str:
    r"""Return an identifier with its Unicode escapes decoded.

    >>> unescaped(r"\u0070rocess")
    'process'
    """
    return re.sub(
        r"\\u(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{4}))",
        lambda escape: character(escape[1] or escape[2]) or escape[0],
        name,
    )


def escaped_words(source: bytes) -> set[str]:
    """Return the identifiers with Unicode escapes in *source*."""
    return {word for _, word in _escaped_words(source)}
