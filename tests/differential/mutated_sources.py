"""Sources made wrong: cut, with bytes flipped, with odd text, or with tokens changed."""

from __future__ import annotations

import random
import re

from differential.generator import PACKAGE, program

# Sources


_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")


#: Text to insert into a source.
_ODD = (
    *(b"\0", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80\xa8", b"\xef\xbb\xbf"),
    *(rb"'\ud800'", rb"\ud83d", rb"\u{d800}", rb"\u{}", rb"\u{1", rb"\u{110000}", rb"\u{99999999}", rb"\x", rb"\8"),
    *(b"`", b"${", b"}", b"/*", b"*/", b"-->", b"<!--", b"import(", b"export ", b"await ", b"yield ", b"#!", b"#x"),
    *(b"=>", b"?.", b"...", b"//\n", b'"', b"\\\n", b"async ", b"static{", b"new.target", b"super(", b"eval(", b"let "),
    *(b"(" * 3000, b"[" * 3000 + b"]" * 3000, b"{" * 2000, b"`${" * 500, b"a=>" * 1500, b"!" * 4000, b"a?b:" * 1500),
    *(b"import.meta", b"with(a)", b"'use strict';", b"arguments", b"var eval;", b"delete a;", b"0777", b"return"),
)  # fmt: skip


def mutated_source(randomness: random.Random) -> bytes:
    """Return the source of a generated module with one to three mutations."""
    modules = program(randomness.randrange(10**6), 0).modules
    text = randomness.choice(modules).text.replace(PACKAGE, "a").encode()
    for _ in range(randomness.choice((1, 1, 2, 3))):
        text = randomness.choice(_CHANGES)(text, randomness)
    return text


def cut(text: bytes, randomness: random.Random) -> bytes:
    return text[: randomness.randrange(len(text) + 1)]


def flipped(text: bytes, randomness: random.Random) -> bytes:
    place = randomness.randrange(len(text) + 1)
    return text[:place] + bytes([randomness.randrange(256)]) + text[place + 1 :]


def with_odd(text: bytes, randomness: random.Random) -> bytes:
    place = randomness.randrange(len(text) + 1)
    return text[:place] + randomness.choice(_ODD) + text[place:]


def _with_tokens_changed(text: bytes, randomness: random.Random) -> bytes:
    tokens = _TOKEN.findall(text) or [b";"]
    one, other = randomness.randrange(len(tokens)), randomness.randrange(len(tokens))
    match randomness.randrange(3):
        case 0:
            del tokens[one]
        case 1:
            tokens.insert(one, tokens[other])
        case _:
            tokens[one], tokens[other] = tokens[other], tokens[one]
    return b"".join(tokens)


_CHANGES = (cut, flipped, with_odd, with_odd, _with_tokens_changed, _with_tokens_changed)
