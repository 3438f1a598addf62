"""Bundle, inspect and run JavaScript applications under SES, one compartment per package.

`Sandbox` and `AsyncSandbox` evaluate JavaScript with no capabilities but the given tools.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compartment_mapper.sandbox.asynchronous import AsyncSandbox
    from compartment_mapper.sandbox.blocking import Sandbox
    from compartment_mapper.sandbox.console import ConsoleDropped, ConsoleLine
    from compartment_mapper.sandbox.declarations.model import Declaration
    from compartment_mapper.sandbox.failures import SandboxError, SandboxTimeoutError
    from compartment_mapper.sandbox.options import UnreviewedNode
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
    "CapabilityUse",
    "ConsoleDropped",
    "ConsoleLine",
    "Declaration",
    "Evaluation",
    "JavaScriptError",
    "Limits",
    "NotDataError",
    "Sandbox",
    "SandboxError",
    "SandboxTimeoutError",
    "Tool",
    "Undefined",
    "UnreviewedNode",
]

#: The version of the project; hatchling reads it here, and `runtime/package.json` has the same.
__version__ = "0.1.0"

#: Public names of the sandbox by module, imported on first access: the command line does not need
#: them.
_MODULES = {
    "AsyncSandbox": "asynchronous",
    "ConsoleDropped": "console",
    "ConsoleLine": "console",
    "Declaration": "declarations.model",
    "Evaluation": "running",
    "JavaScriptError": "values",
    "Limits": "settings",
    "NotDataError": "values",
    "Sandbox": "blocking",
    "SandboxError": "failures",
    "SandboxTimeoutError": "failures",
    "Tool": "tools",
    "UNDEFINED": "values",
    "Undefined": "values",
    "CapabilityUse": "report",
    "UnreviewedNode": "options",
}


def __getattr__(name: str) -> object:
    """Return a name of the sandbox."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.sandbox.{_MODULES[name]}"), name)
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__]
