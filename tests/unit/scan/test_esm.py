from __future__ import annotations

import pytest

from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.scan import scan_module


def record_of(text: str) -> ModuleRecord:
    return scan_module(text.encode(), "mjs")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import d from 'm'", [("m", "default", "d")]),
        ("import * as ns from 'm'", [("m", "*", "ns")]),
        ("import { a } from 'm'", [("m", "a", "a")]),
        ("import { a as b } from 'm'", [("m", "a", "b")]),
        ("import { default as d } from 'm'", [("m", "default", "d")]),
        ("import { 'a b' as c } from 'm'", [("m", "a b", "c")]),
        ("import { if as c } from 'm'", [("m", "if", "c")]),
        ("import d, { a } from 'm'", [("m", "default", "d"), ("m", "a", "a")]),
        ("import d, * as ns from 'm'", [("m", "default", "d"), ("m", "*", "ns")]),
        ("import { a, } from 'm'; import { a as b } from 'n'", [("m", "a", "a"), ("n", "a", "b")]),
        ("import {} from 'm'", []),
        ("import 'm'", []),
        ("import{a}from'm'", [("m", "a", "a")]),
        ("import /* x */ d /* y */ from // z\n 'm'", [("m", "default", "d")]),
        ("import { a } from 'm' with { type: 'json' }", [("m", "a", "a")]),
        ("import { from } from 'm'; import as, { as as of } from 'n'",
         [("m", "from", "from"), ("n", "default", "as"), ("n", "as", "of")]),
    ],
)  # fmt: skip
def test_imports_have_entries(text: str, expected: list[tuple[str, str, str]]) -> None:
    record = record_of(text)

    assert [(e.request, e.import_name, e.local_name) for e in record.imports] == expected
    assert {request.specifier for request in record.requests} >= {e[0] for e in expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export const a = 1", [("a", "a")]),
        ("export let a, b = 1", [("a", "a"), ("b", "b")]),
        ("export var a", [("a", "a")]),
        ("export function f() {}", [("f", "f")]),
        ("export async function* f() {}", [("f", "f")]),
        ("export class C {}", [("C", "C")]),
        (
            "export const { a, b: c, d = 1, ...e } = o, [f, [g = 2], ...h] = p",
            [(name, name) for name in "acdefgh"],
        ),
        ("let a; export { a }", [("a", "a")]),
        ("let a; export { a as b, a as default }", [("b", "a"), ("default", "a")]),
        ("let a; export { a as null, a as if }", [("null", "a"), ("if", "a")]),
        ("let a; export { a as 'x y', a as '' }", [("x y", "a"), ("", "a")]),
        ("let a; export { a as '\\u{1F600}\\n' }", [("\U0001f600\n", "a")]),
        ("export default 1", [("default", "$h_default")]),
        ("// is an export\nexport default 1", [("default", "$h_default")]),
        ("`is an export\n`; export\nlet a", [("a", "a")]),
        ("export default a", [("default", "$h_default")]),
        ("export default function () {}", [("default", "$h_default")]),
        ("export default function* () {}", [("default", "$h_default")]),
        ("export default async function () {}", [("default", "$h_default")]),
        ("export default async () => {}", [("default", "$h_default")]),
        ("export default class {}", [("default", "$h_default")]),
        ("export default class extends A {}", [("default", "$h_default")]),
        ("export default (function f() {})", [("default", "$h_default")]),
        ("export default function f() {}", [("default", "f")]),
        ("export default class C {}", [("default", "C")]),
        ("export {}", []),
        ("export default 1; var $h_ = 2", [("default", "$h0_default")]),
    ],
)
def test_local_exports_have_entries(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(e.export_name, e.local_name) for e in record_of(text).local_exports] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export { a } from 'm'", [("a", "m", "a")]),
        ("export { a as b } from 'm'", [("b", "m", "a")]),
        ("export { default } from 'm'", [("default", "m", "default")]),
        ("export { default as d, a as default } from 'm'",
         [("d", "m", "default"), ("default", "m", "a")]),
        ("export { 'a b' } from 'm'", [("a b", "m", "a b")]),
        ("export { 'a b' as 'c d' } from 'm'", [("c d", "m", "a b")]),
        ("export { if, class as else } from 'm'", [("if", "m", "if"), ("else", "m", "class")]),
        ("export * as ns from 'm'", [("ns", "m", "*")]),
        ("export * as default from 'm'", [("default", "m", "*")]),
        ("export * as if from 'm'", [("if", "m", "*")]),
        ("export * as 'n s' from 'm'", [("n s", "m", "*")]),
        ("import { a } from 'm'; export { a as b }", [("b", "m", "a")]),
        ("export { d }; import d from 'm'", [("d", "m", "default")]),
        ("import * as ns from 'm'; export { ns }", [("ns", "m", "*")]),
        ("export {} from 'm'", []),
    ],
)  # fmt: skip
def test_reexports_have_entries(text: str, expected: list[tuple[str, str, str]]) -> None:
    record = record_of(text)

    found = [(e.export_name, e.request, e.import_name) for e in record.indirect_exports]
    assert found == expected
    assert record.local_exports == ()
    assert [request.specifier for request in record.requests] == ["m"]


def test_stars_are_distinct_from_names() -> None:
    record = record_of("export * from 'a'; export * from \"b\"; export * as c from 'c'")

    assert [star.request for star in record.star_exports] == ["a", "b"]
    assert [entry.export_name for entry in record.indirect_exports] == ["c"]


def test_requests_stand_in_the_order_of_evaluation() -> None:
    record = record_of("import 'a'; export * from 'b'; import x from 'a'; export { y } from 'c'")

    assert [(r.specifier, r.kind, r.reach) for r in record.requests] == [
        ("a", "import", "always"),
        ("b", "import", "always"),
        ("a", "import", "always"),
        ("c", "import", "always"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export const a = 1", "fixed"),
        ("export let a = 1", "fixed"),
        ("export let a; a = 1", "live"),
        ("export let a = 0; () => a++", "live"),
        ("export let a = 0; [a] = b", "live"),
        ("export let a; for (a of b);", "live"),
        ("export let a = 0; { let a; a = 1 }", "fixed"),
        ("export let a = 0; (a => a = 1)()", "fixed"),
        ("export var a = 1", "live"),
        ("{ var a } export { a }", "live"),
        ("export function a() {}", "fixed hoisted"),
        ("export function a() {} a = 1", "live hoisted"),
        ("export default function () {}", "fixed hoisted"),
        ("export default function a() {}", "fixed hoisted"),
        ("export default function a() {} a = 1", "live hoisted"),
        ("export default async function* () {}", "fixed hoisted"),
        ("function a() {} export { a as b }", "fixed hoisted"),
        ("export class a {}", "fixed"),
        ("export class a {} a = 1", "live"),
        ("export default class {}", "fixed"),
        ("export default class a {} a = 1", "live"),
        ("export default (function () {})", "fixed"),
        ("export default () => {}", "fixed"),
        ("let a; export default a; a = 1", "fixed"),
        ("let a; export { a as default }; a = 1", "live"),
        ("export const a = 1; a = 2", "live"),
    ],
)
def test_a_binding_is_live_where_it_may_change_and_hoisted_where_it_is_a_function(
    text: str, expected: str
) -> None:
    (entry,) = record_of(text).local_exports

    assert ("live" if entry.live else "fixed") + (" hoisted" if entry.hoisted else "") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import 'a'", "mjs"),
        ("export {}", "mjs"),
        ("import.meta", "mjs"),
        ("await 1", "mjs"),
        ("for await (const a of b);", "mjs"),
        ("const f = async () => { await 1 }", "cjs"),
        ("import('a')", "cjs"),
        ("require('a')", "cjs"),
        ("exports.a = 1", "cjs"),
        ("'import a from \"b\"'; // export {}", "cjs"),
        ("x.import; x.export; x.await", "cjs"),
        ("", "cjs"),
    ],
)
def test_the_source_determines_the_language_if_the_package_does_not(
    text: str, expected: str
) -> None:
    assert scan_module(text.encode(), None).language == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("await 1", True),
        ("if (a) { await b }", True),
        ("export const a = await b", True),
        ("for await (const a of b);", True),
        ("await using a = b", True),
        ("const f = async () => await 1", False),
        ("async function f() { for await (const a of b); }", False),
        ("class A { async m() { await 1 } }", False),
        ("x.await", False),
        ("'await 1' // await", False),
    ],
)
def test_top_level_await_is_distinguished_from_that_of_a_function(
    text: str,
    expected: bool,  # noqa: FBT001 - a row
) -> None:
    assert record_of(text).has_top_level_await is expected


@pytest.mark.parametrize("language", ["json", "text", "bytes"])
def test_data_is_not_read(language: str) -> None:
    record = scan_module(b"import 'a'", language)  # type: ignore[arg-type]

    assert record == ModuleRecord(language=record.language)
    assert record.language == language


@pytest.mark.parametrize(
    ("text", "prefix"),
    [("a", "$h_"), ("$h_a", "$h0_"), ("'$h_' + $h0_", "$h1_"), ("$h0_", "$h_")],
)
def test_the_prefix_of_our_names_occurs_nowhere_in_the_text(text: str, prefix: str) -> None:
    assert record_of(text).prefix == prefix


def test_a_position_of_parse_uncertainty_is_left_to_the_engine() -> None:
    parse_uncertainty = record_of("let a = ;").parse_uncertainty

    assert parse_uncertainty is not None
    assert record_of("let a = 1;").parse_uncertainty is None
