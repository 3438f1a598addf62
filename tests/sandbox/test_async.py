"""`AsyncSandbox`: evaluations and tools that overlap."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from compartment_mapper import AsyncSandbox, SandboxError, SandboxTimeoutError
from compartment_mapper.sandbox.hold import Hold


def run(main: Callable[[AsyncSandbox], Awaitable[object]], **options: object) -> object:
    async def within() -> object:
        async with AsyncSandbox(**options) as sandbox:  # type: ignore[arg-type]  # a test's own
            return await main(sandbox)

    return asyncio.run(within())


def test_evaluations_overlap() -> None:
    begun = 0
    both = asyncio.Event()

    async def meet() -> str:
        nonlocal begun
        begun += 1
        if begun == 2:
            both.set()
        await both.wait()
        return "met"

    async def main(sandbox: AsyncSandbox) -> object:
        return await asyncio.gather(*(sandbox.evaluate("await tools.meet()") for _ in range(2)))

    assert run(main, tools={"meet": meet}) == ["met", "met"]


def test_plain_tools_run_in_threads_and_asynchronous_ones_in_the_loop() -> None:
    async def here() -> int:
        return threading.get_ident()

    async def main(sandbox: AsyncSandbox) -> object:
        return await sandbox.evaluate("[await tools.here(), await tools.there()]")

    found = run(main, tools={"here": here, "there": threading.get_ident})

    assert isinstance(found, list)
    assert found[0] == threading.get_ident()
    assert found[1] != threading.get_ident()


def test_many_at_once() -> None:
    async def main(sandbox: AsyncSandbox) -> object:
        texts = (f"await tools.double({n})" for n in range(100))
        return await asyncio.gather(*map(sandbox.evaluate, texts))

    assert run(main, tools={"double": lambda n: n * 2}) == [n * 2 for n in range(100)]


def test_a_cancelled_evaluation_is_given_up() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def forever() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def main(sandbox: AsyncSandbox) -> object:
        task = asyncio.create_task(sandbox.evaluate("await tools.forever()"))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await cancelled.wait()
        return await sandbox.evaluate("1")

    assert run(main, tools={"forever": forever}) == 1


def test_code_that_computes_while_its_timeout_is_held_is_ended() -> None:
    hold = Hold()

    async def main(sandbox: AsyncSandbox) -> object:
        with hold:
            busy = asyncio.create_task(sandbox.run("while (true) {}", timeout=0.3, hold=hold))
            await asyncio.sleep(0.2)
            assert await sandbox.evaluate("1 + 1", timeout=20) == 2
            with pytest.raises(SandboxTimeoutError):
                await busy
        return None

    run(main)


def test_code_that_waits_while_its_timeout_is_held_goes_on() -> None:
    hold = Hold()

    async def person() -> str:
        with hold:
            await asyncio.sleep(4)
        return "yes"

    async def main(sandbox: AsyncSandbox) -> object:
        return (await sandbox.run("await tools.person()", timeout=0.5, hold=hold)).value

    assert run(main, tools={"person": person}) == "yes"


def test_errors_and_limits_are_the_same() -> None:
    async def main(sandbox: AsyncSandbox) -> object:
        with pytest.raises(SandboxError, match="TypeError"):
            await sandbox.evaluate("null.x")
        with pytest.raises(SandboxTimeoutError):
            await sandbox.evaluate("for (;;);", timeout=0.2)
        done = await sandbox.run("console.log(1); await tools.fails().catch(String)")
        return done.value, [line.text for line in done.console], done.tool_calls

    async def fails() -> None:
        raise LookupError("no")

    assert run(main, tools={"fails": fails}) == ("LookupError: no", ["1"], 1)
