"""Named compartments: listed, dropped, and with values that are too large to cross."""

from __future__ import annotations

import os
import signal

import pytest
from support import is_running, until

from compartment_mapper import Limits, Sandbox, SandboxError


def test_sessions_are_listed_and_dropped() -> None:
    with Sandbox() as sandbox:
        assert sandbox.sessions() == []
        sandbox.evaluate("let a = 1", compartment="b")
        sandbox.evaluate("let a = 2", compartment="a")
        sandbox.evaluate("let a = 3")
        assert sandbox.sessions() == ["a", "b"]
        sandbox.drop("b")
        assert sandbox.sessions() == ["a"]
        assert sandbox.evaluate("typeof a", compartment="b") == "undefined"
        assert sandbox.evaluate("a", compartment="a") == 2
        sandbox.drop("nothing")


def test_sessions_that_were_lost_are_not_listed() -> None:
    with Sandbox() as sandbox:
        sandbox.evaluate("let a = 1", compartment="a")
        pid = sandbox.process_id
        os.kill(pid, signal.SIGKILL)
        until(lambda: not is_running(pid) and sandbox.process_id != pid)

        assert sandbox.sessions() == []
        with pytest.raises(SandboxError, match="STATE_LOST") as caught:
            sandbox.evaluate("a", compartment="a")

    assert caught.value.hint == "declare the variables of the compartment again"


@pytest.mark.parametrize(
    ("source", "next_source", "value"),
    [
        pytest.param("Array.from({ length: 1000 }, (_, i) => i)", "$result.slice(0, 3)", [0, 1, 2], id="too-large"),
        pytest.param("const rows = 'x'.repeat(1000); return rows", "$result.length", 1000, id="a-returned-string"),
        pytest.param("new Map([['a', 1]])", "$result.get('a')", 1, id="no-data"),
        pytest.param("let a = []; for (let i = 0; i < 100; i++) a = [a]; a", "$result.length", 1, id="too-deep"),
        pytest.param("({ get a() { throw new TypeError('mine') } })", "Object.keys($result)", ["a"], id="a-getter-that-throws"),
        pytest.param("export const a = 'x'.repeat(1000)", "$result.a.length", 1000, id="exports"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_cross_stays_in_its_session(
    source: str, next_source: str, value: object
) -> None:
    with Sandbox(limits=Limits(message_bytes=500), timeout=20) as sandbox:
        with pytest.raises(SandboxError) as caught:
            sandbox.evaluate(source, compartment="s")
        assert "`$result`" in caught.value.hint
        assert sandbox.evaluate(next_source, compartment="s") == value
        assert sandbox.evaluate("typeof $result") == "undefined"
        with pytest.raises(SandboxError) as caught:
            sandbox.evaluate(source)
        assert "in a named compartment, the value stays" in caught.value.hint


def test_a_value_can_be_kept_again_and_dropped() -> None:
    with Sandbox(limits=Limits(message_bytes=500), timeout=20) as sandbox:
        for size in (1000, 2000):
            with pytest.raises(SandboxError, match="too large"):
                sandbox.evaluate(f"'x'.repeat({size})", compartment="s")
            assert sandbox.evaluate("$result.length", compartment="s") == size
        assert (
            sandbox.evaluate("$result = undefined; typeof $result", compartment="s") == "undefined"
        )


@pytest.mark.parametrize(
    "source",
    [
        "Object.freeze(globalThis); 'x'.repeat(1000)",
        "Object.defineProperty(globalThis, '$result', { get() { for (;;); }, set() { for (;;); } }); 'x'.repeat(1000)",
    ],
)
def test_a_session_that_keeps_nothing_says_so(source: str) -> None:
    limits = Limits(message_bytes=500)
    with Sandbox(limits=limits, timeout=20) as sandbox, pytest.raises(SandboxError) as caught:
        sandbox.evaluate(source, compartment="s")

    assert caught.value.hint.startswith("return less")
