"""Scan how a source is written: obfuscated, hidden from a reader, or minified."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from compartment_mapper.scan.syntax.tree import Syntax
from compartment_mapper.text import Span

#: The names that obfuscators give.
_HEX_NAME = re.compile(rb"\b_0x[0-9a-fA-F]{3,}")
_MOST_HEX_NAMES = 8
#: Code far to the right, which an editor does not show.
_FAR_RIGHT = re.compile(rb"[^\s][ \t]{100,}(?=[^\s])")
#: Characters that reverse the direction of text, and long sequences of invisible ones.
_INVISIBLE = re.compile(
    rb"\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]"
    rb"|(?:\xef\xb8[\x80-\x8f]|\xf3\xa0[\x84-\x87][\x80-\xbf]){8,}"
)
#: Letters that need no escape.
_ESCAPED = re.compile(rb"(?:\\x[2-7][0-9a-fA-F]|\\u00[2-7][0-9a-fA-F]){8,}")
#: Programs of six characters.
_SIX_CHARACTERS = re.compile(rb"[!+\[\]()]{80,}")
_NO_CODE = frozenset({"comment", "string_fragment", "template_string", "regex_pattern"})


def obfuscations(syntax: Syntax) -> Iterator[Span]:
    """Yield where *syntax* is written so that people do not see what it does."""
    source = syntax.source
    if b"_0x" in source:
        yield from (
            Span(*match.span())
            for match in islice(_HEX_NAME.finditer(source), _MOST_HEX_NAMES - 1, _MOST_HEX_NAMES)
        )
    for match in _FAR_RIGHT.finditer(source) if _has_any(source, _WIDE) else ():
        if syntax.path_to(match.end())[-1].kind not in _NO_CODE:
            yield Span(match.end(), match.end() + 1)
    patterns = [_INVISIBLE] if not source.isascii() else []
    patterns += [_ESCAPED] if _has_any(source, (b"\\x", b"\\u00")) else []
    patterns += [_SIX_CHARACTERS] if _has_any(source, (b"![]", b"+[]")) else []
    for pattern in patterns:
        for match in pattern.finditer(source):
            if syntax.path_to(match.start())[-1].kind != "comment":
                yield Span(*match.span())


#: One of them is part of every long sequence of blanks that people write.
_WIDE = (b" " * 25, b"\t" * 25, b" \t \t", b"\t\t  ")


def _has_any(source: bytes, parts: Iterable[bytes]) -> bool:
    """Return whether *source* contains one of *parts*: faster than a pattern that fails."""
    return any(part in source for part in parts)


_LONG = 400
#: As much of a line as is looked at.
_MOST_OF_LINE = 4000
#: Shares of a minified line: few spaces, and the punctuation of code, not of data.
_MOST_SPACES = 0.08
_FEWEST_BRACKETS = 0.03


def minified_line(source: bytes) -> Iterator[Span]:
    """Yield the first line of *source* that is long and dense."""
    offset = 0
    for line in source.split(b"\n"):
        if len(line) >= _LONG and _is_dense(line[:_MOST_OF_LINE]):
            yield Span(offset, offset + 1)
            return
        offset += len(line) + 1


def _is_dense(line: bytes) -> bool:
    spaces = line.count(b" ") + line.count(b"\t")
    brackets = sum(line.count(mark) for mark in (b"(", b")", b"{", b"}"))
    return spaces < _MOST_SPACES * len(line) and brackets > _FEWEST_BRACKETS * len(line)
