"""Sloppy-only syntax, rewritten as strict code."""

from __future__ import annotations

import pytest

from compartment_mapper.compile import apply_edits
from compartment_mapper.scan import scan_module


def rewritten(text: str) -> str:
    source = text.encode()
    return apply_edits(source, scan_module(source, "cjs").edits)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "{ function require() {} } require;",
            "{ function require() {} } require;",
            id="block-function-called-as-a-parameter-of-the-wrapper",
        ),
        pytest.param("x = 017 + 089;", "x = 0o17 + 89;", id="octal-numbers"),
        pytest.param("x = 0 + 0.5 + 0x0f;", "x = 0 + 0.5 + 0x0f;", id="other-numbers"),
        pytest.param("// a.name = 1\nf();", "\nf();", id="comment-that-looks-like-an-assignment"),
        pytest.param(r"x = '\101\0';", r"x = '\x41\0';", id="octal-escapes"),
        pytest.param(r"x = '\08';", r"x = '\x008';", id="nul-before-a-digit"),
        pytest.param(r"x = '\\101';", r"x = '\\101';", id="escaped-backslash"),
        pytest.param("(function () { this })()", "(function () { globalThis })()", id="called"),
        pytest.param("(function () { this }())", "(function () { globalThis }())", id="called-in"),
        pytest.param(
            "!function () { this }()", "!function () { globalThis }()", id="called-after-!"
        ),
        pytest.param(
            "(function () { () => this })()", "(function () { () => globalThis })()", id="in-arrow"
        ),
        pytest.param("(function () { this }).call(x)", None, id="called-with-a-receiver"),
        pytest.param("(function () { 'use strict'; this })()", None, id="strict-function"),
        pytest.param("'use strict'; (function () { this })()", None, id="strict-script"),
        pytest.param("(function () { return function () { this } })()", None, id="inner-function"),
        pytest.param("(function () { class A { x = this } })()", None, id="class-field"),
        pytest.param("f(this, function () {})", None, id="top-level"),
        pytest.param("Function('return this')()", "globalThis", id="Function"),
        pytest.param('new Function("return this;") ()', "globalThis", id="new-Function"),
        pytest.param("x = (new Function('return this;'))()", "x = globalThis", id="parentheses"),
        pytest.param("f(Function('return this'))()", None, id="an-argument"),
        pytest.param("a.Function('return this')()", None, id="another-Function"),
        pytest.param(
            "exports = module.exports = Object.keys || f; exports.f =\nf;",
            'exports = module.exports = Object.keys || f; Reflect.set(exports,"f",\nf);',
            id="exports-that-may-be-frozen",
        ),
        pytest.param("exports = module.exports = f; exports.f = f;", None, id="own-exports"),
        pytest.param(
            "'use strict'; exports = module.exports = Object.keys; exports.f = f;",
            None,
            id="frozen-exports-in-strict-code",
        ),
        pytest.param("var package = 1; package;", "var $h_package = 1; $h_package;", id="reserved"),
        pytest.param(
            "function f(a, b, a) {}", "function f($h_0unused, b, a) {}", id="duplicate-parameters"
        ),
        pytest.param("'function f(a, a) {}'", None, id="duplicate-parameters-in-a-string"),
        pytest.param("delete x;", "delete globalThis.x;", id="deleted-global"),
        pytest.param("var x; delete x;", "var x; !(()=>x);", id="deleted-variable"),
        pytest.param("delete x.y; delete x[0];", None, id="deleted-member"),
        pytest.param("({ package: 1 }).package;", None, id="reserved-word-as-property"),
        pytest.param(
            "function f(public) { ({ public }) }",
            "function f($h_public) { ({ public:$h_public }) }",
            id="reserved-in-shorthand",
        ),
        pytest.param(
            "{ function f() {} } f();",
            "var f,$h_0set=(value)=>{f=value};{ function f() {};$h_0set(f); } f();",
            id="function-in-a-block",
        ),
        pytest.param("{ function f() {} f(); }", None, id="function-used-in-its-block"),
        pytest.param("{ function f() {} } let f;", None, id="name-declared-outside-too"),
    ],
)
def test_sloppy_code_is_rewritten(text: str, expected: str | None) -> None:
    assert rewritten(text) == (text if expected is None else expected)


def test_a_module_is_strict_already() -> None:
    source = b"(function () { this })(); export {};"

    assert "this" in apply_edits(source, scan_module(source, "mjs").edits)


def test_with_is_refused_with_its_place() -> None:
    (refusal,) = scan_module(b"x;\nwith (a) b;", "cjs").refusals

    assert "'with'" in refusal.what
    assert (refusal.span.start, refusal.span.end) == (3, 7)
