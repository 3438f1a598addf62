"""Regular expressions over source text: how a whole word is matched."""

from __future__ import annotations


def word(name: bytes, before: bytes = rb"\w$.") -> bytes:
    r"""Return a pattern of *name* where none of the characters *before* stands before it.

    The look behind comes after the name: a pattern that begins with a literal is searched for by
    the literal, which is several times as fast as a look behind at every position.

    >>> word(b"this")
    b'this(?<![\\w$.]this)'
    """
    return name + b"(?<![" + before + b"]" + name + b")"
