"""Output: streamed to a function, and limited."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from compartment_mapper import (
    AsyncSandbox,
    ConsoleDropped,
    ConsoleLine,
    Limits,
    Sandbox,
    SandboxError,
    SandboxTimeoutError,
)


def test_lines_are_streamed_before_the_evaluation_ends() -> None:
    lines: list[ConsoleLine] = []
    seen: list[int] = []

    def wait() -> None:
        end = time.monotonic() + 20
        while len(lines) < 2 and time.monotonic() < end:
            time.sleep(0.01)
        seen.append(len(lines))

    with Sandbox(tools={"wait": wait}) as sandbox:
        done = sandbox.run(
            "console.log('a'); console.warn('b'); await tools.wait(); console.error('c')",
            console=lines.append,
        )

    assert seen == [2]
    assert [(line.level, line.text) for line in lines] == [
        ("log", "a"),
        ("warn", "b"),
        ("error", "c"),
    ]
    assert tuple(lines) == done.console


def test_each_evaluation_has_its_own_stream() -> None:
    found: dict[int, list[str]] = {number: [] for number in range(8)}
    with Sandbox() as sandbox:
        threads = [
            threading.Thread(
                target=sandbox.evaluate,
                args=(f"for (let i = 0; i < 20; i++) console.log({number})",),
                kwargs={"console": lambda line, number=number: found[number].append(line.text)},
            )
            for number in found
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert found == {number: [f"{number}"] * 20 for number in found}


def test_lines_can_be_awaited() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        lines: asyncio.Queue[ConsoleLine] = asyncio.Queue()
        async with AsyncSandbox() as sandbox:
            task = asyncio.create_task(
                sandbox.evaluate(
                    "console.log('first'); await new Promise(() => {})",
                    timeout=20,
                    console=lambda line: loop.call_soon_threadsafe(lines.put_nowait, line),
                )
            )
            first = await lines.get()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return [first.text]

    assert asyncio.run(main()) == ["first"]


def test_exceptions_of_the_function_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_line: ConsoleLine) -> None:
        raise LookupError("in the callback")

    with Sandbox() as sandbox:
        assert sandbox.evaluate("console.log(1); 2", console=fail) == 2

    assert "the sandbox's console callback raised" in caplog.text


def test_uncaught_errors_are_lines_without_frames_of_the_host() -> None:
    with Sandbox() as sandbox:
        done = sandbox.run("Promise.reject(new TypeError('x')); await null; await null; 1")
        done = (
            done
            if done.console
            else sandbox.run(
                "Promise.reject(new TypeError('x')); await (async () => { for (let i = 0; i < 1000; i++) await null })(); 1"
            )
        )

    for line in done.console:
        assert line.is_uncaught
        assert "node:" not in line.text


@pytest.mark.parametrize(
    ("source", "kept", "dropped"),
    [
        pytest.param("console.log('12345'); console.log('67890'); console.log('more')", ["12345", "6789"], ConsoleDropped(characters=5, lines=1), id="in-a-line"),
        pytest.param("console.log('1234567890'); console.log(''); console.log('é💥')", ["1234567890"], ConsoleDropped(characters=3, lines=2), id="whole-lines"),
        pytest.param("console.log('1234567890123')", ["1234567890"], ConsoleDropped(characters=3, lines=0), id="one-line"),
        pytest.param("console.log('12345')", ["12345"], None, id="nothing"),
    ],
)  # fmt: skip
def test_what_the_limit_dropped_is_told(
    source: str, kept: list[str], dropped: ConsoleDropped | None
) -> None:
    with Sandbox(limits=Limits(output=10)) as sandbox:
        done = sandbox.run(source)
        with pytest.raises(SandboxError) as caught:
            sandbox.run(f"{source}; null.x")

    assert [line.text for line in done.console] == kept
    assert (done.console_is_cut, done.console_dropped) == (dropped is not None, dropped)
    assert (caught.value.console_is_cut, caught.value.console_dropped) == (
        dropped is not None,
        dropped,
    )


def test_the_text_for_a_model_tells_what_was_dropped() -> None:
    with Sandbox(limits=Limits(output=10)) as sandbox, pytest.raises(SandboxError) as caught:
        sandbox.run("for (let i = 0; i < 10; i++) console.log('12345'); null.x")

    assert "Console (cut: 41 characters, 8 lines are missing):\n" in caught.value.for_model()


def test_an_endless_loop_cannot_tell_what_was_dropped() -> None:
    with Sandbox(limits=Limits(output=10)) as sandbox, pytest.raises(SandboxTimeoutError) as caught:
        sandbox.run("for (;;) console.log('12345')", timeout=0.5)

    assert (caught.value.console_is_cut, caught.value.console_dropped) == (True, None)
    assert "Console (cut, because there was too much):" in caught.value.for_model()
