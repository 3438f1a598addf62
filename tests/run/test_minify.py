"""Minified bundles: shorter, and otherwise equivalent for programs and policies."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from ses_rejections import CENSORS
from stack_rows import install_esbuild
from support import NODE, package

_DEPENDENCY = """
/*! licensed to be used */
/** Says what it can see. */
const unused = (first, second) => first + second;
exports.read = function readIt(someLongName) { return require('fs').readFileSync(someLongName, 'utf8'); };
exports.names = () => {
  const bar = () => 1; // `bar` is also asked for as a global
  let later; later = class { #hidden = 1; static is(o) { return #hidden in o } };
  class Mine extends Error { constructor() { super(); this.name = this.constructor.name } }
  const { given = () => 2 } = {};
  function* generator() {}
  return [bar.name, later.name, new Mine().name, given.name, generator.name, (class Other {}).name,
    exports.read.name, exports.read.length, typeof globalThis.bar, (() => { try { bar2 } catch (e) { return e.name } })()];
};
exports.texts = (count) => {
  const texts = ['-->', `<!--${count}`, 'import(', "eval(", /-->|<!--/.source, '</script>'];
  let n = 3; const seen = []; while (n --> 0) seen.push(n < !--count);
  return [...texts, seen, ((t) => t.raw)`import(${count}`, { eval(x) { return x } }.eval(4)];
};
const e = () => 'seen by its name', n = class {}; // what a minifier may call parameters
exports.short = (longest, longer) => [e(), e.name, n.name, longest, longer];
exports.local = (hidden) => { const other = 2; return eval('hidden + other') };
"""
FILES = {
    "package.json": package(name="app", version="1.0.0", dependencies={"dep": "1"}),
    "main.mjs": """
import dep, { read } from 'dep';
import { a, counted } from './cycle.mjs';
export let count = 0;
export function bump() { return count += 1 }
console.log(JSON.stringify([dep.names(), dep.texts(2), dep.local(1), dep.short(1, 2), a(), counted, count, bump.name]));
try { console.log(read('/etc/hostname').length > 0) } catch (error) { console.log(error.message) }
await null;
""",
    "cycle.mjs": "import { bump, count } from './main.mjs';\n"
    "export const a = () => [bump(), count];\nexport let counted = typeof bump;\n",
    "node_modules/dep/package.json": package(name="dep", version="1.0.0"),
    "node_modules/dep/index.js": _DEPENDENCY,
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("app"), FILES)
    install_esbuild(folder)
    return folder


def bundled(app: Path, output: Path, *options: str) -> Path:
    mapper("bundle", app / "main.mjs", "-o", output, *options, check=True)
    return output


def programs(archive: Path) -> dict[str, str]:
    with zipfile.ZipFile(archive) as opened:
        stored = {name: opened.read(name) for name in opened.namelist()}
    parsed = {name: json.loads(text) for name, text in stored.items() if "package.json" not in name}
    return {
        name: value.get("__syncModuleProgram__") or value["source"]
        for name, value in parsed.items()
        if name != "compartment-map.json"
    }


def map_without_hashes(archive: Path) -> str:
    with zipfile.ZipFile(archive) as opened:
        return re.sub(r'"sha512":"\w+"', "", opened.read("compartment-map.json").decode())


def test_minifying_only_shortens_sources(app: Path, tmp_path: Path) -> None:
    plain = bundled(app, tmp_path / "plain.zip")
    minified = bundled(app, tmp_path / "minified.zip", "--minify")

    assert map_without_hashes(minified) == map_without_hashes(plain)
    before, after = programs(plain), programs(minified)
    assert before.keys() == after.keys()
    assert all(len(after[name]) < 0.9 * len(text) for name, text in before.items())
    assert "someLongName" not in after["dep-v1.0.0/index.js"]
    assert "/*! licensed to be used */" in after["dep-v1.0.0/index.js"]
    for text in after.values():
        assert [name for name, censor in CENSORS.items() if censor.search(text)] == []


@pytest.mark.parametrize("options", [(), ("--infer",)])
def test_programs_see_what_they_saw_and_are_denied_what_they_were(
    app: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    plain = mapper("run", bundled(app, tmp_path / "plain.zip", *options), check=True)
    minified = mapper("run", bundled(app, tmp_path / "m.zip", "--minify", *options), check=True)
    script = bundled(app, tmp_path / "app.mjs", "--minify", "--format", "module", *options)
    done = subprocess.run([NODE, script], capture_output=True, text=True, check=False)

    assert '"readIt"' in plain.stdout
    assert ("grant it in the policy" in plain.stdout) is not bool(options)
    assert minified.stdout == plain.stdout == done.stdout


def test_equal_applications_give_equal_bytes(app: Path, tmp_path: Path) -> None:
    one = bundled(app, tmp_path / "one.zip", "--minify", "--no-cache")
    other = bundled(app, tmp_path / "other.zip", "--minify", "--no-cache")

    assert one.read_bytes() == other.read_bytes()


def test_another_esbuild_makes_it_anew(tmp_path: Path) -> None:
    app = write(tmp_path / "app", FILES)
    install_esbuild(app)
    first = bundled(app, tmp_path / "app.zip", "--minify").read_bytes()
    (app / "node_modules" / "esbuild").unlink()
    fake = "exports.transform = async (text) => { throw Error('no option of mine') };\n"
    write(app, {"node_modules/esbuild/package.json": "{}", "node_modules/esbuild/index.js": fake})

    done = mapper("bundle", app / "main.mjs", "-o", tmp_path / "app.zip", "--minify")

    assert done.returncode == 1
    assert "error [ESBUILD_NOT_USABLE]" in done.stderr
    assert "no option of mine" in done.stderr
    assert (tmp_path / "app.zip").read_bytes() == first


def test_without_an_esbuild_there_is_a_way_to_get_one(tmp_path: Path) -> None:
    app = write(tmp_path / "app", FILES)

    done = mapper("bundle", app / "main.mjs", "-o", tmp_path / "app.zip", "--minify")

    assert done.returncode == 1
    assert "error [ESBUILD_NOT_FOUND]" in done.stderr
    assert "hint: npm install --save-dev esbuild" in done.stderr
