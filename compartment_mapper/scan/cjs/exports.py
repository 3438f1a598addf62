"""Find the export names of a CommonJS module, as Node's lexer does.

The lexer (merve, which follows cjs-module-lexer, whose README has the grammar) looks at tokens, not
at values. So do these patterns, each tried where its first word is an identifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from compartment_mapper.scan.syntax.tree import Syntax, string_value

# ASCII-only sets, or non-ASCII sets: others take Python milliseconds to compile.
_WS = r"(?:[\t-\r ]|\u00a0|\ufeff|\u2028|\u2029|//[^\n\r]*(?=[\n\r])|/\*[\s\S]*?\*/)*"
_ID = r"(?![0-9])[^\x00-#%-/:-@\[-^`{-\x7f]+"
_STRING = r"(?:'(?:[^'\\\n]|\\[\s\S])*'|\"(?:[^\"\\\n]|\\[\s\S])*\")"


def _tokens(*parts: str) -> str:
    return _WS.join(parts)


_EXPORTS = rf"(?:module{_WS}\.{_WS})?exports"
_REQUIRE = _tokens("require", r"\(", rf"(?P<required>{_STRING})", r"\)")

_START = re.compile(
    r"module(?<!\wmodule)(?=[\s./])|exports(?<!\wexports)(?=[\s.\[])|Object(?<!\wObject)(?=[\s./])"
    r"|__export(?<!\w__export)(?:Star)?(?=\(require)"
)
_ASSIGN = re.compile(
    _tokens(_EXPORTS, rf"(?:\.{_WS}(?P<name>{_ID})|\[{_WS}(?P<string>{_STRING}){_WS}\])", "=")
)
_MODULE_ASSIGN = re.compile(_tokens("module", r"\.", "exports", "=(?!=)"))
_DEFINE = re.compile(
    _tokens(
        "Object",
        r"\.",
        "defineProperty",
        r"\(",
        _EXPORTS,
        ",",
        f"(?P<string>{_STRING})",
        ",",
        r"\{",
        rf"(?:enumerable{_WS}:{_WS}true{_WS},)?",
        rf"(?:(?P<value>value{_WS}:)|(?P<get>get\b))",
    )
)
_GETTER = re.compile(
    _tokens(
        "",
        rf"(?::{_WS}function(?:{_WS}{_ID})?)?",
        r"\(",
        r"\)",
        r"\{",
        rf"return{_WS}{_ID}",
        rf"(?:\.{_WS}{_ID}|\[{_WS}{_STRING}{_WS}\])?",
        ";?",
        r"\}",
        ",?",
        r"\}",
        r"\)",
    )
)
_STAR = re.compile(
    _tokens(r"(?:__exportStar|__export)\(require", r"\(", f"(?P<required>{_STRING})")
)
_STAR_BINDING = re.compile(
    rf"(?:var|let|const) +(?P<id>{_ID}) *= *(?:[\w$.]*_interopRequireWildcard\()?{_REQUIRE}"
)
#: The lexer's limit.
_MOST_STAR_BINDINGS = 255
_KEYS = re.compile(
    _tokens("Object", r"\.", "keys", r"\(", f"(?P<id>{_ID})", r"\)", r"\.", "forEach")
)
_KEYS_BODY = re.compile(
    _tokens(
        "",
        r"\(",
        "function",
        r"\(",
        f"(?P<key>{_ID})",
        r"\)",
        r"\{",
        "if",
        r"\(",
        r"(?P=key)",
        r"[!=]==",
        r"['\"]default['\"]",
    )
)
_SPREAD = re.compile(rf"\.\.\.(?:{_REQUIRE}|{_ID})")
_PROPERTY = re.compile(
    rf"(?!get{_WS}{_ID}{_WS}\()"
    rf"(?:(?P<name>{_ID}){_WS}(?P<colon>:)?|(?P<string>{_STRING}){_WS}(?P<after>:)){_WS}"
)
_VALUE = re.compile(rf"(?P<require>{_REQUIRE})|{_ID}")
_COMMA = re.compile(rf"{_WS}(?P<mark>[,}}])?")
_SPACE = re.compile(_WS)


class CjsExports:
    """The names and re-exports of one module, collected in order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: dict[str, None] = {}
        self.reexports: dict[str, None] = {}
        self._stars: dict[str, str] | None = None

    def read(self, start: int) -> None:
        """Try the patterns that may begin at character *start*."""
        word = self.text[start]
        if word == "O":
            self._define(start) or self._keys(start)
        elif word == "_":
            if match := _STAR.match(self.text, start):
                self.reexports[_decoded(match["required"])] = None
        elif match := _ASSIGN.match(self.text, start):
            self._add(match["name"] or match["string"])
        elif match := _MODULE_ASSIGN.match(self.text, start):
            self._assign(match.end())

    def _define(self, start: int) -> bool:
        match = _DEFINE.match(self.text, start)
        if match is None:
            return False
        if match["value"] or _GETTER.match(self.text, match.end()):
            self._add(match["string"])
        return True

    def _add(self, literal: str) -> None:
        """Add a name; a name with a lone surrogate cannot be exported."""
        name = _decoded(literal)
        if "\ufffd" not in name:
            self.names[name] = None

    def _keys(self, start: int) -> bool:
        """Match ``Object.keys(_x).forEach(function (key) { … exports[key] = _x[key] … })``."""
        match = _KEYS.match(self.text, start)
        if match is None or not _KEYS_BODY.match(self.text, match.end()):
            return False
        specifier = self._star_bindings().get(match["id"])
        if specifier is not None:
            self.reexports[specifier] = None
        return True

    def _star_bindings(self) -> dict[str, str]:
        if self._stars is None:
            found = islice(_STAR_BINDING.finditer(self.text), _MOST_STAR_BINDINGS)
            self._stars = {match["id"]: _decoded(match["required"]) for match in found}
        return self._stars

    def _assign(self, end: int) -> None:
        """Match ``module.exports =``, which replaces earlier re-exports."""
        self.reexports = {}
        start = _end(_SPACE, self.text, end)
        if match := re.compile(_REQUIRE).match(self.text, start):
            self.reexports[_decoded(match["required"])] = None
        elif self.text.startswith("{", start):
            self._literal(start + 1)

    def _literal(self, position: int) -> None:
        """Read ``{ a, b: c, 'd': e, ...require('f') }``, up to the first more complex part."""
        while True:
            position = _end(_SPACE, self.text, position)
            if match := _SPREAD.match(self.text, position):
                if match["required"]:
                    self.reexports[_decoded(match["required"])] = None
            elif found := _PROPERTY.match(self.text, position):
                match = self._property(found)
                if match is None:
                    return
            else:
                return
            comma = _COMMA.match(self.text, match.end())
            if comma is None or comma["mark"] != ",":
                return
            position = comma.end()

    def _property(self, key: re.Match[str]) -> re.Match[str] | None:
        """Add a property; return the last token that was read, or None to stop."""
        value = key
        if key["colon"] or key["after"]:
            found = _VALUE.match(self.text, key.end())
            if found is None:
                return None
            value = found
        self._add(key["string"] or key["name"])
        if value is not key and value["require"]:
            self.reexports[_decoded(value["required"])] = None
            return None
        return value


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _decoded(literal: str) -> str:
    return string_value(literal[1:-1]) if literal[0] in "'\"" else string_value(literal)


def scan_cjs_exports(syntax: Syntax) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the export names and the specifiers of re-exports, in order of appearance."""
    text = syntax.source.decode("utf-8", "surrogateescape")
    found = CjsExports(text)
    for start in _starts(syntax, text):
        found.read(start)
    return tuple(found.names), tuple(found.reexports)


def _starts(syntax: Syntax, text: str) -> Iterator[int]:
    """Yield the character positions where an identifier may begin an export."""
    offset, before = 0, 0
    for match in _START.finditer(text):
        start = match.start()
        if text[start - 1 : start] in ("$", ".") and (start and match[0][0] != "_"):
            continue
        offset += len(text[before:start].encode("utf-8", "surrogateescape"))
        before = start
        if syntax.path_to(offset)[-1].kind in {"identifier", "property_identifier"}:
            yield start
