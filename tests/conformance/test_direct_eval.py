"""Direct ``eval`` sees the same in Node and in a compartment, and stays confined."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import write
from support import NODE

#: Bodies of functions that return a value to compare.
ROWS = {
    "a-parameter": "return (function f(x) { return eval('x + 1') })(41)",
    "a-parameter-written": "return (function f(x) { eval('x = 2; x += 3'); return x })(1)",
    "variables-of-all-kinds": "var a = 1; let b = 2; const c = 3; return eval('[a, b, c]')",
    "a-variable-of-an-outer-function": "let n = 1; const f = () => eval('n++'); f(); f(); return n",
    "a-constant-is-written": "const c = 1; try { eval('c = 2') } catch (e) { return [e.name, c] }",
    "temporal-dead-zone": "try { eval('b') } catch (e) { return e.name } let b",
    "an-inner-name-shadows": "let x = 1; { let x = 2; return eval('x') }",
    "a-catch-parameter": "try { throw 1 } catch (e) { return eval('e') }",
    "a-pattern": "const { a, b: [c = 4], ...d } = { a: 1, b: [], e: 5 }; return eval('[a, c, d]')",
    "a-loop-variable": "const fs = []; for (let i = 0; i < 3; i++) fs.push(() => eval('i')); return fs.map((f) => f())",
    "a-function": "function g(x) { return x * 2 } return eval('g(4)')",
    "a-function-is-called-without-this": "'use strict'; function g() { return this } return typeof eval('g()')",
    "a-function-is-replaced": "let g = () => 1; eval('g = () => 2'); return g()",
    "a-variable-becomes-a-function": "'use strict'; let g = 1; eval('g = function () { return typeof this }'); return eval('g()')",
    "a-class": "class A { static x = 1 } return eval('new A().constructor.x')",
    "a-named-function-expression": "return (function me() { return eval('typeof me') })()",
    "typeof-undeclared": "return eval('typeof neverDeclared')",
    "this-of-a-method": "return { v: 7, m() { return eval('this.v') } }.m()",
    "this-of-an-arrow-function": "return { v: 7, m() { return (() => eval('this.v'))() } }.m()",
    "this-in-a-field": "return new (class { v = 1; w = eval('this.v + 1') })().w",
    "arguments": "return (function () { return eval('arguments[1] + arguments.length') })(1, 2)",
    "arguments-of-an-outer-function": "return (function () { return (() => eval('arguments[0]'))() })(5)",
    "the-value-of-statements": "return eval('1; if (true) { 2 }')",
    "the-value-of-a-loop": "return eval('for (var i = 0; i < 3; i++) i * 2')",
    "an-object": "return eval('({ a: 1 })')",
    "a-closure": "let n = 0; const f = eval('() => ++n'); f(); n += 10; return [f(), n]",
    "a-closure-that-comes-late": "let n = 0; const f = eval('(d) => (n += d)'); f(2); return n",
    "not-a-string": "const o = {}; return eval(o) === o && eval() === undefined",
    "spread": "const x = 3; return eval(...['typeof x'])",
    "a-default-value": "return (function (a, b = eval('a + 1')) { return b })(1)",
    "a-syntax-error": "try { eval('}') } catch (e) { return e.name }",
    "an-error-thrown": "let x = 'm'; try { eval('throw new RangeError(x)') } catch (e) { return [e.name, e.message] }",
    "an-indirect-eval": "let x = 1; return (0, eval)('typeof x')",
    "an-optional-call": "let x = 1; return eval?.('typeof x')",
    "a-renamed-eval": "let x = 1; const e = eval; return e('typeof x')",
    "a-name-with-a-dollar": "let $a_1 = 1; eval('$a_1 = 2'); return $a_1",
    "a-name-beyond-ASCII": "let ä = 1; return eval('ä + 1')",
    "comments-and-lines": "let x = 1; return eval /* so */\n ('x')",
    "a-class-name-inside": "return new (class K { m() { return eval('typeof K') } })().m()",
    "async": "return await (async (x) => eval('x'))(3)",
    "a-generator": "return [...(function* (x) { yield eval('x') })(3)]",
    "a-comparison-does-not-write": "function g() { return 1 } return eval('g() === 1 ? g() : 0')",
}

#: Escape attempts; each must have the same result as an indirect `eval`.
ESCAPES = {
    "this": "(function () { return eval('this') }).call(undefined) ?? 'none'",
    "this-of-a-function": "eval('(function () { return this })()') ?? 'none'",
    "process": "eval('globalThis.process?.env?.SECRET') ?? 'none'",
    "process-by-name": 'eval(\'typeof process === "undefined" ? "none" : process.env.SECRET\')',
    "Function": "eval('Function(\"return this\")().process?.env?.SECRET') ?? 'none'",
    "a-constructor": "eval('(() => {}).constructor(\"return process\")().env.SECRET') ?? 'none'",
    "callee": "(function () { return eval('arguments.callee') })() ?? 'none'",
    "a-name-__proto__": "(function (__proto__) { return eval('__proto__') })('none')",
    "eval-of-eval": "eval('eval(\"typeof process === \\\\\"undefined\\\\\" ? 0 : process.env.SECRET\")') ?? 'none'",
    "eval-itself": "eval('eval')('globalThis.process?.env?.SECRET') ?? 'none'",
    "import": "await eval('im' + 'port(\"fs\")').then(Object.keys, (error) => error.code)",
    "breaking-out": "eval('this}),(function(){return globalThis.process?.env?.SECRET') ?? 'none'",
    "a-scope-by-with": "eval('with ({}) process.env.SECRET')",
}

MARKER = "the-secret"


def printed(*command: str | Path) -> dict[str, object]:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={"SECRET": MARKER}
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines())


def application(folder: Path, name: str, text: str) -> Path:
    kind = "module" if name.endswith(".mjs") else "commonjs"
    files = {
        "package.json": json.dumps(
            {"name": "app", "version": "1.0.0", "type": kind, "dependencies": {"dep": "1"}}
        ),
        "main.mjs": "import 'dep';",
        "node_modules/dep/package.json": json.dumps(
            {"name": "dep", "version": "1.0.0", "exports": f"./{name}"}
        ),
        f"node_modules/dep/{name}": text,
    }
    return write(folder, files) / "main.mjs"


def functions(rows: dict[str, str]) -> str:
    return ",\n".join(f"{json.dumps(name)}: async () => {{ {row} }}" for name, row in rows.items())


def asking(rows: dict[str, str]) -> str:
    return f"""const rows = {{ {functions(rows)} }};
(async () => {{
  for (const [name, ask] of Object.entries(rows)) {{
    let got;
    try {{ got = await ask() }} catch (error) {{ got = `threw ${{error?.name}}` }}
    console.log(JSON.stringify([name, got]));
  }}
}})();"""


@pytest.fixture(scope="module", params=["index.cjs", "index.mjs"])
def answers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, object], dict[str, object]]:
    entry = application(tmp_path_factory.mktemp("eval"), request.param, asking(ROWS))
    here = printed(sys.executable, "-m", "compartment_mapper", "run", entry)
    return printed(NODE, entry), here


def test_direct_eval_agrees_with_node(
    answers: tuple[dict[str, object], dict[str, object]],
) -> None:
    in_node, here = answers
    assert here == in_node


def test_sources_that_try_to_escape_stay_confined(tmp_path: Path) -> None:
    rows = {name: f"return String({row})" for name, row in ESCAPES.items()}
    got = printed(
        *(sys.executable, "-m", "compartment_mapper", "run"),
        application(tmp_path, "index.cjs", asking(rows)),
    )
    assert len(got) == len(ESCAPES)
    assert MARKER not in json.dumps(got)


def test_a_function_of_another_package_does_not_get_the_scope(tmp_path: Path) -> None:
    entry = application(
        tmp_path,
        "index.cjs",
        "const spy = require('./spy.cjs'); let held = 'mine'; let later;"
        "(function () { eval('spy()'); eval('later = spy; later()'); })(); console.log(JSON.stringify(['seen', spy.seen]))",
    )
    spy = "module.exports = function spy() { 'use strict'; (spy.seen ??= []).push(typeof this) }"
    (tmp_path / "node_modules/dep/spy.cjs").write_text(spy)
    assert printed(sys.executable, "-m", "compartment_mapper", "run", entry) == {
        "seen": ["undefined", "undefined"]
    }
