"""Node is the oracle: sloppy code that strict evaluation refuses or sees otherwise."""

from __future__ import annotations

from functools import cache

import pytest
from conformance.sloppy_texts import what_is_logged

#: Bodies of a function of ``log``, by what is special about them.
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
    # the rest
    "delete-before-its-declaration": "log(delete a); const a = 1",
    "delete-non-ascii": "var naïve = 1; log(delete naïve, naïve)",
    "octal": "log(010, '\\10', 09)",
    "duplicates": "function f(a, b, a) { return [a, b] } log(f(1, 2, 3))",
}
#: Texts that a directive makes strict: an engine refuses them, and so must what is made of them.
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
#: Of one function.
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
