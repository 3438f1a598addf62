"""CommonJS variables in ECMAScript modules: rejected if every run reaches them."""

from __future__ import annotations

import pytest
from support import bundled, only_problem_of, told

TEXTS = [
    ("const fs = require('fs');", "require", "1:12", True),
    ("export const a = 1;\nmodule.exports = a;", "module", "2:1", False),
    ("import 'fs';\nexports.a = 1;", "exports", "2:1", False),
    ("console.log(__dirname + '/a');", "__dirname", "1:13", True),
    ("{ [1].concat(__filename) }", "__filename", "1:14", True),
]


@pytest.mark.parametrize(("text", "name", "place", "may_be_script"), TEXTS)
def test_a_use_that_every_run_comes_to_is_refused(
    text: str, name: str, place: str, *, may_be_script: bool
) -> None:
    problem = only_problem_of({"main.mjs": text}, entry="main.mjs")

    assert told(problem) == f"error COMMONJS_NAME main.mjs:{place}"
    assert problem.message.startswith(f"{name} is not defined in ES module scope")
    assert ("rename" in problem.hint) is may_be_script


@pytest.mark.parametrize(
    "text",
    [
        "const f = () => require('fs'); export { f };",
        "if (process.argv[9]) require('fs');",
        "typeof require === 'function' && require('fs');",
        "try { require('fs') } catch {}",
        "class A { own = require('fs'); method() { return __dirname } }",
        "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); require('fs');",
        "const o = { require: 1, module() {} }; o.exports;",
        "for (const module of []) module.exports = 1;",
        "globalThis.require = (x) => x; require('fs');",
        "Object.assign(globalThis, { require, __dirname: 1 }); __dirname;",
        "for (const k of ['module']) globalThis[k] = 1; module;",
        "(0, eval)('var exports = 1'); exports;",
        "let a = 1; a ||= module; a &&= module;",
        "const { x = module } = { x: 1 }, [y = require('q')] = [2]; ({ z: a.b = exports } = {});",
        "undefined?.(module); null?.[module]; undefined?.a(require('x'));",
        "x: { break x; module }",
        "do { continue; require('x') } while (false)",
    ],
)
def test_another_use_is_left_to_the_run(text: str) -> None:
    warned = bundled({"main.mjs": text}, entry="main.mjs").application.warnings

    assert "COMMONJS_NAME" not in [problem.code for problem in warned]


def test_a_global_that_another_module_makes_is_there() -> None:
    files = {"main.mjs": "import './shim.mjs'; import './x.mjs';"}
    files |= {"shim.mjs": "globalThis.require = (name) => name;", "x.mjs": "require('fs');"}

    assert bundled(files, entry="main.mjs").application.warnings == ()


def test_a_module_that_is_imported_at_need_is_a_warning() -> None:
    files = {
        "main.mjs": "export const f = () => import('./x.mjs');",
        "x.mjs": "module.exports = 1;",
    }

    warned = bundled(files, entry="main.mjs").application.warnings

    assert [told(problem) for problem in warned] == ["warning COMMONJS_NAME x.mjs:1:1"]


def test_what_may_end_the_program_before_makes_it_a_warning() -> None:
    text = "if (process.argv.length > 5) process.exit(0);\nconsole.log(__dirname);"

    warned = bundled({"main.mjs": text}, entry="main.mjs").application.warnings

    assert [told(problem) for problem in warned] == ["warning COMMONJS_NAME main.mjs:2:13"]


def test_await_in_a_script_is_what_the_engine_says_of_it() -> None:
    problem = only_problem_of({"main.cjs": "console.log(1);\nawait 1;"}, entry="main.cjs")

    assert told(problem).startswith("error SYNTAX_ERROR main.cjs:2")
    assert "await" in problem.message
