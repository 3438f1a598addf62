"""`CodeTool`: a sandbox as one tool of a model, for every framework that takes a JSON Schema."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from compartment_mapper.sandbox.asynchronous import AsyncSandbox
from compartment_mapper.sandbox.blocking import Sandbox
from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.replies import Reply, reply_of
from compartment_mapper.sandbox.running import Evaluation

_ABOUT = (
    "Runs JavaScript or TypeScript in a sandbox, and returns the value of `return` or of the last "
    "expression, and what it prints. It has the language and the functions below, which are "
    "asynchronous: no network, no files, no clock. Write one program that calls several of them."
)
_SOURCE = "The source code."


class CodeTool:
    """A tool with which a model runs code in *sandbox*.

    Args:
        sandbox: Where the code runs; its tools are declared in the description.
        name: The name of the tool.
        budget: The maximum number of characters of the declarations.
        session: The name of a compartment that keeps variables between calls. Default: none.
    """

    def __init__(
        self,
        sandbox: Sandbox | AsyncSandbox,
        *,
        name: str = "run_code",
        budget: int = 8000,
        session: str | None = None,
    ) -> None:
        self.sandbox = sandbox
        self.name = name
        self.session = session
        self.description = f"{_ABOUT}\n\n{sandbox.declarations(budget=budget)}".strip()

    @property
    def parameters(self) -> dict[str, object]:
        """The JSON Schema of the arguments."""
        source = {"type": "string", "description": _SOURCE}
        return {
            "type": "object",
            "properties": {"source": source},
            "required": ["source"],
            "additionalProperties": False,
        }

    def openai(self) -> dict[str, object]:
        """Return the tool as OpenAI-compatible APIs take it: an item of ``tools``."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }
        return {"type": "function", "function": function}

    def call(self, arguments: str | Mapping[str, object]) -> Reply:
        """Run code, and return what the model reads; it is never an exception.

        Args:
            arguments: The arguments of the model: an object, or its JSON.

        Raises:
            TypeError: The sandbox is an `AsyncSandbox`: use `acall`.
        """
        if not isinstance(self.sandbox, Sandbox):
            raise TypeError("an AsyncSandbox is awaited: use acall()")
        source = _source_of(arguments)
        if isinstance(source, Reply):
            return source
        try:
            return reply_of(self.sandbox.run(source, compartment=self.session, name="code.js"))
        except SandboxError as error:
            return reply_of(error)

    async def acall(self, arguments: str | Mapping[str, object]) -> Reply:
        """Run code and wait for it without blocking; see `call`. A `Sandbox` runs in a thread."""
        if isinstance(self.sandbox, Sandbox):
            return await asyncio.to_thread(self.call, arguments)
        source = _source_of(arguments)
        if isinstance(source, Reply):
            return source
        result: Evaluation | SandboxError
        try:
            result = await self.sandbox.run(source, compartment=self.session, name="code.js")
        except SandboxError as error:
            result = error
        return reply_of(result)


def _source_of(arguments: str | Mapping[str, object]) -> str | Reply:
    """Return the source, or the reply to arguments that are none."""
    given: object = arguments
    if isinstance(arguments, str):
        try:
            given = json.loads(arguments)
        except (ValueError, RecursionError) as problem:
            return Reply(text=f"the arguments are not JSON: {problem}", is_error=True)
    source = given.get("source") if isinstance(given, Mapping) else None
    if not isinstance(source, str):
        text = 'the arguments must be an object with the source code: {"source": "…"}'
        return Reply(text=text, is_error=True)
    return source
