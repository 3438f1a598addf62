"""Early errors that a function body would hide: V8 decides, and we report where to check."""

from __future__ import annotations

import pytest
from support import ask_node

from compartment_mapper.records.languages import Language
from compartment_mapper.scan import scan_module

MODULES = [
    # outside of functions
    "return 1",
    "if (1) { return }",
    "label: { return }",
    "function f() { return 1 } if (1) { (() => { return 2 })() }",
    "new.target",
    "() => new.target",
    "function f() { new.target }",
    "class A { x = new.target }",
    "yield",
    "function* f() { yield 1 }",
    # await
    "var await",
    "var aw\\u0061it",
    "await: 1",
    "let { await } = {}",
    "let a = { await: 1 }; a.await",
    "function f() { await 0 }",
    "async function f() { await 0 }",
    "class A { static async m() { await 1 } async *n() { for await (let a of b); } m() {} }",
    "let o = { async m() { await 1 }, f: async () => await 1 }; await o",
    # names
    "function f() {} function f() {}",
    "async function f() {} function* f() {}",
    "export function f() {} function f() {}",
    "var f; function f() {}",
    "{ var f } function f() {}",
    "function g() { var f } function f() {}",
    "export let a; export { a }",
    "let a; export { a as b, a as b }",
    "export * as a from './x'; export let a",
    "export default 1; export default 2",
    "export { x }",
    "export { Number }",
    "export var a; export { a as c }",
    "import { b } from './y'; export { b }",
    "export { f, C as d }; function f() {} class C {}",
    "let a; export { a as '\\ud83d' }",
    "let a; export { 'a' as b }",
    # imported names that are redeclared
    "import { f } from './x'; function f() {}",
    "import { f } from './x'; export function f() {}",
    "import { f } from './x'; async function* f() {}",
    "import { a as f } from './x'; let f",
    "import f from './x'; const g = 1, f = 2",
    "import * as f from './x'; class f {}",
    "import { f } from './x'; export class f {}",
    "import { f } from './x'; var f",
    "import { f } from './x'; { for (var f of []); }",
    "import { f } from './x'; for (let i = 0;;) { var f = 1 }",
    "import { f } from './x'; let { a: [f] } = {}",
    "import { f } from './x'; export const { f } = {}",
    "import { f } from './x'; var [...f] = []",
    "import { f } from './x'; let /**/ f /**/ = 1",
    "import f from './x'; let \\u0066 = 1",
    "import { f } from './x'; import { f } from './x'",
    "import f, * as g from './x'; import { g } from './y'",
    "import { a, b as a } from './x'",
    "import { f } from './x'; { let f; } (f) => { var f }; function g(f) { function f() {} }",
    "import { f } from './x'; { function f() {} } for (let f of []); (class f {}); let [a = f] = [f]",
    "import { f } from './x'; try {} catch (f) {} let o = { f, g: f }; o.f = { f() {} }",
    # import() and import.meta
    "import.meta = 1",
    "import.meta++",
    "[import.meta] = [1]",
    "for (import.meta of []);",
    "import.meta.x = 1; import.meta?.x; import.meta['x']++",
    "let x = import.meta; x",
    "new import('x')",
    "() => import()",
    "() => import(...[])",
    "() => import('./x', {}, 1)",
    "() => import('./x', {})",
    "() => import?.('x')",
    "() => import('x')++",
    "() => --import('x')",
    "() => import('x') + 1",
    "/* import() new import( return */ 'import() new.target'",
    # positions and comments
    "<!-- x",
    "/**/\n--> x",
    "let x = 1, y = 1; x<! --y; x--\n> y",
    "{ import './x' }",
    "function f() { export let a }",
    "import './x' with { type: 'a', type: 'b' }",
    "import './x' with { type: 'a', }",
    "export { x } from './x' with { type: 'json' }log;",
    "export default class {}\nimport x from './x'\nwith { type: 'json' }",
    "export { x } from './x' with { type: 'json' }\nlog;",
    "export//-\n{//-\n//-\n};",
    "export\nlet q = 1",
]
SCRIPTS = [
    "import.meta",
    "() => import.meta.url",
    "import './x'",
    "import x from './x'",
    "export let a",
    "export { a }",
    "return 1",
    "new.target",
    "var await; await: 1",
    "'import.meta'; // import x from 'y'\nexports.x = 1",
    "() => import()",
    "new import('x')",
    "() => import('x')--",
    "() => ++import('x')",
]

ASK = """
const { compileFunction, SourceTextModule } = require('node:vm');
const wrong = ([language, text]) => {
  try {
    if (language === 'mjs') new SourceTextModule(text);
    else compileFunction(text, ['require', 'exports', 'module', '__filename', '__dirname']);
    return false;
  } catch { return true; }
};
console.log(JSON.stringify(JSON.parse(require('node:fs').readFileSync(0, 'utf8')).map(wrong)));
"""


@pytest.fixture(scope="module")
def wrong() -> dict[tuple[str, str], bool]:
    rows = [("mjs", text) for text in MODULES] + [("cjs", text) for text in SCRIPTS]
    answers = ask_node(ASK, rows, flags=["--experimental-vm-modules"])
    assert isinstance(answers, list)
    return dict(zip(rows, answers, strict=True))


#: Valid, but reported as uncertain: rare in real programs.
ASKED_IN_VAIN = {"let x = import.meta; x"}


@pytest.mark.parametrize(
    ("language", "text"),
    [("mjs", text) for text in MODULES] + [("cjs", text) for text in SCRIPTS],
)
def test_parse_uncertainty_is_where_the_engine_rejects(
    language: Language, text: str, wrong: dict[tuple[str, str], bool]
) -> None:
    uncertain = scan_module(text.encode(), language).parse_uncertainty is not None

    assert uncertain == (wrong[language, text] or text in ASKED_IN_VAIN)
