"""Attacks by shims, which run before the lockdown: they get nothing but the language."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import package


def run(
    folder: Path, shim: str, *, main: str = "", other: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run an application that has the dependency `poly` as a shim."""
    write(
        folder,
        {
            "package.json": package(name="app", version="1.0.0", dependencies={"poly": "1"}),
            "main.js": main or "require('poly'); console.log('ran');\n",
            "node_modules/poly/package.json": package(name="poly", version="1.0.0"),
            "node_modules/poly/index.js": shim,
            "node_modules/poly/other.js": other,
        },
    )
    return mapper("run", "--infer", "--shim", "poly", "main.js", cwd=folder)


HOST = (
    "process require.cache module.constructor setTimeout setImmediate queueMicrotask fetch console "
    "Buffer URL structuredClone performance navigator crypto global WebAssembly Compartment harden "
    "lockdown assert"
).split()


@pytest.mark.parametrize("name", HOST)
def test_it_has_no_global_of_the_host(tmp_path: Path, name: str) -> None:
    first, _, member = name.partition(".")
    read = f"typeof {first} === 'undefined' ? undefined : {first}"
    value = f"({read})?.{member}" if member else read
    shim = f"const found = {value}; globalThis.found = [typeof found, found === Object];\n"

    found = run(tmp_path, shim, main="console.log(JSON.stringify(found));\n")

    assert json.loads(found.stdout)[0] == "undefined" or json.loads(found.stdout)[1]


WAYS = {
    "a builtin": "require('node:fs');",
    "a builtin by import()": "import('node:fs'); null.x;",
    "text by Function": "Function('return 1')();",
    "text by eval": "(0, eval)('1');",
    "text by direct eval": "eval('1');",
    "text by an async function": "(async () => {}).constructor('return 1')();",
    "text by a generator": "(function* () {}).constructor('yield 1')();",
    "an error": "throw new Error('no');",
    "an error that runs code": "throw { get message() { globalThis.late = 1; return 'x'; } };",
}


@pytest.mark.parametrize("code", WAYS.values(), ids=WAYS.keys())
def test_what_is_not_of_the_language_throws(tmp_path: Path, code: str) -> None:
    found = run(tmp_path, f"Array.prototype.mine = 1;\n{code}\n")

    assert found.returncode == 1
    assert found.stdout == ""
    assert "SHIM_REFUSED" in found.stderr
    assert "throws" in found.stderr


REFUSED = {
    "a property of all objects": "Object.prototype.shell = '/tmp/x';",
    "then": "Array.prototype.then = function (resolve) {};",
    "then of functions": "Function.prototype.then = function (resolve) {};",
    "toJSON": "Object.defineProperty(Map.prototype, 'toJSON', { value() {} });",
    "a well-known symbol": "Function.prototype[Symbol.toPrimitive] = () => 1;",
    "a symbol of Node": "Array.prototype[Symbol.for('nodejs.util.inspect.custom')] = () => 1;",
    "an index": "Array.prototype[0] = 1;",
    "the end of iterations": "Iterator.prototype.return = function () { return {}; };",
    "a name that Node looks for": "Array.prototype.warned = () => 1;",
    "a method of functions": "Function.prototype.listener = () => 1;",
    "a method of errors": "TypeError.prototype.cause = 1;",
    "a proxy": "Array.prototype.mine = new Proxy(() => 1, {});",
    "a proxy further away": "Array.prototype.mine = () => 1; [].mine.deep = [{ x: new Proxy({}, {}) }];",
    "a proxy among its exports": "module.exports = { deep: new Proxy({}, {}) };",
    "a proxy that it throws": "throw new Proxy({}, { getOwnPropertyDescriptor() { throw 1; } });",
    "an accessor as exports": "Object.defineProperty(module, 'exports', { get: () => ({}) });",
    "freezing": "Object.freeze(Array.prototype);",
    "preventing extensions": "Object.preventExtensions(Reflect);",
    "a lasting replacement": "Object.defineProperty(Array.prototype, 'map', "
    "{ value() {}, configurable: false, writable: false });",
    "a lasting addition and an error": "Object.defineProperty(Array.prototype, 'mine', "
    "{ value: 1, configurable: false }); throw new Error('x');",
}


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED.keys())
def test_what_no_policy_can_allow_is_refused(tmp_path: Path, code: str) -> None:
    found = run(tmp_path, f"{code}\n")

    assert found.returncode == 1
    assert found.stdout == ""
    assert "SHIM_REFUSED" in found.stderr
    assert "a shim has only the language" in found.stderr


def test_what_it_throws_is_not_looked_at(tmp_path: Path) -> None:
    trap = "getOwnPropertyDescriptor: () => ({ value: 'the trap ran', configurable: true })"

    found = run(tmp_path, f"throw new Proxy({{}}, {{ {trap} }});\n")
    plain = run(tmp_path, "throw { message: 'the control' };\n")

    assert "throws: a value without a message" in found.stderr
    assert "the trap ran" not in found.stderr
    assert "throws: the control" in plain.stderr


REPLACED = """
const { map } = Array.prototype;
Array.prototype.map = function evil() { return map.call(this, (x) => 'stolen'); };
Promise.prototype.then = function () { return 'stolen'; };
Object.defineProperty(Object, 'keys', { get: () => () => ['stolen'], configurable: true });
delete String.prototype.trim;
Object.setPrototypeOf(Map.prototype, null);
Symbol.iterator.constructor;
"""


def test_what_it_replaces_is_put_back_and_recorded(tmp_path: Path) -> None:
    main = (
        "console.log([1].map(String), Object.keys({ a: 1 }), ' a '.trim(), typeof Map.prototype.get,\n"
        "  Object.getPrototypeOf(Map.prototype) === Object.prototype, [].map.name);\n"
        "Promise.resolve(1).then((one) => console.log(one));\n"
    )
    found = run(tmp_path, REPLACED, main=main)
    mapper("policy", "infer", "--shim", "poly", "main.js", cwd=tmp_path, check=True)
    policy = json.loads((tmp_path / "compartment-policy.json").read_text())

    assert found.stdout == "[ '1' ] [ 'a' ] a function true map\n1\n", found.stderr
    assert policy["resources"]["poly"]["shims"]["index.js"] == {
        "integrity": policy["resources"]["poly"]["shims"]["index.js"]["integrity"],
        "adds": {},
        "restored": {
            "Array.prototype": ["map"],
            "Map.prototype": ["[[Prototype]]"],
            "Object": ["keys"],
            "Promise.prototype": ["then"],
            "String.prototype": ["trim"],
        },
    }


#: Replaces every function that the language leads to, lets the runtime work for the shim, and puts them back. What was
#: called meanwhile, with what, is left as a global.
WATCH = """
const seen = { __proto__: null, length: 0, first: '' };
const Text = String;
const { ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf, apply } = Reflect;
const isObject = (x) => (typeof x === 'object' && x !== null) || typeof x === 'function';
const all = new Map();
const visit = (object, name) => {
  if (!isObject(object) || all.has(object)) return;
  all.set(object, name);
  for (const key of ownKeys(object)) {
    const found = getOwnPropertyDescriptor(object, key);
    for (const part of ['value', 'get', 'set']) visit(found[part], `${name}.${Text(key)}`);
  }
  visit(getPrototypeOf(object), `${name}.[[Prototype]]`);
};
visit(globalThis, '');
for (const hidden of [[][Symbol.iterator](), new Map().entries(), new Set().values(), ''[Symbol.iterator](),
  (function* () {})(), (async function* () {})(), async () => {}]) visit(hidden, 'hidden');
const undo = [];
const log = (name) => { seen.length += 1; seen.first ||= name; };
for (const [object, name] of [...all]) {
  if (name === '.Intl') continue; // its members may be replaced
  for (const key of ownKeys(object)) {
    const found = getOwnPropertyDescriptor(object, key);
    if (!found.configurable) continue;
    const label = `${name}.${Text(key)}`;
    const spied = (original) => typeof original !== 'function' ? original : new Proxy(original, {
      apply(target, receiver, args) { log(label); return apply(target, receiver, args); },
    });
    const other = 'value' in found
      ? { ...found, value: spied(found.value) }
      : { ...found, get: spied(found.get), set: spied(found.set) };
    undo[undo.length] = () => defineProperty(object, key, found);
    if (typeof key === 'string' || typeof found.value === 'function') defineProperty(object, key, other);
  }
}
for (const key of ['0', '1', 'get', 'set', 'value', 'enumerable', 'listeners', 'started', 'exports', 'source']) {
  defineProperty(Object.prototype, key, {
    __proto__: null,
    get() { log(key); return undefined; },
    set(value) { log(key); },
    configurable: true,
  });
  undo[undo.length] = () => delete Object.prototype[key];
}
let error;
seen.length = 0; seen.first = '';
try { exports.other = require('./other.js'); try { require('none'); } catch {} } catch (found) { error = found; }
const during = seen.length;
const { first } = seen;
for (let index = undo.length - 1; index >= 0; index -= 1) undo[index]();
globalThis.heard = [during, error === undefined ? '' : Text(error), first];
"""


def test_the_runtime_calls_nothing_that_a_shim_replaced(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        WATCH,
        other="exports.fine = 1;\n",
        main="console.log(JSON.stringify(heard));\n",
    )

    assert found.stdout == '[0,"",""]\n', found.stdout + found.stderr


def test_nor_while_it_links_ecmascript_modules(tmp_path: Path) -> None:
    spy, _, after = WATCH.partition("let error;")
    assert after
    files = {
        "package.json": package(name="poly", version="1.0.0", exports="./index.mjs"),
        "spy.mjs": f"{spy}seen.length = 0; seen.first = '';\nexport {{ seen, undo }};\n",
        "other.mjs": "export let one = 1; one = 2; export default class {}\n"
        "export function two() { return one; }\n",
        "again.mjs": "export * from './other.mjs'; export { one as uno } from './other.mjs';\n",
        "index.mjs": "import { seen, undo } from './spy.mjs'; import * as all from './again.mjs';\n"
        "import Other, { one, two } from './other.mjs';\n"
        "const { length, first } = seen; const ok = all.uno === 2 && two() === one;\n"
        "for (let index = undo.length - 1; index >= 0; index -= 1) undo[index]();\n"
        "globalThis.heard = [length, ok ? '' : 'wrong', first, typeof Other];\n",
    }
    write(tmp_path, {f"node_modules/poly/{name}": text for name, text in files.items()})
    run(tmp_path, "", main="console.log(JSON.stringify(heard));\n")
    write(tmp_path, {"node_modules/poly/package.json": files["package.json"]})

    found = mapper("run", "--infer", "--shim", "poly", "main.js", cwd=tmp_path)

    assert found.stdout == '[0,"","","function"]\n', found.stdout + found.stderr


def test_what_it_leaves_replaced_is_not_called(tmp_path: Path) -> None:
    before, _, after = WATCH.partition("for (const key of ['0'")
    assert after
    shim = f"{before}seen.length = 0; seen.first = '';\nglobalThis.heard = () => seen.first;\n"

    found = run(tmp_path, shim, main="console.log(JSON.stringify(heard()));\n")

    assert found.stdout == '""\n', found.stdout + found.stderr


def test_the_watch_hears_a_call(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        WATCH,
        other="exports.fine = [1].map((x) => x);\n",
        main="console.log(heard[0] > 0);\n",
    )

    assert found.stdout == "true\n", found.stdout + found.stderr


ACCESSORS = """
let calls = 0;
const get = () => { calls += 1; return () => calls; };
Object.defineProperty(globalThis, 'Foo', { get, configurable: true });
Object.defineProperty(Array.prototype, 'foo', { get, configurable: true });
Object.defineProperty(exports, 'part', { get, enumerable: true });
globalThis.count = () => calls;
"""


def test_accessors_are_removed_and_never_called(tmp_path: Path) -> None:
    main = "console.log(typeof Foo, 'foo' in [], count());\n"

    found = run(tmp_path, ACCESSORS, main=main)

    assert found.stdout == "undefined false 0\n", found.stderr


DESCRIPTORS = """
let hits = 0;
for (const key of ['get', 'set', 'value', 'writable', 'enumerable', 'configurable', 'length', 'exports'])
  Object.defineProperty(Object.prototype, key, {
    __proto__: null, get() { hits += 1; return undefined; }, set() { hits += 1; }, configurable: true,
  });
Object.keys = () => { hits += 1; return []; };
globalThis.count = () => hits;
"""


def test_what_it_leaves_on_object_prototype_is_not_read(tmp_path: Path) -> None:
    main = "console.log(count(), Object.keys({ a: 1 }), 'get' in {});\n"

    found = run(tmp_path, DESCRIPTORS, main=main)

    assert found.stdout == "0 [ 'a' ] false\n", found.stderr


SEGMENTS = """
const segments = new Intl.Segmenter().segment('abc');
const prototype = Object.getPrototypeOf(segments);
const iterators = Object.getPrototypeOf(segments[Symbol.iterator]());
prototype.containing = () => 'replaced';
iterators.next = () => ({ done: true });
"""


INHERITED = """
let heard = 0;
const { defineProperty } = Object;
const hears = (target) => new Proxy(target, { ownKeys() { heard += 1; return Reflect.ownKeys(target); } });
Object.setPrototypeOf(Intl, hears(Object.prototype));
Object.setPrototypeOf(Map, hears(Function.prototype));
globalThis.count = () => heard;
"""


def test_prototypes_that_it_replaces_are_put_back(tmp_path: Path) -> None:
    main = (
        "console.log(count(), Object.getPrototypeOf(Intl) === Object.prototype,\n"
        "  Object.getPrototypeOf(Map) === Function.prototype);\n"
    )

    found = run(tmp_path, INHERITED, main=main)

    assert found.stdout == "0 true true\n", found.stderr


def test_prototypes_without_a_name_are_compared_too(tmp_path: Path) -> None:
    main = (
        "const found = new Intl.Segmenter().segment('abc');\n"
        "console.log(found.containing(0).segment, [...found].length);\n"
    )

    found = run(tmp_path, SEGMENTS, main=main)

    assert found.stdout == "a 3\n", found.stderr
    assert "%SegmentsPrototype%.containing" in found.stderr
    assert "%SegmentIteratorPrototype%.next" in found.stderr


def test_what_it_made_is_hardened(tmp_path: Path) -> None:
    shim = (
        "const state = { count: 0 };\n"
        "globalThis.Shared = class Shared { static state = state; };\n"
        "Array.prototype.mine = Object.assign(function mine() { return state; }, { data: state });\n"
        "module.exports = { state };\n"
    )
    main = (
        "const poly = require('poly');\n"
        "for (const one of [poly, poly.state, Shared, Shared.state, [].mine, [].mine.data])\n"
        "  console.log(Object.isFrozen(one));\n"
    )

    found = run(tmp_path, shim, main=main)

    assert found.stdout == "true\n" * 6, found.stderr


def test_a_promise_of_it_ends_in_a_locked_realm(tmp_path: Path) -> None:
    shim = (
        "Promise.resolve().then(() => {\n"
        "  try { Array.prototype.map = 1; globalThis.done = 'changed'; } catch { }\n"
        "  return typeof process;\n"
        "}).then((seen) => { globalThis.seen = seen; });\n"
    )
    main = "setTimeout(() => console.log(typeof [].map, typeof done, typeof seen), 20);\n"

    found = run(tmp_path, shim, main=main)

    assert found.stdout == "function undefined undefined\n", found.stderr


def test_an_endless_shim_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from compartment_mapper.errors.diagnostic import InputError  # noqa: PLC0415 - here only
    from compartment_mapper.host.node_process import find_node  # noqa: PLC0415
    from compartment_mapper.host.shim_runner import ShimRunner  # noqa: PLC0415

    run(tmp_path, "Array.prototype.mine = 1;\n")
    mapper(
        "bundle", "--infer", "--shim", "poly", "main.js", "-o", "a.zip", cwd=tmp_path, check=True
    )
    content = (tmp_path / "a.zip").read_bytes()
    assert ShimRunner(lambda: find_node(None)).changes(content)
    monkeypatch.setattr("compartment_mapper.host.shim_runner._LONGEST", 0.001)
    with pytest.raises(InputError, match="too long"):
        ShimRunner(lambda: find_node(None)).changes(content)
