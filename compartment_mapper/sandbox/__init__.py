"""Run JavaScript that nobody has read, with nothing but the tools that it is handed."""

from compartment_mapper.sandbox.asynchronous import AsyncSandbox
from compartment_mapper.sandbox.blocking import Sandbox
from compartment_mapper.sandbox.console import ConsoleLine
from compartment_mapper.sandbox.failures import SandboxError, SandboxTimeoutError
from compartment_mapper.sandbox.settings import Limits
from compartment_mapper.sandbox.steps import Evaluation
from compartment_mapper.sandbox.tools import Tool
from compartment_mapper.sandbox.values import UNDEFINED, JavaScriptError, Undefined

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
