"""Small programs with module idioms print the same as in Node."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE

PROGRAMS: Mapping[str, Mapping[str, str]] = {
    "data-urls": {
        "main.mjs": "import one, { two } from 'data:text/javascript,export default 1; export const two = 2;';\n"
        "import json from 'data:application/json,{\"a\":[1]}' with { type: 'json' };\n"
        "import 'data:text/javascript;charset=utf-8,globalThis.seen=%22a b%22';\n"
        "import { EOL } from 'data:text/javascript,export { EOL } from \"node:os\"';\n"
        "console.log(one, two, json, EOL.length);\n"
        "console.log((await import('data:text/javascript;base64,ZXhwb3J0IGRlZmF1bHQgNA==')).default);\n"
        "console.log((await import('data:text/javascript,' + encodeURIComponent('export const f = (x) => x + \"!\";'))).f('hi'));\n"
        "const url = `data:text/javascript,${'export default 5'}`;\n"
        "console.log((await import(url)).default, await import(url) === await import(url));\n"
        "console.log((await import('data:application/json,7', { with: { type: 'json' } })).default);\n"
        "await import('data:application/json,8').catch((e) => console.log(e.code));\n"
        "await import('data:text/plain,8').catch((e) => console.log(e.code));\n",
    },
    "additions-to-prototypes": {
        "main.js": """String.prototype.last = function () { return this.at(-1); };
Function.prototype.call$1 = function (a) { return this(a); };
if (!Array.prototype.sum) Object.defineProperty(Array.prototype, 'sum', {
  get() { return this.reduce((a, b) => a + b, 0); },
});
const key = 'table', table = Object[key] || (Object[key] = { a: 1 });
const double = (x) => x * 2, own = { last: () => 'own', sum: undefined };
console.log('ab'.last(), double.call$1(2), double.call$1(2).toFixed(1).last(), [1, 2].sum, own.last(), own.sum);
console.log(Object[key] === table, typeof ''.last, ''.last === String.prototype.last, own?.last());
console.log(''.last?.length, parseInt.call$1('7'), (class { static last = 1 }).last, 'a,b'.split(',').map((x) => x.last()));
try { null.last(); } catch (e) { console.log(e.constructor.name); }
try { ({}).last(); } catch (e) { console.log(e.constructor.name); }
own.last = 5;
console.log(own.last, delete own.last, own.last);
const mark = (x, tag, value) => {
  const made = x.constructor;
  if (made[tag] === undefined) Object.defineProperty(made, tag, { value, configurable: true });
  return made[tag];
};
console.log(mark([], 't', 1), mark([], 't', 2), mark(own, 't', 3), mark(new (class A {})(), 't', 4));
const init = { mark: '__mark' };
Object.defineProperty(Object.getPrototypeOf(key), init.mark, { value: 'text', configurable: true });
console.log(''[init.mark], key[init.mark], [][init.mark]);
""",
    },
    "data-url-of-a-package": {
        "main.mjs": "import { a } from 'dep'; console.log(a);\n",
        "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "exports": "./i.mjs"}',
        "node_modules/dep/i.mjs": "export * from 'data:text/javascript,export const a = 1';\n",
    },
    "resolve": {
        "main.mjs": "import fs from 'node:fs'; import { fileURLToPath } from 'node:url';\n"
        "const name = (url) => url.slice(url.lastIndexOf('/'));\n"
        "console.log(name(import.meta.resolve('./x.js')), name(import.meta.resolve('./not-there.js')), name(import.meta.resolve('./x.js?a#b')));\n"
        "console.log(import.meta.resolve('fs'), import.meta.resolve('node:os'), name(import.meta.resolve('dep')));\n"
        "try { import.meta.resolve('absent'); } catch ({ code }) { console.log(code); }\n"
        "console.log(fs.readFileSync(fileURLToPath(import.meta.resolve('./data.txt')), 'utf8'));\n"
        "console.log(fs.readFileSync(new URL(import.meta.resolve('dep/style.css')), 'utf8'));\n"
        "console.log(fileURLToPath(import.meta.resolve('./x.js')) === import.meta.dirname + '/x.js');\n",
        "x.js": "",
        "data.txt": "data",
        "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
        "node_modules/dep/index.js": "",
        "node_modules/dep/style.css": "a {}",
    },
    "parents": {
        "main.js": "const name = (m) => m && m.filename.slice(m.filename.lastIndexOf('/'));\n"
        "console.log(module.parent, require.main === module, require('./own').seen, require('dep').seen);\n"
        "console.log(require('dep').inner, name(require('./own').parent));\n",
        "own.js": "exports.seen = [!!module.parent, module.parent === require.main, require.main === module, module.parent.id];\nexports.parent = module.parent;\n",
        "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
        "node_modules/dep/index.js": "const { parent } = module;\n"
        "exports.seen = [typeof parent, typeof parent.filename, parent.id, parent.loaded, typeof parent.require, require.main === module, require.main.filename.slice(-8)];\n"
        "exports.inner = require('./inner');\n",
        "node_modules/dep/inner.js": "module.exports = [module.parent.id === module.parent.filename, module.parent.children.includes(module)];\n",
    },
    "parent-of-an-imported-module": {
        "main.mjs": "import seen from './a.cjs'; import { createRequire } from 'module';\n"
        "console.log(seen, createRequire(import.meta.url)('./b.cjs'));\n",
        "a.cjs": "module.exports = [String(module.parent), require.main === module, require.main];\n",
        "b.cjs": "module.exports = [typeof module.parent, require.main === undefined];\n",
    },
    "module-class": {
        "main.cjs": "const Module = require('module');\n"
        "console.log(module.constructor.wrapper, Module.wrap('x'), Module.wrapper.length);\n"
        "const path = (text) => text.slice(text.lastIndexOf('/'));\n"
        "console.log(path(Module._resolveFilename('./x', module)), Module._resolveFilename('fs', module), path(Module._resolveFilename('dep', module)));\n"
        "try { Module._resolveFilename('absent', module); } catch ({ code }) { console.log(code); }\n"
        "console.log(module.constructor._load('./x', module).x, path(Module.findPackageJSON('dep', __filename)));\n",
        "x.js": "exports.x = 1;\n",
        "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
        "node_modules/dep/index.js": "",
    },
    "builtins-of-process-alone": {
        "main.cjs": "console.log(process.getBuiltinModule('os').EOL.length);\n"
    },
    "instances": {
        "main.mjs": "import * as a from './x.mjs?a'; import * as b from './x.mjs?b'; import * as plain from './x.mjs';\n"
        "console.log(a === b, a === plain, a.n, a.query, plain.query, await import('./x.mjs?a') === a, await import('./x.mjs#h') === plain);\n"
        "const later = await import(`./x.mjs?t=${1}`); console.log(later.query, later.n === a.n);\n"
        "const url = new URL('./x.mjs', import.meta.url); url.search = '?u'; console.log((await import(url)).query);\n",
        "x.mjs": "export const n = {}; export const query = import.meta.url.split('.mjs')[1]; console.log('evaluated', query);\n",
    },
    "json-with-and-without-a-type": {
        "main.mjs": "console.log((await import('./d.json', { with: { type: 'json' } })).default);\n"
        "await import('./d.json').catch((e) => console.log(e.code));\n"
        "console.log((await import('./d.json', { with: { type: 'json' } })).default);\n",
        "d.json": "[1]",
    },
    "first-come-first-served": {
        "main.mjs": "const one = import('./a.mjs'); const two = import('./b.mjs'); await one; await two; console.log('end');\n",
        "a.mjs": "export { b } from './b.mjs'; console.log('a'); await 0; export let a = 1; console.log('a done');\n",
        "b.mjs": "import { a } from './a.mjs'; console.log('b'); await 0; export let b = 2; console.log('b done');\n",
    },
    "never-settled": {
        "main.mjs": "process.on('exit', (code) => console.log('exit', code, process.exitCode)); await new Promise(() => {});\n"
    },
    "exits-by-itself": {
        "main.mjs": "process.on('exit', (code) => console.log('exit', code)); await 0; process.exit();\n"
    },
    "never-settled-with-a-code": {
        "main.mjs": "process.exitCode = 3; process.on('exit', (code) => console.log('exit', code)); await new Promise(() => {});\n"
    },
    "settled-late": {
        "main.mjs": "let go; process.on('exit', (code) => console.log('exit', code)); process.once('beforeExit', () => setTimeout(go, 1)); await new Promise((r) => (go = r)); console.log('on');\n"
    },
}
FIRST = ("main.mjs", "main.cjs", "main.js")


def placeless(text: str, project: Path) -> str:
    """Return *text* without the locations of packages."""
    return re.sub(rf"(?:file://)?(?:{re.escape(str(project))}|/app-v1\.0\.0)", "<app>", text)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_what_it_does_in_node(tmp_path: Path, name: str) -> None:
    described = {"name": "app", "version": "1.0.0", "dependencies": {"dep": "1"}}
    project = write(tmp_path / "app", {"package.json": json.dumps(described), **PROGRAMS[name]})
    entry = next(project / first for first in FIRST if first in PROGRAMS[name])
    archive = tmp_path / "app.zip"
    expected = subprocess.run(
        [NODE, "--no-warnings", entry], capture_output=True, text=True, check=False
    )

    made = mapper("bundle", entry, "--infer", "-o", archive)

    assert made.returncode == 0, made.stderr
    ran = mapper("run", archive)
    assert placeless(ran.stdout, project) == placeless(expected.stdout, project), ran.stderr
    assert ran.returncode == expected.returncode


def test_bundled_dependencies_are_declared(tmp_path: Path) -> None:
    inner = "node_modules/dep/node_modules/"
    project = write(
        tmp_path / "app",
        {
            "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"dep": "1"}}',
            "main.js": "console.log(require('dep').join());\n",
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "bundleDependencies": ["a", "b"]}',
            "node_modules/dep/index.js": "module.exports = [require('a'), require(['a', 'b'][1])];\n",
            **{
                f"{inner}{name}/{file}": text
                for name in ("a", "b")
                for file, text in {
                    "package.json": f'{{"name": "{name}", "version": "1.0.0"}}',
                    "index.js": f"module.exports = '{name}';\n",
                }.items()
            },
        },
    )

    ran = mapper("run", project / "main.js")

    assert ran.stdout == "a,b\n", ran.stderr
    assert "UNDECLARED" not in mapper("run", "--infer", project / "main.js").stderr


def test_additions_to_prototypes_are_not_seen_by_others(tmp_path: Path) -> None:
    project = write(
        tmp_path / "app",
        {
            "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"dep": "1"}}',
            "main.js": "const own = require('dep');\n"
            "console.log(own, 'a'.loud, Reflect.ownKeys(String.prototype).includes('loud'), Object.mine);\n",
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
            "node_modules/dep/index.js": "String.prototype.loud = function () { return this + '!' };\n"
            "const key = 'mine'; Object[key] = 1; module.exports = ['a'.loud(), Object[key]];\n",
        },
    )

    ran = mapper("run", project / "main.js")

    assert ran.stdout == "[ 'a!', 1 ] undefined false undefined\n", ran.stderr
