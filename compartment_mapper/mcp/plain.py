"""Arguments of code as JSON, and as people and logs see them."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import datetime

from compartment_mapper.sandbox.values import UNDEFINED, JavaScriptError

#: The bits of the largest double: no JSON number of JavaScript is larger.
_MOST_BITS = 1024
#: The maximum characters of a text in what is shown, the longest that fits.
_LENGTHS = (1500, 500, 200, 80)
_LEAST_PART = 40
#: Categories of characters that change how the others look, or that nobody sees.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})


def as_json(value: object, where: str) -> object:
    """Return *value* as ``JSON.stringify`` would write it: dates are texts.

    Args:
        value: What code passed.
        where: Its place, for the error.

    Raises:
        JavaScriptError: TypeError: JSON has no such value.
    """
    match value:
        case list() | tuple():
            return [
                None if each is UNDEFINED else as_json(each, f"{where}[{index}]")
                for index, each in enumerate(value)
            ]
        case Mapping():
            return {
                _text(key, where): as_json(each, f"{where}.{key}")
                for key, each in value.items()
                if each is not UNDEFINED
            }
        case str():
            return _text(value, where)
        case datetime():
            return value.isoformat()
        case bytes():
            raise _not_json(where, "bytes: encode them, for example as base64")
        case _:
            return _number(value, where)


def _number(value: object, where: str) -> object:
    if value is None or (isinstance(value, int) and value.bit_length() <= _MOST_BITS):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise _not_json(where, "a value that JSON does not have")


def _text(text: str, where: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _not_json(where, "a text with half of a surrogate pair") from None
    return text


def _not_json(where: str, what: str) -> JavaScriptError:
    return JavaScriptError("TypeError", f"{where} is {what}")


def shown(value: object, *, most: int) -> str:
    """Return *value* as JSON of about *most* characters; every member of it is there if possible.

    *value* may contain what JSON does not have. Long texts are cut in their middle, and each cut is
    marked. Characters that hide others are written as escapes.
    """
    texts = (
        json.dumps(_shortened(value, length), indent=2, ensure_ascii=False) for length in _LENGTHS
    )
    fitting = next((text for text in texts if len(text) <= most), None)
    if fitting is not None:
        return visible(fitting)
    if not isinstance(value, Mapping):
        return visible(shortened(json.dumps(_shortened(value, most)), most))
    part = max(_LEAST_PART, most // max(1, len(value)))
    parts = [
        f"  {json.dumps(shortened(key, part), ensure_ascii=False)}: "
        f"{shortened(json.dumps(each, ensure_ascii=False), part)}"
        for key, each in _shortened(value, _LENGTHS[-1]).items()  # type: ignore[attr-defined]
    ]
    return visible("{\n" + ",\n".join(parts) + "\n}")


def visible(text: str) -> str:
    r"""Return *text* with escapes for characters that nobody sees, besides spaces and newlines.

    >>> visible("cod\u202egnp.exe")
    'cod\\u202egnp.exe'
    """
    return "".join(
        json.dumps(each)[1:-1]
        if each not in " \n" and unicodedata.category(each) in _UNSEEN
        else each
        for each in text
    )


def _shortened(value: object, length: int) -> object:
    match value:
        case Mapping():
            return {
                shortened(f"{key}", length): _shortened(each, length) for key, each in value.items()
            }
        case list() | tuple():
            return [_shortened(each, length) for each in value]
        case str():
            return shortened(value, length)
        case bytes():
            return f"<{len(value)} bytes>"
        case _:
            return _described(value)


def _described(value: object) -> object:
    """Return a number, or a text about a value that JSON does not have."""
    try:
        return _number(value, "")
    except JavaScriptError:
        is_large = isinstance(value, int)
        return f"<{type(value).__name__}>" if is_large else f"<{value}>"


def shortened(text: str, length: int) -> str:
    """Return *text* with a mark in its middle if it has more than *length* characters."""
    if len(text) <= length:
        return text
    half = length // 2
    return f"{text[:half]} … {text[-half:]} ({len(text)} characters)"
