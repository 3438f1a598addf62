from __future__ import annotations

import pytest

from compartment_mapper.records.languages import Language
from compartment_mapper.scan import scan_module


def members(text: str, language: Language = "cjs") -> list[str]:
    """Return the members of builtins that *text* uses, with ``…`` after inexact ones."""
    found = scan_module(text.encode(), language).builtin_uses
    return [use.path + ("" if use.exact else "…") for use in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("require('node:fs').existsSync(x)", ["existsSync"]),
        ("const fs = require('fs'); fs.statSync(1); fs['open'](2)", ["statSync", "open"]),
        ("function f() { const fs = require('fs'); return fs.stat }", ["stat"]),
        ("const { readFile: read, stat = 1 } = require('fs')", ["readFile", "stat"]),
        ("const fs = require('fs'); const { openSync } = fs; openSync(x)", ["openSync"]),
        (
            "const { promises: p } = require('fs'); p.stat(); p.open()",
            ["promises.stat", "promises.open"],
        ),
        ("const fs = require('fs'); fs.promises.stat(x)", ["promises.stat"]),
        ("let fs; try { fs = require('fs') } catch {} fs && fs.open()", ["", "open"]),
        ("var fs = typeof window === 'undefined' ? require('fs') : null; fs.close", ["close"]),
        ("var fs = (0, require('fs')); fs.close", ["close"]),
        ("var a = b = require('fs'), b; a.open; b.close", ["close", "open"]),
        ("const agent = new (require('http').Agent)", ["Agent"]),
        ("var f = _interopRequireDefault(require('fs')); f.default.statSync()", ["statSync"]),
        ("const os = __importStar(require('os')); os.EOL", ["EOL"]),
        ("var os = __toESM(require('os'), 1); os.default.cpus()", ["cpus"]),
        (
            "var h = hooks(); h.stat; function hooks() { try { return require('fs') } catch { return {} } }",
            ["stat"],
        ),
        ("const fs = require('fs'), g = fs, h = g; h.open", ["open"]),
    ],
)
def test_the_members_of_a_builtin_are_followed(text: str, expected: list[str]) -> None:
    assert [name for name in members(text) if name] == [name for name in expected if name]


@pytest.mark.parametrize(
    "text",
    [
        "module.exports = require('fs')",
        "const fs = require('fs'); f(fs)",
        "const fs = require('fs'); fs[x]",
        "const { a, ...rest } = require('fs')",
        "require('fs')[`${x}`]",
        "undeclared = require('fs')",
        "const f = () => require('fs'); f().open",
        "function f() { return require('fs') } g(f)",
        "function f() { return require('fs') } f()[x]",
        "const fs = require('fs'); module.exports = { fs }",
        "const a = require('fs'), b = a, c = b, d = c, e = d, f = e; f.open",
        "import('fs').then(fs => fs)",
    ],
)
def test_an_escaping_object_is_used_as_a_whole(text: str) -> None:
    assert "…" in members(text)


@pytest.mark.parametrize(
    "text",
    ["require('fs')", "const fs = require('fs')", "require.resolve('fs')", "x.require('fs').open"],
)
def test_to_request_is_not_to_use(text: str) -> None:
    assert [name for name in members(text) if name] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import { readFile as r, 'open' as o } from 'fs/promises'", ["readFile", "open"]),
        ("import fs from 'fs'; fs.statSync()", ["statSync"]),
        ("import * as fs from 'node:fs'; fs.default.open(); fs.stat", ["open", "stat"]),
        ("import os, { EOL } from 'os'; os.cpus()", ["cpus", "EOL"]),
        ("export { readFile as default } from 'fs'", ["readFile"]),
        ("const { readFile } = await import('fs'); readFile()", ["readFile"]),
        ("export * from 'fs'", ["…"]),
        ("export * as fs from 'fs'", ["…"]),
        ("import fs from 'fs'; export { fs }", ["…"]),
        ("import fs from 'fs'; export default fs", ["…"]),
        ("import 'fs'", []),
    ],
)
def test_imports_are_followed(text: str, expected: list[str]) -> None:
    assert members(text, "mjs") == expected


def test_a_name_that_is_declared_again_is_another() -> None:
    assert members("const fs = require('fs'); function f(fs) { fs.open }") == []


def test_a_minified_name_is_not_followed_for_ever() -> None:
    text = "const e = require('fs'); e.open;" + "e();" * 4000

    assert members(text) == ["…"]
