"""A sandbox as a tool of LangChain; extra ``langchain``.

https://python.langchain.com/docs/concepts/tools/
"""

from __future__ import annotations

from langchain_core.tools import StructuredTool, ToolException

from compartment_mapper.sandbox.blocking import Sandbox
from compartment_mapper.sandbox.code_tool import CodeTool
from compartment_mapper.sandbox.replies import Reply


def code_tool(tool: CodeTool) -> StructuredTool:
    """Return *tool* for LangChain; the model reads the error of the code as the tool's output.

    Usage: ``model.bind_tools([code_tool(CodeTool(sandbox))])``. With an `AsyncSandbox`, only
    ``ainvoke`` works.
    """

    def run_code(source: str) -> str:
        return _text(tool.call({"source": source}))

    async def run_code_async(source: str) -> str:
        return _text(await tool.acall({"source": source}))

    return StructuredTool.from_function(
        func=run_code if isinstance(tool.sandbox, Sandbox) else None,
        coroutine=run_code_async,
        name=tool.name,
        description=tool.description,
        args_schema=tool.parameters,
        infer_schema=False,
        handle_tool_error=True,
    )


def _text(reply: Reply) -> str:
    if reply.is_error:
        raise ToolException(reply.text)
    return reply.text
