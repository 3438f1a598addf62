"""Scripts, function bodies and modules; with and without types; sources that SES rejects."""

from __future__ import annotations

import pytest

from compartment_mapper import Sandbox, SandboxError

VALUES = [
    pytest.param("1 + 1", 2, id="a-script-has-the-value-of-its-last-statement"),
    pytest.param("if (1) { 5 } else { 6 }", 5, id="also-of-an-if"),
    pytest.param("let x = 1;", None, id="a-declaration-has-none"),
    pytest.param("'use strict'", "use strict", id="a-directive"),
    pytest.param("", None, id="nothing"),
    pytest.param("Promise.resolve(3)", 3, id="a-promise-is-awaited"),
    pytest.param("({ then(f) { f(4) } })", 4, id="a-thenable-too"),
    pytest.param("return 5", 5, id="a-body-returns"),
    pytest.param("if (true) { return 6 } return 7", 6, id="a-body-returns-early"),
    pytest.param("await 6", 6, id="a-body-that-awaits-has-the-value-of-its-last-expression"),
    pytest.param("const a = await 1\nconst b = 2\na + b", 3, id="without-semicolons"),
    pytest.param("await 1; let x = 2", None, id="and-none-where-that-is-no-expression"),
    pytest.param("for await (const x of [1, 2]) if (x > 1) return x", 2, id="for-await"),
    pytest.param("function f() { return 1 } f()", 1, id="a-return-in-a-function-makes-no-body"),
    pytest.param("const f = async () => { await 1 }; 2", 2, id="nor-does-an-await"),
    pytest.param("await 1; // the end", 1, id="a-comment-at-the-end"),
    pytest.param("export const a = 1; export default 2", {"a": 1, "default": 2}, id="a-module"),
    pytest.param("export const a = await 1", {"a": 1}, id="a-module-that-awaits"),
    pytest.param("export let a = 1; a = 2", {"a": 2}, id="a-live-binding"),
    pytest.param("export function f() {}; export const g = f, n = 3", {"n": 3}, id="functions-stay"),
    pytest.param("import.meta; export const a = typeof import.meta.url", {"a": "undefined"}, id="import.meta"),
    pytest.param("let x: number = 2; x * 2", 4, id="types-are-erased"),
    pytest.param("interface A { b: string }\nconst a: A = { b: 'c' }\nreturn a.b", "c", id="types-in-a-body"),
    pytest.param("type T = 1; export const a = 1 as T", {"a": 1}, id="types-in-a-module"),
    pytest.param("'import(1)' /* import('x') */", "import(1)", id="import-in-text-and-comment"),
    pytest.param("'<!-- a -->' // <!-- b -->", "<!-- a -->", id="html-comments-in-text"),
    pytest.param("`${'import(x)'} <!--`", "import(x) <!--", id="in-templates"),
    pytest.param("let a = 2, b = 0; while (a --> 0) b++; b", 2, id="an-arrow-of-operators"),
    pytest.param("let x = 3; eval('x + 1')", 4, id="direct-eval"),
    pytest.param("new Function('a', 'return a * 2')(4)", 8, id="Function"),
    pytest.param("typeof require + typeof process + typeof fetch", "undefined" * 3, id="nothing-of-node"),
    pytest.param("[typeof URL, new TextEncoder().encode('é').length, atob('YQ==')]", ["function", 2, "a"], id="what-only-computes"),
    pytest.param("new Intl.NumberFormat('en').format(1234.5)", "1,234.5", id="Intl"),
    pytest.param("'this' + typeof this", "thisobject", id="this-is-the-global-object"),
    pytest.param("#!/usr/bin/env node\n1", 1, id="a-hashbang"),
    pytest.param("'\\u2028' + '\u2028'", "\u2028\u2028", id="line-separators"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "value"), VALUES)
def test_a_source_has_its_value(sandbox: Sandbox, source: str, value: object) -> None:
    assert sandbox.evaluate(source) == value


ERRORS = [
    pytest.param("null.x", "TypeError", "Cannot read properties of null (reading 'x')", (1, 6), id="a-script"),
    pytest.param("\n\n  await 1; nope()", "ReferenceError", "nope is not defined", (3, 12), id="a-body"),
    pytest.param("export const a = 1;\nnull.x", "TypeError", "Cannot read properties of null (reading 'x')", (2, 6), id="a-module"),
    pytest.param("const a: number = 1;\n  a.b.c", "TypeError", "Cannot read properties of undefined (reading 'c')", (2, 7), id="behind-types"),
    pytest.param("/* import(1) */ eval('1'); null.x", "TypeError", "Cannot read properties of null (reading 'x')", (1, 33), id="behind-what-is-rewritten"),
    pytest.param("'é𝒳'; null.x", "TypeError", "Cannot read properties of null (reading 'x')", (1, 12), id="columns-are-characters"),
    pytest.param("(() => { throw new RangeError('far') })()", "RangeError", "far", (1, 16), id="thrown"),
    pytest.param("const a = ;", "SyntaxError", "Unexpected token ';'", (1, 11), id="no-javascript"),
    pytest.param("let let = 4", "SyntaxError", "Unexpected strict mode reserved word", (1, 5), id="an-early-error"),
    pytest.param("enum A { b }", "SyntaxError", "TypeScript enum is not supported in strip-only mode", (1, 1), id="more-than-types"),
    pytest.param("throw 5", "Uncaught", "5", None, id="no-error"),
    pytest.param("throw { a: [1] }", "Uncaught", "{ a: [ 1 ] }", None, id="an-object"),
    pytest.param("import('fs')", "Error", "Cannot find module 'fs': the sandbox was given none", (1, 1), id="no-such-module"),
    pytest.param("import 'fs'", "Error", "Cannot find module 'fs': the sandbox was given none", (1, 8), id="no-such-static-module"),
    pytest.param("x = 1", "ReferenceError", "x is not defined", (1, 3), id="strict"),
    pytest.param("throw Object.defineProperty(new Error('m'), 'stack', { get() { throw 1 } })", "Error", "m", None, id="a-hostile-stack"),
    pytest.param("const e = new Error('m'); e.name = { toString() { throw 1 } }; throw e", "Error", "m", (1, 11), id="a-hostile-name"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "name", "message", "place"), ERRORS)
def test_an_error_says_what_and_where(
    sandbox: Sandbox, source: str, name: str, message: str, place: tuple[int, int] | None
) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.evaluate(source, name="the text.js")

    error = caught.value
    assert (error.code, error.name, error.message) == ("JAVASCRIPT_ERROR", name, message)
    assert (error.place and error.place.position) == place
    if error.place is not None:
        assert f"the_text.js:{place[0]}:{place[1]}" in str(error) if place else True
        assert "^" in str(error)


def test_a_trace_names_the_functions_of_the_source(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.evaluate("function inner() {\n null.x }\nfunction outer() { inner() }\nouter()")

    assert caught.value.stack.splitlines() == [
        "    at inner (evaluation.js:2:7)",
        "    at outer (evaluation.js:3:20)",
        "    at evaluation.js:4:1",
    ]


def test_what_a_program_sees_of_a_trace_names_no_place_of_the_host(sandbox: Sandbox) -> None:
    trace = sandbox.evaluate("new Error('x').stack")

    assert isinstance(trace, str)
    assert "compartment:///sandbox/evaluation.js:1:1" in trace
    assert "_runtime" not in trace
    assert "file:" not in trace


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        pytest.param("const a = 1, { b, c: [d = 2] } = { b: 3, c: [] }", "[a, b, d]", [1, 3, 2], id="constants"),
        pytest.param("let a\nvar b = 2\n;[b]", "[typeof a, b]", ["undefined", 2], id="variables-without-semicolons"),
        pytest.param("function f() { return a }; let a = 5", "a = 6; f()", 6, id="functions-see-what-changes"),
        pytest.param("class A { m() { return new A() instanceof A } }", "new A().m()", True, id="classes"),
        pytest.param("const a = await 4; const f = () => a", "f()", 4, id="of-a-body"),
        pytest.param("const a = 1", "const a = 2; a", 2, id="declared-again"),
        pytest.param("globalThis.a = 7", "a", 7, id="global-properties"),
        pytest.param("const a: number = 8", "a", 8, id="with-types"),
        pytest.param("{ let inner = 1 }", "typeof inner", "undefined", id="blocks-keep-theirs"),
    ],
)  # fmt: skip
def test_a_named_compartment_persists_declarations(
    sandbox: Sandbox, first: str, second: str, value: object
) -> None:
    sandbox.drop("kept")
    sandbox.evaluate(first, compartment="kept")

    assert sandbox.evaluate(second, compartment="kept") == value
    assert sandbox.evaluate("typeof a", compartment="other") == "undefined"
    assert sandbox.evaluate("typeof a") == "undefined"


def test_what_one_evaluation_does_to_shared_objects_is_refused(sandbox: Sandbox) -> None:
    for hostile in (
        "Array.prototype.map = 1",
        "tools.x = 1",
        "Object.prototype.y = 1",
        "URL.z = 1",
    ):
        with pytest.raises(SandboxError):
            sandbox.evaluate(hostile)

    assert sandbox.evaluate("[1].map((x) => x + 1)") == [2]


def test_globals_are_given_as_data(sandbox: Sandbox) -> None:
    assert sandbox.evaluate("given.a.push(4); given.a", globals={"given": {"a": [1]}}) == [1, 4]
    assert sandbox.evaluate("typeof given") == "undefined"


def test_the_console_is_captured() -> None:
    with Sandbox() as sandbox:
        done = sandbox.run(
            "console.log('a %d', 1, { b: [1n] }); console.error(new Error('e').message);"
            "console.group('g'); console.warn('in\\nside'); console.groupEnd();"
            "console.assert(1 === 2, 'no'); console.table([1]); console.log(() => 1)"
        )

    assert [(line.level, line.text) for line in done.console] == [
        ("log", "a 1 { b: [ 1n ] }"),
        ("error", "e"),
        ("log", "g"),
        ("warn", "  in\n  side"),
        ("error", "Assertion failed no"),
        ("log", "[ 1 ]"),
        ("log", "[Function (anonymous)]"),
    ]


def test_the_console_is_there_when_it_fails(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.run("console.log('before'); null.x")

    assert [line.text for line in caught.value.console] == ["before"]


def test_printed_objects_are_not_passed_to_their_own_code(sandbox: Sandbox) -> None:
    done = sandbox.run(
        "const got = [];"
        "console.log({ [Symbol.for('nodejs.util.inspect.custom')](...all) { got.push(...all) } });"
        "console.log(new Proxy({}, { get(...all) { got.push('trap'); } })); got.length"
    )

    assert done.value == 0
