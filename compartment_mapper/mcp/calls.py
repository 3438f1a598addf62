"""One call of a server's tool by code: rules, questions, limits, secrets and the audit log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from mcp import Client, MCPError

from compartment_mapper.mcp.access import LimitError, Rule, Usage
from compartment_mapper.mcp.audit import Audit
from compartment_mapper.mcp.connection import Connection, ConnectionLostError
from compartment_mapper.mcp.plain import as_json, shown, visible
from compartment_mapper.mcp.results import Redaction, size_of
from compartment_mapper.mcp.servers import Servers
from compartment_mapper.sandbox.values import JavaScriptError

#: Characters of the arguments in a question, and members of an object that a person can survey.
_SHOWN, _MOST_ARGUMENTS = 3000, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A call that a person has to allow."""

    #: As code names it: ``files.write_file``.
    tool: str
    #: The arguments as JSON, cut if they are long.
    arguments: str
    #: What the server says about the tool.
    description: str

    def __str__(self) -> str:
        about = f" ({visible(self.description)})" if self.description else ""
        return f"Allow a program to call {self.tool}{about}?\n{self.arguments}"


#: The answer of a person: allow this call, or all calls of the tool in this run, or none.
Decision = Literal["once", "run", "no"]
#: Returns what a person answers.
Ask = Callable[[Question], Awaitable[Decision]]
#: Called with the progress of a tool: its name, the value and the total, and a message; in any
#: thread.
Progress = Callable[[str, float, float | None, str | None], None]


async def nobody_to_ask(question: Question) -> Decision:
    """Refuse: there is nobody."""
    name = question.tool.rpartition(".")[2]
    raise JavaScriptError(
        "AccessDeniedError",
        f"{question.tool} needs the consent of a person, and there is nobody to ask; in the "
        f'configuration of its server, "tools": {{"{name}": "allow"}} allows it',
    )


@dataclass(slots=True, kw_only=True)
class Run:
    """What one evaluation has used, and whom its calls ask."""

    identity: str = ""
    usage: Usage = field(default_factory=Usage)
    ask: Ask = nobody_to_ask
    progress: Progress | None = None
    #: Tools that a person allowed for the whole run.
    allowed: set[str] = field(default_factory=set)


#: The run that a call belongs to; tools are called in its context.
current_run: ContextVar[Run] = ContextVar("current_run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What code calls."""

    connection: Connection
    #: The name as code writes it.
    tool: str
    rule: Rule
    #: What the server says about it.
    description: str
    #: Sends the request with arguments, and returns the value of its result.
    send: Callable[[Client, dict[str, object]], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What every call of every server passes."""

    servers: Servers
    audit: Audit
    redaction: Redaction
    #: For calls outside of a run of the code mode server.
    default: Run

    async def call(self, called: Called, arguments: dict[str, object]) -> object:
        """Return the value of a call, or raise the error that code gets.

        Raises:
            JavaScriptError: AccessDeniedError, LimitError, TimeoutError, ToolError.
        """
        run = current_run.get(self.default)
        entry: dict[str, object] = {
            "run": run.identity,
            "tool": called.tool,
            "arguments": arguments,
        }
        try:
            sent = {f"{key}": as_json(value, f"argument.{key}") for key, value in arguments.items()}
            as_json(list(sent), "the name of an argument")
            entry["arguments"] = sent
            run.usage.begin(called.tool, called.rule, size_of(sent))
            await self._admit(run, called, sent)
            began = time.monotonic()
            value = await self._value(run, called, sent)
            seconds = time.monotonic() - began
        except BaseException as problem:
            error = self._error(problem, called.tool)
            self.audit({**entry, "error": f"{error}" if error else type(problem).__name__})
            if error is None:
                raise
            raise error from problem
        self.audit({**entry, "seconds": round(seconds, 4), "bytes": size_of(value)})
        return value

    async def _value(self, run: Run, called: Called, arguments: dict[str, object]) -> object:
        tool, rule = called.tool, called.rule
        with run.usage.timed(tool):
            try:
                value = await self.servers.request(
                    called.connection,
                    lambda client: called.send(client, arguments),
                    seconds=run.usage.left(tool, rule),
                )
            except (JavaScriptError, MCPError) as problem:  # its text is data of the server, too
                run.usage.receive(tool, rule, len(problem.message))
                raise
        run.usage.receive(tool, rule, size_of(value))
        return self.redaction.value(value)

    async def _admit(self, run: Run, called: Called, arguments: Mapping[str, object]) -> None:
        """Let the call pass, by its rule or by the answer of a person."""
        tool, access = called.tool, called.rule.access
        if access == "deny":
            message = f"{tool} is denied by the configuration of its server"
            raise JavaScriptError("AccessDeniedError", message)
        if access != "ask" or tool in run.allowed:
            return
        if len(arguments) > _MOST_ARGUMENTS:
            message = f"{tool} got more than {_MOST_ARGUMENTS} arguments, too many for a question"
            raise JavaScriptError("TypeError", message)
        text = shown(arguments, most=_SHOWN)
        question = Question(tool=tool, arguments=text, description=called.description)
        decision = await run.ask(question)
        if decision == "run":
            run.allowed.add(tool)
        elif decision != "once":
            raise JavaScriptError("AccessDeniedError", f"a person refused the call of {tool}")

    def _error(self, problem: BaseException, tool: str) -> JavaScriptError | None:
        """Return the error for code; None for a cancellation."""
        match problem:
            case JavaScriptError():
                return JavaScriptError(problem.name, self.redaction.text(problem.message))
            case LimitError():
                return JavaScriptError("LimitError", f"{problem}")
            case TimeoutError():
                return JavaScriptError("TimeoutError", f"{tool} took too long")
            case MCPError() | ConnectionLostError() | ValueError() | TypeError():
                said = problem.message if isinstance(problem, MCPError) else f"{problem}"
                return JavaScriptError("ToolError", self.redaction.text(f"{tool}: {said}"))
            case asyncio.CancelledError():
                return None
            case _:
                return None
