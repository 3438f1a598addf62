"""Modules in ``data:`` URLs: ``import 'data:text/javascript,export default 1'``.

https://nodejs.org/api/esm.html#data-imports
"""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from compartment_mapper.records.languages import Language
from compartment_mapper.resolve.resolution import ResolutionFailure

_URL = re.compile(r"data:([^/]+/[^,;]+)[^,]*?(;base64)?,(.*)", re.DOTALL)
_LANGUAGES: dict[str, Language] = {"text/javascript": "mjs", "application/json": "json"}
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


@dataclass(frozen=True, slots=True)
class DataModule:
    """The content of such a URL."""

    language: Language
    source: bytes


def data_module(url: str, attribute_type: str | None) -> DataModule | ResolutionFailure:
    """Return the module in *url*, as Node reads it.

    >>> data_module("data:text/javascript;base64,MQ==", None)
    DataModule(language='mjs', source=b'1')
    >>> data_module("data:text/plain,1", None).code
    'ERR_UNKNOWN_MODULE_FORMAT'
    """
    match = _URL.fullmatch(url)
    if match is None:
        return ResolutionFailure(code="ERR_INVALID_URL", message=f"Invalid URL '{_short(url)}'")
    language = _LANGUAGES.get(match[1])
    if language is None:
        return ResolutionFailure(
            code="ERR_UNKNOWN_MODULE_FORMAT",
            message=f"Unknown module format: {match[1]} for URL {_short(url)}",
        )
    if (language == "json") is not (attribute_type == "json"):
        return _wrong_attribute(url, language)
    body = unquote_to_bytes(match[3].partition("#")[0])
    return DataModule(language=language, source=_decoded(body) if match[2] else body)


def _decoded(body: bytes) -> bytes:
    digits = _NO_BASE64.sub(b"", body.replace(b"-", b"+").replace(b"_", b"/"))
    return b64decode(digits + b"=" * (-len(digits) % 4))


def _wrong_attribute(url: str, language: Language) -> ResolutionFailure:
    if language == "json":
        return ResolutionFailure(
            code="ERR_IMPORT_ATTRIBUTE_MISSING",
            message=f"Module '{_short(url)}' needs an import attribute of \"type: json\"",
            hint="write: import data from 'data:…' with { type: 'json' }",
        )
    return ResolutionFailure(
        code="ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE",
        message=f"Module '{_short(url)}' is not of type \"json\"",
        hint="remove the import attribute",
    )


_MOST_SHOWN = 60


def _short(url: str) -> str:
    return url if len(url) <= _MOST_SHOWN else url[:_MOST_SHOWN] + "…"
