"""Errors that a language model can act upon: the place in the source as written, and a hint."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from compartment_mapper import Sandbox, SandboxError, SandboxTimeoutError
from compartment_mapper.sandbox.tools import Tools


def read_user(id: int, *, verbose: bool = False) -> dict[str, str]:  # noqa: A002 - as people write
    """Read a user."""
    if id < 0:
        raise LookupError("no such user")
    return {"name": "Ada"}


async def never() -> None:
    await asyncio.Event().wait()


TOOLS: Tools = {
    "read_user": read_user,
    "never": never,
    "list": lambda: [1],
    "fs": {"read": lambda path: path, "read file": lambda: 1},
}


@pytest.fixture(scope="module")
def tooled() -> Iterator[Sandbox]:
    with Sandbox(tools=TOOLS, timeout=20.0) as made:
        yield made


def error_of(sandbox: Sandbox, source: str, *, timeout: float | None = None) -> SandboxError:
    with pytest.raises(SandboxError) as caught:
        sandbox.evaluate(source, timeout=timeout)
    return caught.value


DECLARED = "it is declared as tools.read_user(id: number, options?: { verbose?: boolean }): Promise<{ [key: string]: string }>"
FAILED = "`tools.read_user` was called and failed: change the arguments, or catch the error"
NO_TIMER = "there is no timer: await a tool instead, or ask for a sandbox with `clock=True`"
NO_CLOCK = "there is no clock: take the time from a tool, or ask for a sandbox with `clock=True`"
NO_RANDOM = "there is no randomness: take it from a tool, or ask for a sandbox with `random=True`"
NO_NETWORK = "there is no network: only a tool can fetch data"
NO_PROCESS = "this is not Node: there is no process, environment or file system, only tools"
UNBALANCED = "a bracket is not closed, or closed twice"

ERRORS = [
    pytest.param("const a = 1;\n  await tools.read_user('x')", (2, 15), DECLARED, id="a-wrong-argument"),
    pytest.param("const f = async (i: number): Promise<void> => { await tools.read_user(`${i}`) };\nawait f(1)", (1, 61), DECLARED, id="a-wrong-argument-in-typescript"),
    pytest.param("const é: string = 'ö💥'; await tools.read_user(-1)", (1, 37), FAILED, id="an-exception-of-a-tool"),
    pytest.param("await tools.reed_user(1)", (1, 13), "there is no `tools.reed_user`: did you mean `tools.read_user`?", id="an-unknown-tool"),
    pytest.param("await tools.fs.raed(1)", (1, 16), "there is no `tools.fs.raed`: did you mean `tools.fs.read`?", id="an-unknown-tool-in-a-namespace"),
    pytest.param("await tools.read(1)", (1, 13), 'there is no `tools.read`: did you mean `tools.fs.read`, `tools.read_user`, `tools.fs["read file"]`?', id="a-tool-of-another-namespace"),
    pytest.param("await tools.zzz()", (1, 13), 'there is no `tools.zzz`; the tools are `tools.read_user`, `tools.never`, `tools.list`, `tools.fs.read`, `tools.fs["read file"]`', id="nothing-like-it"),
    pytest.param("await tools.fs['read fil']()", (1, 27), 'there is no `tools.fs["read fil"]`: did you mean `tools.fs["read file"]`, `tools.fs.read`?', id="a-quoted-name"),
    pytest.param("await tools.fs('a')", (1, 13), '`tools.fs` is a namespace with `tools.fs.read`, `tools.fs["read file"]`', id="a-namespace"),
    pytest.param("tools.list().map(String)", (1, 14), "`tools.list(…)` returns a promise: write `(await tools.list(…))`", id="without-await"),
    pytest.param("for await (const x of tools.list());", (1, 29), "`tools.list(…)` returns a promise: await it", id="iteration-without-await"),
    pytest.param("const fs = require('fs')", (1, 12), "there is no require and there are no modules of Node: use `tools` and the language", id="require"),
    pytest.param("import fs from 'fs'; export const a = fs", (1, 16), f"no modules can be imported: {NO_PROCESS}", id="import"),
    pytest.param("await import('zod')", (1, 7), "no modules can be imported: use `tools` and the language", id="dynamic-import"),
    pytest.param("await fetch('https://example.com')", (1, 7), NO_NETWORK, id="fetch"),
    pytest.param("globalThis.fetch('a')", (1, 12), NO_NETWORK, id="a-member-of-the-global-object"),
    pytest.param("await new Promise((r) => setTimeout(r, 10))", (1, 26), NO_TIMER, id="timers"),
    pytest.param("process.env.HOME", (1, 1), NO_PROCESS, id="process"),
    pytest.param("Buffer.from('a')", (1, 1), "there is no Buffer: use Uint8Array, TextEncoder, TextDecoder, atob and btoa", id="buffer"),
    pytest.param("1 +\n Date.now()", (2, 7), NO_CLOCK, id="clock"),
    pytest.param("new Date()", (1, 1), NO_CLOCK, id="dates"),
    pytest.param("performance.now()", (1, 1), NO_CLOCK, id="performance"),
    pytest.param("Math.random()", (1, 6), NO_RANDOM, id="randomness"),
    pytest.param("crypto.randomUUID()", (1, 1), NO_RANDOM, id="uuids"),
    pytest.param("throw { code: 1 }", None, "throw an Error: `throw new Error('message')` has a name, a message and a place", id="no-error-thrown"),
    pytest.param("for (;;) await tools.list()", (1, 22), "call tools less often: filter first, stop early, or return a part of the result", id="too-many-calls"),
    pytest.param("let é = 'ö💥'; null.x", (1, 20), "", id="columns-are-characters"),
    pytest.param("let a = 1;\nlet a = 2", (2, 5), "", id="syntax"),
    pytest.param("let a: string = ;", (1, 17), "", id="syntax-in-typescript"),
    pytest.param("const f = (a: number) => a;\nlet f: string = 'é' 5", (2, 21), "", id="syntax-in-typescript-later"),
    pytest.param("interface A { a: string }\nconst a: A = { a: 'x' };\nlet a = 2; await 1", (3, 5), "", id="early-errors-in-typescript"),
    pytest.param("export const a = ;", (1, 18), "", id="syntax-in-a-module"),
    pytest.param("await 1;\nreturn 2; }", (2, 11), UNBALANCED, id="a-bracket-too-many"),
    pytest.param("const x = <b>é</b>", (1, 11), "JSX is not supported: return plain data, or build strings", id="jsx"),
    pytest.param("const é = 'ö';\nreturn <>a</>", (2, 8), "JSX is not supported: return plain data, or build strings", id="jsx-fragment"),
    pytest.param("enum A { B }", (1, 1), "only types are removed: instead of `enum` use an object, and plain fields in classes", id="enum"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "place", "hint"), ERRORS)
def test_errors_have_a_place_and_a_hint(
    tooled: Sandbox, source: str, place: tuple[int, int] | None, hint: str
) -> None:
    error = error_of(tooled, source)

    assert error.hint == hint
    assert (error.line, error.column) == (place or (None, None))
    assert (place is None) == (error.frame == "")
    text = error.for_model()
    assert hint in text
    assert len(text) < 1000


@pytest.mark.parametrize(
    ("source", "place", "hint"),
    [
        pytest.param("const a = 1;\nawait Promise.all([tools.list(), tools.never()])", (2, 40), "it was waiting for `tools.never`", id="a-pending-call"),
        pytest.param("await new Promise(() => {})", None, "it was waiting for a promise that nothing settles", id="a-pending-promise"),
        pytest.param("const p = (async () => { null.x })(); await new Promise(() => {})", None, "an earlier error was not caught: Uncaught TypeError: Cannot read properties of null", id="an-unhandled-rejection"),
        pytest.param("let i = 0;\nwhile (true) i++", None, "a loop may never end; the only loop is in line 2", id="a-loop"),
        pytest.param("const i: number = 0;\nfor (const x of [1]) x;\nawait null; do i; while (true)", None, "loops are in lines 2, 3", id="loops-in-typescript"),
        pytest.param("/(a+)+$/.test('a'.repeat(40) + 'b')", None, "it was running and did not wait for anything: use less work", id="no-loop"),
    ],
)  # fmt: skip
def test_a_timeout_says_where(
    tooled: Sandbox, source: str, place: tuple[int, int] | None, hint: str
) -> None:
    tooled.evaluate("1")  # the process is ready
    error = error_of(tooled, source, timeout=1.0)

    assert isinstance(error, SandboxTimeoutError)
    assert hint in error.hint
    assert (error.line, error.column) == (place or (None, None))


def test_the_memory_limit_has_a_hint() -> None:
    with Sandbox(memory_mb=48, timeout=20) as sandbox:
        error = error_of(sandbox, "const a = []; for (;;) a.push({ a: [1, 2, 3] })")

    assert error.code == "MEMORY_LIMIT"
    assert error.hint.startswith("keep less at once")


def test_endowed_clocks_and_modules_have_other_hints() -> None:
    with Sandbox(clock=True, random=True, timeout=20) as sandbox:
        assert error_of(sandbox, "Date.nope()").hint == ""
        assert error_of(sandbox, "null.x; setTimeout").hint == ""
        assert error_of(sandbox, "tools.a()").hint == "there are no tools"


FORGED = [
    "const e = new Error('x'); e.stack = 'Error: x\\n    at compartment:///sandbox/evaluation.js:1:1'; throw e",
    "const e = new ReferenceError('x'); e.stack = '    at compartment:///sandbox/evaluation.js:999999999:999999999'; throw e",
    "const e = new TypeError('x'); Object.defineProperty(e, 'stack', { get() { throw 1 } }); throw e",
    "const e = new TypeError('x'); e.stack = '    at compartment:///sandbox/evaluation.js:1:1\\n'.repeat(1e5); throw e",
    "throw new Proxy({}, { get() { throw 1 } })",
    "throw new Proxy(new Error('a'), { get() { throw 1 } })",
    "throw Object.assign(new SyntaxError('x'), { stack: '' })",
    "throw Object.assign(new SyntaxError('\\x1b[2J\\u202e*/'), { stack: {} })",
    "const f = { ['x\\n    at compartment:///sandbox/evaluation.js:1:99']() { null.x } }; Object.values(f)[0]()",
    "throw new Error('x'.repeat(1e6))",
    "throw new Error('\\ud800')",
    "throw Object.assign(new Error('a'), { name: 'SandboxError' })",
    "console.error('\\ud800 \\x1b[2J'); console.log('x'.repeat(1e5)); throw new Error('a')",
    "tools['\\u2028\\ud800' + '`'.repeat(1e4)]()",
    "tools." + "a." * 300 + "b()",
    "x".replace("x", " " * 5000) + "tools.a()",
]


@pytest.mark.parametrize("source", FORGED, ids=range(len(FORGED)))
def test_forged_errors_do_no_harm(tooled: Sandbox, source: str) -> None:
    error = error_of(tooled, source)
    text = error.for_model(most=500)

    assert error.code == "JAVASCRIPT_ERROR"
    assert len(text) <= 500
    assert "\x1b" not in text
    assert text.encode()
    assert len(error.hint) < 2000
    assert tooled.evaluate("1") == 1


def test_a_forged_error_has_no_hint_of_a_tool(tooled: Sandbox) -> None:
    source = "const e = await tools.read_user('x').catch((e) => e); throw Object.assign(new TypeError(e.message), { name: e.name })"

    assert error_of(tooled, source).hint == ""


def test_an_error_that_is_thrown_again_keeps_its_hint(tooled: Sandbox) -> None:
    source = "try {\n  await tools.read_user('x')\n} catch (e) { e.message = 'forged'; throw e }"
    error = error_of(tooled, source)

    assert error.hint == DECLARED
    assert error.line == 2


def test_the_text_for_a_model_has_the_last_output(tooled: Sandbox) -> None:
    error = error_of(tooled, "for (let i = 0; i < 100; i++) console.log(`line ${i}`); null.x")

    lines = error.for_model(most=600).splitlines()
    assert lines[:4] == [
        "TypeError: Cannot read properties of null (reading 'x')",
        "  at evaluation.js:1:62",
        *error.frame.splitlines(),
    ]
    assert lines[4:6] == ["Console:", "  …"]
    assert lines[-1] == "  log: line 99"


def test_a_text_for_a_model_has_a_least_size(tooled: Sandbox) -> None:
    with pytest.raises(ValueError, match="at least 200"):
        error_of(tooled, "null.x").for_model(most=10)
