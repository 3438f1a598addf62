"""Linking of small applications: resolved imports, and the errors of the others."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from support import bundled, only_problem_of, problems_of

from compartment_mapper.errors.diagnostic import Diagnostic

CJS = "exports.one = 1; exports.two = 2;"
STARS = {
    "both.mjs": "export * from './p.mjs'; export * from './q.mjs';",
    "p.mjs": "export const x = 1, only = 1;",
    "q.mjs": "export const x = 2;",
}


def told(problem: Diagnostic) -> str:
    return f"{problem.severity} {problem.code} {problem.place}: {problem.message}"


def warnings_of(files: Mapping[str, str], entry: str = "main.mjs") -> list[str]:
    return [told(problem) for problem in bundled(files, entry=entry).application.warnings]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"main.mjs": "import { a } from './a.mjs'", "a.mjs": "export let a"}, id="local"),
        pytest.param({"main.mjs": "import { default as d } from './a.mjs'", "a.mjs": "export default 1"}, id="default"),
        pytest.param({"main.mjs": "import d, { one, default as e } from './a.cjs'", "a.cjs": CJS}, id="commonjs"),
        pytest.param({"main.mjs": "import { 'module.exports' as m } from './a.cjs'", "a.cjs": CJS}, id="module.exports"),
        pytest.param({"main.mjs": "import { one } from './a.mjs'", "a.mjs": "export * from './b.cjs'", "b.cjs": CJS}, id="star-of-commonjs"),
        pytest.param({"main.mjs": "import { one } from './a.cjs'", "a.cjs": "module.exports = require('./b.cjs')", "b.cjs": CJS}, id="reexporting-commonjs"),
        pytest.param({"main.mjs": "import d from './a.json' with { type: 'json' }", "a.json": "1"}, id="json"),
        pytest.param({"main.mjs": "import d from './a.txt' with { type: 'text' }", "a.txt": "1"}, id="text"),
        pytest.param({"main.mjs": "import { whatever } from 'node:fs'"}, id="of-the-host"),
        pytest.param({"main.mjs": "import { whatever } from './a.mjs'", "a.mjs": "export * from 'node:fs'"}, id="star-of-the-host"),
        pytest.param({"main.mjs": "import { whatever } from './a.mjs'", "a.mjs": "export { whatever } from 'node:fs'"}, id="reexport-of-the-host"),
        pytest.param({"main.mjs": "import { b } from './a.mjs'", "a.mjs": "import { a as b } from './b.mjs'; export { b }", "b.mjs": "export let a"}, id="import-and-export"),
        pytest.param({"main.mjs": "import { ns } from './a.mjs'; ns.x", "a.mjs": "export * as ns from './b.mjs'", "b.mjs": ""}, id="namespace"),
        pytest.param({"main.mjs": "import * as ns from './a.mjs'; ns.nothing", "a.mjs": ""}, id="star-import"),
        pytest.param({"main.mjs": "import { '*' as s } from './a.mjs'", "a.mjs": "let a; export { a as '*' }"}, id="called-star"),
        pytest.param({"main.mjs": "import { 'x y' as s } from './a.mjs'", "a.mjs": "let a; export { a as 'x y' }"}, id="string"),
        pytest.param({"main.mjs": "import { only } from './both.mjs'", **STARS}, id="one-of-two-stars"),
        pytest.param({"main.mjs": "import * as ns from './both.mjs'; ns.x", **STARS}, id="ambiguous-but-unasked"),
        pytest.param(
            {
                "main.mjs": "import { x } from './a.mjs'",
                "a.mjs": "export * from './b.mjs'; export * from './c.mjs'",
                "b.mjs": "export { x } from './d.mjs'",
                "c.mjs": "export * from './d.mjs'",
                "d.mjs": "export let x",
            },
            id="one-binding-by-two-stars",
        ),
        pytest.param(
            {
                "main.mjs": "import { x } from './both.mjs'",
                **STARS,
                "both.mjs": "export * from './p.mjs'; export * from './q.mjs'; export let x",
            },
            id="an-own-name-before-stars",
        ),
        pytest.param(
            {
                "main.mjs": "import { x, y } from './a.mjs'",
                "a.mjs": "export * from './b.mjs'; export let x",
                "b.mjs": "export * from './a.mjs'; export let y",
            },
            id="stars-in-a-circle",
        ),
        pytest.param({"main.mjs": "import { f as g } from './main.mjs'; export function f() {}"}, id="of-itself"),
    ],
)  # fmt: skip
def test_an_import_is_answered(files: Mapping[str, str]) -> None:
    assert warnings_of(files) == []


@pytest.mark.parametrize(
    ("files", "request_", "name"),
    [
        pytest.param({"main.mjs": "import { b } from './a.mjs'", "a.mjs": "export let a"}, "./a.mjs", "b", id="local"),
        pytest.param({"main.mjs": "import b from './a.mjs'", "a.mjs": "export let a"}, "./a.mjs", "default", id="default"),
        pytest.param({"main.mjs": "import { three } from './a.cjs'", "a.cjs": CJS}, "./a.cjs", "three", id="commonjs"),
        pytest.param({"main.mjs": "import { b } from './a.cjs'", "a.cjs": "module.exports = require('./b.mjs')", "b.mjs": "export let b"}, "./a.cjs", "b", id="commonjs-of-a-module"),
        pytest.param({"main.mjs": "import { b } from './a.json' with { type: 'json' }", "a.json": '{"b": 1}'}, "./a.json", "b", id="json"),
        pytest.param({"main.mjs": "export { b } from './a.mjs'", "a.mjs": ""}, "./a.mjs", "b", id="reexport"),
        pytest.param({"main.mjs": "import { b } from './a.mjs'; export { b }", "a.mjs": ""}, "./a.mjs", "b", id="import-and-export"),
        pytest.param({"main.mjs": "import d from './a.mjs'", "a.mjs": "export * from './b.mjs'", "b.mjs": "export default 1"}, "./a.mjs", "default", id="no-default-by-star"),
        pytest.param({"main.mjs": "import { x } from './a.mjs'", "a.mjs": "export * from './b.mjs'", "b.mjs": "export * from './a.mjs'"}, "./a.mjs", "x", id="stars-in-a-circle"),
        pytest.param({"main.mjs": "import { x } from './main.mjs'; export { x }"}, "./main.mjs", "x", id="of-nothing-but-itself"),
    ],
)  # fmt: skip
def test_an_import_that_nothing_answers_is_an_error(
    files: Mapping[str, str], request_: str, name: str
) -> None:
    problem = problems_of(files, entry="main.mjs")[0]

    assert problem.code == "MISSING_EXPORT"
    assert problem.message == (
        f"the requested module '{request_}' does not provide an export named '{name}'"
    )
    assert problem.place is not None
    assert problem.place.file == "main.mjs"


def test_the_place_and_the_names_that_there_are_help() -> None:
    files = {"main.mjs": "import {\n  greeet,\n} from './a.mjs'", "a.mjs": "export let greet, part"}

    assert only_problem_of(files, entry="main.mjs").text() == (
        "main.mjs:2:3: error [MISSING_EXPORT]: the requested module './a.mjs' does not provide"
        " an export named 'greeet'\n"
        "  2 |   greeet,\n"
        "    |   ^^^^^^\n"
        "  hint: did you mean 'greet'?"
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "it exports nothing"),
        ("export let p, q; export default 1; export * from './c.mjs'", "it exports: c, default, p, q"),
        ("export let a1,a2,a3,a4,a5,a6,a7,a8,a9", "it exports: a1, a2, a3, a4, a5, a6, a7, a8, …"),
    ],
)  # fmt: skip
def test_a_hint_lists_what_is_exported(text: str, hint: str) -> None:
    files = {
        "main.mjs": "import { zzz } from './a.mjs'",
        "a.mjs": text,
        "c.mjs": "export let c; export default 2; export * from './a.mjs'",
    }

    assert only_problem_of(files, entry="main.mjs").hint == hint


def test_of_commonjs_all_can_be_imported() -> None:
    files = {"main.mjs": "import { zzz } from './a.cjs'", "a.cjs": "exports.one = 1"}

    assert only_problem_of(files, entry="main.mjs").hint == (
        "it exports: default, module.exports, one; "
        "a CommonJS module has a default export: import all from './a.cjs'"
    )


def test_conflicting_stars_are_named() -> None:
    problem = only_problem_of(
        {"main.mjs": "import { x } from './both.mjs'", **STARS}, entry="main.mjs"
    )

    assert (problem.code, problem.hint) == (
        "AMBIGUOUS_EXPORT",
        "import it from one of: p.mjs, q.mjs",
    )


def test_what_is_imported_late_fails_late() -> None:
    files = {
        "main.mjs": "import('./late.mjs').catch(() => {})",
        "late.mjs": "import { b } from './a.mjs'",
        "a.mjs": "",
    }

    (warning,) = warnings_of(files)
    assert warning.startswith("warning MISSING_EXPORT late.mjs:1:10: ")


def test_every_problem_is_reported_but_each_name_once() -> None:
    text = "import { a, b } from './e.mjs'; import { a as c } from './e.mjs'; export { b }"
    problems = problems_of({"main.mjs": text, "e.mjs": ""}, entry="main.mjs")

    assert [str(problem.place) for problem in problems] == ["main.mjs:1:10", "main.mjs:1:13"]


def test_a_module_that_cannot_be_loaded_has_no_further_errors() -> None:
    files = {
        "main.mjs": "import { a } from './wrong.mjs'; import { b } from './no.mjs'",
        "wrong.mjs": "export let a; let b = ;",
    }

    assert [problem.code for problem in problems_of(files, entry="main.mjs")] == [
        "ERR_MODULE_NOT_FOUND",
        "SYNTAX_ERROR",
    ]
