from __future__ import annotations

import pytest

from compartment_mapper.compile import apply_edits
from compartment_mapper.scan import scan_module, scan_program
from compartment_mapper.scan.evaluated import scan_evaluated
from compartment_mapper.scan.syntax.tree import parse


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        pytest.param("1 + 1", "script", id="an-expression"),
        pytest.param("return 1", "body", id="a-return"),
        pytest.param("await x", "body", id="an-await"),
        pytest.param("for await (const a of b);", "body", id="for-await"),
        pytest.param("if (a) { return }", "body", id="a-return-in-a-block"),
        pytest.param("const f = () => { return 1 }", "script", id="a-return-in-an-arrow"),
        pytest.param(
            "class A { m() { return 1 } static { a.return } }", "script", id="in-a-method"
        ),
        pytest.param("'return' // await", "script", id="in-text-and-comment"),
        pytest.param("export {}", "module", id="an-export"),
        pytest.param("import 'a'; await b", "module", id="an-import"),
        pytest.param("import('a')", "script", id="a-dynamic-import"),
    ],
)
def test_the_source_determines_its_kind(source: str, kind: str) -> None:
    assert scan_evaluated(source.encode(), keeps=False).kind == kind


@pytest.mark.parametrize(
    ("source", "edited"),
    [
        pytest.param("await a; b", "await a; return(b)", id="the-last-expression-is-returned"),
        pytest.param("await a\n b /* c */ // d", "await a\n return(b) /* c */ // d", id="before-comments"),
        pytest.param("await a; if (b) c", "await a; if (b) c", id="other-statements-are-not"),
        pytest.param("await a; return b; c", "await a; return b; c", id="nor-behind-a-return"),
        pytest.param("a; b", "a; b", id="nor-in-a-script"),
    ],
)  # fmt: skip
def test_a_body_has_the_value_of_its_last_expression(source: str, edited: str) -> None:
    found = scan_evaluated(source.encode(), keeps=False)

    assert apply_edits(source.encode(), found.edits) == edited


@pytest.mark.parametrize(
    ("source", "edited", "names"),
    [
        pytest.param("const a = 1;", ";void( a = 1);;", ["a"], id="a-constant"),
        pytest.param("let a, b", ";void( a=undefined, b=undefined);", ["a", "b"], id="without-values"),
        pytest.param("const { a, b: [c = 1], ...d } = e", ";void( { a, b: [c = 1], ...d } = e);", ["a", "c", "d"], id="patterns"),
        pytest.param("f()\nvar a = 1 // b", "f()\n;void( a = 1); // b", ["a"], id="no-call-of-what-is-before"),
        pytest.param("class A {}", ";void(A=class A {});", ["A"], id="a-class"),
        pytest.param("{ let a }", "{ let a }", [], id="a-block-keeps-its-own"),
        pytest.param("for (let a;;);", "for (let a;;);", [], id="a-loop-too"),
    ],
)  # fmt: skip
def test_what_is_declared_becomes_a_variable_of_the_compartment(
    source: str, edited: str, names: list[str]
) -> None:
    found = scan_evaluated(source.encode(), keeps=True)

    assert apply_edits(source.encode(), found.edits) == edited
    assert list(found.declares) == names


def test_functions_are_hoisted() -> None:
    found = scan_evaluated(b"f(); function f() {} async function* g() {}", keeps=True)

    assert found.prologue == ("void(globalThis.f=f);", "void(globalThis.g=g);")


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        pytest.param("a.b(c)", ["a", "c"], id="names-and-not-members"),
        pytest.param("let a; a", [], id="not-what-it-declares"),
        pytest.param("(a, { b }) => a + b + c", ["c"], id="nor-parameters"),
        pytest.param("typeof a; a", [], id="nor-what-it-asks-for"),
        pytest.param("a = 1; b++", ["a", "b"], id="what-it-assigns"),
        pytest.param("({ a, b: c })", ["a", "c"], id="shorthands"),
        pytest.param("'a'; /b/; `c${d}`", ["d"], id="not-in-texts"),
    ],
)
def test_names_that_it_uses_and_does_not_declare(source: str, uses: list[str]) -> None:
    assert list(scan_evaluated(source.encode(), keeps=False).uses) == uses


@pytest.mark.parametrize(
    "source",
    [
        "1 + 1",
        "#!/usr/bin/env node\nawait a",
        "import('a'); import.meta.url; eval('b')",
        "typeof fetch; typeof process === 'object' && typeof own; let own",
        "'<!--' + `-->${x-->y}` /* import( */; tag`eval(${1})`",
        "Array.prototype.last = function () {}; [].last(); Object.defineProperty(Map.prototype, 'k', {})",
        "function A() {} A.prototype.constructor = A; B.prototype.toString = f; RegExp.$1",
        "arguments[0]; module.exports = require('a'); this.b = globalThis; const f = () => this",
        "function f() { return arguments } var await_, yield_; ({ __proto__: null })",
        "const a: number = <any>1",
        "with (a) { 010 }",
    ],
)
def test_rewrites_are_those_of_a_module(source: str) -> None:
    text = source.encode()
    found, whole = scan_program(parse(text)), scan_module(text, "mjs")

    for name in ("prefix", "prologue", "edits", "refusals", "uses_eval", "uses_import"):
        assert getattr(found, name) == getattr(whole, name), name
    assert found.parse_uncertainty == whole.parse_uncertainty
    assert found.has_top_level_await == whole.has_top_level_await
