"""Generators of tools: code steps through them, and all of them end."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Generator, Iterator

import pytest
from support import until

from compartment_mapper import AsyncSandbox, Limits, Sandbox, SandboxError, SandboxTimeoutError
from compartment_mapper.sandbox.tools import Tools


class Rows:
    """Generators that note that they have begun and ended."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0

    def rows(self, count: int = 3) -> Iterator[object]:
        self.begun += 1
        try:
            for index in range(count):
                yield {"row": index}
        finally:
            self.ended += 1

    async def pages(self, count: int = 3, seconds: float = 0) -> AsyncIterator[object]:
        self.begun += 1
        try:
            for index in range(count):
                await asyncio.sleep(seconds)
                yield {"row": index}
        finally:
            await asyncio.sleep(0)
            self.ended += 1

    def fails(self) -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    def odd(self) -> Iterator[object]:
        yield object()

    def returns(self) -> Generator[int, None, object]:
        yield 1
        return {"total": 1}

    def tools(self) -> Tools:
        return {
            "rows": self.rows,
            "pages": self.pages,
            "fails": self.fails,
            "odd": self.odd,
            "returns": self.returns,
            "nested": lambda: [self.rows()],
        }


@pytest.fixture(params=["Sandbox", "AsyncSandbox"])
def kind(request: pytest.FixtureRequest) -> str:
    return f"{request.param}"


def evaluate(kind: str, rows: Rows, source: str, **options: object) -> object:
    """Evaluate *source* in a sandbox of this *kind*."""
    timeout = options.pop("timeout", 20.0)
    if kind == "Sandbox":
        with Sandbox(tools=rows.tools(), timeout=timeout, **options) as sandbox:  # type: ignore[arg-type]  # a test's own
            return sandbox.evaluate(source)

    async def main() -> object:
        async with AsyncSandbox(tools=rows.tools(), timeout=timeout, **options) as sandbox:  # type: ignore[arg-type]  # as above
            return await sandbox.evaluate(source)

    return asyncio.run(main())


@pytest.mark.parametrize("tool", ["rows", "pages"])
@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("const a = []; for await (const x of await tools.TOOL()) a.push(x.row); a", [0, 1, 2], id="to-the-end"),
        pytest.param("const a = []; for await (const x of await tools.TOOL(100)) { a.push(x.row); if (x.row) break } a", [0, 1], id="break"),
        pytest.param("const a = []; try { for await (const x of await tools.TOOL(100)) throw x.row } catch (e) { a.push(e) } a", [0], id="throw"),
        pytest.param("const i = await tools.TOOL(); await i.next(); await i.return(7)", {"value": 7, "done": True}, id="return"),
        pytest.param("const i = await tools.TOOL(); (await Promise.all([i.next(), i.next(), i.next(), i.next()])).map((x) => x.done)", [False, False, False, True], id="steps-at-once"),
        pytest.param("const i = await tools.TOOL(100); await i.next(); 1", 1, id="dropped"),
        pytest.param("const i = await tools.TOOL(); const a = []; for await (const x of i) a.push(x); for await (const x of i) a.push(x); a.length", 3, id="twice"),
        pytest.param("const i = await tools.TOOL(); Object.isFrozen(i) && i[Symbol.asyncIterator]() === i", True, id="an-iterator"),
    ],
)  # fmt: skip
def test_code_steps_through_generators(kind: str, tool: str, source: str, value: object) -> None:
    rows = Rows()

    assert evaluate(kind, rows, source.replace("TOOL", tool)) == value
    assert rows.begun == rows.ended


def test_a_generator_that_is_not_used_is_no_leak(kind: str) -> None:
    rows = Rows()

    assert evaluate(kind, rows, "await tools.rows(); await tools.pages(); 1") == 1
    assert rows.begun == 0


def test_the_returned_value_is_that_of_the_last_step(kind: str) -> None:
    source = "const i = await tools.returns(); await i.next(); await i.next()"

    assert evaluate(kind, Rows(), source) == {"value": {"total": 1}, "done": True}


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        pytest.param("for await (const x of await tools.fails());", "LookupError", "no more", id="an-exception"),
        pytest.param("for await (const x of await tools.odd());", "NotDataError", "an item of tools.odd is of type object, which is not data", id="no-data"),
        pytest.param("await tools.nested()", "NotDataError", "the result of tools.nested[0] is a generator: only a whole result of a tool can be one", id="inside-of-data"),
        pytest.param("for await (const x of await tools.rows(50));", "SandboxError", "tools.rows: more than 20 calls of tools", id="steps-are-calls"),
        pytest.param("const i = await tools.rows(50); await Promise.all(Array.from({ length: 1e4 }, () => i.next()))", "SandboxError", "tools.rows: more than 20 calls of tools", id="a-flood-of-steps"),
    ],
)  # fmt: skip
def test_failures_of_steps_are_errors(kind: str, source: str, name: str, message: str) -> None:
    rows = Rows()
    with pytest.raises(SandboxError) as caught:
        evaluate(kind, rows, source, limits=Limits(tool_calls=20))

    assert (caught.value.name, caught.value.message) == (name, message)
    assert rows.begun == rows.ended


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "for await (const x of await tools.pages(1e6, 0.05));", id="while-a-step-runs"
        ),
        pytest.param("const i = await tools.pages(); await i.next(); for (;;);", id="in-a-loop"),
        pytest.param(
            "const i = await tools.rows(); await i.next(); await new Promise(() => {})",
            id="in-a-wait",
        ),
        pytest.param(
            "const i = await tools.rows(); await i.next(); i.next(); for (;;);",
            id="with-a-pending-step",
        ),
    ],
)
def test_a_timeout_ends_generators(kind: str, source: str) -> None:
    rows = Rows()
    with pytest.raises(SandboxTimeoutError):
        evaluate(kind, rows, source, timeout=0.5)

    until(lambda: rows.ended == rows.begun == 1, seconds=3)


def test_the_end_of_the_process_ends_generators(kind: str) -> None:
    rows = Rows()
    source = "const i = await tools.rows(); await i.next(); const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))"
    with pytest.raises(SandboxError):
        evaluate(kind, rows, source, memory_mb=48)

    assert (rows.begun, rows.ended) == (1, 1)


def test_a_generator_ends_with_its_evaluation() -> None:
    rows = Rows()
    with Sandbox(tools=rows.tools()) as sandbox:
        sandbox.evaluate("const i = await tools.rows(); await i.next()", compartment="c")
        assert rows.ended == 1
        with pytest.raises(SandboxError, match=r"tools\.rows: its evaluation has ended"):
            sandbox.evaluate("await i.next()", compartment="c")


def test_canceling_an_evaluation_ends_its_generators() -> None:
    rows = Rows()

    async def main() -> None:
        async with AsyncSandbox(tools=rows.tools()) as sandbox:
            source = "for await (const x of await tools.pages(1e6, 0.01));"
            task = asyncio.create_task(sandbox.evaluate(source))
            await asyncio.to_thread(until, lambda: rows.begun)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert rows.ended == 1

    asyncio.run(main())


def test_a_generator_that_fails_to_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def stubborn() -> Iterator[int]:
        try:
            yield 1
        finally:
            raise LookupError("at the end")

    with Sandbox(tools={"stubborn": stubborn}) as sandbox:
        assert sandbox.evaluate("await (await tools.stubborn()).next(); 1") == 1

    assert "the generator of tools.stubborn raised when it was closed" in caplog.text


def test_an_async_generator_that_never_ends_is_given_up() -> None:
    async def stubborn() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.Event().wait()

    with Sandbox(tools={"stubborn": stubborn}) as sandbox:
        assert sandbox.evaluate("await (await tools.stubborn()).next(); 1") == 1


def test_nothing_is_left_of_many_generators() -> None:
    rows = Rows()
    with Sandbox(tools=rows.tools()) as sandbox:
        before = threading.active_count()
        for _ in range(50):
            sandbox.evaluate(
                "await (await tools.rows()).next(); await (await tools.pages()).next()"
            )
        gc.collect()
        found = [
            each
            for each in gc.get_objects()
            if type(each).__name__ in {"SyncStream", "AsyncStream"}
        ]

    assert (rows.begun, rows.ended) == (100, 100)
    assert found == []
    assert threading.active_count() <= before + 1
