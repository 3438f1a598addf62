"""Shims: modules that run before the lockdown, with nothing but the language."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE, ROOT, package

from compartment_mapper import Sandbox
from compartment_mapper.cli.shared import Choices
from compartment_mapper.errors.diagnostic import InputError

EXTENDS = "Array.prototype.last = function () { return this[this.length - 1]; };\n"


def app(folder: Path, *, shim: str = EXTENDS, main: str = "", **more: str) -> Path:
    """Return an application whose dependency `poly` is the shim, and whose `user` uses it."""
    return write(
        folder,
        {
            "package.json": package(
                name="app", version="1.0.0", dependencies={"poly": "1", "user": "1"}
            ),
            "main.js": main or "require('poly'); console.log(require('user')());\n",
            "node_modules/poly/package.json": package(name="poly", version="1.0.0"),
            "node_modules/poly/index.js": shim,
            "node_modules/user/package.json": package(name="user", version="1.0.0"),
            "node_modules/user/index.js": "module.exports = () => [1, 2, 3].last();\n",
            **{name.replace("__", "/"): text for name, text in more.items()},
        },
    )


def shims_in(file: Path) -> dict[str, dict[str, object]]:
    """Return the shims of `poly` in a policy file."""
    found: dict[str, dict[str, object]] = json.loads(file.read_text())["resources"]["poly"]["shims"]
    return found


def test_every_package_has_what_it_adds(tmp_path: Path) -> None:
    folder = app(tmp_path)

    without = mapper("run", "--infer", "main.js", cwd=folder)
    found = mapper("run", "--infer", "--shim", "poly", "main.js", cwd=folder)

    assert without.returncode == 1
    assert "object is not extensible" in without.stderr
    assert found.stdout == "3\n", found.stderr


def test_a_cached_bundle_of_other_shims_is_not_used(tmp_path: Path) -> None:
    folder = app(tmp_path)

    assert mapper("run", "--infer", "--shim", "poly", "main.js", cwd=folder).returncode == 0
    assert mapper("run", "--infer", "main.js", cwd=folder).returncode == 1


#: Choices that change no archive, or whose effect the key has in another form.
NOT_IN_KEY = {"no_cache", "jobs", "timings"}


def test_the_key_of_the_cache_has_every_choice() -> None:
    source = (ROOT / "compartment_mapper" / "cli" / "cached_build.py").read_text()
    key = source.partition("def _key(")[2]

    missing = [name for name in Choices.__dataclass_fields__ if f"choices.{name}" not in key]

    assert set(missing) == NOT_IN_KEY


def test_a_policy_records_what_it_adds(tmp_path: Path) -> None:
    folder = app(tmp_path)

    mapper("policy", "infer", "--shim", "poly", "main.js", cwd=folder, check=True)
    [(path, shim)] = shims_in(folder / "compartment-policy.json").items()
    bundled = mapper("bundle", "main.js", "-o", "app.zip", cwd=folder, check=True)
    found = mapper("run", "app.zip", cwd=folder)

    assert path == "index.js"
    assert shim["adds"] == {"Array.prototype": ["last"]}
    assert "restored" not in shim
    assert found.stdout == "3\n", bundled.stderr + found.stderr
    mapper("policy", "infer", "main.js", cwd=folder, check=True)
    assert shims_in(folder / "compartment-policy.json") == {path: shim}  # the decision is kept
    restricted = mapper("run", "--policy", "compartment-policy.json", "app.zip", cwd=folder)
    assert restricted.stdout == "3\n", restricted.stderr


def edited(folder: Path, **change: object) -> None:
    """Change the shim in the policy file."""
    file = folder / "compartment-policy.json"
    value = json.loads(file.read_text())
    value["resources"]["poly"]["shims"]["index.js"] |= change
    file.write_text(json.dumps(value))


@pytest.mark.parametrize("adds", [{"Array.prototype": ["other"]}, {"String.prototype": ["last"]}])
def test_it_may_add_only_what_the_policy_lists(tmp_path: Path, adds: dict[str, list[str]]) -> None:
    folder = app(tmp_path)
    mapper("policy", "infer", "--shim", "poly", "main.js", cwd=folder, check=True)

    edited(folder, adds=adds)
    found = mapper("run", "main.js", cwd=folder)

    assert found.returncode == 1
    assert found.stdout == ""
    assert "SHIM_REFUSED" in found.stderr
    assert "'poly/index.js' adds Array.prototype last" in found.stderr


def test_an_archive_cannot_get_more_from_a_policy_than_it_has(tmp_path: Path) -> None:
    folder = app(tmp_path)
    mapper("policy", "infer", "--shim", "poly", "main.js", cwd=folder, check=True)
    mapper("bundle", "main.js", "-o", "app.zip", cwd=folder, check=True)

    edited(folder, adds={})
    found = mapper("run", "--policy", "compartment-policy.json", "app.zip", cwd=folder)
    verified = mapper("verify", "--policy", "compartment-policy.json", "app.zip", cwd=folder)

    assert "SHIM_REFUSED" in found.stderr
    assert verified.returncode == 1
    assert "shim" in verified.stderr


def test_an_empty_list_allows_nothing(tmp_path: Path) -> None:
    folder = app(tmp_path)
    mapper("policy", "infer", "--shim", "poly", "main.js", cwd=folder, check=True)

    edited(folder, adds={})

    assert "SHIM_REFUSED" in mapper("run", "main.js", cwd=folder).stderr


def test_other_links_need_another_review(tmp_path: Path) -> None:
    folder = app(tmp_path, shim="const one = require('#one');\nrequire('#two');\none();\n")
    write(
        folder,
        {
            "node_modules/poly/a.js": f"module.exports = () => {{ {EXTENDS.strip()} }};\n",
            "node_modules/poly/b.js": "module.exports = () => { Array.prototype.last = null; };\n",
        },
    )

    def link(one: str, two: str) -> None:
        (folder / "node_modules/poly/package.json").write_text(
            package(name="poly", version="1.0.0", imports={"#one": one, "#two": two})
        )

    link("./a.js", "./b.js")
    mapper("policy", "infer", "--shim", "poly", "main.js", cwd=folder, check=True)
    before = mapper("run", "main.js", cwd=folder)
    link("./b.js", "./a.js")  # the same modules

    assert before.stdout == "3\n", before.stderr
    assert "SHIM_CHANGED" in mapper("run", "main.js", cwd=folder).stderr


@pytest.mark.parametrize("changed", ["index.js", "lib.js"])
def test_another_source_needs_another_review(tmp_path: Path, changed: str) -> None:
    shim = f"require('./lib.js');\n{EXTENDS}"
    folder = app(tmp_path, shim=shim, node_modules__poly__lib_js="")
    (folder / "node_modules/poly/lib.js").write_text("exports.one = 1;\n")
    mapper("policy", "infer", "--shim", "poly", "main.js", cwd=folder, check=True)
    mapper("bundle", "main.js", "-o", "app.zip", cwd=folder, check=True)

    with (folder / "node_modules/poly" / changed).open("a") as file:
        file.write("// another version\n")
    found = mapper("bundle", "main.js", "-o", "new.zip", cwd=folder)

    assert found.returncode == 1
    assert "SHIM_CHANGED" in found.stderr
    assert not (folder / "new.zip").exists()


@pytest.mark.parametrize(
    "name", ["nowhere", "poly/nowhere.js", "./nowhere.js", "", ">", "poly>nowhere", "../x.js"]
)
def test_an_unknown_shim_is_an_error(tmp_path: Path, name: str) -> None:
    found = mapper("run", "--infer", "--shim", name, "main.js", cwd=app(tmp_path))

    assert found.returncode == 1
    assert "SHIM_NOT_FOUND" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("shim", "name"),
    [
        pytest.param(EXTENDS, "./own.js", id="of the application"),
        pytest.param(EXTENDS, "poly>deep/file.js", id="nested"),
    ],
)
def test_it_can_be_any_module(tmp_path: Path, shim: str, name: str) -> None:
    main = "require('./own.js'); console.log([4, 5].last());\n"
    folder = app(tmp_path, shim="require('deep/file.js');", main=main)
    write(
        folder,
        {
            "own.js": shim if name == "./own.js" else "require('poly');",
            "node_modules/poly/package.json": package(
                name="poly", version="1.0.0", dependencies={"deep": "1"}
            ),
            "node_modules/poly/node_modules/deep/package.json": package(name="deep", version="1"),
            "node_modules/poly/node_modules/deep/file.js": shim,
        },
    )

    found = mapper("run", "--infer", "--shim", name, "main.js", cwd=folder)

    assert found.stdout == "5\n", found.stderr


MODULES = {
    "index.mjs": "import { name, later } from './names.mjs'; import * as all from './again.mjs';\n"
    "import data from './data.json' with { type: 'json' }; import cjs, { two } from './one.cjs';\n"
    "Array.prototype[name] = function () { return this[this.length - 1]; };\n"
    "export const shown = [later(), Object.keys(all).join(), data.three, cjs.two === two];\n"
    "export default 7;\n",
    "names.mjs": "export let name = 'first'; name = 'last';\n"
    "export function later() { return name; }\n",
    "again.mjs": "export * from './names.mjs'; export { name as other } from './names.mjs';\n",
    "one.cjs": "exports.two = 2;\n",
    "data.json": '{"three": 3}',
}


def test_it_can_consist_of_ecmascript_modules(tmp_path: Path) -> None:
    folder = app(tmp_path, shim="")
    own = {f"node_modules/poly/{name}": text for name, text in MODULES.items()}
    main = "import seven, { shown } from 'poly'; import user from 'user';\n"
    write(
        folder,
        {
            **own,
            "node_modules/poly/package.json": package(
                name="poly", version="1.0.0", exports="./index.mjs"
            ),
            "main.mjs": f"{main}console.log(user(), seven, shown.join('|'));\n",
        },
    )
    plain = "3 7 last|later,name,other|3|true\n"

    found = mapper("run", "--infer", "--shim", "poly", "main.mjs", cwd=folder)

    assert found.stdout == plain, found.stderr


def test_new_globals_are_for_every_package(tmp_path: Path) -> None:
    shim = (
        "globalThis.Stamp = class Stamp { show() { return 'stamp'; } };\n"
        "Math.double = (x) => x * 2; Date.never = () => 'never'; Intl.own = 'own';\n"
    )
    folder = app(tmp_path, shim=shim)
    (folder / "node_modules/user/index.js").write_text(
        "module.exports = () => [new Stamp().show(), Math.double(2), Date.never(), Intl.own,\n"
        "  Object.isFrozen(Stamp.prototype), Object.isFrozen(Math.double)].join();\n"
    )

    found = mapper("run", "--infer", "--shim", "poly", "main.js", cwd=folder)

    assert found.stdout == "stamp,4,never,own,true,true\n", found.stderr


def test_threads_have_them_too(tmp_path: Path) -> None:
    main = (
        "const { Worker } = require('node:worker_threads');\n"
        "new Worker(require.resolve('./thread.js'));\n"
    )
    folder = app(tmp_path, main=main)
    (folder / "thread.js").write_text("console.log(require('user')());\n")

    found = mapper("run", "--infer", "--shim", "poly", "main.js", cwd=folder)

    assert found.stdout == "3\n", found.stderr


def test_a_script_has_them_too(tmp_path: Path) -> None:
    folder = app(tmp_path)
    mapper(
        *("bundle", "--infer", "--shim", "poly", "--format", "script"),
        *("main.js", "-o", "app.js"),
        cwd=folder,
        check=True,
    )

    found = in_node(folder / "app.js")

    assert found == "3\n"


def test_a_page_refuses_it(tmp_path: Path) -> None:
    folder = app(tmp_path)
    options = ("--infer", "--shim", "poly", "--format", "script", "-C", "browser")
    mapper("bundle", *options, "main.js", "-o", "app.js", cwd=folder, check=True)
    page = "delete globalThis.process; (0, eval)(require('fs').readFileSync('app.js', 'utf8'));\n"
    (folder / "page.cjs").write_text(page)

    done = subprocess.run(
        [NODE, "page.cjs"], capture_output=True, text=True, cwd=folder, check=False
    )

    assert done.returncode == 1
    assert "must run before the lockdown" in done.stderr


def in_node(script: Path) -> str:
    """Return what a script prints in plain Node."""
    done = subprocess.run([NODE, script], capture_output=True, text=True, check=True)
    return done.stdout


def test_known_ones_are_proposed_where_they_come_too_late(tmp_path: Path) -> None:
    folder = app(tmp_path, main="require('core-js/actual/array/last');\n")
    write(
        folder,
        {
            "package.json": package(name="app", version="1.0.0", dependencies={"core-js": "3"}),
            "node_modules/core-js/package.json": package(name="core-js", version="3.0.0"),
            "node_modules/core-js/actual/array/last.js": EXTENDS,
        },
    )

    late = mapper("bundle", "--infer", "main.js", "-o", "app.zip", cwd=folder)
    early = mapper(
        *("bundle", "--infer", "--shim", "core-js/actual/array/last", "main.js", "-o", "b.zip"),
        cwd=folder,
    )

    assert "LATE_SHIM" in late.stderr
    assert "--shim 'core-js/actual/array/last'" in late.stderr
    assert "LATE_SHIM" not in early.stderr


def test_a_replacement_is_a_warning(tmp_path: Path) -> None:
    folder = app(tmp_path, shim=f"{EXTENDS}Promise.prototype.then = function () {{}};\n")

    found = mapper("bundle", "--infer", "--shim", "poly", "main.js", "-o", "a.zip", cwd=folder)

    assert found.returncode == 0
    assert "SHIM_RESTORED" in found.stderr
    assert "replaces Promise.prototype.then: they were put back" in found.stderr
    assert mapper("run", "a.zip", cwd=folder).stdout == "3\n"


def test_verify_and_report_list_it(tmp_path: Path) -> None:
    folder = app(tmp_path)
    mapper("bundle", "--infer", "--shim", "poly", "main.js", "-o", "a.zip", cwd=folder, check=True)

    verified = mapper("verify", "a.zip", cwd=folder)
    as_json = json.loads(mapper("verify", "--json", "a.zip", cwd=folder).stdout)
    report = mapper("report", "a.zip", "--format", "json", cwd=folder)
    inspected = mapper("inspect", "a.zip", cwd=folder)

    line = "shim before the lockdown: index.js of poly (adds 1 property)"
    assert verified.stdout.splitlines()[1] == line
    assert as_json["outside"] == [{"kind": "shim", "package": "poly", "file": "index.js"}]
    assert '"shim"' in report.stdout.replace(" ", "")
    assert "critical" in report.stdout
    assert "1 capability granted (1 critical)" in inspected.stdout
    assert "shims     index.js" in " ".join(inspected.stdout.splitlines())


def test_a_sandbox_refuses_it(tmp_path: Path) -> None:
    folder = app(tmp_path, main="require('poly'); exports.one = 1;\n")
    mapper("bundle", "--infer", "--shim", "poly", "main.js", "-o", "a.zip", cwd=folder, check=True)

    with pytest.raises(InputError, match="locked down already"):
        Sandbox(modules={"app": folder / "a.zip"})


PACKAGES = ROOT / "tests" / "packages" / "node_modules"

#: By shim: a program that uses what it adds.
POLYFILLS = {
    "core-js/actual": "console.log([1, 2, 3].groupBy((x) => (x % 2 ? 'odd' : 'even')).odd);",
    "core-js/stable": "console.log([3, 1].toSorted(), Object.groupBy([1], String));",
    "core-js/proposals/array-unique": "console.log([1, 1, 2].uniqueBy());",
    "temporal-polyfill/global": "console.log(`${Temporal.PlainDate.from('2024-01-31').add({ months: 1 })}`,"
    " new Date(0).toTemporalInstant().toString());",
    "array.prototype.at/auto": "console.log([1, 2].at(-1));",
    "reflect-metadata": "class A {}\nReflect.defineMetadata('k', 1, A);\n"
    "console.log(Reflect.getMetadata('k', A));",
}


@pytest.mark.parametrize("name", POLYFILLS)
def test_real_polyfills_print_what_they_print_in_node(name: str, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    installed = json.loads((PACKAGES.parent / "package.json").read_text())["dependencies"]
    write(
        tmp_path,
        {
            "package.json": package(name="app", version="1.0.0", dependencies=installed),
            "main.js": f"require('{name}');\n{POLYFILLS[name]}\n",
        },
    )

    mapper("policy", "infer", "--shim", name, "main.js", cwd=tmp_path, check=True)
    found = mapper("run", "main.js", cwd=tmp_path)

    assert found.stdout == in_node(tmp_path / "main.js"), found.stderr
