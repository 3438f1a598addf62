"""Hostile programs: attacks, multiplied by names, ways to write them, and forms of programs.

A program that gets hold of the host returns the word that `REACHED` names. No program contains it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle

REACHED = "the-host-is-reached"
#: What evaluation must not change for the next text.
UNCHANGED = """[
  typeof evil, ({}).evil, [].evil, (() => 1).evil, 'a'.evil, Promise.resolve().evil, /a/.evil,
  new Map().evil, new Error('').evil, Math.evil, JSON.evil, Reflect.evil, URL.evil, console.evil,
  tools.evil, tools.echo.evil, [1, 2].map((n) => n * 2).join(), typeof Array.prototype.push,
].join()"""

_LOOK = """
const word = ['the', 'host', 'is', 'reached'].join('-');
const look = (found) => {
  if (Object(found) !== found) return typeof found;
  for (const key of ['pid', 'versions', 'readFileSync', 'getBuiltinModule', 'createRequire', 'execPath'])
    if (found[key] !== undefined) return [word, found.env?.CANARY];
  return typeof found;
};
"""

#: Expressions for a constructor of functions.
_CONSTRUCTORS = (
    "Function",
    "[].constructor.constructor",
    "(() => {}).constructor",
    "(async () => {}).constructor",
    "(function* () {}).constructor",
    "(async function* () {}).constructor",
    "(class {}).constructor",
    "console.log.constructor",
    "tools.echo.constructor",
    "(await tools.echo({ a: [] })).a.constructor.constructor",
    "tools.echo(1).constructor.constructor",
    "Object.getPrototypeOf(tools.echo).constructor",
    "URL.constructor",
    "new URL('a:b').searchParams.keys().next.constructor",
    "new TextEncoder().encode('a').constructor.constructor",
    "new TextDecoder().decode.constructor",
    "structuredClone({}).constructor.constructor",
    "structuredClone(new Error('a')).constructor.constructor",
    "Symbol.iterator.constructor.constructor",
    "[][Symbol.iterator]().next.constructor",
    "Intl.NumberFormat.constructor",
    "globalThis.constructor.constructor",
    "Object.getOwnPropertyDescriptor(Map.prototype, 'size').get.constructor",
    "new Proxy(function () {}, {}).constructor",
    "(await tools.fails().catch((error) => error)).constructor.constructor",
    "(await import('fs').catch((error) => error)).constructor.constructor",
    "(() => { try { null.a } catch (error) { return error } })().constructor.constructor",
    "(() => { try { (function f() { f() })() } catch (e) { return e } })().constructor.constructor",
    "(() => { try { eval('(') } catch (error) { return error } })().constructor.constructor",
    "(() => { try { URL('a') } catch (error) { return error } })().constructor.constructor",
)
#: Source that finds the host, for such a constructor.
_SOURCES = (
    "return process",
    "return globalThis.process",
    "return this.process",
    "return process.getBuiltinModule('fs')",
    "return require('fs')",
    "return import('node:fs')",
)

#: Names of the host's capabilities.
_NAMES = ("process", "require", "module", "global", "Buffer", "fetch", "WebAssembly", "Deno")
#: How to write a name.
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda name: name,
    lambda name: f"globalThis.{name}",
    lambda name: f"globalThis['{name[:2]}' + '{name[2:]}']",
    lambda name: f"globalThis[`{name}`]",
    lambda name: f"\\u{{{ord(name[0]):x}}}{name[1:]}",
    lambda name: f"\\u{ord(name[0]):04x}{name[1:]}",
    lambda name: f"(0, eval)('{name}')",
    lambda name: f"eval('{name}')",
    lambda name: f"Reflect.get(globalThis, '{name}')",
    lambda name: f"(({{ {name}: found }}) => found)(globalThis)",
    lambda name: f"new Function('return {name}')()",
    lambda name: f"(function () {{ return this }})().{name}",
    lambda name: f"new Compartment({{ __options__: true }}).evaluate('{name}')",
)

_MODULES = ("fs", "node:fs", "node:process", "node:child_process", "file:///etc/passwd")
_IMPORTS: tuple[Callable[[str], str], ...] = (
    lambda name: f"return look(await import('{name}'))",
    lambda name: f"return look(await import/**/('{name}'))",
    lambda name: f"return look(await import.source('{name}'))",
    lambda name: f"return look(await (0, eval)(\"import('{name}')\"))",
    lambda name: f"return look(await eval(\"im\\x70ort('{name}')\"))",
    lambda name: f"return look(await new Function(\"return import('{name}')\")())",
    lambda name: f"return look((await import('data:text/javascript,export * from \"{name}\"')))",
    lambda name: f"import * as found from '{name}'; export const a = typeof found.readFileSync",
    lambda name: f"export * from '{name}'",
)

_SHARED = (
    *("Object.prototype", "Array.prototype", "Function.prototype", "Promise.prototype"),
    *("String.prototype", "RegExp.prototype", "Map.prototype", "Error.prototype", "Math", "JSON"),
    *("Reflect", "URL", "console", "tools", "tools.echo", "Object.getPrototypeOf(async () => {})"),
)
_WRITES: tuple[Callable[[str], str], ...] = (
    lambda shared: f"({shared}).evil = 1",
    lambda shared: f"Object.defineProperty({shared}, 'evil', {{ value: 1 }})",
    lambda shared: f"Object.setPrototypeOf({shared}, {{ evil: 1 }})",
    lambda shared: f"return Reflect.set({shared}, 'evil', 1)",
    lambda shared: f"({shared}).__defineGetter__('evil', () => 1)",
    lambda shared: f"for (const key of Reflect.ownKeys({shared})) delete ({shared})[key]",
)

_TRAPS = (
    *("get", "has", "ownKeys", "getOwnPropertyDescriptor", "getPrototypeOf", "isExtensible"),
    *("set", "deleteProperty", "defineProperty", "preventExtensions", "setPrototypeOf"),
)
#: Values that look at who reads them.
_READERS: tuple[Callable[[str], str], ...] = (
    lambda code: f"return {{ get a() {{ {code} }} }}",
    lambda code: f"return {{ toJSON() {{ {code} }}, valueOf() {{ {code} }} }}",
    lambda code: f"return {{ [Symbol.toPrimitive]() {{ {code} }}, toString() {{ {code} }} }}",
    lambda code: f"throw {{ get message() {{ {code} }}, get stack() {{ {code} }} }}",
    lambda code: f"class E extends Error {{ get name() {{ {code} }} }} throw new E()",
    lambda code: f"console.log({{ [Symbol.for('nodejs.util.inspect.custom')]() {{ {code} }} }})",
    lambda code: f"return await tools.echo({{ get a() {{ {code} }} }})",
    lambda code: f"await tools.echo({{ then(done) {{ done((() => {{ {code} }})()) }} }})",
    lambda code: f"return {{ then(done, fail) {{ done(1); {code} }} }}",
    lambda code: (
        f"Error.prepareStackTrace = (e, sites) => {{ {code} }}; return new Error('a').stack"
    ),
    lambda code: (
        f"class A extends Array {{ static get [Symbol.species]() {{ {code} }} }}"
        " return new A(1, 2).map((n) => n)"
    ),
    lambda code: (
        f"class P extends Promise {{ static get [Symbol.species]() {{ {code} }} }}"
        " return P.resolve(1).then((n) => n)"
    ),
    lambda code: (
        f"async function* all() {{ yield* {{ [Symbol.asyncIterator]() {{ {code} }} }} }}"
        " for await (const each of all()) return each"
    ),
)
#: What such code does with what it is called with.
_SPIES = (
    "throw look(arguments.callee?.caller)",
    "return look(this?.constructor?.constructor?.('return process')?.())",
    "return look(new Error('a').stack.constructor.constructor('return process')())",
)

_SINGLE = (
    "<!-- a comment\nreturn look(process)",
    "--> a comment\nreturn look(process)",
    "/* <!-- */ return look(globalThis /* --> */ .process)",
    "}); look(globalThis.process); (async function () {",
    "}})(); globalThis.process.exit(); (() => {{",
    "return look(arguments[0]?.('fs'))",
    "return look(arguments.callee.caller)",
    "return tools.__proto__.constructor.constructor('return process')()",
    "return tools['constructor']('return process')",
    "return await tools.missing?.()",
    "return look(new tools.echo(1))",
    "return await tools.echo.call(globalThis, { __proto__: { env: 1 } })",
    "return await tools.echo({ '#error': 'a', name: 'b' }, '!c')",
    "return await tools.echo('#undefined', '*AA==', '+0x1', '#date:x')",
    'return JSON.parse(\'{"__proto__": {"evil": 1}}\')',
    "return { ['__proto__']: { evil: 1 }, constructor: { prototype: { evil: 1 } } }",
    "Error.stackTraceLimit = Infinity; return new Error('a').stack",
    "const to = {}; Error.captureStackTrace(to, look); return [typeof to.stack, look(to)]",
    "throw Object.assign(new Error('a'), { cause: globalThis, code: Symbol('a') })",
    "throw new AggregateError([globalThis, tools], { toString() { return look(process) } })",
    "throw Object.create(Error.prototype, { stack: { get() { return look(process) } } })",
    "throw new Proxy(new Error('a'), { get: (to, key) => look(globalThis[key]) })",
    "return new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109])), {})",
    "return look((await WebAssembly.instantiate(new Uint8Array(8))).instance)",
    "return new SharedArrayBuffer(8)",
    "globalThis.evil = 1; evil = 2; return evil",
    "var evil = 1; globalThis.Array = null; globalThis.Promise = null; return 1",
    "delete globalThis.Object; Object.freeze(globalThis); return 1",
    "with (globalThis) { process }",
    "return look(new.target)",
    "return look(import.meta)",
    "enum A { B = process.pid }",
    "import fs = require('fs')",
    "declare const process: any; return look(process)",
    "return look((process as any)!)",
    "namespace evil { export const a = process }",
    "Promise.reject(new Proxy({}, { get() { throw look(process) } })); return 1",
    "queueMicrotask?.(() => look(process))",
    "return Array.from({ length: 12 }).reduce((inner) => [inner, inner], 0).flat(Infinity).length",
    "return '\\u{10ffff}\\ud800'.repeat(1000) + String.raw`\\u{`",
)


def programs(file: str) -> Mapping[str, str]:
    """Return at least 500 programs by their names.

    Args:
        file: A file of the host that some programs try to read.
    """
    forms = cycle(_FORMS.items())
    found: dict[str, str] = {}
    for number, body in enumerate(_bodies(file)):
        form, write = next(forms)
        if body.startswith(("import ", "export ")):
            form, write = "module", str
        found[f"{number}-{form}"] = write(body)
    return found


def _bodies(file: str) -> Iterator[str]:
    for constructor in _CONSTRUCTORS:
        for source in _SOURCES:
            yield f"return look(await {constructor}({json.dumps(source)})())"
        text = f"return process.getBuiltinModule('fs').readFileSync({json.dumps(file)}, 'utf8')"
        yield f"return await {constructor}({json.dumps(text)})()"
    for name in _NAMES:
        yield from (f"return look({spell(name)})" for spell in _SPELLINGS)
    for module in _MODULES:
        yield from (write(module) for write in _IMPORTS)
    for shared in _SHARED:
        yield from (write(shared) for write in _WRITES)
    for spy in _SPIES:
        yield from (read(spy) for read in _READERS)
        yield from (f"return new Proxy({{}}, {{ {trap}() {{ {spy} }} }})" for trap in _TRAPS)
    yield from _SINGLE


_FORMS: Mapping[str, Callable[[str], str]] = {
    "body": lambda body: _LOOK + body,
    "async": lambda body: f"{_LOOK} return await (async () => {{ {body}\n }})()",
    "typed": lambda body: f"{_LOOK} const typed: unknown = 1 as const; {body}",
    "eval": lambda body: f"return await (0, eval)({json.dumps(_wrapped(body))})",
    "escapes": lambda body: _LOOK + body.replace(".constructor", ".con\\u{73}tructor"),
    "alias": lambda body: (
        f"const run = eval, {{ eval: again }} = globalThis;"
        f" return await (again ?? run)({json.dumps(_wrapped(body))})"
    ),
}


def _wrapped(body: str) -> str:
    return f"(async () => {{ {_LOOK}{body}\n }})()"
