"""Stack traces and uncaught errors: the positions and lines that plain Node prints."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE, package

_NODE_PLACE = re.compile(
    r"(?:file://)?/[^\s()]*?/app/(?:node_modules/(dep)/)?([\w./-]+):(\d+):(\d+)"
)
_OUR_PLACE = re.compile(r"compartment:///(\$root\$|dep)/([\w./-]+):(\d+):(\d+)")

_THROWS = "function f(x) { throw new TypeError('in ' + x) }"

#: The main module of each application, and the module of the dependency.
PROGRAMS: dict[str, dict[str, str]] = {
    "commonjs-first-line": {"main.cjs": f"{_THROWS} f('main');"},
    "commonjs-later-line": {"main.cjs": f"\n\n\t{_THROWS}\n  f('main');"},
    "commonjs-after-edits": {
        "main.cjs": f"const s = '-->' + `import(`, t = eval('1'); {_THROWS} f(s + t);"
    },
    "commonjs-function-called-where-it-stands": {
        "main.cjs": "(function (root) { root.x = 1; root.missing.y })(this || {});"
    },
    "esm-first-line": {"main.mjs": f"export const a = 1; {_THROWS} f(a);"},
    "esm-after-import": {
        "main.mjs": f"import {{ sep }} from 'node:path'; {_THROWS} f(sep);",
    },
    "esm-after-edits": {
        "main.mjs": f"import {{\n  sep\n}} from 'node:path';\nexport let a = 1; a = 2, a++; {_THROWS}"
        "\nexport default f(sep); export { a as b };",
    },
    "esm-behind-letters": {"main.mjs": f"export const a = 'é😀'; export let b; {_THROWS} f(a);"},
    "esm-in-a-cycle": {
        "main.mjs": f"import {{ b }} from './b.mjs'; export const a = 1; {_THROWS} f(b);",
        "b.mjs": "import { a } from './main.mjs'; export let b = () => a;",
    },
    "esm-top-level-await": {"main.mjs": f"export const a = await 1; {_THROWS} f(a);"},
    "commonjs-dependency": {
        "main.cjs": "exports.a = require('dep').f(1)",
        "node_modules/dep/index.js": f"exports.s = '<!--'; {_THROWS} exports.f = (x) => f(x);",
    },
    "esm-dependency": {
        "main.mjs": "import { g } from 'dep'; export default g(1);",
        "node_modules/dep/index.js": f"export let n = 0; export const g = (x) => f(n++ + x); {_THROWS}",
    },
    "in-a-timer": {"main.cjs": "setTimeout(() => { throw new RangeError('late') }, 1);"},
    "a-rejection": {"main.mjs": "export let a = 1; Promise.reject(new Error('refused'));"},
    "a-message-of-many-lines": {"main.cjs": "throw new Error('one\\n    at two (x:1:1)');"},
}


def _application(folder: Path, name: str) -> Path:
    """Write the program; return its main file."""
    files = PROGRAMS[name]
    type_ = "module" if name == "esm-dependency" else "commonjs"
    write(
        folder,
        {
            "package.json": package(name="app", version="1.0.0", dependencies={"dep": "1"}),
            "node_modules/dep/package.json": package(
                name="dep", version="1.0.0", type=type_, main="index.js"
            ),
            **files,
        },
    )
    return folder / next(iter(files))


def _node(main: Path) -> str:
    done = subprocess.run([NODE, main], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr


def _node_places(text: str) -> list[tuple[str, str, str, str]]:
    return [(dep or "$root$", *rest) for dep, *rest in _NODE_PLACE.findall(text)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_places_are_those_of_node(tmp_path: Path, name: str) -> None:
    main = _application(tmp_path / "app", name)
    expected = _node(main)

    done = mapper("run", main, "--infer")

    assert done.returncode == 1
    ours, nodes = _OUR_PLACE.findall(done.stderr), _node_places(expected)
    assert nodes
    assert ours == nodes


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_frame_is_the_line_as_it_was_written(tmp_path: Path, name: str) -> None:
    main = _application(tmp_path / "app", name)
    _, line, mark, *_ = _node(main).splitlines()

    shown = mapper("run", main, "--infer").stderr.splitlines()

    first = next(index for index, text in enumerate(shown) if text.startswith("compartment:///"))
    place, *frame = shown[first : first + 4]
    assert re.fullmatch(r"compartment:///(\$root\$|dep)/[\w./-]+:\d+", place)
    assert frame[0] == line
    assert frame[2] == ""
    assert sum(text == line for text in shown) == 1
    if "missing" not in line and name != "commonjs-later-line":
        # Node marks `throw`; an error only has the position where it was created.
        assert frame[1].index("^") - mark.index("^") in {0, len("throw ")}


def test_what_is_caught_prints_nothing(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        {
            "package.json": package(name="app", version="1.0.0"),
            "main.cjs": "process.on('uncaughtException', (e) => console.log('seen', e.message));\n"
            "setTimeout(() => { throw new Error('late') }, 1);",
        },
    )

    done = mapper("run", main / "main.cjs", "--infer", check=True)

    assert done.stdout == "seen late\n"
    assert done.stderr == ""


def test_the_exit_code_of_a_listener_holds(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        {
            "package.json": package(name="app", version="1.0.0"),
            "main.cjs": "process.on('exit', (code) => { console.log(code); process.exitCode = 9 });\n"
            "setTimeout(() => { throw new Error('late') }, 1);",
        },
    )

    done = mapper("run", main / "main.cjs", "--infer", "--grant", "$root$:process.exitCode")

    assert (done.returncode, done.stdout) == (9, "1\n")
    assert "Error: late" in done.stderr


def test_what_is_thrown_may_be_anything(tmp_path: Path) -> None:
    write(tmp_path, {"package.json": package(name="app", version="1.0.0")})
    for number, thrown in enumerate(
        [
            "1",
            "null",
            "undefined",
            "{ get stack() { throw 2 } }",
            "{ stack: 'at (compartment:///x:1:1)' }",
        ]
    ):
        main = tmp_path / f"{number}.cjs"
        main.write_text(f"throw {thrown}")

        done = mapper("run", main)

        assert done.returncode == 1
        assert done.stderr.startswith("Uncaught:\n")
