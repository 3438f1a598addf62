"""Each evaluation receives its messages, whichever thread reads the pipe."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from compartment_mapper import Sandbox, SandboxError
from compartment_mapper.sandbox.console import ConsoleLine


def test_a_tool_evaluates_in_the_same_sandbox() -> None:
    def double(number: float) -> object:
        return sandbox.evaluate("number * 2", globals={"number": number})

    with Sandbox(tools={"double": double}) as sandbox:
        source = "return await tools.double(await tools.double(5))"

        assert sandbox.evaluate(source, timeout=20) == 20
        assert sandbox.starts == 1


def test_the_console_callback_evaluates_in_the_same_sandbox() -> None:
    found: list[object] = []

    def console(line: ConsoleLine) -> None:
        found.append(sandbox.evaluate(f"'{line.text}'.toUpperCase()"))

    with Sandbox() as sandbox:
        assert sandbox.evaluate("console.log('a'); 1", console=console) == 1

    assert found == ["A"]


def test_a_slow_tool_does_not_stop_other_threads() -> None:
    entered, go_on = threading.Event(), threading.Event()

    def wait() -> bool:
        entered.set()
        return go_on.wait(20)

    with (
        Sandbox(tools={"wait": wait}, timeout=30) as sandbox,
        ThreadPoolExecutor(1) as threads,
    ):
        slow = threads.submit(sandbox.evaluate, "return await tools.wait()")
        assert entered.wait(20)

        assert sandbox.evaluate("1 + 1") == 2
        go_on.set()
        assert slow.result(20) is True


def test_calls_of_several_threads_are_answered() -> None:
    source = "let sum = 0; for (let i = 0; i < 20; i++) sum += await tools.same(n); return sum"
    with (
        Sandbox(tools={"same": lambda n: n}, timeout=60) as sandbox,
        ThreadPoolExecutor(8) as threads,
    ):
        done = [
            threads.submit(sandbox.evaluate, source, globals={"n": number}) for number in range(40)
        ]

        assert [each.result(60) for each in done] == [20 * number for number in range(40)]
        assert sandbox.starts == 1


def test_a_waiting_evaluation_ends_when_the_sandbox_is_closed() -> None:
    with Sandbox(timeout=60) as sandbox, ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(sandbox.evaluate, "await new Promise(() => {})")
        time.sleep(0.5)
        sandbox.close()

        with pytest.raises(SandboxError, match="closed"):
            waiting.result(10)


def test_a_waiting_evaluation_ends_with_its_process() -> None:
    with Sandbox(timeout=60) as sandbox, ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(sandbox.evaluate, "await new Promise(() => {})")
        time.sleep(0.5)
        os.kill(sandbox.process_id, signal.SIGKILL)

        with pytest.raises(SandboxError, match="ended by signal 9"):
            waiting.result(10)
        assert sandbox.evaluate("2") == 2
