"""`compartment-mapper mcp` between the official client and real servers."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from mcp_servers import connected, python_server, run, text_of
from mcp_types import ImageContent

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_a_program_uses_the_tools_of_four_servers(
    every_server: dict[str, object], folder: Path, tmp_path: Path
) -> None:
    async def test() -> None:
        async with connected(every_server, tmp_path) as client:
            found = await text_of(client, "search_tools", query="read the text of a file")
            assert found.splitlines()[0].startswith("tools.files.read_")
            declared = await text_of(client, "describe", names=["orders.find_orders"])
            assert 'status: "open" | "sent"' in declared
            assert "An order of a customer." in declared
            source = f"""
                const {{ content }} = await tools.files.read_text_file({{ path: '{folder}/orders.csv' }});
                const total = content.trim().split('\\n').slice(1)
                  .reduce((sum, line) => sum + Number(line.split(',')[1]), 0);
                const {{ result }} = await tools.orders.find_orders({{ status: 'open' }});
                await tools.memory.create_entities({{ entities: [
                  {{ name: 'orders', entityType: 'sum', observations: [`${{total}}`] }}] }});
                const {{ entities }} = await tools.memory.read_graph({{}});
                const sum = await tools.every_thing.get_sum({{ a: total, b: result.length }});
                console.log('checked', entities[0].observations[0]);
                return [total, sum];
                """
            replied = await run(client, source)
            value, _, printed = replied.partition("\n\n")
            assert json.loads(value)[0] == 42
            assert "43" in json.loads(value)[1]
            assert printed == "Printed:\nchecked 42"

    asyncio.run(test())


def test_names_results_and_errors(every_server: dict[str, object], tmp_path: Path) -> None:
    async def test() -> None:
        async with connected(every_server, tmp_path) as client:
            assert await run(client, "tools.orders.odd_name_with_dots({})") == '{\n "value": 7\n}'
            image = await client.call_tool(
                "run_code",
                {
                    "source": "const [, image] = await tools.every_thing.get_tiny_image({}); return image"
                },
            )
            assert [type(part) for part in image.content][1:] == [ImageContent]
            size = "const [, { data }] = await tools.every_thing.get_tiny_image({}); return data"
            assert (await run(client, f"{size}.constructor.name")) == "Uint8Array"
            wrong = await run(client, "\n\nawait tools.every_thing.get_sum({ a: 1, b: '2' })")
            assert wrong.startswith("error: ")
            assert "tools.every_thing.get_sum: argument.b: '2' is not of type 'number'" in wrong
            assert "code.js:3" in wrong
            missing = await run(client, "await tools.files.read_text_file({ path: '/etc/passwd' })")
            assert "ToolError" in missing
            assert "outside allowed directories" in missing
            caught = "try { await tools.files.read_text_file({ path: '/x' }) } catch (e) { return e.name }"
            assert await run(client, caught) == "ToolError"
            assert "no function or server" in await text_of(client, "describe", names=["nothing"])
            assert (await text_of(client, "search_tools", query="zzz")).startswith(
                "Nothing matches"
            )

    asyncio.run(test())


def test_resources_and_prompts_are_functions(
    every_server: dict[str, object], tmp_path: Path
) -> None:
    async def test() -> None:
        async with connected(every_server, tmp_path) as client:
            source = """
                const { resources, prompts } = tools.every_thing;
                const [{ uri }] = await resources.list({});
                const [{ text }] = await resources.read({ uri });
                const [{ role, content }] = await prompts.simple_prompt({});
                return [uri.startsWith('demo://'), text.length > 10, role, typeof content];
                """
            assert json.loads(await run(client, source)) == [True, True, "user", "string"]

    asyncio.run(test())


def test_lists_have_all_pages(tmp_path: Path) -> None:
    async def test() -> None:
        config = {"mcpServers": {"paged": python_server("paged")}}
        async with connected(config, tmp_path) as client:
            source = "(await tools.paged.resources.list({})).map(({ name }) => name).join('')"
            assert await run(client, source) == "01234"

    asyncio.run(test())


def test_sessions_keep_variables(every_server: dict[str, object], tmp_path: Path) -> None:
    async def test() -> None:
        async with connected(every_server, tmp_path) as client:
            await run(client, "const rows = [1, 2]", session="a")
            assert await run(client, "rows.length", session="a") == "2"
            assert "rows is not defined" in await run(client, "rows.length", session="b")

    asyncio.run(test())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_person_is_asked(
    every_server: dict[str, object], folder: Path, tmp_path: Path, mode: str
) -> None:
    asked: list[str] = []
    replies = iter([{"decision": "once"}, None, {"decision": "run"}])

    def reply(message: str) -> dict[str, str] | None:
        asked.append(message)
        time.sleep(1)  # the timeout of the program does not pass
        return next(replies)

    write = f"tools.files.write_file({{ path: '{folder}/new.txt', content: `${{n}}` }})"
    program = f"let n = 1; try {{ return (await {write}).content }} catch (error) {{ return error.message }}"

    async def test() -> None:
        options = ("--timeout", "0.9")
        async with connected(every_server, tmp_path, *options, reply=reply, mode=mode) as client:
            assert "Successfully" in await run(client, program)
            assert "a person refused" in await run(client, program)
            twice = f"for (let n = 2; n < 4; n += 1) await {write}; return 'both'"
            assert await run(client, twice) == "both"
            slow = await run(
                client, "while (true) await tools.orders.find_orders({ status: 'open' })"
            )
            assert "longer than 0.9 seconds" in slow

    asyncio.run(test())
    assert len(asked) == 3
    assert "files.write_file" in asked[0]
    assert '"content": "1"' in asked[0]
    assert (folder / "new.txt").read_text() == "3"


def test_without_a_person_only_allowed_tools_are_called(
    every_server: dict[str, object], folder: Path, tmp_path: Path
) -> None:
    async def test() -> None:
        async with connected(every_server, tmp_path) as client:
            said = await run(
                client, f"await tools.files.write_file({{ path: '{folder}/x', content: '' }})"
            )
            assert "AccessDeniedError" in said
            assert '"tools": {"write_file": "allow"}' in said

    asyncio.run(test())
    assert not (folder / "x").exists()


def test_rules_deny_and_limit(tmp_path: Path) -> None:
    rules = {
        "*": "allow",
        "cancel_order": "deny",
        "find_orders": {"calls": 2},
        "odd*": {"bytes": 40},
        "wait": {"seconds": 0.5},
    }
    config = {"mcpServers": {"orders": python_server(tools=rules)}}

    async def test() -> None:
        async with connected(config, tmp_path) as client:
            assert await run(client, "typeof tools.orders.cancel_order") == "undefined"
            call = "await tools.orders.find_orders({ status: 'sent' })"
            assert "result" in await run(client, f"{call}; return {call}")
            assert "may be called 2 times" in await run(client, f"{call}; {call}; {call}")
            odd = "await tools.orders.odd_name_with_dots({})"
            assert "may exchange 40 bytes" in await run(client, f"for (;;) {odd}")
            assert "TimeoutError" in await run(client, "await tools.orders.wait({ seconds: 5 })")

    asyncio.run(test())


def test_errors_of_tools_count_as_data(tmp_path: Path) -> None:
    rules = {"fail": {"access": "allow", "bytes": 200}}
    config = {"mcpServers": {"orders": python_server(tools=rules)}}
    program = """
        for (let count = 1; count < 20; count += 1)
          try { await tools.orders.fail({ text: 'x'.repeat(20) }) }
          catch ({ name }) { if (name === 'LimitError') return count }
        return 'no limit';
        """

    async def test() -> None:
        async with connected(config, tmp_path) as client:
            assert int(await run(client, program)) in range(2, 5)  # of 20 characters: up to 10

    asyncio.run(test())


def test_nobody_is_asked_about_a_call_beyond_the_limit(tmp_path: Path) -> None:
    asked: list[str] = []

    def reply(message: str) -> dict[str, str]:
        asked.append(message)
        return {"decision": "once"}

    rules = {"cancel_order": {"access": "ask", "calls": 2}}
    config = {"mcpServers": {"orders": python_server(tools=rules)}}

    async def test() -> None:
        async with connected(config, tmp_path, reply=reply) as client:
            call = "await tools.orders.cancel_order({ number: 1 });"
            assert "may be called 2 times" in await run(client, call * 3)

    asyncio.run(test())
    assert len(asked) == 2


def test_a_server_that_ends_is_started_again(
    every_server: dict[str, object], tmp_path: Path
) -> None:
    async def test() -> None:
        async with connected(every_server, tmp_path) as client:
            ended = await run(client, "await tools.orders.end({})")
            assert "ended; the call may have had effects" in ended
            again = "(await tools.orders.find_orders({ status: 'sent' })).result.length"
            assert await run(client, again) == "1"

    asyncio.run(test())


def test_servers_that_cannot_be_reached_are_named(tmp_path: Path) -> None:
    broken = {"command": str(tmp_path / "none")}
    config = {"mcpServers": {"broken": broken, "orders": python_server()}}

    async def test() -> None:
        async with connected(config, tmp_path) as client:
            found = await text_of(client, "search_tools", query="orders")
            assert "tools.orders.find_orders - Finds orders." in found
            assert "broken is not available: " in found

    asyncio.run(test())


def test_a_cancelled_run_cancels_its_calls(every_server: dict[str, object], tmp_path: Path) -> None:
    async def test() -> None:
        audit = tmp_path / "audit.jsonl"
        async with connected(every_server, tmp_path, "--audit", str(audit)) as client:
            task = asyncio.create_task(run(client, "await tools.orders.wait({ seconds: 30 })"))
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            began = time.monotonic()
            assert await run(client, "1 + 1") == "2"
            assert time.monotonic() - began < 5
        entries = [json.loads(line) for line in audit.read_text().splitlines()]
        assert {entry.get("error") for entry in entries if "tool" in entry} == {"CancelledError"}

    asyncio.run(test())


def test_progress_of_tools_is_passed_on(every_server: dict[str, object], tmp_path: Path) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def report(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async def test() -> None:
        async with connected(every_server, tmp_path) as client:
            arguments = {"source": "await tools.orders.wait({ seconds: 0.2 })"}
            await client.call_tool("run_code", arguments, progress_callback=report)

    asyncio.run(test())
    assert heard == [(1, 2, "wait: half")]


def test_the_audit_log_has_every_call_and_program(
    every_server: dict[str, object], tmp_path: Path
) -> None:
    audit = tmp_path / "audit.jsonl"

    async def test() -> None:
        async with connected(every_server, tmp_path, "--audit", str(audit)) as client:
            await run(client, "await tools.orders.find_orders({ status: 'open' })", session="s")
            await run(client, "await tools.files.create_directory({ path: 'x' })")

    asyncio.run(test())
    call, program, denied, failed = [json.loads(line) for line in audit.read_text().splitlines()]
    assert (call["tool"], call["arguments"]) == ("orders.find_orders", {"status": "open"})
    assert (program["session"], program["calls"]) == ("s", 1)
    assert call["run"] == program["run"] != denied["run"]
    assert denied["error"].startswith("AccessDeniedError")
    assert "create_directory" in failed["source"]
    assert (audit.stat().st_mode & 0o777) == 0o600


def test_secrets_stay_in_the_host(every_server: dict[str, object], tmp_path: Path) -> None:
    async def test() -> None:
        async with connected(every_server, tmp_path) as client:
            said = await run(client, "return await tools.every_thing.get_env({})")
            assert "[API_TOKEN]" in said
            assert "token-1234567" not in said
            # Errors of tools are redacted too; the first line is the control.
            shown = (
                "try { await tools.orders.fail({ text }) } catch ({ message }) { return message }"
            )
            assert "harmless" in await run(client, f"const text = 'harmless'; {shown}")
            secret = await run(client, f"const text = 'token-' + '1234567'; {shown}")
            assert "[API_TOKEN]" in secret
            assert "token-1234567" not in secret

    asyncio.run(test())
