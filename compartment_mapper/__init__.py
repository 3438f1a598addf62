"""Bundle, inspect and run JavaScript applications under SES, one compartment per package.

`Sandbox` and `AsyncSandbox` evaluate JavaScript with no capabilities but the given tools.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compartment_mapper.mcp.calls import Question
    from compartment_mapper.mcp.library import McpTools, mcp_tools
    from compartment_mapper.sandbox.asynchronous import AsyncSandbox
    from compartment_mapper.sandbox.blocking import Sandbox
    from compartment_mapper.sandbox.code_tool import CodeTool
    from compartment_mapper.sandbox.console import ConsoleDropped, ConsoleLine
    from compartment_mapper.sandbox.declarations.model import Declaration
    from compartment_mapper.sandbox.failures import SandboxError, SandboxTimeoutError
    from compartment_mapper.sandbox.hold import Hold
    from compartment_mapper.sandbox.npm_modules import ModulesError, npm_modules
    from compartment_mapper.sandbox.options import UnreviewedNode
    from compartment_mapper.sandbox.pool import AsyncSandboxPool, SandboxPool
    from compartment_mapper.sandbox.replies import Reply
    from compartment_mapper.sandbox.report import CapabilityUse
    from compartment_mapper.sandbox.running import Evaluation
    from compartment_mapper.sandbox.settings import Limits
    from compartment_mapper.sandbox.tools import Tool
    from compartment_mapper.sandbox.values import (
        UNDEFINED,
        JavaScriptError,
        NotDataError,
        Undefined,
    )

__all__ = [
    "UNDEFINED",
    "AsyncSandbox",
    "AsyncSandboxPool",
    "CapabilityUse",
    "CodeTool",
    "ConsoleDropped",
    "ConsoleLine",
    "Declaration",
    "Evaluation",
    "Hold",
    "JavaScriptError",
    "Limits",
    "McpTools",
    "ModulesError",
    "NotDataError",
    "Question",
    "Reply",
    "Sandbox",
    "SandboxError",
    "SandboxPool",
    "SandboxTimeoutError",
    "Tool",
    "Undefined",
    "UnreviewedNode",
    "mcp_tools",
    "npm_modules",
]

#: The version of the project; hatchling reads it here, and `runtime/package.json` has the same.
__version__ = "0.1.0"

#: Public names by module, imported on first access: the command line does not need them.
_MODULES = {
    "AsyncSandbox": "sandbox.asynchronous",
    "ConsoleDropped": "sandbox.console",
    "ConsoleLine": "sandbox.console",
    "Declaration": "sandbox.declarations.model",
    "Evaluation": "sandbox.running",
    "JavaScriptError": "sandbox.values",
    "Limits": "sandbox.settings",
    "NotDataError": "sandbox.values",
    "Sandbox": "sandbox.blocking",
    "SandboxError": "sandbox.failures",
    "SandboxTimeoutError": "sandbox.failures",
    "Tool": "sandbox.tools",
    "UNDEFINED": "sandbox.values",
    "Undefined": "sandbox.values",
    "CapabilityUse": "sandbox.report",
    "UnreviewedNode": "sandbox.options",
    "AsyncSandboxPool": "sandbox.pool",
    "CodeTool": "sandbox.code_tool",
    "Reply": "sandbox.replies",
    "Hold": "sandbox.hold",
    "McpTools": "mcp.library",
    "ModulesError": "sandbox.npm_modules",
    "npm_modules": "sandbox.npm_modules",
    "Question": "mcp.calls",
    "SandboxPool": "sandbox.pool",
    "mcp_tools": "mcp.library",
}


def __getattr__(name: str) -> object:
    """Return a name of the sandbox."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__]
