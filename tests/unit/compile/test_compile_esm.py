from __future__ import annotations

import json

import pytest
from support import assert_golden

from compartment_mapper.compile import compile_esm
from compartment_mapper.scan import scan_module

MODULES = {
    "exports": "export const a = 1;\nexport let b = a, c;\nc = b++;\n",
    "imports": (
        "import d, { a as b } from './m.js';\nimport * as ns from 'n';\nimport './side.js';\n"
        "console.log(d, b, ns);\n"
    ),
    "reexports": (
        "export { a, b as c, default } from './m.js';\nexport * as ns from './n.js';\n"
        "export * from './o.js';\nimport { x } from './m.js';\nexport { x as y };\n"
    ),
    "functions": (
        "export function f() { return g() }\nfunction g() { return f() }\nexport { g as h };\n"
        "f = 1;\n"
    ),
    "default-function": "export default function () {\n  return 1;\n}\n",
    "default-expression": "export default\n  (a, b) => a + b;\n",
    "default-class": "export default class C {\n  static x = 1;\n}\nC = null;\n",
    "patterns": "export let { a, b: [c = 1, ...d] } = o;\n[a, c] = [c, a];\n({ a } = o);\n",
    "loops": "export let a;\nexport var b;\nfor (a of x) f(a);\nfor (b in y) {\n  f(b);\n}\n",
    "meta-and-import": "const u = import.meta.url;\nexport const p = import('./m.js');\n",
    "await": "export const a = await import('./m.js');\n",
    "string-names": (
        "let a = 1;\nexport { a as 'x y', a as '-->' };\nimport { 'é' as e } from 'm'\n"
    ),
    "censored": (
        "// <!-- import('x') -->\nconst s = 'import(' + \"-->\" + `eval(${1})`;\n"
        "const r = /<!--/, o = { import(x) {}, eval(x) {} };\nconst t = tag`import(${1}\n-->`;\n"
        "while (n-->0);\n"
    ),
    "assigned-import": "import { a } from 'm';\na = 1;\n({ a } = { a });\n",
    "host": "typeof fetch;\nfetch(process.env.HOME);\nMap = class {};\n",
    "hashbang": "#!/usr/bin/env node\nexport let a = 1;\n",
    "prefix": "const $h_ = 1;\nexport { $h_ as a };\n",
}


def stored(text: str, *, in_cycle: bool = False) -> str:
    source = text.encode()
    record = scan_module(source, "mjs", in_cycle=in_cycle)
    return compile_esm(record, source, in_cycle=in_cycle)


def readable(text: str, *, in_cycle: bool = False) -> str:
    """Return the stored JSON, followed by its program in readable form."""
    fields = json.loads(stored(text, in_cycle=in_cycle))
    program = fields.pop("__syncModuleProgram__")
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    return "\n".join([*lines, "", program])


@pytest.mark.parametrize("name", MODULES)
def test_the_functor_is_the_golden_one(name: str) -> None:
    assert_golden(f"functors/{name}.txt", readable(MODULES[name]))


def test_the_functor_of_a_cycle_is_a_generator_on_request() -> None:
    text = (
        "import { b } from './b.js';\nexport function a() { return b }\nexport const c = b + 1;\n"
    )

    assert_golden("functors/in-a-cycle.txt", readable(text, in_cycle=True))


def test_endo_finds_its_keys_in_its_order() -> None:
    keys = list(json.loads(stored("export const a = import('m')")))

    assert keys[:9] == [
        "imports",
        "exports",
        "reexports",
        "__syncModuleProgram__",
        "__liveExportMap__",
        "__reexportMap__",
        "__fixedExportMap__",
        "__needsImport__",
        "__needsImportMeta__",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import './s.js'; import { a } from 'm'", {"./s.js": [], "m": ["a"]}),
        ("import * as ns from 'm'", {"m": []}),
        ("export * from 'm'", {"m": []}),
        ("import { a, b as c } from 'm'; import { a as d } from 'm'", {"m": ["a", "b"]}),
        ("export { a as b, default } from 'm'", {"m": ["a", "default"]}),
        ("import('m')", {}),
        ("import 'b'; import 'a'; import 'b'", {"b": [], "a": []}),
    ],
)
def test_each_static_request_is_listed_with_the_names_that_must_exist(
    text: str, expected: dict[str, list[str]]
) -> None:
    fields = json.loads(stored(text))

    assert fields["importNames"] == expected
    assert list(fields["importNames"]) == list(expected)


def test_late_requests_are_among_the_imports_but_not_linked() -> None:
    fields = json.loads(stored("import 'a'; import('b'); require('c')"))

    assert fields["imports"] == ["a", "b", "c"]
    assert '["a",[]]' in fields["__syncModuleProgram__"]
    assert '["b"' not in fields["__syncModuleProgram__"]


@pytest.mark.parametrize("specifier", ["import(x)", "<!--", "-->", "eval(x)", 'it\'s "q"\\'])
def test_a_specifier_may_contain_text_that_ses_rejects(specifier: str) -> None:
    program = json.loads(stored(f"import {json.dumps(specifier)}"))["__syncModuleProgram__"]

    for rejected in ("import(", "<!--", "-->", "eval("):
        assert rejected not in program


def test_bytes_that_are_no_utf_8_become_replacement_characters() -> None:
    source = b"export const a = '\xff';"

    text = compile_esm(scan_module(source, "mjs"), source, in_cycle=False)

    assert "const a = '\ufffd'" in json.loads(text)["__syncModuleProgram__"]


def test_what_ends_at_the_same_place_ends_the_innermost_first() -> None:
    source = b"export var D = P.constructor = f(1);\n"
    compiled = json.loads(compile_esm(scan_module(source, "mjs"), source, in_cycle=False))

    assert (
        'var D = $h_own(P,"constructor",f(1)),$h_0=$h_live.D(D);'
        in compiled["__syncModuleProgram__"]
    )
