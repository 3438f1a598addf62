"""A sandbox as a toolset of pydantic-ai; extra ``pydantic-ai``.

https://ai.pydantic.dev/toolsets/
"""

from __future__ import annotations

from pydantic_ai import ModelRetry, Tool
from pydantic_ai.toolsets import FunctionToolset

from compartment_mapper.sandbox.code_tool import CodeTool


def code_toolset(tool: CodeTool) -> FunctionToolset[object]:
    """Return a toolset with *tool*; an error of the code is a `ModelRetry`.

    Usage: ``Agent(model, toolsets=[code_toolset(CodeTool(sandbox))])``.
    """

    async def run_code(source: str) -> str:
        reply = await tool.acall({"source": source})
        if reply.is_error:
            raise ModelRetry(reply.text)
        return reply.text

    made: Tool[object] = Tool.from_schema(
        run_code, name=tool.name, description=tool.description, json_schema=tool.parameters
    )
    return FunctionToolset([made])
