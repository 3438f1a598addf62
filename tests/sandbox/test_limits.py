"""Whatever a source does, its evaluation ends with a matching error, and the next one works."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import is_running, until

from compartment_mapper import Limits, Sandbox, SandboxError, SandboxTimeoutError
from compartment_mapper.sandbox.tools import Tools

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked at there")


HOSTILE = [
    pytest.param("for (;;);", "TIMEOUT", id="an-endless-loop"),
    pytest.param("await 1; for (;;);", "TIMEOUT", id="an-endless-loop-later"),
    pytest.param("for (;;) await null", "TIMEOUT", id="endless-microtasks"),
    pytest.param("await new Promise(() => {})", "TIMEOUT", id="a-promise-that-never-settles"),
    pytest.param("await tools.never()", "TIMEOUT", id="a-tool-that-never-answers"),
    pytest.param("({ get a() { for (;;); } })", "TIMEOUT", id="an-endless-getter-in-the-result"),
    pytest.param("throw { get message() { for (;;); }, toString() { for (;;); } }", None, id="an-endless-error"),
    pytest.param("/(a+)+$/.test('a'.repeat(40) + 'b')", "TIMEOUT", id="an-endless-expression"),
    pytest.param("const a = []; for (let i = 0; ; i++) a.push({ i, a: [i] })", "MEMORY_LIMIT", id="many-objects"),
    pytest.param("const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))", "MEMORY_LIMIT", id="many-buffers"),
    pytest.param("new Uint8Array(2e9)", "JAVASCRIPT_ERROR", id="a-huge-buffer"),
    pytest.param("'x'.repeat(2 ** 30)", "JAVASCRIPT_ERROR", id="a-huge-string"),
    pytest.param("let s = 'x'; for (;;) s += s", "JAVASCRIPT_ERROR", id="a-growing-string"),
    pytest.param("(function f() { f() })()", "JAVASCRIPT_ERROR", id="deep-recursion"),
    pytest.param("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)", "JAVASCRIPT_ERROR", id="deep-nesting"),
    pytest.param("for (let i = 0; ; i++) await tools.echo(i)", "JAVASCRIPT_ERROR", id="endless-calls"),
    pytest.param("await Promise.all(Array.from({ length: 1e5 }, () => tools.echo('x'.repeat(1000))))", "MEMORY_LIMIT", id="a-flood-of-calls"),
    pytest.param("tools.echo(new Uint8Array(1e7))", "JAVASCRIPT_ERROR", id="a-large-argument"),
    pytest.param("tools.large()", "JAVASCRIPT_ERROR", id="a-large-answer"),
    pytest.param("tools.complain()", "JAVASCRIPT_ERROR", id="a-large-exception"),
    pytest.param("for (;;) console.log('x'.repeat(1000))", "TIMEOUT", id="endless-output"),
    pytest.param("((", "JAVASCRIPT_ERROR", id="no-program"),
    pytest.param("Object.freeze(Object.getPrototypeOf(tools.echo)); Promise.prototype.then = 1", "JAVASCRIPT_ERROR", id="tampering"),
]  # fmt: skip


@pytest.fixture(scope="module")
def hardened() -> Iterator[Sandbox]:
    tools: Tools = {
        "never": _never,
        "echo": lambda value: value,
        "large": lambda: "x" * 10_000_000,
        "complain": _complain,
    }
    with Sandbox(tools=tools, timeout=1.0, memory_mb=48) as made:
        yield made


async def _never() -> None:
    await asyncio.Event().wait()


def _complain() -> None:
    raise LookupError("x" * 10_000_000)


@pytest.mark.parametrize(
    "source", ["(await tools.large()).length", "await tools.complain().catch((e) => { throw e })"]
)
def test_what_a_tool_answers_is_bounded(hardened: Sandbox, source: str) -> None:
    with pytest.raises(SandboxError, match="arge"):
        hardened.evaluate(source, timeout=20)


def test_globals_are_bounded(hardened: Sandbox) -> None:
    with pytest.raises(SandboxError, match="TOO_LARGE"):
        hardened.evaluate("1", globals={"large": "x" * 50_000_000})


@pytest.mark.parametrize(("source", "code"), HOSTILE)
def test_the_sandbox_survives_malicious_source(
    hardened: Sandbox, source: str, code: str | None
) -> None:
    # An evaluation that ends by itself may be slow on a slow machine.
    timeout = None if code == "TIMEOUT" else 30.0
    try:
        hardened.evaluate(source, timeout=timeout)
    except SandboxError as error:
        # A failed allocation is either an error of the source or the end of the process.
        codes = {code} if code != "MEMORY_LIMIT" else {code, "JAVASCRIPT_ERROR"}
        assert code is None or error.code in codes, error  # noqa: PT017 - two ways to end
    else:
        assert code is None

    assert hardened.evaluate("1 + 1", timeout=20) == 2


def test_too_many_calls_are_refused(hardened: Sandbox) -> None:
    with pytest.raises(SandboxError, match="more than 1000 calls of tools"):
        hardened.evaluate("for (;;) await tools.echo(1)", timeout=30)


def test_what_runs_on_behind_a_result_is_ended() -> None:
    with Sandbox() as sandbox:
        assert sandbox.evaluate("(async () => { for (;;) await null })(); 1") == 1
        assert sandbox.evaluate("2") == 2
        assert sandbox.starts == 2


def test_output_is_cut() -> None:
    with Sandbox(limits=Limits(output=10)) as sandbox:
        done = sandbox.run("console.log('12345'); console.log('67890'); console.log('more')")

    assert done.console_is_cut
    assert [line.text for line in done.console] == ["12345", "6789"]


def test_a_source_must_not_exceed_the_limit() -> None:
    with (
        Sandbox(limits=Limits(source=10)) as sandbox,
        pytest.raises(SandboxError, match="TOO_LARGE"),
    ):
        sandbox.evaluate("1 + 1 + 1 + 1")


def test_a_process_that_is_killed_is_started_again() -> None:
    with Sandbox() as sandbox:
        sandbox.evaluate("globalThis.a = 1", compartment="kept")
        pid = sandbox.process_id
        os.kill(pid, signal.SIGKILL)
        until(lambda: not is_running(pid))

        assert sandbox.evaluate("1") == 1
        with pytest.raises(SandboxError, match="STATE_LOST"):
            sandbox.evaluate("a", compartment="kept")
        assert sandbox.evaluate("typeof a", compartment="kept") == "undefined"


def test_a_process_that_dies_during_an_evaluation_is_reported() -> None:
    with Sandbox(tools={"kill": lambda: os.kill(sandbox.process_id, signal.SIGKILL)}) as sandbox:
        with pytest.raises(SandboxError, match=r"PROCESS_ENDED.*by signal 9"):
            sandbox.evaluate("await tools.kill(); await new Promise(() => {})")

        assert sandbox.evaluate("1") == 1


def test_other_evaluations_restart_when_one_hangs() -> None:
    results: list[object] = []

    def innocent() -> None:
        results.append(sandbox.evaluate("await new Promise((r) => setTimeout(r, 600)); 7"))

    with Sandbox(clock=True) as sandbox:
        sandbox.evaluate("1")
        thread = threading.Thread(target=innocent)
        thread.start()
        until(lambda: any(entry.is_started for entry in sandbox._engine._entries.values()))  # noqa: SLF001 - nothing shows it
        with pytest.raises(SandboxTimeoutError):
            sandbox.evaluate("for (;;);", timeout=0.2)
        thread.join()

    assert results == [7]


def test_an_evaluation_that_called_a_tool_is_not_done_again() -> None:
    calls: list[int] = []
    errors: list[str] = []

    def innocent() -> None:
        try:
            sandbox.evaluate("await tools.note(1); await new Promise(() => {})", timeout=20)
        except SandboxError as error:
            errors.append(error.code)

    with Sandbox(tools={"note": calls.append}) as sandbox:
        thread = threading.Thread(target=innocent)
        thread.start()
        until(lambda: calls)
        with pytest.raises(SandboxTimeoutError):
            sandbox.evaluate("for (;;);", timeout=0.2)
        thread.join()

    assert (calls, errors) == ([1], ["INTERRUPTED"])


def test_a_compartment_runs_one_evaluation_at_a_time() -> None:
    def again() -> object:
        return sandbox.evaluate("1", compartment="c")

    with Sandbox(tools={"again": again}) as sandbox, pytest.raises(SandboxError, match="BUSY"):
        sandbox.evaluate("await tools.again()", compartment="c")


def test_a_closed_sandbox_says_so() -> None:
    sandbox = Sandbox()
    sandbox.close()

    with pytest.raises(SandboxError, match="CLOSED"):
        sandbox.evaluate("1")


def test_a_process_that_does_not_start_says_why() -> None:
    with Sandbox(memory_mb=1) as sandbox, pytest.raises(SandboxError, match="does not start"):
        sandbox.evaluate("1")


def test_no_process_is_left() -> None:
    with Sandbox() as sandbox:
        sandbox.evaluate("1")
        pid = sandbox.process_id

    until(lambda: not Path(f"/proc/{pid}").exists())


@pytest.mark.parametrize(
    "source",
    [
        "[new Proxy([], { get: (t, k) => (k === 'length' ? -1e12 : t[k]) }), 'x'.repeat(2e7)]",
        "[new Proxy([], { get: (t, k) => (k === 'length' ? NaN : t[k]) }), 'x'.repeat(2e7)]",
        "const u = new Uint8Array(2); Object.defineProperty(u, 'byteLength', { value: -1e12 }); [u, 'x'.repeat(2e7)]",
    ],
)
def test_what_lies_about_its_size_is_bounded_too(source: str) -> None:
    with Sandbox() as sandbox, pytest.raises(SandboxError, match="too large: more than"):
        sandbox.evaluate(source)


def test_globals_that_can_not_be_given_are_refused() -> None:
    with Sandbox() as sandbox:
        sandbox.evaluate("Object.freeze(globalThis)", compartment="frozen")
        with pytest.raises(SandboxError, match="not extensible"):
            sandbox.evaluate("x", compartment="frozen", globals={"x": 1})
        with pytest.raises(SandboxError, match="Cannot redefine property: tools"):
            sandbox.evaluate("1", globals={"tools": 1})
        assert (sandbox.evaluate("1"), sandbox.starts) == (1, 1)


@pytest.mark.parametrize(
    "source",
    [
        "1" + " + a" * 20_000,
        "(" * 20_000 + ")" * 20_000,
        "a ? " * 20_000,
        "a;" * 60_000,
        "eval('a');" * 20_000,
        "`${" * 20_000,
        "import " * 20_000,
    ],
    ids=["sum", "parentheses", "ternary", "names", "eval", "templates", "imports"],
)
def test_a_source_that_is_expensive_to_scan_is_rejected(hardened: Sandbox, source: str) -> None:
    """The timeout does not cover work of the host itself."""
    with pytest.raises(SandboxError) as caught:
        hardened.evaluate(source)

    assert caught.value.code in {"TOO_LARGE", "JAVASCRIPT_ERROR"}


def test_a_long_name_with_escapes_is_scanned_fast(hardened: Sandbox) -> None:
    assert hardened.evaluate("let " + "\\u0061" * 20_000 + " = 1; 2") == 2


def test_a_long_sum_is_not_too_deep(hardened: Sandbox) -> None:
    assert hardened.evaluate("1" + " + 1" * 900) == 901
