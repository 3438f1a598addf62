from __future__ import annotations

import pytest

from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRequest
from compartment_mapper.scan import scan_module


def requests_of(text: str, language: Language = "cjs") -> tuple[ModuleRequest, ...]:
    return scan_module(text.encode(), language).requests


def specifiers(text: str, language: Language = "cjs") -> list[str]:
    return [request.specifier for request in requests_of(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("require('a')", ["a"]),
        ('require("a")', ["a"]),
        ("require(`a`)", ["a"]),
        ("require( /* x */ 'a' )", ["a"]),
        ("require\n('a')", ["a"]),
        ("require('a', 'b')", ["a"]),
        ("require('a').b", ["a"]),
        ("require('a')()", ["a"]),
        ("const { a } = require('a'), b = require('b')", ["a", "b"]),
        ("var x = require('a') || require('b')", ["a", "b"]),
        ("require('a\\x62\\u{63}')", ["abc"]),
        ("require('\\'')", ["'"]),
        ("(require)('a')", ["a"]),
        ("(x ? y : require)('a')", ["a"]),
        ("(require ? y : z)('a')", []),
        ("f(x ? y : require)('a')", []),
        ("(0, require)('a')", ["a"]),
        ("require(a)", []),
        ("require('a' + b)", []),
        ("require(`a${b}`)", []),
        ("require`a`", []),
        ("require()", []),
        ("new require('a')", []),
        ("x.require('a')", []),
        ("module.require('a')", ["a"]),
        ("require.extensions['.js']", []),
        ("// require('a')\n'require(\"b\")'; /require('c')/", []),
        ("myrequire('a'); require2('b')", []),
    ],
)
def test_a_require_of_a_literal_is_a_request(text: str, expected: list[str]) -> None:
    assert specifiers(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "function f(require) { require('a') }",
        "(require => require('a'))()",
        "!function (e, require) { require('./chunk') }()",
        "({ m(require) { require('a') } })",
        "function f() { var require = g; require('a') }",
        "function f() { function require() {} require('a') }",
        "{ let require = g; require('a') }",
        "try {} catch (require) { require('a') }",
    ],
)
def test_a_require_of_an_inner_scope_is_not_a_request(text: str) -> None:
    assert specifiers(text) == []


def test_an_inner_scope_ends() -> None:
    assert specifiers("(function (require) { require('a') })(f); require('b')") == ["b"]


@pytest.mark.parametrize(
    "text",
    [
        "import { createRequire as c } from 'module'; const require = c('/'); require('a')",
        "var require = require || f; require('a')",
    ],
)
def test_a_require_made_at_the_top_of_a_module_counts(text: str) -> None:
    assert "a" in specifiers(text, "mjs")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import('a')", ["a"]),
        ("import(`a`)", ["a"]),
        ("import /* x */ ('a')", ["a"]),
        ("import\n('a')", ["a"]),
        ("import('a', { with: { type: 'json' } })", ["a"]),
        ("const x = { ...import('a') }; [...import('b')]", ["a", "b"]),
        ("import(a)", []),
        ("import('a' + b)", []),
        ("import(`a${b}`)", []),
        ("x.import('a')", []),
        ("({ import(x) {} })", []),
        ("// import('a')\n'import(\"b\")'", []),
        ("`${import('a')}`", ["a"]),
    ],
)
@pytest.mark.parametrize("language", ["mjs", "cjs"])
def test_an_import_call_of_a_literal_is_a_request(
    text: str, expected: list[str], language: Language
) -> None:
    assert specifiers(text, language) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", "always"),
        ("f(", ")", "always"),
        ("{ ", " }", "always"),
        ("const a = 1, b = ", "", "always"),
        ("a = b ? 1 : ", "", "maybe"),
        ("if (a) ", "", "maybe"),
        ("if (a) {} else { ", " }", "maybe"),
        ("a && ", "", "maybe"),
        ("a || ", "", "maybe"),
        ("a ?? ", "", "maybe"),
        ("", " && a", "always"),
        ("a + ", "", "always"),
        ("function f() { ", " }", "maybe"),
        ("const f = () => ", "", "maybe"),
        ("const f = function () { ", " }", "maybe"),
        ("class A { m() { ", " } }", "maybe"),
        ("({ get a() { return ", " } })", "maybe"),
        ("switch (a) { case 1: ", " }", "maybe"),
        ("while (a) ", "", "maybe"),
        ("for (;;) ", "", "maybe"),
        ("for (const a of b) ", "", "maybe"),
        ("try { ", " } catch {}", "guarded"),
        ("try { if (a) { ", " } } catch {}", "guarded"),
        ("function f() { try { ", " } catch {} }", "guarded"),
        ("try {} catch { ", " }", "maybe"),
        ("try {} finally { ", " }", "always"),
        ("try { (() => ", ")() } catch {}", "guarded"),
    ],
)
def test_reach_says_when_a_request_is_made(before: str, after: str, expected: str) -> None:
    (request,) = requests_of(f"{before}require('a'){after}")

    assert request.reach == expected


def test_an_import_call_is_never_always_for_its_failure_is_a_rejection() -> None:
    (plain,) = requests_of("import('a')", "mjs")
    (guarded,) = requests_of("try { await import('a') } catch {}", "mjs")

    assert plain.reach == "maybe"
    assert guarded.reach == "guarded"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a from 'a' with { type: 'json' }", "json"),
        ('import a from "a" with { "type": "text" }', "text"),
        ("import 'a' with { type: 'bytes' }", "bytes"),
        ("export { a } from 'a' with { type: 'json' }", "json"),
        ("export * from 'a' with { type: 'json', }", "json"),
        ("import a from 'a' with {}", None),
        ("import a from 'a' with { other: 'json' }", None),
        ("import a from 'a'", None),
        ("import('a', { with: { type: 'json' } })", "json"),
        ("import('a', { with: {} })", None),
        ("import('a', b)", None),
    ],
)
def test_the_type_attribute_is_read(text: str, expected: str | None) -> None:
    (request,) = requests_of(text, "mjs")

    assert request.attribute_type == expected


def test_a_span_covers_the_literal_with_its_quotes() -> None:
    text = "/* é */ require( 'a' ); import(\"b\")"

    spans = [text.encode()[r.span.start : r.span.end] for r in requests_of(text)]

    assert sorted(spans) == [b'"b"', b"'a'"]


def test_a_module_may_use_both_kinds() -> None:
    requests = requests_of("import 'a'; require('b'); import('c')", "mjs")

    assert {(r.specifier, r.kind) for r in requests} == {
        ("a", "import"),
        ("b", "require"),
        ("c", "import"),
    }


@pytest.mark.parametrize(
    ("text", "uses_import", "uses_meta"),
    [
        ("import('a')", True, False),
        ("import(a)", True, False),
        ("import.meta.url", False, True),
        ("import.meta; import(a)", True, True),
        ("x.import; 'import('", False, False),
    ],
)
def test_what_the_functor_must_be_given_is_known(
    text: str, *, uses_import: bool, uses_meta: bool
) -> None:
    record = scan_module(text.encode(), "mjs")

    assert (record.uses_import, record.uses_import_meta) == (uses_import, uses_meta)


@pytest.mark.parametrize("depth", [1, 13, 14, 40])
def test_import_meta_in_source_that_the_parser_gives_up_on_is_no_request(depth: int) -> None:
    record = scan_module(b"{" * depth + b"(import.meta", "mjs")

    assert (record.requests, record.parse_uncertainty is not None) == ((), True)
