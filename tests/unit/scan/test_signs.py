"""Signs: each has a source that shows it, and a similar one that does not."""

from __future__ import annotations

import pytest

from compartment_mapper.records.codec import from_plain, to_plain
from compartment_mapper.records.module_record import SignName
from compartment_mapper.scan import scan_module


def signs_in(text: str) -> list[tuple[SignName, str]]:
    source = text.encode()
    record = scan_module(source, None)
    return [(s.sign, source[s.span.start : s.span.end].decode()) for s in record.signs]


def names_in(text: str) -> set[SignName]:
    return {name for name, _ in signs_in(text)}


_LONG = "f(a){b(c);" * 80 + "}" * 80

SHOWN = [
    ("eval", "eval(text);"),
    ("eval", "(0, eval)(text);"),
    ("eval", "globalThis.eval(text);"),
    ("eval", "const f = new Function('a', text);"),
    ("eval", "setTimeout('run()', 5);"),
    ("eval", "new module.constructor()._compile(text, '');"),
    ("eval", "[].filter.constructor('return process')();"),
    ("eval", "require('vm').runInThisContext(text);"),
    ("eval", "import { compileFunction as c } from 'node:vm'; c(text);"),
    ("computed-request", "require(name);"),
    ("computed-request", "import(name);"),
    ("computed-member", "globalThis[name]();"),
    ("computed-member", "process[name];"),
    ("computed-member", "window[a + b];"),
    ("assembled-name", "require('child' + '_process');"),
    ("assembled-name", 'x["ex"+"ec"]();'),
    ("decoded-literal", "Buffer.from('aHR0cDovLzEyNy4w', 'base64');"),
    ("decoded-literal", "atob('aHR0cDovLzEyNy4w');"),
    ("decoded-literal", "const d = s => Buffer.from(s, 'base64') + ''; f(d('aHR0cA=='));"),
    ("decoded-literal", "const d = s => Buffer.from(s, 'hex') + ''; f(d('63727970746f'));"),
    ("decoded-literal", "String.fromCharCode(104, 116, 116, 112, 58, 47, 47);"),
    ("obfuscated", f"{' '.join(f'_0x{n:04x}();' for n in range(12))}"),
    ("obfuscated", f"f();{' ' * 200}steal();"),
    ("obfuscated", r"f('\x68\x74\x74\x70\x3a\x2f\x2f\x65\x76\x69\x6c');"),
    ("obfuscated", "if (a) { f('\u202e'); }"),
    ("minified", _LONG),
]
NOT_SHOWN = [
    ("eval", "parser.eval(text); Function.prototype.call; typeof eval; // eval(x)"),
    ("eval", "const g = new Function('return this')();"),
    ("eval", "setTimeout(run, 5); new a.constructor(b);"),
    ("eval", "require('vm').isContext(x);"),
    ("computed-request", "require('./a.js'); require(`./locales/${name}.js`);"),
    ("computed-member", "const self = this; self[name]; globalThis['fetch']; list[name];"),
    ("computed-member", "process.argv[2]; window[0];"),
    ("assembled-name", "'a sentence ' + 'of two lines'; 'a' + name; 'x' +\n'y';"),
    ("assembled-name", "// 'child' + '_process'"),
    ("decoded-literal", "Buffer.from(text, 'base64'); atob(text); f('function', 'undefined');"),
    ("decoded-literal", "Array.from('aHR0cDovLzEyNy4w'); String.fromCharCode(65);"),
    ("obfuscated", "_0x1234();"),
    ("obfuscated", f"f(); // {' ' * 200}a comment"),
    ("obfuscated", f"f(`{' ' * 200}text`);"),
    ("obfuscated", r"f('\x1b[31m', '\u00e9');"),
    ("minified", f"const table = [{','.join(map(str, range(400)))}];"),
    ("minified", f"const text = '{'word ' * 200}';"),
]


@pytest.mark.parametrize(("sign", "text"), SHOWN, ids=lambda value: str(value)[:40])
def test_a_sign_is_found(sign: SignName, text: str) -> None:
    assert sign in names_in(text)


@pytest.mark.parametrize(("sign", "text"), NOT_SHOWN, ids=lambda value: str(value)[:40])
def test_similar_code_has_no_sign(sign: SignName, text: str) -> None:
    assert sign not in names_in(text)


def test_the_place_of_a_sign_is_its_code() -> None:
    assert signs_in("let a;\nf('ab' + 'cd');") == [("assembled-name", "'ab' + 'cd'")]


def test_signs_of_one_source_are_limited() -> None:
    assert len(signs_in("eval(x);\n" * 5000)) == 100


def test_signs_survive_the_cache() -> None:
    record = scan_module(b"eval(x); require(y);", "cjs")

    assert len(record.signs) == 2
    assert from_plain(to_plain(record)) == record


def test_an_unknown_sign_in_the_cache_is_rejected() -> None:
    plain = to_plain(scan_module(b"eval(x);", "cjs"))
    assert from_plain(plain) is not None

    plain["signs"] = [["unknown", 0, 1]]

    assert from_plain(plain) is None
