"""Evaluated code gets nothing of the host: neither by name, nor from its endowments."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator

import pytest
from packed import packed
from support import NODE

from compartment_mapper import Sandbox, SandboxError

MARKER = "the-secret-of-this-host"


#: Sources that find the secret without confinement.
REACHES = {
    "by-name": "process.env.SECRET",
    "by-computed-name": "globalThis['pro' + 'cess'].env.SECRET",
    "through-Function": "Function('return process')().env.SECRET",
    "through-indirect-eval": "(0, eval)('process').env.SECRET",
    "through-an-async-function": "return (await (async () => {}).constructor('return process')()).env.SECRET",
    "through-a-generator": "(function* () {}).constructor('return process')().next().value.env.SECRET",
    "through-an-async-generator": "return (await (async function* () {}).constructor('return process')().next()).value.env.SECRET",
    "through-console": "console.log.constructor('return process')().env.SECRET",
    "through-a-tool": "tools.echo.constructor('return process')().env.SECRET",
    "through-an-answer": "return (await tools.echo({})).constructor.constructor('return process')().env.SECRET",
    "through-a-promise": "tools.echo(1).constructor.constructor('return process')().env.SECRET",
    "through-an-error": "try { null.x } catch (e) { e.constructor.constructor('return process')().env.SECRET }",
    "through-an-error-of-a-tool": "try { await tools.fails() } catch (e) { return e.constructor.constructor('return process')().env.SECRET }",
    "through-an-error-of-import": "try { await import('x') } catch (e) { return e.constructor.constructor('return process')().env.SECRET }",
    "through-a-stack-overflow": "try { (function f() { f() })() } catch (e) { e.constructor.constructor('return process')().env.SECRET }",
    "through-prepareStackTrace": "Error.prepareStackTrace = (e, sites) => sites[0].getThis(); new Error().stack.process.env.SECRET",
    "through-call-sites": "Error.prepareStackTrace = (e, sites) => sites.map((s) => s.getFunction()).find(Boolean).constructor('return process')(); new Error().stack.env.SECRET",
    "through-URL": "URL.constructor('return process')().env.SECRET",
    "through-TextDecoder": "new TextDecoder().decode.constructor('return process')().env.SECRET",
    "through-import": "return (await import('node:process')).env.SECRET",
    "through-static-import": "import { env } from 'node:process'; export const secret = env.SECRET",
    "through-data-url": "return (await import('data:text/javascript,export default process.env.SECRET')).default",
    "through-eval-import": "return (await (0, eval)('import(\"node:process\")')).env.SECRET",
    "through-this": "(function () { return this })().process.env.SECRET",
    "through-arguments": "arguments[0].process.env.SECRET",
    "through-caller": "(function f() { return f.caller('return process') })()",
    "through-the-wrapper": "}); process.env.SECRET; (function () {",
    "through-the-body's-wrapper": "return 1 }); globalThis.process.env.SECRET; (async function () {",
    "through-require": "require('process').env.SECRET",
    "through-getBuiltinModule": "process.getBuiltinModule('process').env.SECRET",
    "through-inspect": "let got; console.log({ [Symbol.for('nodejs.util.inspect.custom')](d, o, inspect) { got = inspect } }); got.constructor('return process')().env.SECRET",
    "through-a-proxy-in-the-result": "new Proxy({}, { ownKeys() { throw globalThis.process.env.SECRET } })",
    "through-toJSON": "({ toJSON() { return process.env.SECRET } })",
    "through-Compartment": "new Compartment({ __options__: true, globals: { process: globalThis.process } }).evaluate('process.env.SECRET')",
    "through-structuredClone": "structuredClone(new Error('x')).constructor.constructor('return process')().env.SECRET",
    "through-a-species": "class P extends Promise { static get [Symbol.species]() { return process } } P.resolve(1).then(() => process.env.SECRET)",
}  # fmt: skip


@pytest.mark.parametrize("source", REACHES.values(), ids=REACHES.keys())
def test_evaluated_code_does_not_reach_the_host(source: str, armed: Sandbox) -> None:
    value: object = None
    try:
        value = armed.run(source)
    except SandboxError as error:
        value = (str(error), error.console, error.stack)

    assert MARKER not in repr(value)


@pytest.fixture(scope="module")
def armed() -> Iterator[Sandbox]:
    os.environ["SECRET"] = MARKER
    try:
        with Sandbox(
            tools={"echo": lambda value: value, "fails": _fails}, timeout=10, random=True
        ) as sandbox:
            yield sandbox
    finally:
        del os.environ["SECRET"]


def _fails() -> None:
    raise LookupError


def test_the_rows_reach_it_where_nothing_confines_them() -> None:
    rows = ["by-name", "through-Function", "through-indirect-eval", "through-this"]
    for row in rows:
        done = subprocess.run(
            [NODE, "-p", REACHES[row]],
            env={**os.environ, "SECRET": MARKER},
            capture_output=True,
            text=True,
            check=False,
        )
        assert MARKER in done.stdout, row


@pytest.mark.parametrize(
    "source",
    [
        "Date.now()", "new Date()", "Date()", "Math.random()", "new Intl.DateTimeFormat().format()",
        "performance.now()", "setTimeout(() => 1)", "crypto.randomUUID()", "new SharedArrayBuffer(1)",
        "Atomics.load", "new WeakRef({})", "new FinalizationRegistry(() => 1)", "fetch('data:,')",
        "queueMicrotask", "WebAssembly.compile", "navigator.userAgent", "localStorage.x", "new Worker('')",
    ],
)  # fmt: skip
def test_there_is_no_clock_no_randomness_and_no_io(sandbox: Sandbox, source: str) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.evaluate(source)

    assert caught.value.name in {"TypeError", "ReferenceError"}


def test_a_clock_is_endowed_on_request() -> None:
    source = (
        "const a = Date.now(); await new Promise((r) => setTimeout(r, 20)); return Date.now() - a"
    )
    with Sandbox(clock=True) as sandbox:
        passed = sandbox.evaluate(source)
        assert isinstance(passed, int)
        assert passed >= 19
        assert sandbox.evaluate("typeof performance.now()") == "number"
        assert sandbox.evaluate("new Intl.DateTimeFormat('en').format(0)") == "1/1/1970"
        with pytest.raises(SandboxError):
            sandbox.evaluate("Math.random()")


def test_randomness_is_endowed_on_request() -> None:
    with Sandbox(random=True) as sandbox:
        assert sandbox.evaluate("Math.random() < 1 && crypto.randomUUID().length === 36") is True
        with pytest.raises(SandboxError):
            sandbox.evaluate("Date.now()")


#: Yields the objects that are reachable from *root* and not frozen, except its own.
WALK = """
const thawed = (root, own) => {
  const seen = new Set(own), found = [];
  const walk = (o, path) => {
    if (Object(o) !== o || seen.has(o)) return;
    seen.add(o);
    if (path.includes('.') && !Object.isFrozen(o)) found.push(path);
    walk(Object.getPrototypeOf(o), `${path}.__proto__`);
    for (const key of Reflect.ownKeys(o)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(o, key);
      for (const next of [value, get, set]) walk(next, `${path}.${String(key)}`);
    }
  };
  walk(root, 'it');
  return found;
};
const failed = (f) => { try { f() } catch (error) { return error } };
"""


#: Objects of the host without a name.
SHARED = [
    "new URLSearchParams('a=1').entries()", "new URL('http://a/?b=1').searchParams", "new URL('a:b')",
    "new TextDecoder('latin1')", "new TextDecoder('utf-16le')", "new TextDecoder('shift_jis')", "new TextEncoder()",
    "new Intl.Segmenter().segment('a')", "new Intl.Segmenter().segment('a')[Symbol.iterator]()",
    "[1].values().map((x) => x)", "Iterator.from({ next() {} })", "tools.echo(1)", "await tools.echo({})",
    "failed(() => atob('*'))", "failed(() => atob())", "failed(() => structuredClone(() => 1))", "failed(() => new URL('x'))",
    "failed(() => { new URL('a:b').href = 'x' })", "failed(() => URL.createObjectURL(1))", "failed(() => URL.parse())",
    "failed(() => new URLSearchParams([[]]))", "failed(() => URLSearchParams.prototype.get.call({}))",
    "failed(() => new URLSearchParams({ [Symbol.iterator]: 1 }))", "failed(() => new TextDecoder('x'))",
    "failed(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])))",
    "failed(() => new TextEncoder().encodeInto())", "failed(() => crypto.getRandomValues(new Float32Array(1)))",
    "failed(() => crypto.getRandomValues(new Uint8Array(70_000)))", "await tools.echo(() => 1).catch((e) => e)",
    "await tools.fails().catch((e) => e)", "await import('x').catch((e) => e)", "failed(() => nothing)",
]  # fmt: skip


@pytest.mark.parametrize("source", SHARED)
def test_what_evaluations_share_is_frozen(source: str, armed: Sandbox) -> None:
    """If one evaluation could change an object that another can read, they would have a channel."""
    assert armed.evaluate(f"{WALK} const it = {source}; return thawed(it, [thawed])") == []


@pytest.mark.parametrize(
    "source",
    [
        "const u = new URL('http://a/?b'); u.searchParams[inspect] = (...a) => { got = a }; u[inspect]?.(2, { customInspect: true })",
        "new URLSearchParams('a=1').entries()[inspect]?.(2, { stylize(...given) { got = given } })",
        "new TextDecoder()[inspect]?.(2, { stylize(...given) { got = given } })",
    ],
)
def test_no_object_of_the_host_hands_out_its_inspect(source: str, armed: Sandbox) -> None:
    head = "let got; const inspect = Symbol.for('nodejs.util.inspect.custom');"
    assert armed.evaluate(f"{head} try {{ {source} }} catch {{}} return got") is None


def test_a_decoder_has_nothing_of_the_host() -> None:
    with Sandbox() as sandbox:
        keys = "Reflect.ownKeys(new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true }))"
        assert sandbox.evaluate(f"{keys}.map(String)") == []
        assert sandbox.evaluate(
            "const d = new TextDecoder('utf-16le', { fatal: true }); [d.encoding, d.fatal, "
            "d.ignoreBOM, `${d}`, d.decode(new Uint8Array([65, 0, 66]), { stream: true }), "
            "d.decode(new Uint8Array([0]))]"
        ) == ["utf-16le", True, False, "[object TextDecoder]", "A", "B"]


def test_a_trace_does_not_reveal_other_evaluations(sandbox: Sandbox) -> None:
    trace = "try { eval('null.x') } catch (error) { error.stack }"
    assert sandbox.evaluate(trace) == sandbox.evaluate(trace)

    sandbox.evaluate("1", compartment="other", name="secret-name.js")
    named = "(0, eval)(`null.x\n//# sourceURL=compartment:///sandbox/${n}`)"
    traces = sandbox.evaluate(
        "const all = []; for (let n = 0; n < 500; n++) "
        f"try {{ {named} }} catch (error) {{ all.push(error.stack) }} all.join()"
    )
    assert "secret-name" not in str(traces)


#: Stores a value where another evaluation could find it; the result of looking there.
PLACES = {
    "a-global": ("globalThis.kept = 'kept'", "globalThis.kept"),
    "a-declaration": ("var kept = 'kept'; let k = 1", "typeof kept === 'string' && kept"),
    "an-undeclared-name": ("kept = 'kept'", "typeof kept === 'string' && kept"),
    "a-prototype": ("Object.prototype.kept = 'kept'", "({}).kept"),
    "an-own-property": ("Array.prototype.push.kept = 'kept'", "[].push.kept"),
    "a-function-of-the-host": ("URL.kept = 'kept'", "URL.kept"),
    "the-console": ("console.kept = 'kept'", "console.kept"),
    "a-tool": ("tools.echo.kept = 'kept'", "tools.echo.kept"),
    "the-tools": ("tools.kept = 'kept'", "tools.kept"),
    "a-registered-symbol": ("Symbol.for('kept').description.kept = 1", "Symbol.for('kept').kept"),
    "the-trace": ("Error.kept = 'kept'; Error.stackTraceLimit = 7", "Error.kept ?? Error.stackTraceLimit === 7"),
    "prepareStackTrace": ("Error.prepareStackTrace = () => 'kept'", "new Error('x').stack === 'kept'"),
    "a-regular-expression": ("/(kept)/.exec('kept')", "RegExp.$1 === 'kept'"),
    "lastIndex": ("globalThis.r = () => /k/g; r().lastIndex = 3", "typeof r === 'function'"),
    "a-template": ("const f = () => ((x) => x)`k`; f().kept = 'kept'", "((x) => x)`k`.kept"),
    "the-locale": ("Intl.kept = 'kept'", "Intl.kept"),
    "a-compartment": ("Compartment.kept = 'kept'", "Compartment.kept"),
    "an-archive": ("const m = await import('app'); m.put('kept')", "return (await import('app')).take()"),
    "its-exports": ("(await import('app')).it.kept = 'kept'", "return (await import('app')).it.kept"),
    "the-indent-of-the-console": ("console.group('a')", "console.log('x')"),
    "a-promise": ("Promise.resolve().constructor.kept = 'kept'", "Promise.kept"),
    "a-hidden-prototype": ("new URLSearchParams('a').entries().__proto__.kept = 'kept'", "new URLSearchParams('a').entries().kept"),
    "an-error-of-the-host": ("try { atob('*') } catch (e) { e.constructor.kept = e.__proto__.kept = 'kept' }", "try { atob('*') } catch (e) { return e.kept ?? e.constructor.kept }"),
}  # fmt: skip


@pytest.fixture(scope="module")
def reused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    text = "let kept; export const put = (x) => { kept = x }, take = () => kept, it = {}"
    archive = packed(tmp_path_factory.mktemp("archive"), text)
    tools = {"echo": lambda value: value}
    with Sandbox(tools=tools, modules={"app": archive}, timeout=10) as sandbox:
        yield sandbox


@pytest.mark.parametrize(("put", "take"), PLACES.values(), ids=PLACES.keys())
def test_no_state_passes_from_one_evaluation_to_the_next(
    put: str, take: str, reused: Sandbox
) -> None:
    with contextlib.suppress(SandboxError):
        reused.evaluate(put)
    try:
        done = reused.run(take)
    except SandboxError as error:
        assert "kept" not in error.message.replace("kept is not defined", "")  # noqa: PT017 - the text of the error
        return
    assert done.value in (None, False)
    assert all(not line.text.startswith(" ") for line in done.console)


def test_places_for_state_are_found_in_a_named_compartment(reused: Sandbox) -> None:
    for name in ("a-global", "a-declaration", "an-archive"):
        put, take = PLACES[name]
        reused.evaluate(put, compartment=name)
        assert reused.evaluate(take, compartment=name) == "kept"


def test_a_timer_does_not_begin_behind_the_end() -> None:
    source = """
    globalThis.n = 0;
    const wait = (k) => k ? Promise.resolve(k - 1).then(wait) : setInterval(() => { n++ }, 1);
    wait(20); 1
    """
    with Sandbox(clock=True) as sandbox:
        sandbox.evaluate(source, compartment="c")
        assert (
            sandbox.evaluate("await new Promise((r) => setTimeout(r, 30)); n", compartment="c") == 0
        )


def test_timers_end_with_their_evaluation() -> None:
    with Sandbox(clock=True, tools={"note": lambda: None}) as sandbox:
        sandbox.evaluate("globalThis.n = 0; setInterval(() => { n++ }, 1); 1", compartment="c")
        first = sandbox.evaluate("await new Promise((r) => setTimeout(r, 30)); n", compartment="c")
        second = sandbox.evaluate("await new Promise((r) => setTimeout(r, 30)); n", compartment="c")

    assert first == second
