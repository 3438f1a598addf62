"""JSX in the application's own code: its compiled form, and original positions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import package

_RUNTIME = """
const show = (type, { children = [], ...rest } = {}) => {
  const name = typeof type === 'function' ? type(rest) : type;
  return `${name}${JSON.stringify(rest)}[${[children].flat().join('|')}]`;
};
exports.jsx = exports.jsxs = (type, props, key) => 'NAME:' + show(type, props) + (key ?? '');
exports.Fragment = 'fragment';
exports.h = (type, props, ...children) => 'h:' + show(type, { ...props, children });
exports.createElement = exports.h;
"""


def _package(name: str) -> dict[str, str]:
    folder = f"node_modules/{name}"
    text = _RUNTIME.replace("NAME", name)
    exports = {".": "./index.js", "./jsx-runtime": "./index.js"}
    return {
        f"{folder}/package.json": package(name=name, version="1.0.0", exports=exports),
        f"{folder}/index.js": text,
    }


def _application(folder: Path, files: Mapping[str, str], **fields: str) -> Path:
    dependencies = {"react": "1", "preact": "1"}
    return write(
        folder,
        {
            "package.json": package(
                name="app", version="1.0.0", dependencies=dependencies, **fields
            ),
            **_package("react"),
            **_package("preact"),
            **files,
        },
    )


_ELEMENT = "const n: number = 1;\nconsole.log(<div a={n as any}\n  b='x'>t {n}<br/></div>);"
_SHOWN = 'react:div{"a":1,"b":"x"}[t |1|react:br{}[]]\n'
_CLASSIC = 'h:div{"a":1,"b":"x"}[t |1|h:br{}[]]\n'


def _untyped(text: str) -> str:
    return text.replace(": number", "").replace(" as any", "")


@pytest.mark.parametrize("type_", ["module", "commonjs"])
@pytest.mark.parametrize(
    ("file", "text"), [("main.tsx", _ELEMENT), ("main.jsx", _untyped(_ELEMENT))]
)
def test_elements_become_calls_of_react(tmp_path: Path, type_: str, file: str, text: str) -> None:
    folder = _application(tmp_path, {file: text}, type=type_)

    assert mapper("run", folder / file, check=True).stdout == _SHOWN


def test_without_a_package_type_the_source_determines_the_language(tmp_path: Path) -> None:
    folder = _application(
        tmp_path,
        {
            "main.tsx": f"import {{ b }} from './b.js'; console.log(typeof require);{_ELEMENT} b();",
            "b.tsx": "exports.b = () => console.log(typeof require, <i/>);",
        },
    )

    shown = mapper("run", folder / "main.tsx", check=True).stdout

    assert shown == f"undefined\n{_SHOWN}function react:i{{}}[]\n"


CONFIGURED = {
    "import-source": ('{ "compilerOptions": { "jsxImportSource": "preact", }, }', "", "preact"),
    "comments": ('// all\n{ /* of */ "compilerOptions": { "jsxImportSource": "preact" } }', "", "preact"),
    "pragma": ("{}", "/** @jsxImportSource preact */ ", "preact"),
    "pragma-before-file": ('{ "compilerOptions": { "jsxImportSource": "preact" } }', "/* @jsxImportSource react */ ", "react"),
    "classic": ('{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }', "import { h } from 'react';", "h"),
    "classic-pragma": ("{}", "/** @jsx h */ import { h } from 'react';", "h"),
    "extended": ('{ "extends": "./base" }', "", "preact"),
    "none": ("{}", "", "react"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGURED)
def test_the_nearest_configuration_and_the_source_set_the_options(
    tmp_path: Path, name: str
) -> None:
    config, head, source = CONFIGURED[name]
    folder = _application(
        tmp_path,
        {
            "src/main.tsx": head + _ELEMENT,
            "tsconfig.json": config,
            "base.json": '{ "compilerOptions": { "jsxImportSource": "preact" } }',
        },
        type="module",
    )
    expected = _CLASSIC if source == "h" else _SHOWN.replace("react", source)

    assert mapper("run", folder / "src/main.tsx", check=True).stdout == expected


def test_an_invalid_configuration_is_rejected(tmp_path: Path) -> None:
    folder = _application(tmp_path, {"main.jsx": "<a/>", "tsconfig.json": "{ oops"})

    assert "tsconfig.json: error [INVALID_TSCONFIG]" in mapper("run", folder / "main.jsx").stderr


def test_a_changed_configuration_is_seen(tmp_path: Path) -> None:
    folder = _application(tmp_path, {"main.tsx": _ELEMENT}, type="module")
    assert mapper("run", folder / "main.tsx", check=True).stdout == _SHOWN

    write(folder, {"tsconfig.json": CONFIGURED["import-source"][0]})

    shown = mapper("run", folder / "main.tsx", check=True).stdout
    assert shown == _SHOWN.replace("react", "preact")


#: In a source, `@` marks the expected position; it is not part of the source.
THROWN = {
    "behind-an-element": "const a = <p x='1'>é{1}</p>; throw @new Error('x');",
    "in-an-element": "const f = (): never => { throw @new Error('x') };\nconst a = <p\n y={2} x={f()}/>;",
    "in-a-typed-element": "const a = <p y={2 as any} x={((): never => { throw @new Error('x') })()}/>;",
    "on-a-later-line": "const a = <p>\n  text\n  {'é' as any} {(() => { throw @new Error('x') })()}\n</p>;",
}


@pytest.mark.parametrize("type_", ["module", "commonjs"])
@pytest.mark.parametrize("name", THROWN)
def test_traces_and_frames_show_what_was_written(tmp_path: Path, name: str, type_: str) -> None:
    marked = THROWN[name]
    text = marked.replace("@", "")
    before = marked[: marked.index("@")].split("\n")
    line = text.split("\n")[len(before) - 1]
    folder = _application(tmp_path, {"main.tsx": text}, type=type_)

    done = mapper("run", folder / "main.tsx")

    place = f"main.tsx:{len(before)}:{len(before[-1]) + 1}"
    assert f"{place})" in done.stderr or f"{place}\n" in done.stderr
    assert f"main.tsx:{len(before)}\n{line}\n{' ' * len(before[-1])}^\n" in done.stderr


REFUSED = {
    "enum": ("const a = <b/>;\n enum A {}", (2, 2)),
    "namespace": ("const a = 1;  namespace A { export const x = 1 }", (1, 15)),
    "parameter-property": ("class A { constructor(x, private y) {} }", (1, 26)),
    "import-equals": ("import fs = require('node:fs');", (1, 1)),
    "export-equals": ("export = 1;", (1, 1)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_syntax_that_cannot_be_stripped_is_rejected_at_its_position(
    tmp_path: Path, name: str
) -> None:
    text, (line, column) = REFUSED[name]
    folder = _application(tmp_path, {"main.tsx": text})

    done = mapper("bundle", folder / "main.tsx", "-o", tmp_path / "app.zip", "--json")

    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["code"] == "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
    assert (problem["line"], problem["column"]) == (line, column)


ERASED = {
    "declarations": "declare module 'x' {}\ndeclare namespace N { const y: 1 }\ndeclare enum E { A }",
    "names-that-are-words": "const namespace = 1, module = { enum: 2 }; namespace, module; type A = { namespace: 1 }",
    "modifiers": "abstract class A { private x = 1; readonly y = 2; constructor(z, readonly_) {} }",
}


@pytest.mark.parametrize("name", ERASED)
def test_type_only_syntax_is_stripped(tmp_path: Path, name: str) -> None:
    text = f"{ERASED[name]}\nconsole.log('ran');"
    folder = _application(tmp_path, {"main.tsx": text}, type="module")

    assert mapper("run", folder / "main.tsx", check=True).stdout == "ran\n"


def test_invalid_jsx_is_shown_with_its_position(tmp_path: Path) -> None:
    for text, column in {"const a = <p></b>;": 14, "const a = <p>": 14, "<A.b></A.c>": 6}.items():
        folder = _application(tmp_path, {"main.jsx": f"\n{text}"})

        done = mapper("run", folder / "main.jsx")

        assert f"main.jsx:2:{column}: error [ERR_INVALID_TYPESCRIPT_SYNTAX]" in done.stderr
        assert f"2 | {text}" in done.stderr


def test_closing_tags_are_matched_in_all_forms(tmp_path: Path) -> None:
    text = "<><A.b x={<i/>} y=<b></b>>{<></>}</A.b></>"
    folder = _application(tmp_path, {"main.jsx": f"const A = {{ b: 'ab' }}; console.log({text});"})

    shown = mapper("run", folder / "main.jsx", check=True).stdout

    assert shown.startswith("react:fragment{}[react:ab{")


def test_a_dependency_gets_no_jsx(tmp_path: Path) -> None:
    folder = _application(
        tmp_path, {"main.mjs": "import 'react/x.jsx';", "node_modules/react/x.jsx": "<a/>"}
    )
    write(folder, {"node_modules/react/package.json": package(name="react", version="1.0.0")})

    assert "[ERR_UNKNOWN_FILE_EXTENSION]" in mapper("run", folder / "main.mjs").stderr
