"""A script behaves like the archive: as a Node program, and as an importable module."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE

from compartment_mapper.archive.script import integrity

FILES = {
    "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"evil": "1"}}',
    "main.mjs": "import 'evil'; export let n = 0; export const add = () => { n += 1; };\n"
    "export default class A {}\nexport { n as 'odd name', add as __proto__ };\n"
    "export * from './other.mjs';\nexport * as other from './other.mjs';\n",
    "other.mjs": "export const x = '</script><!--\\u2028é<script>';\n",
    "waits.mjs": "console.log(1); await 0; console.log(2); export const late = 3;\n",
    "throws.cjs": "require('./deep.cjs');\n",
    "deep.cjs": "function f() {\n  throw new TypeError('bad');\n}\nf();\n",
    "hangs.mjs": "await new Promise(() => {});\n",
    "denied.cjs": "console.log(require('evil').read());\n",
    "common.cjs": "exports.a = 1; exports.b = typeof require;\n",
    "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
    "node_modules/evil/index.js": "exports.read = () => require('fs').readdirSync('/');\n",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("app"), FILES)


def made(entry: Path, output: Path, *options: str) -> Path:
    mapper("bundle", entry, "-o", output, *options, check=True)
    return output


def node(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([NODE, *command], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("kind", ["module", "commonjs"])
def test_a_script_runs_in_packages_of_both_kinds(app: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "package.json").write_text(f'{{"type": "{kind}"}}')
    script = made(app / "waits.mjs", tmp_path / "app.js", "--format", "script")

    done = node(script)

    assert (done.stdout, done.stderr, done.returncode) == ("1\n2\n", "", 0)


def test_an_uncaught_error_ends_the_process_and_names_the_position(
    app: Path, tmp_path: Path
) -> None:
    done = node(made(app / "throws.cjs", tmp_path / "app.js", "--format", "script"))

    assert done.returncode == 1
    assert "TypeError: bad\n    at f (compartment:///$root$/deep.cjs:2:9)" in done.stderr
    assert str(tmp_path) not in done.stderr


def test_what_never_settles_ends_as_in_node(app: Path, tmp_path: Path) -> None:
    done = node(made(app / "hangs.mjs", tmp_path / "app.js", "--format", "script"))

    assert done.returncode == 13
    assert "unsettled top-level await" in done.stderr


def test_a_script_grants_what_its_policy_says(app: Path, tmp_path: Path) -> None:
    denied = node(made(app / "denied.cjs", tmp_path / "app.js", "--format", "script"))
    inferred = made(app / "denied.cjs", tmp_path / "more.js", "--format", "script", "--infer")

    assert "package 'evil' may not use builtin 'fs.readdirSync'" in denied.stderr
    assert node(inferred).returncode == 0


def test_a_module_exports_live_bindings_by_any_name(app: Path, tmp_path: Path) -> None:
    made(app / "main.mjs", tmp_path / "app.mjs", "--format", "module")
    (tmp_path / "use.mjs").write_text(
        "import * as all from './app.mjs';\nimport A, { n, add, other } from './app.mjs';\n"
        "console.log(Object.keys(all).join(), n, A.name, other.x === all.x, all.x);\n"
        "add();\nconsole.log(n, all['odd name'], all['__proto__'] === add);\n"
    )

    done = node(tmp_path / "use.mjs")

    assert done.stdout == (
        "__proto__,add,default,n,odd name,other,x 0 A true </script><!--\u2028é<script>\n1 1 true\n"
    ), done.stderr


def test_false_in_a_browser_field_is_an_empty_module(tmp_path: Path) -> None:
    files = {
        "package.json": '{"name": "app", "browser": {"fs": false, "./a.js": false}}',
        "main.js": "console.log(Object.keys(require('fs')).length, require('./a.js').a);\n",
        "a.js": "exports.a = 1;\n",
    }
    app = write(tmp_path / "app", files)
    script = made(app / "main.js", tmp_path / "app.js", "--format", "script", "-C", "browser")

    assert node(script).stdout == "0 undefined\n"


def test_importers_wait_for_a_module_that_awaits(app: Path, tmp_path: Path) -> None:
    made(app / "waits.mjs", tmp_path / "app.mjs", "--format", "module")
    (tmp_path / "use.mjs").write_text("import { late } from './app.mjs'; console.log(late);\n")

    assert node(tmp_path / "use.mjs").stdout == "1\n2\n3\n"


def test_a_module_that_awaits_nothing_can_be_required(app: Path, tmp_path: Path) -> None:
    made(app / "common.cjs", tmp_path / "app.mjs", "--format", "module")
    (tmp_path / "use.cjs").write_text("const { a, b } = require('./app.mjs'); console.log(a, b);\n")

    assert node(tmp_path / "use.cjs").stdout == "1 function\n"


def test_importers_of_a_module_receive_its_exception(app: Path, tmp_path: Path) -> None:
    made(app / "throws.cjs", tmp_path / "app.mjs", "--format", "module")
    (tmp_path / "use.mjs").write_text(
        "await import('./app.mjs').catch((error) => console.log(error.message));\n"
    )

    assert node(tmp_path / "use.mjs").stdout == "bad\n"


def test_two_scripts_share_one_runtime(app: Path, tmp_path: Path) -> None:
    made(app / "common.cjs", tmp_path / "one.mjs", "--format", "module")
    made(app / "main.mjs", tmp_path / "two.mjs", "--format", "module")
    (tmp_path / "use.mjs").write_text(
        "import { a } from './one.mjs'; import { n } from './two.mjs'; console.log(a, n);\n"
    )

    assert node(tmp_path / "use.mjs").stdout == "1 0\n"


def test_a_global_variable_gets_what_the_entry_exports(app: Path, tmp_path: Path) -> None:
    options = ("--format", "script", "--global-name", "App")
    script = made(app / "main.mjs", tmp_path / "app.cjs", *options)
    program = f"require({str(script)!r}); App.add(); console.log(App.n)"

    assert node("-e", program).stdout == "1\n"


def test_a_script_is_ascii_can_be_inlined_and_is_always_the_same(app: Path, tmp_path: Path) -> None:
    script = made(app / "main.mjs", tmp_path / "app.js", "--format", "script")
    again = made(app / "main.mjs", tmp_path / "again.js", "--format", "script", "--no-cache")
    text = script.read_text("ascii").lower()

    assert script.read_bytes() == again.read_bytes()
    assert "</script" not in text
    assert "<script" not in text
    assert "<!--" not in text


def test_the_runtime_in_a_script_is_small(app: Path, tmp_path: Path) -> None:
    script = made(app / "common.cjs", tmp_path / "app.js", "--format", "script")

    assert script.stat().st_size < 450_000


def test_formats_and_options_have_results_of_their_own(app: Path, tmp_path: Path) -> None:
    entry, output = app / "common.cjs", tmp_path / "out"
    ways = [(), ("--format", "script"), ("--format", "module")]
    ways += [("--format", "script", "--global-name", name) for name in ("A", "B")]

    found = [made(entry, output, *way).read_bytes() for way in ways]

    assert len(set(found)) == len(ways)
    assert [made(entry, output, *way).read_bytes() for way in ways] == found


@pytest.mark.parametrize("form", ["archive", "script"])
def test_what_changes_for_a_page_is_made_anew(tmp_path: Path, form: str) -> None:
    files = {"package.json": '{"name": "app"}', "main.js": "exports.a = 1;\n"}
    app = write(tmp_path / "app", files)
    options = ("--format", form, "-C", "browser")
    made(app / "main.js", tmp_path / "out", *options)
    (app / "main.js").write_text("exports.a = document.title;\n")

    again = made(app / "main.js", tmp_path / "out", *options).read_bytes()

    assert b'"hostNames":["document"]' in again
    assert again == made(app / "main.js", tmp_path / "out", *options, "--no-cache").read_bytes()


def test_bundle_prints_what_a_page_names_the_script_by(app: Path, tmp_path: Path) -> None:
    output = tmp_path / "app.js"
    done = mapper("bundle", app / "common.cjs", "-o", output, "--format", "script", check=True)

    assert f"csp {integrity(output.read_bytes(), 'sha256')}\n" in done.stdout
    assert f"sri {integrity(output.read_bytes(), 'sha384')}\n" in done.stdout


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--global-name", "A"), "add --format script"),
        (
            ("--format", "module", "--global-name", "A"),
            "--global-name applies to scripts: a module has exports of its own",
        ),
        (("--format", "script", "--global-name", "a-b"), "'a-b' is not a variable name"),
        (("--format", "script", "--global-name", "class"), "'class' is not a variable name"),
        (("--format", "script", "--compress"), "let the server compress"),
        (("--format", "zip"), "'archive', 'script', 'module'"),
    ],
)
def test_options_that_do_not_fit_are_wrong_usage(
    app: Path, tmp_path: Path, options: tuple[str, ...], hint: str
) -> None:
    done = mapper("bundle", app / "common.cjs", "-o", tmp_path / "x", *options)

    assert done.returncode == 2
    assert hint in done.stderr
    assert not (tmp_path / "x").exists()
