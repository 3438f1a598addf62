from __future__ import annotations

import pytest
from support import bundled, only_problem_of, problems_of, told


@pytest.mark.parametrize(
    ("name", "text", "place", "message"),
    [
        ("main.js", "let a = 1;\nlet b = ;\n", "main.js:2:7", "Unexpected token ';'"),
        ("main.mjs", "export const a = 1;\nlet x y = 2;", None, None),
        ("main.cjs", "const x = {\n", None, "Unexpected end of input"),
        ("main.mjs", "import { a from 'x'", None, None),
        ("main.cjs", "`unended", None, None),
        ("main.cjs", "x`unended import(", None, None),
        ("main.mjs", "let a; export { a };\nexport { a as b } [3]", None, None),
        ("main.cjs", "a @ \x00 b", None, "Invalid or unexpected token"),
        (
            "main.mjs",
            "import { f } from './x';\nexport function f() {}",
            "main.mjs:2:17",
            "Identifier 'f' has already been declared",
        ),
    ],
)
def test_a_syntax_error_comes_from_the_engine(
    name: str, text: str, place: str | None, message: str | None
) -> None:
    problem = problems_of({name: text}, entry=name)[0]

    assert problem.code == "SYNTAX_ERROR"
    assert problem.place is not None
    assert problem.place.frame
    assert str(problem.place) == (place or str(problem.place))
    assert problem.message == (message or problem.message)


def test_valid_source_that_only_the_parser_rejects_is_accepted() -> None:
    made = bundled({"main.mjs": "export { f }\n(1)\nfunction f() {}"}, entry="main.mjs")

    assert made.application.warnings == ()


def test_a_source_that_cannot_be_compiled_correctly_is_rejected() -> None:
    text = "function* g() {}\nfunction f(yield) { return yield + 1 }\n"  # a name, beside generators

    problem = only_problem_of({"main.cjs": text}, entry="main.cjs")

    assert told(problem) == "error UNSUPPORTED_SYNTAX main.cjs:2:12"


def test_the_column_of_a_syntax_error_counts_characters() -> None:
    problem = only_problem_of({"main.js": "/* é变 */ let a = ;"})

    assert str(problem.place) == "main.js:1:16"


def test_a_syntax_error_in_a_module_that_is_reached_late_is_a_warning() -> None:
    made = bundled({"main.js": "() => require('./x')", "x.js": "let a = ;"})

    assert [told(problem) for problem in made.application.warnings] == [
        "warning SYNTAX_ERROR x.js:1:7"
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1 2}', "data.json:1:9"),
        ('{\n  "a": tru\n}', "data.json:2:8"),
        ("", "data.json:1:1"),
        ("{'a': 1}", "data.json:1:2"),
        ('{"é": x}', "data.json:1:7"),
        ("NaN", "data.json"),
        ("[" * 100_000, "data.json"),
    ],
    ids=lambda text: str(text)[:12],
)
def test_broken_json_is_a_syntax_error(text: str, place: str) -> None:
    problem = only_problem_of({"main.js": "require('./data.json')", "data.json": text})

    assert (problem.code, str(problem.place)) == ("SYNTAX_ERROR", place)
    assert problem.message.startswith("invalid JSON: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{,}", "not JSON: Expecting property name enclosed in double quotes"),
        ("", "not JSON: Expecting value"),
        ("[]", "package.json must contain an object"),
        ('{"name": 5}', '"name" must be a string'),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "the values are nested too deeply"),
    ],
    ids=["comma", "empty", "array", "name", "deep"],
)
def test_a_broken_package_json_is_refused(text: str, message: str) -> None:
    problem = only_problem_of({"package.json": text, "main.js": ""})

    assert (problem.code, problem.message) == ("INVALID_PACKAGE_JSON", message)


def test_a_broken_package_json_of_a_dependency_names_the_file() -> None:
    files = {
        "main.js": "require('a')",
        "node_modules/a/package.json": "{",
        "node_modules/a/index.js": "",
    }

    problem = only_problem_of(files)

    assert problem.code == "ERR_INVALID_PACKAGE_CONFIG"
    assert "a/package.json" in problem.message


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import './x.json'", "ERR_IMPORT_ATTRIBUTE_MISSING"),
        ("import './x.mjs' with { type: 'json' }", "ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE"),
        ("import './x.png'", "ERR_UNKNOWN_FILE_EXTENSION"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused_as_by_node(code: str, error: str) -> None:
    files: dict[str, str | bytes] = {
        "main.mjs": code,
        "x.json": "{}",
        "x.mjs": "",
        "x.png": b"\x89PNG",
    }

    assert only_problem_of(files, entry="main.mjs").code == error
