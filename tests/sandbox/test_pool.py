"""Pools: processes that are started ahead, one evaluation each, and a queue in order."""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from compartment_mapper import (
    AsyncSandboxPool,
    Sandbox,
    SandboxError,
    SandboxPool,
    SandboxTimeoutError,
)

LOOP = "while (true) {}"


def test_threads_share_processes() -> None:
    with SandboxPool(size=2, tools={"add": lambda a, b: a + b}) as pool:
        with ThreadPoolExecutor(8) as threads:
            sources = [f"await tools.add({n}, 1)" for n in range(100)]
            assert list(threads.map(pool.evaluate, sources)) == list(range(1, 101))

        assert pool.health() == {
            "processes": 2,
            "idle": 2,
            "busy": 0,
            "waiting": 0,
            "restarts": 0,
        }


def test_a_loop_stops_nobody_else() -> None:
    with SandboxPool(size=2, timeout=1.0) as pool, ThreadPoolExecutor(2) as threads:
        pool.evaluate("1")
        looping = threads.submit(pool.evaluate, LOOP)
        began = time.monotonic()
        for n in range(10):
            assert pool.evaluate(f"{n}") == n
        assert time.monotonic() - began < 1.0
        assert isinstance(looping.exception(), SandboxTimeoutError)
        assert pool.evaluate("'again'") == "again"


def test_who_asks_first_is_first() -> None:
    order: list[int] = []

    async def test() -> None:
        async def note(number: int) -> None:
            order.append(number)

        async with AsyncSandboxPool(size=1, tools={"note": note}) as pool:
            await asyncio.gather(*(pool.evaluate(f"await tools.note({n})") for n in range(20)))

    asyncio.run(test())
    assert order == list(range(20))


def test_the_queue_has_an_end() -> None:
    held = threading.Event()
    with (
        SandboxPool(size=1, queue=1, tools={"wait": held.wait}) as pool,
        ThreadPoolExecutor(2) as threads,
    ):
        first = threads.submit(pool.evaluate, "await tools.wait(); return 1")
        while pool.health()["busy"] == 0:
            time.sleep(0.01)
        second = threads.submit(pool.evaluate, "2")
        while pool.health()["waiting"] == 0:
            time.sleep(0.01)
        with pytest.raises(SandboxError, match="all 1 processes are busy, and 1 wait") as full:
            pool.evaluate("3")
        assert full.value.code == "POOL_FULL"
        held.set()
        assert (first.result(), second.result()) == (1, 2)


@pytest.mark.parametrize("wait", [0.0, 0.1])
def test_waiting_has_an_end_and_leaves_nothing_behind(wait: float) -> None:
    async def test() -> None:
        async with AsyncSandboxPool(size=1, timeout=1.0) as pool:
            running = asyncio.create_task(pool.evaluate(LOOP))
            await asyncio.sleep(0.3)
            with pytest.raises(SandboxTimeoutError, match="no process was free") as caught:
                await pool.evaluate("1", wait=wait)
            assert caught.value.code == "POOL_WAIT"
            cancelled = asyncio.create_task(pool.evaluate("2"))
            await asyncio.sleep(0.05)
            cancelled.cancel()
            await asyncio.gather(running, cancelled, return_exceptions=True)
            assert await pool.evaluate("3") == 3
            assert pool.health()["idle"] == 1

    asyncio.run(test())


def test_processes_are_replaced_after_some_evaluations() -> None:
    seen: set[int] = set()
    with SandboxPool(size=1, uses=3) as pool:
        for _ in range(7):
            pool.evaluate("1")
            seen.add(next(iter(pool._slots._all)).sandbox.process_id)  # noqa: SLF001 - no other way
        assert len(seen) == 3
        assert "compartment_mapper_sandbox_recycled_total 2" in pool.metrics()


def test_metrics_are_text_for_prometheus() -> None:
    with SandboxPool(size=1, timeout=0.2) as pool:
        pool.evaluate("1")
        with pytest.raises(SandboxError):
            pool.evaluate("throw new Error('x')")
        with pytest.raises(SandboxError):
            pool.evaluate(LOOP)
        text = pool.metrics()

    line = re.compile(r'(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{\w+="[^"]*"\})? [\d.]+)')
    assert all(line.fullmatch(each) for each in text.splitlines())
    for outcome in ("ok", "javascript_error", "timeout"):
        assert f'evaluations_total{{outcome="{outcome}"}} 1' in text
    assert "evaluation_seconds_count 3" in text
    assert "compartment_mapper_sandbox_processes 1" in text


def test_closing_waits_for_running_evaluations_and_refuses_others() -> None:
    pool = SandboxPool(size=1, tools={"sleep": time.sleep})
    with ThreadPoolExecutor(3) as threads:
        running = threads.submit(pool.evaluate, "await tools.sleep(0.5); return 'done'")
        while pool.health()["busy"] == 0:
            time.sleep(0.01)
        waiting = threads.submit(pool.evaluate, "1")
        while pool.health()["waiting"] == 0:
            time.sleep(0.01)
        pool.close()
        assert running.result() == "done"
        assert isinstance(waiting.exception(), SandboxError)
    with pytest.raises(SandboxError, match="the pool is closed"):
        pool.evaluate("1")


def test_closing_ends_evaluations_that_do_not_end() -> None:
    async def test() -> None:
        pool = AsyncSandboxPool(size=1, timeout=30)
        running = asyncio.create_task(pool.evaluate(LOOP))
        await asyncio.sleep(0.3)
        await pool.close(grace=0.2)
        with pytest.raises(SandboxError) as caught:
            await running
        assert caught.value.code == "CLOSED"

    asyncio.run(test())


@pytest.mark.parametrize("numbers", [{"size": 0}, {"queue": -1}, {"uses": 0}])
def test_numbers_are_checked(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be at least"):
        SandboxPool(**numbers)  # type: ignore[arg-type]  # a dictionary has no names


def test_who_waits_no_longer_gives_the_process_back() -> None:
    async def test() -> None:
        async with AsyncSandboxPool(size=1) as pool:
            assert await pool.evaluate("1", wait=0) == 1
            for _ in range(20):
                tasks = [asyncio.create_task(pool.evaluate("2")) for _ in range(3)]
                await asyncio.sleep(0)
                tasks[0].cancel()
                tasks[1].cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            assert pool.health()["idle"] == 1

    asyncio.run(test())


def test_a_process_that_is_granted_during_a_cancellation_goes_back() -> None:
    async def test() -> None:
        async with AsyncSandboxPool(size=1) as pool:
            first = asyncio.create_task(pool.evaluate("await new Promise(() => {})", timeout=0.2))
            await asyncio.sleep(0)
            second = asyncio.create_task(pool.evaluate("2"))
            await asyncio.sleep(0)
            assert pool.health()["waiting"] == 1
            first.add_done_callback(lambda _: second.cancel())  # after it released the process
            await asyncio.gather(first, second, return_exceptions=True)
            assert second.cancelled()
            assert pool.health()["idle"] == 1

    asyncio.run(test())


def test_a_waiting_loop_that_is_closed_gets_no_process() -> None:
    pool = AsyncSandboxPool(size=1)
    slow = "await new Promise(() => {})"

    async def busy() -> None:
        with pytest.raises(SandboxTimeoutError):
            await pool.evaluate(slow, timeout=1)

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(asyncio.run, busy())
        while pool.health()["busy"] == 0:
            time.sleep(0.01)
        gone = asyncio.new_event_loop()
        task = gone.create_task(pool.evaluate("1"))
        gone.run_until_complete(asyncio.sleep(0.05))
        gone.close()
        running.result()

    assert pool.health()["idle"] == 1
    assert asyncio.run(pool.evaluate("2")) == 2
    asyncio.run(pool.close())
    task.get_coro().close()


def test_a_process_that_cannot_be_replaced_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with SandboxPool(size=1, uses=1) as pool:

        def fail() -> Sandbox:
            raise OSError("no more processes")

        monkeypatch.setattr(pool._slots, "_make", fail)  # noqa: SLF001 - as if fork failed
        assert (pool.evaluate("1"), pool.evaluate("2")) == (1, 2)
        monkeypatch.undo()
        assert pool.evaluate("3") == 3
        assert "not_recycled_total 2\n" in pool.metrics()
        assert re.search(r"[^t]_recycled_total 1\n", pool.metrics())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_has_no_processes() -> None:
    held = threading.Event()
    with SandboxPool(size=1, tools={"wait": held.wait}) as pool, ThreadPoolExecutor(1) as threads:
        running = threads.submit(pool.evaluate, "await tools.wait(); return 1")
        while pool.health()["busy"] == 0:
            time.sleep(0.01)
        child = os.fork()
        if child == 0:
            try:
                pool.evaluate("2", wait=3)
            except SandboxError as error:
                pool.close()
                os._exit(7 if error.code == "CLOSED" else 1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        held.set()
        assert running.result() == 1


def test_what_is_scanned_ahead_fails_as_in_a_sandbox() -> None:
    with SandboxPool(size=1) as pool:
        with pytest.raises(SandboxError) as caught:
            pool.evaluate("[" * 1500 + "]" * 1500)
        assert caught.value.code == "TOO_LARGE"
        with pytest.raises(SandboxError) as caught:
            pool.evaluate("let a = ;")
        assert caught.value.name == "SyntaxError"
        with pytest.raises(TypeError):
            pool.evaluate(1)  # type: ignore[arg-type]  # the check is tested
        assert pool.evaluate("1 + 1") == 2
        assert pool.health()["idle"] == 1
