"""Whatever tools, threads and callers do, an evaluation ends, and the next one works."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support import is_running, until

from compartment_mapper import AsyncSandbox, Sandbox, SandboxError


class _MuteError(Exception):
    def __str__(self) -> str:
        raise ValueError


class _Torn(dict[str, object]):
    def items(self) -> object:  # type: ignore[override]  # it fails
        raise LookupError("torn")


ODD = {
    "an-object-that-raises": (_Torn(a=1), "LookupError: torn"),
    "an-exception-that-says-nothing": ([_MuteError()], None),
    "a-date-that-utc-has-none-for": (
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
        "NotDataError",
    ),
    "memory-in-pieces": (memoryview(b"abcd")[::2], "BufferError"),
}


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(("value", "said"), ODD.values(), ids=ODD.keys())
def test_values_that_cannot_be_encoded_are_errors(
    value: object,
    said: str | None,
    is_async: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    async def later() -> object:
        return value

    tool: Callable[[], object] = later if is_async else (lambda: value)
    source = "try { await tools.f(); return null } catch (error) { return `${error}` }"
    with Sandbox(tools={"f": tool}) as sandbox:
        answer = sandbox.evaluate(source)

    assert answer is None if said is None else str(answer).startswith(said)


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_ends_programs_ends_them_and_the_evaluation(kind: type[BaseException]) -> None:
    def tool() -> None:
        raise kind

    async def later() -> None:
        raise kind

    with Sandbox(tools={"f": tool, "later": later}) as sandbox:
        with pytest.raises(kind):
            sandbox.evaluate("await tools.f()")
        for _ in range(2):
            with pytest.raises(SandboxError, match=kind.__name__):
                sandbox.evaluate("await tools.later()")
        assert (sandbox.evaluate("1"), sandbox.starts) == (1, 1)


def test_a_tool_that_is_cancelled_from_within_is_an_error() -> None:
    async def tool() -> None:
        raise asyncio.CancelledError

    async def main() -> None:
        async with AsyncSandbox(tools={"f": tool}) as sandbox:
            with pytest.raises(SandboxError, match="CancelledError"):
                await sandbox.evaluate("await tools.f()")

    asyncio.run(main())


def test_an_interrupted_call_leaves_nothing_behind() -> None:
    """The source loops forever, and nothing else is requested."""

    async def main() -> int:
        async with AsyncSandbox() as sandbox:
            await sandbox.evaluate("1")
            task = asyncio.create_task(sandbox.evaluate("for (;;);"))
            await asyncio.sleep(0.3)
            task.cancel()
            while sandbox.starts == 1:  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.05)
            return sandbox.starts

    assert asyncio.run(asyncio.wait_for(main(), 20)) == 2


@pytest.mark.parametrize("is_async", [False, True])
def test_a_tool_may_close_the_sandbox(is_async: bool) -> None:  # noqa: FBT001 - a parameter of a table or of a cache
    async def later() -> None:
        sandbox.close()

    def now() -> None:
        sandbox.close()

    sandbox: Sandbox = Sandbox(tools={"f": later if is_async else now})
    with pytest.raises(SandboxError, match="CLOSED"):
        sandbox.evaluate("await tools.f()")
    sandbox.close()


def test_an_unclosed_sandbox_is_closed() -> None:
    sandbox = Sandbox(tools={"f": lambda: sandbox})  # noqa: F821 - a cycle
    sandbox.evaluate("1")
    pid = sandbox.process_id
    del sandbox
    gc.collect()

    until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_sandbox_is_of_its_process() -> None:
    with Sandbox() as sandbox:
        sandbox.evaluate("1")
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                sandbox.evaluate("1")
            except SandboxError as error:
                os.write(theirs, error.code.encode())
            finally:
                sandbox.close()
                os._exit(0)
        os.waitpid(pid, 0)
        assert os.read(ours, 100) == b"CLOSED"
        os.close(ours)
        os.close(theirs)
        assert (sandbox.evaluate("1"), sandbox.starts) == (1, 1)


def test_types_are_stripped_by_the_next_process_if_one_ends() -> None:
    with Sandbox() as sandbox:
        os.kill(sandbox.process_id, signal.SIGKILL)
        assert sandbox.evaluate("let x: number = 1; x") == 1


def _use(sandbox: Sandbox, randomness: random.Random, name: str) -> None:
    choice = randomness.random()
    if choice < 0.7:
        number = randomness.randrange(1000)
        compartment = randomness.choice([None, None, name])
        assert sandbox.evaluate(f"{number} + 1", compartment=compartment) == number + 1
    elif choice < 0.8:
        assert sandbox.evaluate("await tools.echo(3)") == 3
    elif choice < 0.84:
        sandbox.evaluate("for (;;);", timeout=0.1)
    elif choice < 0.9:
        os.kill(sandbox.process_id, signal.SIGKILL)
    else:
        assert sandbox.evaluate("let x: number = 1; x") == 1


def test_nothing_is_lost_when_all_happens_at_once() -> None:
    odd: list[BaseException] = []
    known = {"TIMEOUT", "INTERRUPTED", "STATE_LOST", "PROCESS_ENDED"}

    def work(seed: int) -> None:
        randomness = random.Random(seed)  # noqa: S311 - no secret
        for _ in range(25):
            try:
                _use(sandbox, randomness, f"compartment {seed}")
            except ProcessLookupError:
                pass
            except SandboxError as error:
                odd.extend([] if error.code in known else [error])
            except BaseException as error:  # noqa: BLE001 - it is reported
                odd.append(error)

    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    with Sandbox(tools={"echo": lambda value: value}, timeout=10) as sandbox:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)

    assert odd == []
    until(lambda: len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 2)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_timeout_is_a_number_of_seconds(sandbox: Sandbox, timeout: float) -> None:
    with pytest.raises(ValueError, match="must be a positive, finite number"):
        sandbox.evaluate("1", timeout=timeout)


def test_arguments_are_looked_at_first(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="the source must be a string, got bytes"):
        sandbox.evaluate(b"1")  # type: ignore[arg-type]  # as who has no types may do
    with pytest.raises(ValueError, match="memory_mb must be greater than 0"):
        Sandbox(memory_mb=0)
    with pytest.raises(TypeError, match="cannot be named 'then'"):
        Sandbox(tools={"then": len})


def test_state_of_one_evaluation_is_not_visible_to_another() -> None:
    async def slow() -> None:
        await asyncio.sleep(0.4)

    async def both() -> tuple[list[str], list[str]]:
        async with AsyncSandbox(tools={"slow": slow}) as sandbox:
            victim = asyncio.create_task(
                sandbox.run("Promise.reject('its own'); await tools.slow(); return 1")
            )
            await asyncio.sleep(0.2)
            await sandbox.evaluate("Promise.reject('forged'); return 2")
            lines = (await victim).console
            own = await sandbox.run("Promise.reject('seen'); await tools.slow(); return 3")
            return [line.text for line in lines], [line.text for line in own.console]

    assert asyncio.run(both()) == (["Uncaught its own"], ["Uncaught seen"])


def test_output_at_the_end_of_the_stack_breaks_nothing() -> None:
    at_the_end = """
        let said = 0;
        const down = () => {
          try { down() } catch {}
          if (said < 2) try { console.log('x'); said += 1 } catch {}
        };
        down();
        said"""
    with Sandbox() as sandbox:
        found = sandbox.run(at_the_end)
        assert found.value == len(found.console) == 2
        assert sandbox.starts == 1


HOST = """
import threading, time
from compartment_mapper import Sandbox
sandbox = Sandbox(timeout=100)
threading.Thread(target=sandbox.evaluate, args=("while (true) {}",), daemon=True).start()
time.sleep(1)
print(sandbox.process_id, flush=True)
time.sleep(100)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_loop_ends_when_its_host_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", HOST], stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        number = int(host.stdout.readline())
        os.kill(number, 0)  # it runs
        host.kill()

    until(lambda: not is_running(number))
