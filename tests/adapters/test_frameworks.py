"""Sandboxes in real frameworks, with scripted models."""

from __future__ import annotations

import asyncio
import copy
import pickle

import pytest
from langchain_core.messages import ToolCall
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from compartment_mapper import AsyncSandbox, CodeTool, Sandbox, SandboxError
from compartment_mapper.adapters.langchain import code_tool
from compartment_mapper.adapters.pydantic_ai import code_toolset


def read_order(number: int) -> dict[str, object]:
    """Read an order."""
    return {"number": number, "total": 42}


PROGRAM = "const { total } = await tools.read_order(7); return `the total is ${total}`"


def test_pydantic_ai_runs_what_the_model_writes_and_shows_it_its_errors() -> None:
    programs = iter(["await tools.read_order('7')", PROGRAM])
    seen: list[str] = []

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        (tool,) = info.function_tools
        assert (tool.name, "read_order(number: number)" in (tool.description or "")) == (
            "run_code",
            True,
        )
        seen.extend(f"{part.content}" for part in messages[-1].parts if hasattr(part, "content"))
        source = next(programs, None)
        if source is None:
            return ModelResponse(parts=[TextPart(seen[-1])])
        return ModelResponse(parts=[ToolCallPart("run_code", {"source": source})])

    async def test() -> str:
        async with AsyncSandbox(tools={"read_order": read_order}) as sandbox:
            agent = Agent(FunctionModel(model), toolsets=[code_toolset(CodeTool(sandbox))])
            return (await agent.run("What is the total of order 7?")).output

    assert asyncio.run(test()) == "the total is 42"
    assert "Hint: it is declared as tools.read_order(number: number)" in seen[1]


def test_langchain_calls_the_tool() -> None:
    with Sandbox(tools={"read_order": read_order}) as sandbox:
        tool = code_tool(CodeTool(sandbox, session="s"))

        assert tool.invoke({"source": PROGRAM}) == "the total is 42"
        assert asyncio.run(tool.ainvoke({"source": "const kept = 5"})) == "undefined"
        call = ToolCall(name="run_code", args={"source": "kept.x.y"}, id="1", type="tool_call")
        message = tool.invoke(call)
        assert (message.status, message.tool_call_id) == ("error", "1")
        assert "TypeError: Cannot read properties of undefined (reading 'y')" in message.content
        assert tool.args["source"]["type"] == "string"


def test_an_async_sandbox_is_awaited_by_langchain() -> None:
    async def test() -> None:
        async with AsyncSandbox() as sandbox:
            tool = code_tool(CodeTool(sandbox))
            assert await tool.ainvoke({"source": "1 + 1"}) == "2"
            with pytest.raises(NotImplementedError):
                tool.invoke({"source": "1 + 1"})

    asyncio.run(test())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"source": "[1, 2n, 0.1, undefined]"}', "[\n 1,\n 2,\n 0.1,\n null\n]"),
        ('{"source": "console.warn(1); return"}', "undefined\n\nPrinted:\n[warn] 1"),
        (
            "{\"source\": \"({ type: 'image', mimeType: 'a/b', data: new Uint8Array(3) })\"}",
            "[image 1]",
        ),
        ('{"source": "new Uint8Array(3)"}', "<3 bytes>"),
        ("{", "the arguments are not JSON: "),
        ("[]", "the arguments must be an object with the source code"),
        ({"source": 5}, "the arguments must be an object with the source code"),
        ({"source": "'\\ud800'"}, "?"),
    ],
)
def test_a_model_reads_short_texts(arguments: str | dict[str, object], text: str) -> None:
    with Sandbox() as sandbox:
        reply = CodeTool(sandbox).call(arguments)

    assert reply.text.startswith(text)
    assert reply.is_error is (text.startswith("the arguments"))
    assert [image.data for image in reply.images] == ([b"\0" * 3] if text == "[image 1]" else [])


def test_long_values_are_cut() -> None:
    with Sandbox() as sandbox:
        reply = CodeTool(sandbox).call({"source": "'x'.repeat(100000)"})

    assert reply.text.endswith("… cut after 40000 of 100000 characters: return less")


def test_errors_cross_processes() -> None:
    with Sandbox() as sandbox, pytest.raises(SandboxError) as caught:
        sandbox.evaluate("console.log('x');\nnull.a")

    for same in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):  # noqa: S301 - our own
        assert isinstance(same, SandboxError)
        assert (str(same), same.line, same.console) == (
            str(caught.value),
            2,
            caught.value.console,
        )
