"""Programs that evade rules, the audit log and the people who decide."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from mcp_servers import connected, python_server, run

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

#: JavaScript values that no JSON has, which pass a schema as additional members.
ODD_VALUES = ["new Uint8Array(3)", "10n ** 5000n", "NaN", "[undefined]", "new Date(0)", "'\\ud800'"]


def test_no_call_leaves_out_the_audit_log_or_breaks_the_connection(tmp_path: Path) -> None:
    config = {"mcpServers": {"orders": python_server(tools={"*": "allow"})}}
    audit = tmp_path / "audit.jsonl"

    async def test() -> None:
        async with connected(config, tmp_path, "--audit", str(audit)) as client:
            for value in ODD_VALUES:
                call = f"await tools.orders.find_orders({{ status: 'open', more: {value} }})"
                said = await run(client, call)
                assert "result" in said or "TypeError: argument.more" in said
            again = "await tools.orders.find_orders({ status: 'open' })"
            assert "result" in await run(client, again)

    asyncio.run(test())
    entries = [
        json.loads(line, parse_constant=pytest.fail) for line in audit.read_text().splitlines()
    ]
    assert sum("tool" in entry for entry in entries) == len(ODD_VALUES) + 1


def test_failures_and_parallel_calls_count_for_limits(tmp_path: Path) -> None:
    rules = {"wait": {"access": "allow", "seconds": 0.4}, "find_orders": {"bytes": 500}}
    config = {"mcpServers": {"orders": python_server(tools=rules)}}
    program = """
        const names = [];
        const wait = async () => {
          try { await tools.orders.wait({ seconds: 9 }); } catch ({ name }) { names.push(name); }
        };
        await Promise.all([wait(), wait()]);
        await wait();
        return names.join();
        """

    async def test() -> None:
        async with connected(config, tmp_path) as client:
            assert await run(client, program) == "TimeoutError,TimeoutError,LimitError"
            large = "for (;;) try { await tools.orders.find_orders({ status: 'open', x: [[]] }) }"
            caught = "catch (error) { if (error.name === 'LimitError') return error.message }"
            assert "may exchange 500 bytes" in await run(client, f"{large} {caught}")

    asyncio.run(test())


def test_a_question_shows_all_arguments(tmp_path: Path) -> None:
    config = {"mcpServers": {"orders": python_server()}}
    asked: list[str] = []

    def refuse(message: str) -> None:
        asked.append(message)

    long = "first: 'x'.repeat(5000), number: 4711, last: 'y\\u202e'.repeat(5000)"

    async def test() -> None:
        async with connected(config, tmp_path, reply=refuse) as client:
            said = await run(client, f"await tools.orders.cancel_order({{ {long} }})")
            assert "a person refused" in said
            many = "Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`a${n}`, n]))"
            said = await run(client, f"await tools.orders.cancel_order({{ number: 1, ...{many} }})")
            assert "too many for a question" in said

    asyncio.run(test())
    (question,) = asked
    assert '"number": 4711' in question
    assert len(question) < 4000
    assert "\u202e" not in question


def test_large_integers_are_returned(tmp_path: Path) -> None:
    config = {"mcpServers": {"orders": python_server()}}

    async def test() -> None:
        async with connected(config, tmp_path) as client:
            assert (await run(client, "return 10n ** 5000n")).startswith("0x")
            assert await run(client, "return 10n ** 30n") == "1" + "0" * 30

    asyncio.run(test())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(("answer", "most", "calls"), [("run", 1, 30), (None, 3, 0)])
def test_a_person_is_not_asked_without_end(
    tmp_path: Path, mode: str, answer: str | None, most: int, calls: int
) -> None:
    config = {"mcpServers": {"orders": python_server()}}
    asked: list[str] = []

    def reply(message: str) -> dict[str, str] | None:
        asked.append(message)
        return None if answer is None else {"decision": answer}

    program = """
        const call = (_, number) => tools.orders.cancel_order({ number });
        const all = await Promise.allSettled(Array.from({ length: 20 }, call));
        for (let n = 0; n < 10; n += 1) all.push(...await Promise.allSettled([call(0, n)]));
        return all.filter(({ status }) => status === 'fulfilled').length;
        """

    async def test() -> None:
        async with connected(config, tmp_path, reply=reply, mode=mode) as client:
            assert await run(client, program) == f"{calls}"

    asyncio.run(test())
    # A client of the newer protocol may answer several questions at once.
    assert most <= len(asked) <= (most if mode == "legacy" else 10)


def test_an_answer_for_one_call_allows_no_other(tmp_path: Path) -> None:
    config = {"mcpServers": {"orders": python_server()}}
    asked: list[str] = []

    def reply(message: str) -> dict[str, str]:
        asked.append(message)
        return {"decision": "once"}

    call = "await tools.orders.cancel_order({ number: 1 })"

    async def test() -> None:
        async with connected(config, tmp_path, reply=reply) as client:
            assert await run(client, f"{call}; {call}; return 'both'") == "both"

    asyncio.run(test())
    assert len(asked) == 2


def test_a_cancelled_program_is_in_the_log(tmp_path: Path) -> None:
    config = {"mcpServers": {"orders": python_server()}}
    audit = tmp_path / "audit.jsonl"

    async def test() -> None:
        async with connected(config, tmp_path, "--audit", str(audit)) as client:
            task = asyncio.create_task(run(client, "while (true) {}"))
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert await run(client, "1 + 1") == "2"

    asyncio.run(test())
    first, _ = [json.loads(line) for line in audit.read_text().splitlines()]
    assert (first["source"], first["error"]) == ("while (true) {}", "CancelledError")
