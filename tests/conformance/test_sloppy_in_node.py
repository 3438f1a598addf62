"""Node is the oracle: sloppy code that strict evaluation rejects or evaluates differently."""

from __future__ import annotations

from functools import cache

import pytest
from conformance.sloppy_sources import what_is_logged

#: Bodies of a function of ``log``, by their special feature.
ROWS = {
    # names
    "let": "var let = 3; log(let, { let }); let = 4; log(let)",
    "let-parameter": "function f(let) { return let + 1 } log(f(1), f.name, f.length)",
    "yield": "function f(yield) { return yield + 1 } log(f(3)); var yield = 2; log(yield * 2, { yield })",
    "yield-arrow": "log([1].map((yield) => yield + 1))",
    "static": "var static = 1, public = 2; log(static, public); ({ static } = { static: 5 }); log(static)",
    "arguments-parameter": "function f(arguments) { return arguments } log(f(3))",
    "arguments-variable": "function f(a) { var arguments; return arguments.length } log(f(1, 2))",
    "arguments-variable-with-a-value": "function f() { var arguments = [].slice.call(arguments, 1); return arguments } log(f(1, 2))",
    "arguments-assigned": "function f(a) { arguments = Array.from(arguments); return arguments.concat(a) } log(f(1, 2))",
    "arguments-in-an-arrow": "function f() { return (() => { arguments = [9]; return arguments })() } log(f(1))",
    "arguments-augmented": "function f() { arguments += ''; return typeof arguments } log(f())",
    "arguments-of-each-own": "function f() { arguments = 1; return (function () { return arguments.length })(1, 2, 3) } log(f())",
    "arguments-in-a-catch": "try { throw 4 } catch (arguments) { log(arguments) }",
    "eval-parameter": "function f(eval) { return eval('x') } log(f((x) => x + 1))",
    "eval-variable": "var eval = 3; log(eval)",
    "eval-shorthand": "var eval = 3; log({ eval }); ({ eval } = { eval: 5 }); log(eval)",
    # functions
    "labeled-function": "foo: function g() { return 2 }\nlog(g())",
    "labels-of-a-function": "a: b: function g() { return 2 }\nlog(g())",
    "label-of-a-loop": "a: for (;;) { b: for (;;) break a } log(1)",
    "conditional": "if (true) function f() { return 1 }\nlog(f())",
    "conditional-not-taken": "if (false) function f() { return 1 }\nlog(typeof f)",
    "conditional-else": "if (0) function f() { return 1 } else function f() { return 2 }\nlog(f())",
    "conditional-else-if": "if (0) ; else if (1) function g() {} else function h() {}\nlog(typeof g, typeof h)",
    "two-blocks": "if (0) { function f() { return 1 } } else { function f() { return 2 } } log(f())",
    "block-and-variable": "var f = 1; { function f() {} } log(typeof f)",
    "block-and-function": "function f() { return 1 } { function f() { return 2 } } log(f())",
    "block-and-parameter": "function g(f) { { function f() {} } return typeof f } log(g(1))",
    "block-and-let": "let f = 1; { function f() {} } log(typeof f)",
    "block-not-reached": "if (0) { function f() {} } log(typeof f)",
    "switch": "switch (1) { case 0: function f() { return 1 } case 1: log(f()) } log(typeof f)",
    "own-name-assigned": "(function f() { f = 1; log(typeof f) })()",
    "own-name-assigned-value": "log((function f() { return f = 1 })())",
    "own-name-augmented": "log((function f() { return f += 1 })().length > 3)",
    "own-name-updated": "(function f() { f++; log(typeof f, isNaN(f++)) })()",
    "own-name-in-patterns": "(function f() { [f] = [1]; ({ f } = { f: 2 }); ({ a: f = 3 } = {}); log(typeof f) })()",
    "own-name-after-a-line": "(function f() { var a = f\nf = 2\nlog(typeof f, a === f) })()",
    "own-name-in-a-branch": "(function f() { if (f) f = 1; else f = 2; log(typeof f) })()",
    "own-name-inside": "(function f() { (function () { f = 1 })(); (() => { f = 2 })(); log(typeof f) })()",
    "own-name-a-parameter": "(function f(f) { f = 1; log(f) })()",
    "own-name-a-variable": "(function f() { var f; f = 1; log(f) })()",
    "own-name-a-variable-inside": "(function f() { { let f; f = 1; log(f) } f = 2; log(typeof f) })()",
    "declared-name-assigned": "function f() { f = 1 } f(); log(f)",
    # assignments that fail silently, and the last match
    "name-of-a-function": "var f = function g() {}, x = f.name = 'h'; log(f.name, x)",
    "default-of-a-primitive": "function f(x) {\n  x.a = x.a || []\n  return x } var o = {}; log(f(o), o.a, f('s'), f(1), f(false)); try { f(null) } catch (e) { log(e.name.slice(0, 4)) } try { f() } catch (e) { log(e.name.slice(0, 4)) }",
    "short-default-of-a-primitive": "function f(x) {\n  x.a ??= []\n  x . b ||= {}; return x } var o = {}; log(f(o), o.a, o.b, f('s'), f(1), f(true)); try { f(null) } catch (e) { log(e.name.slice(0, 4)) }",
    "short-default-of-a-primitive-as-a-value": "function f(x) { var a = x.a ??= 7; return a } log(f('s'), f({}), f({ a: 0 })); var g = (y) => y.c ||= 2; log(g('s'), g(f), f.c)",
    "default-of-a-primitive-as-a-value": "function f(x) { var a = x . a = x.a || {}; return a } log(f('s'), f.a); var g = (x) => x.a = x.a || 2; log(g('s'), g(f), f.a)",
    "name-with-a-getter-only": "var o = { get name() { return 1 } }, i = Object.create(o); o.name = 2; i.name = 3; log(o.name, i.name)",
    "name-with-a-setter": "var o = { set name(v) { this.v = v } }; o.name = 2; log(o.v); try { ({ set name(v) { throw new RangeError('no') } }).name = 1 } catch (e) { log(e.name.slice(0, 4)) }",
    "name-of-nothing": "try { null.name = 1 } catch (e) { log(e.name.slice(0, 4)) } try { undefined.name = 1 } catch (e) { log(e.name.slice(0, 4)) }",
    "name-of-a-primitive": "var s = 'a'; s.name = 1; log(s.name)",
    "name-of-what-is-frozen": "var o = Object.freeze({ name: 1 }), p = Object.preventExtensions({}); o.name = 2; p.name = 2; log(o, p)",
    "name-of-a-plain-object": "var o = {}; o . /* c */ name /* d */ = 3; o.p = { q: {} }; o.p.q.name = (function () { var k = {}; k.name = 4; return k.name })(); log(o)",
    "name-in-a-chain": "var a = {}, b = {}; a.name = b.name = 'q'; log(a, b)",
    "name-in-order": "var l = []; function o() { l.push('o'); return {} } o().name = (l.push('v'), 1); log(l)",
    "name-of-a-proxy": "var p = new Proxy({}, { set: function (t, k, v) { t[k] = v + 1; return true } }); p.name = 1; log(p.name)",
    "name-in-a-class": "class A { m(x) { try { x.name = 1 } catch (e) { return e.name.slice(0, 4) } } } log(new A().m(function () {}))",
    "members-copied-to-a-function": "var from = { name: 'x', length: 3, other: 1 }, to = function (a) {}; for (var k in from) to[k] = from[k]; log(to.name, to.length, to.other)",
    "members-copied-to-an-object": "var from = { name: 'x', a: 1 }, to\nto = {}\nfor (var k in from) {\n  var x = 1\n  to[k] = from[k]\n}\nif (true) to[k] = from[k]; else to[k] = from[k];\nvar z = (to[k] = from[k]), y = 1 ? to[k] = from[k] : 2\nlog(to, z, y)",
    "name-by-a-text": "var f = function g() {}; f['name'] = 'h'; f [ \"name\" ] = 'i'; var o = {}; o['name'] = 1; log(f.name, o)",
    "members-of-each-key": "var from = { name: 'x', length: 2, b: 3 }, to = function () {}; for (var key in from) { var value = from[key]; to[key] = value } log(to.name, to.length, to.b)",
    "members-by-a-callback": "var from = { name: 'x', c: 4 }; function to() {} Object.keys(from).forEach((k) => { to[k] = from[k] }); log(to.name, to.c)",
    "members-of-what-a-call-gives": "var n = 0; function get() { n += 1; return function to() {} } var from = { name: 1 }; for (var k in from) get()[k] = from[k]; log(n)",
    "members-of-this": "var from = { name: 2, d: 5 }; function q() {} (function () { for (var k in from) this[k] = from[k] }).call(q); log(q.name, q.d)",
    "members-copied-as-text": "function copy(to, from) { for (var k in from) to[k] = from[k]; return to } log(eval('(' + copy + ')')({}, { name: 1 }))",
    "legacy-regexp-test": "/(\\d+)-(\\w)/.test('ab12-c!'); log(RegExp.$1, RegExp.$2, RegExp.$3, RegExp.lastMatch, RegExp['$&'], RegExp.leftContext, RegExp[\"$'\"], RegExp.lastParen, RegExp.input, RegExp.$_)",
    "legacy-regexp-exec": "var r = /b(.)?/g; r.exec('abxby'); log(r.lastIndex, RegExp.$1, RegExp.lastMatch)",
    "legacy-regexp-global-test": "var r = /b(.)/g, a = []; while (r.test('abxby')) a.push(RegExp.$1, r.lastIndex); log(a)",
    "legacy-regexp-sticky-test": "var r = /(a)/y; r.lastIndex = 1; log(r.test('ba'), r.lastIndex, RegExp.$1)",
    "legacy-regexp-no-match": "/(x)/.test('x'); /(y)/.test('z'); log(RegExp.$1)",
    "legacy-regexp-match": "'k=v'.match(/(\\w)=(\\w)/); log(RegExp.$1, RegExp.$2); log('a1b2'.match(/([a-z])(\\d)/g), RegExp.$1, RegExp.$2)",
    "legacy-regexp-replace": "log('a1b2'.replace(/([a-z])(\\d)/g, '$2$1'), RegExp.$1, 'aXb'.replace('X', 'y'))",
    "legacy-regexp-replace-by-a-function": "log('a1b2'.replace(/([a-z])(\\d)/g, function () { return RegExp.$2 + RegExp.$1 }), 'x-y'.replace(/(x)/, 'z').replace(/(y)/, function () { return RegExp.$1 + '!' }))",
    "legacy-regexp-search": "log('aab'.search(/(b)/), RegExp.$1)",
    "legacy-regexp-other-methods": "var o = { test: function (a, b) { return [this === o, a, b] }, exec: function () { return 'e' } }; log(o.test(1, 2), o.exec()); try { null.test(1) } catch (e) { log(e.name.slice(0, 4)) }",
    "legacy-regexp-lines": "/(q)/\n  .test(\n    'q'\n  ); log(RegExp.$1)",
    "legacy-regexp-condition": "log(/^rgb\\((\\d+)/i.test('RGB(12') ? RegExp.$1 : 'no')",
    # the rest
    "delete-before-its-declaration": "log(delete a); const a = 1",
    "delete-non-ascii": "var naïve = 1; log(delete naïve, naïve)",
    "octal": "log(010, '\\10', 09)",
    "duplicates": "function f(a, b, a) { return [a, b] } log(f(1, 2, 3))",
}
#: Sources that a directive makes strict: an engine rejects them, and their compiled form too.
REFUSED = {
    "duplicates": "function f(a, a) {}",
    "octal": "log(010)",
    "octal-escape": "log('\\10')",
    "reserved": "var public = 1",
    "let": "var let = 1",
    "yield": "var yield = 1",
    "arguments": "function f(arguments) {}",
    "arguments-assigned": "function f() { arguments = 1 }",
    "eval": "var eval = 1",
    "labeled-function": "foo: function g() {}",
    "conditional": "if (1) function f() {}",
    "delete": "var a; delete a",
}
#: In one function.
REFUSED_IN_A_FUNCTION = [
    "function f(a, a) { 'use strict' }",
    "function f(public) { 'use strict' }",
    "function f(eval) { 'use strict' }",
    "function f() { 'use strict'; var arguments = 1 }",
    "class A { m() { var let = 1 } }",
    "class A { m(arguments) {} }",
]


@cache
def answers() -> dict[str, tuple[str, str]]:
    strict = {f"refused: {name}": f"'use strict'; {text}" for name, text in REFUSED.items()}
    return what_is_logged(ROWS | strict | {text: text for text in REFUSED_IN_A_FUNCTION})


@pytest.mark.parametrize("row", ROWS)
def test_sloppy_code_does_what_it_does_in_node(row: str) -> None:
    in_node, compiled = answers()[row]

    assert compiled == in_node
    assert in_node != "[]"
    assert "Error" not in in_node


@pytest.mark.parametrize("row", [*(f"refused: {name}" for name in REFUSED), *REFUSED_IN_A_FUNCTION])
def test_what_is_wrong_in_strict_code_stays_wrong(row: str) -> None:
    in_node, compiled = answers()[row]

    assert "SyntaxError" in in_node
    assert "SyntaxError" in compiled
