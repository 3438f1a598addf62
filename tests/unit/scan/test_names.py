from __future__ import annotations

import pytest

from compartment_mapper.scan.syntax.names import Occurrence, occurrences
from compartment_mapper.scan.syntax.tree import parse
from compartment_mapper.scan.syntax.words import candidate_offsets
from compartment_mapper.text import Span


def found(text: str, *names: str) -> list[Occurrence]:
    return occurrences(parse(text.encode()), names or ("x",))


def roles(text: str) -> list[str]:
    """Return ``role scope`` for each occurrence of ``x``, in order."""
    return [f"{occurrence.role} {occurrence.scope}" for occurrence in found(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let x = 1; x", ["binding top", "read top"]),
        ("const x = 1", ["binding top"]),
        ("var x", ["binding top"]),
        ("using x = y", ["binding top"]),
        ("function x() {}", ["binding top"]),
        ("function* x() {}", ["binding top"]),
        ("async function x() {}", ["binding top"]),
        ("async function* x() {}", ["binding top"]),
        ("class x { m() { x } }", ["binding top", "read top"]),
        ("export let x", ["binding top"]),
        ("export function x() {}", ["binding top"]),
        ("export default function x() {}", ["binding top"]),
        ("export default class x {}", ["binding top"]),
        ("{ let x; x } x", ["binding inner", "read inner", "read free"]),
        ("{ var x } x", ["binding top", "read top"]),
        ("if (a) { const x = 1 } x", ["binding inner", "read free"]),
        ("switch (1) { case 1: let x; x } x", ["binding inner", "read inner", "read free"]),
        ("for (let x of y) x; x", ["binding inner", "read inner", "read free"]),
        ("for (const [x] of y) x; x", ["binding inner", "read inner", "read free"]),
        ("for (let x = 0;;) x; x", ["binding inner", "read inner", "read free"]),
        ("for (var x of y); x", ["binding top", "read top"]),
        ("for (var x = 0;;); x", ["binding top", "read top"]),
        ("try {} catch (x) { x } x", ["binding inner", "read inner", "read free"]),
        ("try {} catch ({ a: [x] }) { x } x", ["binding inner", "read inner", "read free"]),
        ("class A { static { var x; x } } x", ["binding inner", "read inner", "read free"]),
    ],
)
def test_a_declaration_binds_in_its_scope(text: str, expected: list[str]) -> None:
    assert roles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("function f(x) { x } x", ["binding inner", "read inner", "read free"]),
        ("function f(...x) { x } x", ["binding inner", "read inner", "read free"]),
        ("function f({ x }) { x } x", ["binding inner", "read inner", "read free"]),
        ("function f({ a: x = 1 }) { x } x", ["binding inner", "read inner", "read free"]),
        ("function f({ x = 1 }) { x } x", ["binding inner", "read inner", "read free"]),
        ("function f([, x]) { x } x", ["binding inner", "read inner", "read free"]),
        ("function f(a = x) {}", ["read free"]),
        ("function f(x, a = x) {}", ["binding inner", "read inner"]),
        ("function f() { var x } x", ["binding inner", "read free"]),
        ("function f() { { var x } x }", ["binding inner", "read inner"]),
        ("x => x", ["binding inner", "read inner"]),
        ("async x => x", ["binding inner", "read inner"]),
        ("(x) => x; x", ["binding inner", "read inner", "read free"]),
        ("({ x }) => x", ["binding inner", "read inner"]),
        ("x => { { x } }", ["binding inner", "read inner"]),
        ("({ m(x) { x } }); x", ["binding inner", "read inner", "read free"]),
        ("({ set m(x) { x } })", ["binding inner", "read inner"]),
        ("class A { m(x) { x } static s() { x } }", ["binding inner", "read inner", "read free"]),
        ("class A { constructor(x) { this.x = x } }", ["binding inner", "read inner"]),
        ("(function x() { x }); x", ["binding inner", "read inner", "read free"]),
        ("(function* x() { x }); x", ["binding inner", "read inner", "read free"]),
        ("(class x { m() { x } }); x", ["binding inner", "read inner", "read free"]),
    ],
)
def test_a_function_hides_what_it_binds(text: str, expected: list[str]) -> None:
    assert roles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ function x() {} } x", ["binding inner", "read top"]),
        ("if (a) { function x() {} } x", ["binding inner", "read top"]),
        ("if (a) function x() {}; x", ["binding top", "read top"]),
        ("function f() { { function x() {} } x } x", ["binding inner", "read inner", "read free"]),
        ("{ class x {} } x", ["binding inner", "read free"]),
    ],
)
def test_a_function_in_a_block_counts_for_the_function_around_it(
    text: str, expected: list[str]
) -> None:
    """Annex B.3.2; not for classes."""
    assert roles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import x from 'a'; x", ["binding top", "read top"]),
        ("import * as x from 'a'", ["binding top"]),
        ("import { x } from 'a'", ["binding top"]),
        ("import { y as x } from 'a'", ["binding top"]),
        ("import { default as x } from 'a'", ["binding top"]),
        ("import { 'y' as x } from 'a'", ["binding top"]),
        ("import { x as y } from 'a'", []),
        ("let x; export { x }", ["binding top", "export top"]),
        ("let x; export { x as y }", ["binding top", "export top"]),
        ("export { y as x }", []),
        ("export { x } from 'a'", []),
        ("export { x as y } from 'a'", []),
        ("export { y as x } from 'a'", []),
        ("export * as x from 'a'", []),
        ("export default x", ["read free"]),
    ],
)
def test_clauses_bind_or_refer_or_name_what_is_elsewhere(text: str, expected: list[str]) -> None:
    assert roles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1", "write"),
        ("(x) = 1", "write"),
        ("[x] = y", "write"),
        ("[...x] = y", "write"),
        ("[x = 1] = y", "write"),
        ("({ x } = y)", "write"),
        ("({ x = 1 } = y)", "write"),
        ("({ a: x } = y)", "write"),
        ("({ a: [x] } = y)", "write"),
        ("({ ...x } = y)", "write"),
        ("for (x of y);", "write"),
        ("for (x in y);", "write"),
        ("for ({ x } of y);", "write"),
        ("for ([x] of y);", "write"),
        ("x += 1", "update"),
        ("x ??= 1", "update"),
        ("x **= 1", "update"),
        ("x++", "update"),
        ("--x", "update"),
        ("(x)++", "update"),
        ("typeof x", "typeof"),
        ("typeof (x)", "typeof"),
        ("typeof x.y", "read"),
        ("delete x", "read"),
        ("void x", "read"),
        ("new x", "read"),
        ("x()", "read"),
        ("x`a`", "read"),
        ("`${x}`", "read"),
        ("({ x })", "read"),
        ("({ a: x })", "read"),
        ("({ [x]: 1 })", "read"),
        ("[x]", "read"),
        ("[...x]", "read"),
        ("y[x]", "read"),
        ("y = x", "read"),
        ("[y = x] = z", "read"),
        ("x.y = 1", "read"),
        ("x[0]++", "read"),
        ("class A { x = x }", "read"),
        ("class A extends x {}", "read"),
        ("for (y of x);", "read"),
        ("throw x", "read"),
    ],
)
def test_a_reference_has_one_role(text: str, expected: str) -> None:
    assert roles(text) == [f"{expected} free"]


@pytest.mark.parametrize(
    "text",
    [
        "a.x",
        "a?.x",
        "a\n  .x",
        "({ x: 1 })",
        "({ x() {} })",
        "({ get x() {} })",
        "({ 'x': 1 })",
        "class A { x() {} }",
        "class A { x }",
        "class A { #x; m() { return #x in this } }",
        "x: for (;;) break x",
        "x: for (;;) continue x",
        "'x'",
        "`x`",
        "/x/",
        "/x/x",
        "// x",
        "/* x */",
        "new.target.x",
        "import.meta.x",
        "$x + x$ + x1 + éx",
    ],
)
def test_other_occurrences_are_not_references(text: str) -> None:
    assert [o for o in found(text) if o.scope == "free"] == []


@pytest.mark.parametrize("text", [r"\u0078 = 1", r"\u{78} = 1", r"\u{000078} = 1", r"[\u0078] = y"])
def test_an_identifier_may_be_written_with_escapes(text: str) -> None:
    assert roles(text) == ["write free"]


def test_an_escape_may_stand_within_an_identifier() -> None:
    assert [o.name for o in found(r"ab\u0063; abc; 'ab\u0063'", "abc")] == ["abc", "abc"]


def test_names_are_distinguished_and_in_source_order() -> None:
    text = "let a = b; { let b = a }"

    occurring = [(o.name, o.role, o.scope) for o in found(text, "a", "b")]

    assert occurring == [
        ("a", "binding", "top"),
        ("b", "read", "free"),
        ("b", "binding", "inner"),
        ("a", "read", "top"),
    ]


def test_a_span_covers_the_identifier_in_bytes() -> None:
    (occurrence,) = found("/* é */ x")

    assert occurrence.span == Span(9, 10)


def test_the_innermost_of_some_kinds_is_found_around_a_name() -> None:
    (occurrence,) = found("function f() { if (a) { x } }")

    inner = occurrence.enclosing("if_statement", "function_declaration")

    assert inner is not None
    assert inner.kind == "if_statement"
    assert occurrence.enclosing("class_declaration") is None


def test_candidates_are_words_that_no_dot_precedes() -> None:
    source = b"x .x ...x xx $x x.y"

    assert list(candidate_offsets(source, frozenset({"x"}))) == [0, 8, 16]
    assert list(candidate_offsets(source, frozenset())) == []


TEXT = b"// a\nfunction f(a, { b = [c] }) { return `x${a.b(c)}` + /d/.e }\n\nlet g = ) h;  \n"


@pytest.mark.parametrize("step", [1, -1, 7, 29])
def test_a_path_does_not_depend_on_earlier_queries(step: int) -> None:
    syntax = parse(TEXT)
    offsets = [number * step % (len(TEXT) + 1) for number in range(len(TEXT) + 1)]
    for offset in [*offsets, *offsets[::3]]:
        found = [(s.kind, s.field, s.node.start_byte) for s in syntax.path_to(offset)]
        alone = [(s.kind, s.field, s.node.start_byte) for s in parse(TEXT).path_to(offset)]
        assert found == alone


def test_many_names_are_found_where_few_are() -> None:
    source = b"$a b.c a$ a ...a \\u0061 b$c _a a1 (c) 'b' /*a*/ $ $$ a"
    few = frozenset({"a", "b", "c", "$", "$a", "a$"})
    many = few | {f"other{number}" for number in range(100)}
    assert list(candidate_offsets(source, few)) == list(candidate_offsets(source, many))
