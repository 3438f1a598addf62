"""TypeScript in the application's own code: stripped as by Node, with original positions."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE, package

_APP = package(name="app", version="1.0.0", dependencies={"dep": "1"})


def _application(folder: Path, files: Mapping[str, str]) -> Path:
    return write(folder, {"package.json": _APP, **files})


#: Syntax that cannot be stripped: the source, its position, and part of the hint.
REFUSED = {
    "enum": ("let a;\n\tenum Colour { Red }", (2, 2), "as const"),
    "const-enum": ("const enum Colour { Red }", (1, 1), "as const"),
    "enum-of-lines": ("let 日本;\n  enum Colour {\n  Red\n}", (2, 3), "as const"),
    "behind-wide-letters": ("let 日本 = '😀'; enum A {}", (1, 15), "as const"),
    "namespace": (
        "namespace A { export const x = 1 }",
        (1, 1),
        "use a separate module, or an object",
    ),
    "parameter-property": ("class A { constructor(private x) {} }", (1, 31), "constructor"),
    "import-equals": ("import fs = require('node:fs');", (1, 1), "import x from"),
    "export-equals": ("export = 1;", (1, 1), "export default"),
    "assertion": ("let a = <any>1;", (1, 9), ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_syntax_that_cannot_be_stripped_is_rejected_at_its_position(
    tmp_path: Path, name: str
) -> None:
    text, (line, column), hint = REFUSED[name]
    folder = _application(tmp_path, {"main.ts": text})

    done = mapper("bundle", folder / "main.ts", "-o", tmp_path / "app.zip", "--json")

    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["code"] == "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
    assert (problem["file"], problem["line"], problem["column"]) == ("main.ts", line, column)
    assert hint in problem["hint"]
    assert not (tmp_path / "app.zip").exists()
    node = subprocess.run([NODE, folder / "main.ts"], capture_output=True, text=True, check=False)
    assert problem["code"] in node.stderr
    assert problem["message"] in node.stderr


def test_invalid_typescript_is_shown_with_its_position(tmp_path: Path) -> None:
    folder = _application(tmp_path, {"main.ts": "let a: = 3;\n"})

    done = mapper("run", folder / "main.ts")

    assert "main.ts:1:8: error [ERR_INVALID_TYPESCRIPT_SYNTAX]" in done.stderr
    assert "1 | let a: = 3;" in done.stderr


def test_what_is_not_always_reached_throws_when_it_is(tmp_path: Path) -> None:
    main = "import('./bad.ts').catch((e) => console.log(e.name, e.message));"
    folder = _application(tmp_path, {"main.ts": main, "bad.ts": "export enum A {}"})

    done = mapper("run", folder / "main.ts", check=True)

    assert "bad.ts:1:8: warning [ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX]" in done.stderr
    assert done.stdout == "SyntaxError TypeScript enum is not supported in strip-only mode\n"


@pytest.mark.parametrize("request_", ["require('dep')", "import('dep')"])
def test_a_dependency_in_typescript_is_refused_as_by_node(tmp_path: Path, request_: str) -> None:
    folder = _application(
        tmp_path,
        {
            "main.cjs": f"(async () => {{ await {request_} }})().catch((e) => console.log(e.code));",
            "node_modules/dep/package.json": package(name="dep", version="1.0.0", exports="./i.ts"),
            "node_modules/dep/i.ts": "export const a: number = 1;",
        },
    )

    done = mapper("run", folder / "main.cjs")

    node = subprocess.run([NODE, folder / "main.cjs"], capture_output=True, text=True, check=True)
    assert node.stdout == "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING\n"
    assert done.stdout == node.stdout


TRACED = {
    "esm": (
        "main.mts",
        "export const a: string = 'é'; function f<T>(x: T): never { throw new Error(`${x}`) } f<string>(a);",
    ),
    "commonjs": (
        "main.cts",
        "const a = 'é😀' as string, s = '-->' as any; throw new Error(a as any);",
    ),
    "types-over-lines": (
        "main.ts",
        "interface A {\n  x: 1\n}\nexport let a = 1 as\n  any; a = 2 as any; throw new Error('x' as string)",
    ),
}


@pytest.mark.parametrize("name", TRACED)
def test_traces_and_frames_show_what_was_written(tmp_path: Path, name: str) -> None:
    file, text = TRACED[name]
    folder = _application(tmp_path / "app", {file: text})
    node = subprocess.run([NODE, folder / file], capture_output=True, text=True, check=False)
    frame, _, trace = node.stderr.partition("Error: ")
    places = [line.rpartition("/")[2].strip("()") for line in trace.splitlines() if file in line]

    done = mapper("run", folder / file, "--infer")

    ours = [
        line.rpartition("/")[2].strip("()") for line in done.stderr.splitlines() if file in line
    ]
    assert ours[1:] == places
    assert places
    shown = text.splitlines()[int(places[0].split(":")[1]) - 1]
    assert shown in done.stderr.splitlines()
    assert frame  # Node shows the line as well


def test_a_policy_has_places_in_what_was_written(tmp_path: Path) -> None:
    text = "type A = string;\nconst x: A = 'é' as A; export const r: unknown = fetch('/');\n"
    folder = _application(tmp_path, {"main.mts": text})

    mapper("policy", "infer", folder / "main.mts", check=True)

    assert "main.mts:2" in (folder / "compartment-policy.json").read_text()


def test_imports_of_javascript_lead_to_its_source(tmp_path: Path) -> None:
    folder = _application(
        tmp_path,
        {
            "main.mts": "import { a } from './a.js'; import { b } from './lib/b.mjs';"
            "import c from './c.cjs'; console.log(a, b, c.d, require_);"
            "declare const require_: undefined;",
            "a.ts": "export const a: number = 1;",
            "lib/b.mts": "export const b: number = 2;",
            "c.cts": "module.exports = { d: 3 as number };",
        },
    )

    assert mapper("run", folder / "main.mts", check=True).stdout == "1 2 3 undefined\n"


def test_a_file_that_is_there_comes_before_a_source(tmp_path: Path) -> None:
    folder = _application(
        tmp_path,
        {
            "main.mts": "import { a } from './a.js'; console.log(a);",
            "a.js": "exports.a = 'js';",
            "a.ts": "export const a: string = 'ts';",
        },
    )

    assert mapper("run", folder / "main.mts", check=True).stdout == "js\n"


def test_a_dependency_gets_no_sources_for_javascript(tmp_path: Path) -> None:
    folder = _application(
        tmp_path,
        {
            "main.mts": "import 'dep';",
            "node_modules/dep/package.json": package(name="dep", version="1.0.0", main="i.js"),
            "node_modules/dep/i.js": "require('./x.js')",
            "node_modules/dep/x.ts": "",
        },
    )

    assert "[MODULE_NOT_FOUND]" in mapper("run", folder / "main.mts").stderr


def test_an_import_of_a_type_is_explained(tmp_path: Path) -> None:
    folder = _application(
        tmp_path,
        {
            "main.mts": "import { A } from './a.ts'; let a: A;",
            "a.ts": "export interface A {}\nexport const b = 1;",
        },
    )

    done = mapper("bundle", folder / "main.mts", "-o", tmp_path / "app.zip")

    assert "[MISSING_EXPORT]" in done.stderr
    assert "import { type A } from './a.ts'" in done.stderr


def test_archives_are_the_same_cold_warm_and_for_any_node(tmp_path: Path) -> None:
    folder = _application(tmp_path / "app", {"main.mts": "export const a: number = 1 as any;"})
    archives = [tmp_path / name for name in ("cold.zip", "warm.zip", "none.zip", "other.zip")]

    for archive, options in zip(
        archives, ([], ["--timings"], ["--no-cache"], ["--node", NODE]), strict=True
    ):
        mapper("bundle", folder / "main.mts", "-o", archive, *options, check=True)

    assert len({archive.read_bytes() for archive in archives}) == 1


def test_the_cache_is_not_used_for_another_source(tmp_path: Path) -> None:
    folder = _application(tmp_path, {"main.mts": "console.log(1 as number);"})

    first = mapper("run", folder / "main.mts", check=True).stdout
    (folder / "main.mts").write_text("console.log(2 as number);")

    assert (first, mapper("run", folder / "main.mts", check=True).stdout) == ("1\n", "2\n")


def test_stripped_source_is_confined_like_any_other(tmp_path: Path) -> None:
    text = "const f: Function = Function('return process' as string); console.log(f()?.env);"
    folder = _application(tmp_path, {"main.mts": text})

    done = mapper("run", folder / "main.mts")

    assert done.stdout in {"undefined\n", ""}
    assert "PATH" not in done.stdout
