"""Bundle, inspect and run JavaScript applications under SES, one compartment per package.

`Sandbox` and `AsyncSandbox` evaluate JavaScript with nothing but the tools that it is handed.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compartment_mapper.sandbox import (
        UNDEFINED,
        AsyncSandbox,
        ConsoleLine,
        Evaluation,
        JavaScriptError,
        Limits,
        Sandbox,
        SandboxError,
        SandboxTimeoutError,
        Tool,
        Undefined,
    )

__all__ = [
    "UNDEFINED",
    "AsyncSandbox",
    "ConsoleLine",
    "Evaluation",
    "JavaScriptError",
    "Limits",
    "Sandbox",
    "SandboxError",
    "SandboxTimeoutError",
    "Tool",
    "Undefined",
]


def __getattr__(name: str) -> object:
    """Import the sandbox when it is asked for: the command line does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from compartment_mapper import sandbox  # noqa: PLC0415 - 150 ms

    return getattr(sandbox, name)
