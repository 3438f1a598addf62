"""Scan literals that are decoded at run time: base64, hexadecimal, character codes."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator

from compartment_mapper.scan.syntax.tree import Syntax
from compartment_mapper.text import Span

#: A literal that is decoded where it stands.
_HERE = re.compile(
    rb"from\s*\(\s*(['\"`])[\w+/=-]{8,}\1\s*,\s*['\"`](?:base64(?:url)?|hex|binary|latin1)['\"`]"
    rb"|atob\s*\(\s*(['\"`])[\w+/=-]{8,}\2"
)
_CODES = re.compile(rb"from(?:CharCode|CodePoint)\s*\((?:\s*(?:0[xX])?[0-9a-fA-F]+\s*,){5}")
#: A function of the source may decode literals elsewhere in it.
_DECODER = re.compile(
    rb"from\s*\(\s*[\w$.]+(?:\[\w+\])?\s*,\s*['\"`](?:base64|hex)['\"`]|atob\s*\(\s*[\w$]"
)
_LITERAL = re.compile(rb"(['\"`])([A-Za-z0-9+/]{6,}={0,2})\1")
_HEX = re.compile(rb"(?:[2-7][0-9a-f]){4,}")
_SHORTEST = 4


def decoded_literals(syntax: Syntax) -> Iterator[Span]:
    """Yield the literals of *syntax* that it decodes, where that is certain or very likely."""
    source = syntax.source
    if b"atob" not in source and b"from" not in source:
        return
    patterns = [_HERE, _CODES]
    found = [match for pattern in patterns for match in pattern.finditer(source)]
    if _DECODER.search(source):
        found += [match for match in _LITERAL.finditer(source) if _hides_text(match[2])]
    for match in found:
        if syntax.path_to(match.start())[-1].kind != "comment":
            yield Span(match.start(), match.end())


def _hides_text(literal: bytes) -> bool:
    """Return whether *literal* is base64 or hexadecimal of readable text."""
    if _HEX.fullmatch(literal):
        return _is_text(bytes.fromhex(literal.decode()))
    is_marked = literal.endswith(b"=") or (b"+" in literal or b"/" not in literal)
    if len(literal) % 4 or not is_marked:
        return False
    try:
        return _is_text(b64decode(literal, validate=True))
    except Error:
        return False


def _is_text(decoded: bytes) -> bool:
    return len(decoded) >= _SHORTEST and decoded.isascii() and decoded.decode().isprintable()
