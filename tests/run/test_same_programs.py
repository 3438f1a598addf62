"""Small programs, reduced from third-party code, print the same as in Node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE, package

#: By their special feature: the files beside package.json; main.cjs or main.mjs is the entry.
PROGRAMS: dict[str, dict[str, str]] = {
    "await-in-parentheses": {
        "main.mjs": "await (async () => { console.log(1) })();\nconst x = await [2].at(0);\n"
        "console.log(x, await `y`, await (3));",
    },
    "await-in-a-dependency": {
        "main.mjs": "import { ready } from 'd'; console.log(ready);",
        "node_modules/d/package.json": package(
            name="d", version="1.0.0", type="module", exports="./i.js"
        ),
        "node_modules/d/i.js": "export let ready = false;\nawait (async () => { ready = true })();",
    },
    "names-of-functions": {
        "main.mjs": "import f, { g, h, k } from './f.mjs'; console.log(f(1), g(2, 3), h(), typeof k);",
        "f.mjs": "export default function f(f) { return f }\nexport function g(x, g) { return g }\n"
        "function h() { function h() { return 4 } return h() }\nexport { h };\n"
        "export function* k(k) { var k }",
    },
    "code-points-that-are-none": {"main.cjs": "// \\u{110000} \\u{99999999999}\nconsole.log(1)"},
    "attributes-below": {
        "main.mjs": "import d from './d.json'\n  with { type: 'json' };\nconsole.log(d.n);",
        "d.json": '{"n": 3}',
    },
    "export-above": {
        "main.mjs": "import { f, g } from './f.mjs'; console.log(f(), g);",
        "f.mjs": "export\n/** doc */\nfunction f() { return 1 }\nexport // why\n/* and */ const g = 2;",
    },
    "texts-made-at-run-time": {
        "main.cjs": """
            const page = (text) => Function('data', 'return ' + JSON.stringify(text) + '.replace("{x}", data)');
            console.log(page('<!-- {x} -->')(1), page('import(x) {x}')(2), page('eval(x) {x}')(3));
            console.log(Function('n', 'var c = 0; while (n-->0) c++; return c')(3), (0, eval)('"<!-- -->".length'));
            console.log(Function('return /<!--/.test("<!--") + `${"-->"}-->`')(), Function('<!-- old\\n--> older\\nreturn 1')());
            const made = (async () => {}).constructor;
            new made('a', 'return await a')(4).then(console.log);
            console.log([...(function* () {}).constructor('yield 5')()], (async () => {}).constructor === made);
            console.log((() => {}).constructor('a', 'b', 'return a * b')(2, 3));
        """,
    },
    "sloppy-texts-made-at-run-time": {
        "main.cjs": """
            const page = new Function('data', 'var out = ""; with (data || {}) { for (item in list) out += item + list[item] + name; }'
              + ' out += "<!-->"; return out');
            console.log(page({ list: { a: 1, b: 2 }, name: '!' }), item);
            console.log(Function('n', 'total = 0; while (n--) total += n; return total')(4), total);
            (0, eval)('made = { x: 1 }; with (made) { x = 2 }'); console.log(made);
            console.log(typeof Function('return (new Function("return this")()).total')(), new Function('return this;')() === globalThis);
            try { Function('"use strict"; undeclared = 1')() } catch (error) { console.log(error.name) }
            try { Function('"use strict"; with (x) {}') } catch (error) { console.log(error.name) }
        """,
    },
    "what-polyfills-do-to-what-is-there": {
        "main.cjs": """
            'use strict';
            const UNSCOPABLES = Symbol.unscopables, prototype = Array.prototype, key = 'includes';
            prototype[UNSCOPABLES][key] = true;
            const shown = Function.prototype.toString;
            Function.prototype.toString = ((made) => made)(function toString() { return shown.call(this) });
            console.log(`${function f() {}}`);
            const own = { a: { b: 1 } }, [a, b] = ['a', 'b'];
            own[a][b] = true; console.log(own.a.b);
            try { Object.freeze(own.a); const c = 'c'; own[a][c] = true } catch (error) { console.log(error.name) }
        """,
    },
    "direct-eval-of-a-text-with-an-arrow": {
        "main.cjs": "const x = 4; console.log(eval('(\"\\\\n --> \" + x)'), eval('var o = { x: 1 }; with (o) { x = 2 } o'));",
    },
    "exports-that-are-called-as-parts-of-the-linker": {
        "main.mjs": "import * as p from './x.mjs'; class A { static b = 1; [p.key] = 2 }\n"
        "console.log(p.listeners, p.ready, p.cell, new A()[p.key], Object.keys(p));",
        "x.mjs": "export const listeners = 1, ready = 2, cell = 3, key = Symbol('key'), value = 4;",
    },
    "namespaces-that-are-shown": {
        "main.mjs": "import util from 'node:util'; import * as e from './e.mjs'; import * as c from './c.cjs';\n"
        "const shown = (ns) => util.inspect(ns).replace(/^[^{]*/, '');\n"
        "console.log(shown(e), shown(c)); e.change(); console.log(shown(e), shown(e.self.self));",
        "e.mjs": "export let a = 1; export const change = () => { a = 2 }; export default class K {}\n"
        "export * as self from './e.mjs';",
        "c.cjs": "module.exports = { x: 1 };",
    },
    "a-class-that-extends-Function": {
        "main.cjs": """
            class Action extends Function {
              constructor() { super('return arguments.callee.call.apply(arguments.callee, arguments)') }
              call(x) { return ['called', x] }
            }
            const action = new Action();
            console.log(action(5), action.call(6), action instanceof Action, Function('a', 'return a')(1), new Function() instanceof Function);
            console.log(Function("return ['arguments.callee', arguments.callee.name]")());
            console.log(Function.name, Function.length, `${Function}`, Object.getPrototypeOf(new Function()) === Function.prototype);
        """,
    },
    "errors-with-accessors-are-not-replaced": {
        "main.mjs": "for (const name of ['a', 'b', 'c']) await import(`./${name}.mjs`).catch((e) => console.log(e === globalThis[name]));",
        "a.mjs": "const e = globalThis.a = new ReferenceError('module is not defined');\n"
        "Object.defineProperty(e, 'stack', { get() { throw 1 } }); throw e;",
        "b.mjs": "const e = globalThis.b = new ReferenceError('require is not defined');\n"
        "Object.defineProperty(e, 'stack', { get: () => 'x', set() { throw 2 } }); throw e;",
        "c.mjs": "throw globalThis.c = new Proxy(new ReferenceError('exports is not defined'), { getPrototypeOf() { throw 3 } });",
    },
    "a-text-that-is-compiled-as-a-module": {
        "main.cjs": """
            const Module = require('module'), path = require('path');
            const made = new Module(path.join(__dirname, 'made.js'), module);
            made.filename = path.join(__dirname, 'made.js');
            made._compile("#!/usr/bin/env node\\nexports.a = [typeof require, path.basename(__filename), this === exports]; var path = require('path'); exports.b = path.basename(__filename);".replace('path.basename(__filename), ', ''), made.filename);
            console.log(made.exports);
        """,
    },
    "globals-by-names-that-are-computed": {
        "main.mjs": "for (const k of ['document', 'HTMLThing']) globalThis[k] = { [k]: 1 };\n"
        "const { read } = await import('dep'); console.log(read());",
        "package.json": package(name="app", dependencies={"dep": "1"}),
        "node_modules/dep/package.json": package(name="dep"),
        "node_modules/dep/index.js": "exports.read = () => [document, typeof HTMLThing];",
    },
    "constants-of-emscripten": {
        "main.cjs": "require('d')",
        "package.json": package(name="app", dependencies={"d": "1"}),
        "node_modules/d/package.json": package(name="d"),
        "node_modules/d/index.js": "const { fs } = process.binding('constants'); console.log(fs.O_RDWR, fs.S_IFMT);",
    },
    "a-stream-that-opens-by-a-function-of-its-own": {
        "main.cjs": """
            require('graceful').read(__filename, (text) => console.log(text.length > 9));
        """,
        "package.json": package(name="app", dependencies={"graceful": "1"}),
        "node_modules/graceful/package.json": package(name="graceful"),
        "node_modules/graceful/index.js": """
            const fs = Object.assign(Object.create(null), require('fs'));
            const Base = fs.ReadStream, { open } = fs;
            function ReadStream(...args) { return Base.apply(this, args), this }
            ReadStream.prototype = Object.create(Base.prototype);
            ReadStream.prototype.open = function () {
              open(this.path, this.flags, this.mode, (error, fd) => {
                if (error) { this.destroy(); this.emit('error', error); return }
                this.fd = fd; this.emit('open', fd); this.read();
              });
            };
            exports.read = (file, done) => {
              let text = '';
              new ReadStream(file).on('data', (part) => { text += part }).on('end', () => {
                done(text);
                new ReadStream('/nowhere/at/all').on('error', (error) => console.log(error.code));
              }).on('error', (error) => done(`${error.code} of the stream`));
            };
        """,
    },
    "data-named-from-a-folder-that-another-module-knows": {
        "main.cjs": "console.log(require('fonts'))",
        "package.json": package(name="app", dependencies={"fonts": "1"}),
        "node_modules/fonts/package.json": package(name="fonts"),
        "node_modules/fonts/index.js": "const { join } = require('path'), { here } = require('./lib/here');\n"
        "module.exports = require('fs').readFileSync(join(here, '../', 'data/sans.fnt'), 'utf8');",
        "node_modules/fonts/lib/here.js": "exports.here = __dirname",
        "node_modules/fonts/data/sans.fnt": "a font",
    },
    "everything-that-zlib-compresses-by": {
        "main.cjs": "require('d')",
        "node_modules/d/package.json": package(name="d"),
        "node_modules/d/index.js": """
            const zlib = require('zlib');
            for (const [one, other] of [['gzip', 'gunzip'], ['deflateRaw', 'inflateRaw'], ['brotliCompress', 'brotliDecompress'], ['zstdCompress', 'zstdDecompress']])
              console.log(one, `${zlib[`${other}Sync`](zlib[`${one}Sync`]('some text'))}`);
            class Mine extends zlib.ZstdCompress {} console.log(new Mine() instanceof zlib.ZstdCompress);
            try { new (Object.getPrototypeOf(zlib.ZstdCompress))(); console.log('made') } catch { console.log('refused') }
        """,
    },
    "a-domain-of-a-dependency": {
        "main.cjs": "require('d')",
        "node_modules/d/package.json": package(name="d"),
        "node_modules/d/index.js": """
            const domain = require('domain'), { EventEmitter } = require('events');
            const d = domain.create();
            d.on('error', (error) => console.log('caught', error.message));
            console.log(d.run((a) => a + 1, 1), d.bind((a) => a * 2)(4));
            const emitter = new EventEmitter(); d.add(emitter); emitter.emit('error', new Error('two'));
            d.intercept((value) => console.log(value))(null, 'three'); d.intercept(() => {})(new Error('four'));
            d.run(() => { throw new Error('one') });
        """,
    },
    "the-console-of-the-application-is-everybody's": {
        "main.cjs": """
            const { log, info } = console;
            console.info = (...args) => log('told:', ...args);
            require('d').say('a'); console.info = info; require('d').say('b');
        """,
        "node_modules/d/package.json": package(name="d"),
        "node_modules/d/index.js": "exports.say = (text) => console.info(text)",
    },
    "a-dependency-takes-over-the-console": {
        "main.cjs": """
            const taken = require('d').take(); console.log('one', 2); console.warn('two');
            taken.restore(); console.log(JSON.stringify(taken.seen));
        """,
        "node_modules/d/package.json": package(name="d"),
        "node_modules/d/index.js": """
            exports.take = () => {
              const seen = [], before = { ...console };
              for (const type of ['log', 'warn']) console[type] = (...args) => seen.push([type, ...args]);
              return { seen, restore() { for (const type of ['log', 'warn']) console[type] = before[type] } };
            };
        """,
    },
    "json-of-the-host-by-its-path": {
        "main.cjs": """
            const file = require('path').join(require('os').tmpdir(), `${process.pid}.json`);
            require('fs').writeFileSync(file, '{"a": [1]}'); console.log(require('d').read(file)); require('fs').rmSync(file);
            try { require('d').read('/nowhere/at/all.json') } catch (error) { console.log(error.code) }
        """,
        "node_modules/d/package.json": package(name="d"),
        "node_modules/d/index.js": "const fs = require('fs'); exports.text = (file) => fs.readFileSync(file, 'utf8');\n"
        "exports.read = (file) => require(file);",
    },
    "what-is-constructed-of-an-import-in-a-cycle": {
        "main.mjs": "import './a.mjs'",
        "a.mjs": "import { kinds } from './b.mjs'; export const other = 1;\n"
        "export const make = (kind) => new kinds[kind](kind); export const deep = () => new kinds.of.all('x');\n"
        "console.log(make('one').kind, deep().kind);",
        "b.mjs": "import { other } from './a.mjs'; class One { constructor(kind) { this.kind = kind } }\n"
        "export const kinds = { one: One, of: { all: One } }; export const later = () => other;",
    },
    "this-that-asks-whether-code-is-strict": {
        "main.cjs": """
            function where() { if (this === undefined) return 'strict'; const x = {}; this.seen = x; return typeof this.seen }
            console.log(where(), where.call({}), typeof seen);
            function strict() { 'use strict'; return this === undefined } console.log(strict());
            const arrow = () => this === undefined; console.log(arrow());
        """,
    },
    "what-kind-a-function-is": {
        "main.cjs": """
            console.log(`${(() => 1).constructor}`, `${Function.prototype.toString}`, `${(async () => 1).constructor}`);
            console.log((function own() { return 1 }).toString(), Object.prototype.toString.call(Function));
        """,
    },
    "functions-of-a-library-are-decorated": {
        "main.cjs": """
            const library = { isArray: Array.isArray, own: () => 1, now: Date.now };
            Object.keys(library).forEach(function (key) {
              var func = library[key];
              if (typeof func == 'function') { func.convert = key; console.log(typeof func, func === library[key]) }
            });
            console.log(library.own.convert, library.isArray([]));
            const set = (name) => { const f = { get x() { return 1 } }[name]; if (typeof f === 'function') f.y = 1; else return typeof f };
            console.log(set('x'));
        """,
    },
    "what-is-inherited-is-assigned": {
        "main.cjs": """
            const p = Promise.resolve(1); p.then = () => 'own'; console.log(p.then());
            const f = () => 1; f.call = () => 2; f.bind = () => 3; console.log(f.call(), f.bind());
            const b = Buffer.from('ab'); b.fill = () => 'filled'; b.toString = () => 'B'; console.log(b.fill(), `${b}`);
            const d = new Date(0); d.getTime = () => 7; console.log(d.getTime());
            const r = /a/; r.exec = () => ['z']; console.log(r.test('q'));
            const it = [1, 2][Symbol.iterator](); const next = it.next; let n = 0;
            it.next = function () { n++; return next.call(this) }; console.log([...it], n);
            function Stack() {} Stack.prototype = Object.create(Array.prototype); Stack.prototype.constructor = Stack;
            const s = new Stack(); s.push(3); console.log(s.length, s[0], s.constructor === Stack);
            class Mine extends Promise {} Mine.all = () => 'mine'; console.log(Mine.all());
            const then = Reflect.getOwnPropertyDescriptor(Promise.prototype, 'then'); console.log(typeof then.value.bind);
        """,
    },
    "traces": {
        "main.cjs": """
            const first = (error) => error.stack.split('\\n')[0];
            class Http extends Error { constructor(m) { super(m); Error.captureStackTrace(this, Http); this.name = 'Http' } }
            function Old(m) { Error.captureStackTrace(this, Old); this.name = 'Old'; this.message = m }
            Old.prototype = Object.create(Error.prototype);
            console.log(first(new Http('x')), '|', first(new Old('y')));
            const before = Error.stackTraceLimit; Error.stackTraceLimit = 0; console.log(JSON.stringify(new Error('q').stack));
            Error.stackTraceLimit = 1; console.log(new Error('q').stack.split('\\n').length); Error.stackTraceLimit = before;
            Error.prepareStackTrace = (e, sites) => sites.length > 0 && e.message; console.log(new Error('p').stack);
            Error.prepareStackTrace = (e, sites) => sites[0].getFileName(); console.log(new Error('p').stack === __filename);
        """,
    },
    "traces-of-modules": {
        "main.mjs": "Error.prepareStackTrace = (e, sites) => sites[0].getFileName();\n"
        "console.log(new Error('p').stack === import.meta.url);",
    },
    "what-another-package-passes-on-is-changed": {
        "main.cjs": "require('plugin'); console.log(new (require('front').Base)().added())",
        "package.json": package(name="app", dependencies={"plugin": "1", "front": "1"}),
        "node_modules/plugin/package.json": package(name="plugin", dependencies={"front": "1"}),
        "node_modules/plugin/index.js": "const { Base } = require('front'); require('user');\n"
        "Base.prototype.added = () => 'added';",
        "node_modules/user/package.json": package(name="user"),
        "node_modules/user/index.js": "require('front')",
        "node_modules/front/package.json": package(name="front", dependencies={"back": "1"}),
        "node_modules/front/index.js": "module.exports = require('back')",
        "node_modules/back/package.json": package(name="back"),
        "node_modules/back/index.js": "exports.Base = class {}",
    },
    "process-that-is-handed-on": {
        "main.cjs": "require('d').go(); console.log(require('p').platform === process.platform); process.exit(0)",
        "node_modules/d/package.json": package(name="d", version="1.0.0"),
        "node_modules/d/index.js": "const { K } = require('./k.js'); exports.go = () => new K({ process }).go();",
        "node_modules/d/k.js": "exports.K = class { constructor({ process }) { this.process = process }\n"
        "  go() { this.process.on('SIGINT', () => {}); console.log(typeof this.process.nextTick) } };",
        "node_modules/p/package.json": package(name="p", version="1.0.0"),
        "node_modules/p/index.js": "module.exports = global.process;",
    },
    "process-by-name": {
        "main.mjs": "import process from 'node:process'; console.log(Array.isArray(process.argv), typeof process.cwd());",
    },
    "a-method-of-process-that-is-replaced": {
        "main.cjs": """
            const before = process.chdir; let calls = 0;
            process.chdir = function (d) { calls++; before.call(process, d) };
            Object.setPrototypeOf(process.chdir, before);
            process.chdir('/'); console.log(calls, process.cwd());
        """,
    },
    "names-that-are-only-asked-for": {
        "main.cjs": "console.log(typeof navigator, typeof WebSocket, typeof WebAssembly, typeof nothing);\n"
        "console.log(['Blob', 'Headers', 'queueMicrotask'].map((name) => typeof globalThis[name]).join());",
    },
    "a-formatter-of-dates": {
        "main.cjs": "require('d')",
        "node_modules/d/package.json": package(name="d", version="1.0.0"),
        "node_modules/d/index.js": "console.log(new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format(0))",
    },
    "a-global-object-of-its-own": {
        "main.mjs": "const globalThis = typeof fetch === 'function' ? { a: 1 } : {};\nconsole.log(globalThis.a);",
    },
    "contexts": {
        "main.cjs": "require('d')",
        "node_modules/d/package.json": package(name="d", version="1.0.0"),
        "node_modules/d/index.js": """
            const vm = require('vm');
            const c = vm.createContext({ a: 1, log: [] });
            console.log(vm.runInContext('b = 5; a = 7; log.push(b); b * 2', c), c.a, c.b, c.log, vm.isContext(c), vm.isContext({}));
            console.log(vm.runInNewContext('(function(){return {/* x */ y: z}})()', { z: 3 }));
            console.log(new vm.Script('1 + 1').runInThisContext(), vm.compileFunction('return a * b', ['a', 'b'])(3, 4));
            console.log(vm.runInNewContext('typeof process + typeof require'));
        """,
    },
    "names-of-commonjs-in-a-module": {
        "main.mjs": "console.log(typeof require, typeof module);\n"
        "for (const f of [() => require('os'), () => exports.a, () => __dirname, () => ({ module }), () => new module.A()])\n"
        "  try { f() } catch (e) { console.log(e.name, e.message) }\n"
        "globalThis.module = { A: class { a = 1 } }; console.log(typeof module, new module.A().a, ((require) => require)(2));",
    },
    "what-node-assigns-to-its-own-objects": {
        "main.cjs": "new TransformStream(); new ReadableStream(); new WritableStream(); new CompressionStream('gzip');\n"
        "console.log(new WeakRef({}), new Uint8Array(2), new Intl.NumberFormat('en'))",
    },
    "well-known-symbols": {
        "main.cjs": "Symbol.metadata ??= Symbol('m'); Symbol.observable ??= Symbol('o');\n"
        "console.log(typeof Symbol.metadata, typeof Symbol.observable);",
    },
    "a-converted-module": {
        "main.cjs": "const l = require('l'); require('l/fp'); console.log(l.map.convert);",
        "node_modules/l/package.json": package(name="l", version="1.0.0"),
        "node_modules/l/index.js": "module.exports = { map: function map() {} };",
        "node_modules/l/convert.js": "module.exports = (l) => { Object.keys(l).forEach((k) => { var f = l[k]; f.convert = 1 }); return l };",
        "node_modules/l/fp.js": "var l = require('./index'); module.exports = require('./convert')(l, l);",
    },
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_what_it_prints_in_node(name: str, tmp_path: Path) -> None:
    files = {"package.json": package(name="app", version="1.0.0"), **PROGRAMS[name]}
    if dependencies := sorted({f.split("/")[1] for f in files if f.startswith("node_modules/")}):
        of_app = {"dependencies": dict.fromkeys(dependencies, "1")}
        files["package.json"] = package(name="app", version="1.0.0", **of_app)
    app = write(tmp_path / "app", files)
    entry = app / ("main.mjs" if "main.mjs" in files else "main.cjs")
    archive = tmp_path / "a.zip"

    expected = subprocess.run([NODE, entry], capture_output=True, text=True, check=False)
    ran = mapper("run", entry, "--infer")
    mapper("bundle", entry, "--infer", "-o", archive, check=True)
    from_archive = mapper("run", archive)

    assert expected.returncode == 0, expected.stderr
    assert (ran.stdout, ran.returncode) == (expected.stdout, 0), ran.stderr
    assert (from_archive.stdout, from_archive.returncode) == (expected.stdout, 0)
