"""Attempts at a sandbox escape that always failed, and how each ends.

`test_breakouts.py` has former escapes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import write
from process import mapper

from compartment_mapper import Sandbox, SandboxError

#: Sources of a package without grants; a name after ``threw`` is that of an error.
ATTEMPTS = {
    "compartment": (
        "new Compartment().evaluate('typeof process + typeof console + typeof require + typeof setTimeout')",
        "undefinedundefinedundefinedundefined",
    ),
    "import-hook": (
        "Object.keys((await new Compartment({ __options__: true, importHook: async () => ({ namespace: { default: 1 } }) }).import('node:fs')).namespace).join()",
        "default",
    ),
    "compartment-of-the-engine": (
        "new Compartment({ __options__: true, __native__: true }).evaluate('typeof process')",
        "undefined",
    ),
    "import-check-evaded": (
        "await new Compartment().evaluate('import(\"node:fs\")', { __evadeImportExpressionTest__: true })",
        "threw TypeError",
    ),
    "comment-import": (
        "await new Compartment().evaluate('import/**/(\"node:fs\")')",
        "threw SyntaxError",
    ),
    "escaped-import": (
        "await new Compartment().evaluate('\\\\u0069mport(\"node:fs\")')",
        "threw SyntaxError",
    ),
    "comment-of-HTML": (
        "(0, eval)('1 <!-- x')",
        "1",
    ),
    "lexicals": (
        "new Compartment().evaluate('this === globalThis', { __moduleShimLexicals__: new Proxy({}, {}) })",
        "true",
    ),
    "hostile-name-of-a-lexical": (
        "new Compartment().evaluate('1', { __moduleShimLexicals__: { 'a}=this;(()=>{throw new Error(typeof process)})();const{b': 1 } })",
        "1",
    ),
    "hostile-name-of-a-global": (
        "(Object.defineProperty(globalThis, 'x}=0;const{y', { value: 1 }), (0, eval)('1'))",
        "1",
    ),
    "eval-redefined": (
        "(() => { const room = new Compartment(); Object.defineProperty(room.globalThis, 'eval', { value: (x) => 'mine ' + x }); return room.evaluate('eval(\"1\")', { __rejectSomeDirectEvalExpressions__: false }) })()",
        "mine 1",
    ),
    "unscopables": (
        "(globalThis[Symbol.unscopables] = { undefined: true }, (0, eval)('typeof undefined'))",
        "threw TypeError",
    ),
    "lockdown": (
        "lockdown()",
        "threw TypeError",
    ),
    "import-meta": (
        "(0, eval)('import.meta')",
        "threw SyntaxError",
    ),
    "stack-set-on-what-is-shared": (
        "(() => { const { set, get } = Reflect.getOwnPropertyDescriptor(new Error('x'), 'stack'); try { set.call(Array.prototype, 'said') } catch {} return `${get.call(Array.prototype)}` })()",
        "undefined",
    ),
    "Function-of-the-host": (
        "require('util').inspect.constructor('return typeof process + typeof require + typeof globalThis.process')()",
        "undefinedundefinedundefined",
    ),
    "AsyncFunction": (
        "Object.getPrototypeOf(async function () {}).constructor('return typeof process')()",
        "undefined",
    ),
    "GeneratorFunction": (
        "Object.getPrototypeOf(function* () {}).constructor('return typeof process')().next().value",
        "undefined",
    ),
    "sloppy-this": (
        "Function('return this')() === globalThis",
        "true",
    ),
    "caller": (
        "(function f() { try { return String(f.caller) } catch (e) { return e.name } })()",
        "TypeError",
    ),
    "callee": (
        "(function () { return typeof arguments.callee })()",
        "threw TypeError",
    ),
    "emit-of-process": (
        "typeof process.emit",
        "undefined",
    ),
    "getBuiltinModule": (
        "String(process.getBuiltinModule('fs'))",
        "undefined",
    ),
    "buffers-of-their-own": (
        "[Buffer.from('abc').buffer.byteLength, Buffer.concat([Buffer.from('a')]).buffer.byteLength, Buffer.from('abc').subarray(1).buffer.byteLength].join()",
        "3,1,3",
    ),
    "buffers-that-share-memory": (
        "Buffer.from('abc').buffer === Buffer.from('abd').buffer",
        "false",
    ),
    "members-of-console": (
        "typeof console.createTask + typeof console.context + typeof console._stdout",
        "undefinedundefinedundefined",
    ),
    "handle-of-an-immediate": (
        "Object.getOwnPropertySymbols(setImmediate(() => {})).length",
        "0",
    ),
    "environment": (
        "Object.keys(process.env).length",
        "0",
    ),
    "arguments": (
        "process.argv.length",
        "0",
    ),
    "performance": (
        "typeof globalThis.performance",
        "undefined",
    ),
    "WebAssembly": (
        "typeof WebAssembly",
        "undefined",
    ),
    "package-of-the-application": (
        "require.main?.filename ?? module.parent ?? 'none'",
        "/app-v/main.js",  # in the archive, not on the host
    ),
    "createRequire-elsewhere": (
        "(await import('node:module')).createRequire('/etc/')('child_process').exec('id')",
        "threw Error",
    ),
    "environment-by-import": (
        "Object.keys((await import('node:process')).env ?? {}).length",
        "0",
    ),
    "paths-in-inspected-things": (
        "require('util').inspect([require, module, globalThis], { showProxy: true, showHidden: true, depth: 3 }).includes(HERE)",
        "false",
    ),
    "frames-of-the-host": (
        "(() => { const o = {}; Error.captureStackTrace?.(o); return `${new Error('x').stack}${o.stack}`.includes(HERE) })()",
        "false",
    ),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("the-folder-of-the-user")
    rows = ",\n".join(
        f"{json.dumps(name)}: async () => {text}" for name, (text, _) in ATTEMPTS.items()
    )
    write(
        folder,
        {
            "package.json": '{"name": "app", "dependencies": {"evil": "1"}}',
            "main.js": "require('evil');\n",
            "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
            "node_modules/evil/index.js": f"""const HERE = {json.dumps(folder.name)};
const rows = {{
{rows}
}};
(async () => {{
  for (const [name, attempt] of Object.entries(rows)) {{
    let got;
    try {{ got = String(await attempt()); }} catch (error) {{ got = `threw ${{error?.name}}`; }}
    console.log(JSON.stringify([name, got]));
  }}
}})();
""",
        },
    )
    done = mapper("run", folder / "main.js", check=True)
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_ends_as_it_did(name: str, results: dict[str, str]) -> None:
    assert results[name] == ATTEMPTS[name][1]


def test_a_package_takes_no_name_that_is_granted_something(tmp_path: Path) -> None:
    reads = "try { exports.read = require('fs').readdirSync('/').length > 0 } catch (error) { exports.read = error.message }"
    write(
        tmp_path,
        {
            "package.json": '{"name": "app", "dependencies": {"evil": "1", "victim": "1"}}',
            "main.js": "console.log(JSON.stringify(require('evil'))); require('victim');\n",
            "node_modules/victim/package.json": '{"name": "victim", "version": "1.0.0"}',
            "node_modules/victim/index.js": "",
            "node_modules/victim/private.js": "exports.read = true;\n",
            "node_modules/evil/package.json": json.dumps(
                {
                    "name": "evil",
                    "dependencies": {"good": "1"},
                    "imports": {"#victim": "victim", "#private": "victim/private.js"},
                }
            ),
            "node_modules/evil/index.js": """
                const asked = (ask) => { try { return ask().read } catch (error) { return error.message } };
                exports.granted = asked(() => require('good'));
                exports.nested = asked(() => require('./sub/index.js'));
                exports.renamed = asked(() => require('./fake/index.js'));
                exports.victim = asked(() => require('#victim'));
                exports.private = asked(() => require('#private'));
                """,
            "node_modules/evil/fake/package.json": '{"name": "victim", "version": "1.0.0"}',
            "node_modules/evil/fake/index.js": reads,
            "node_modules/evil/sub/index.js": "module.exports = require('good');\n",
            "node_modules/evil/sub/node_modules/good/package.json": '{"name": "good"}',
            "node_modules/evil/sub/node_modules/good/index.js": reads,
            "node_modules/evil/node_modules/good/package.json": '{"name": "good"}',
            "node_modules/evil/node_modules/good/index.js": reads,
        },
    )

    grants = ("--grant", "evil>good:fs.readdirSync", "--grant", "victim:fs.readdirSync")
    said = json.loads(mapper("run", tmp_path / "main.js", *grants, check=True).stdout)

    assert said["granted"] is True
    for name, owner in {"nested": "sub/node_modules/good", "renamed": "evil"}.items():
        assert f"{owner}' may not use builtin 'fs.readdirSync'" in said[name]
    for name in ("victim", "private"):
        assert "may not use package 'victim'" in said[name]


def test_denied_uses_are_printed_without_control_characters(tmp_path: Path) -> None:
    name = "a\x1b[1A\x1b[2Kb\u202e.js"
    uses = "require('child_process').exec('x');\nprocess.env['A\\x1b[31m\\r'];\nprocess.env['\\u202e'];\n"
    write(
        tmp_path,
        {
            "package.json": '{"name": "app", "dependencies": {"evil": "1"}}',
            "main.js": "require('evil');\n",
            "node_modules/evil/package.json": json.dumps({"name": "evil", "main": name}),
            f"node_modules/evil/{name}": uses + "try { require('x\\x1b[2Jy\\r') } catch {}\n",
        },
    )

    done = mapper("bundle", tmp_path / "main.js", "-o", tmp_path / "app.zip", check=True)

    said = done.stdout + done.stderr
    assert r"a\x1b[1A\x1b[2Kb\u202e.js:1" in said
    assert r"process.env.A\x1b[31m\r" in said
    assert not set("\x1b\r\u202e") & set(said)


def pay(amount: int) -> str:
    return f"{amount!r} {type(amount).__name__}"


def keywords(first: int = 5, *, second: str = "z") -> str:
    return f"{first} {second}"


def echo(value: object) -> object:
    return value


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(tools={"pay": pay, "keywords": keywords, "echo": echo}, timeout=20.0) as made:
        yield made


RESULTS: dict[str, tuple[str, object]] = {
    "names-of-tools": (
        "return Object.keys(tools).join() + typeof tools.__class__",
        "pay,keywords,echoundefined",
    ),
    "data-named-as-a-prototype": (
        'return await tools.echo(JSON.parse(\'{"__proto__": {"x": 1}, "constructor": 2}\'))',
        {"__proto__": {"x": 1}, "constructor": 2},
    ),
    "a-thenable": ("return { then(resolve) { resolve('its value') } }", "its value"),
    "a-proxy-of-an-array": ("return new Proxy([1, 2], {})", [1, 2]),
    "a-getter-that-counts": ("let n = 0; return { get a() { return (n += 1) } }", {"a": 1}),
    "half-a-character": ("return '\\ud800'", "\ud800"),
    "texts-that-look-like-marks": (
        "return ['#undefined', '!x', '+0x1f', '*AQI=', { '#error': 'x', name: 'y' }, '$']",
        ["#undefined", "!x", "+0x1f", "*AQI=", {"#error": "x", "name": "y"}, "$"],
    ),
    "no-host": (
        "return typeof SharedArrayBuffer + typeof WebAssembly + typeof process + typeof require",
        "undefined" * 4,
    ),
    "matches-of-its-own": ("/(x)/.exec('x'); return `${RegExp.$1}`", "x"),
    "matches-of-others": ("return typeof RegExp.$1 + RegExp.$1", "string"),
    "a-bigint-for-an-int": ("return await tools.pay(1n)", "1 int"),
    "keywords": ("return await tools.keywords(1, { second: 'a' })", "1 a"),
    "no-argument": ("return await tools.keywords(undefined, { second: 'q' })", "5 q"),
    "what-is-inherited": (
        "return await tools.echo(Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }))",
        {"own": 2},
    ),
    "tools-are-frozen": (
        "return [Object.isFrozen(tools), Object.isFrozen(tools.pay), Object.isFrozen(tools.pay(1n).constructor)]",
        [True, True, True],
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_an_evaluation_gives_what_it_gave(name: str, sandbox: Sandbox) -> None:
    text, expected = RESULTS[name]
    assert sandbox.evaluate(text) == expected


REFUSALS = {
    "a-boolean-for-an-int": ("return await tools.pay(true)", "argument 'amount'"),
    "a-fraction-for-an-int": ("return await tools.pay(1.5)", "argument 'amount'"),
    "more-than-a-number-holds": ("return await tools.pay(2 ** 60)", "argument 'amount'"),
    "a-text-for-an-int": ("return await tools.pay('1')", "argument 'amount'"),
    "twice-the-same": ("return await tools.keywords(1, { first: 2 })", "multiple values"),
    "a-name-of-Python": ("return await tools.keywords(1, { __class__: 2 })", "__class__"),
    "a-promise-as-data": ("return await tools.echo({ a: tools.pay(1n) })", "is a Promise"),
    "a-map-as-data": ("return await tools.echo(new Map())", "is a Map"),
    "a-function-as-data": ("return await tools.pay({ valueOf() { return 1 } })", "is a function"),
    "a-proxy-that-throws": (
        "return new Proxy({}, { ownKeys() { throw new Error('trap') } })",
        "Error: trap",
    ),
    "a-proxy-without-end": (
        "return new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 32 - 1 : 1) })",
        "too large",
    ),
    "a-hole-of-4-billion": ("const a = []; a[2 ** 32 - 2] = 1; return a", "too large"),
    "a-cycle": ("const a = []; a.push(a); return a", "contains itself"),
    "a-thrown-null": ("throw Object.create(null)", "null prototype"),
    "an-error-named-as-Python's": (
        "throw Object.assign(new Error('x'), { name: 'SystemExit' })",
        "SystemExit: x",
    ),
    "what-all-have": ("Array.prototype.mark = 1", "not extensible"),
    "a-tool-that-is-none": ("return await tools.nope()", "not a function"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_an_evaluation_is_refused_what_it_was(name: str, sandbox: Sandbox) -> None:
    text, says = REFUSALS[name]
    with pytest.raises(SandboxError) as caught:
        sandbox.evaluate(text)
    assert says in str(caught.value)
