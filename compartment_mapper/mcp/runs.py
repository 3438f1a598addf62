"""Runs of code whose questions a client answers, during the request or in the next one.

Up to protocol 2025-11-25, a server asks the client while the request goes on. From 2026-07-28 on,
it returns the questions, and the client repeats the request with the answers.
https://modelcontextprotocol.io/specification/draft/client/elicitation
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from compartment_mapper.mcp.calls import Decision, Question

#: Seconds after which the answer of a person is no longer awaited.
_PATIENCE = 600.0
#: The number of refusals after which a person is not asked again about a tool.
_MOST_REFUSALS = 3


@dataclass(slots=True, kw_only=True, eq=False)
class PendingQuestion:
    """A question, and the future of its answer."""

    identity: str
    question: Question
    answer: asyncio.Future[Decision]


@dataclass(slots=True, kw_only=True, eq=False)
class Conversation:
    """A run in its task, and its open questions."""

    identity: str
    task: asyncio.Task[object] | None = None
    questions: dict[str, PendingQuestion] = field(default_factory=dict)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    touched: float = field(default_factory=time.monotonic)
    #: Answers for the whole run, by tool.
    settled: dict[str, Decision] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)

    async def ask(self, question: Question) -> Decision:
        """Return the answer of a person; no if nobody answers in time, or after many refusals."""
        if question.tool in self.settled:
            return self.settled[question.tool]
        identity = f"q{secrets.token_hex(4)}"
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self.questions[identity] = PendingQuestion(
            identity=identity, question=question, answer=answer
        )
        self.asked.set()
        try:
            async with asyncio.timeout(_PATIENCE):
                return await answer
        except TimeoutError:
            return "no"
        finally:
            self.questions.pop(identity, None)

    @property
    def open(self) -> list[PendingQuestion]:
        """The questions that nobody has answered."""
        return [each for each in self.questions.values() if not each.answer.done()]

    async def until_asked(self) -> bool:
        """Wait until the run has ended or asks; return whether it has ended."""
        assert self.task is not None
        while True:
            if self.task.done():
                return True
            if self.open:
                return False
            self.asked.clear()
            waiting = asyncio.create_task(self.asked.wait())
            try:
                await asyncio.wait({self.task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()

    def answered(self, identity: str, answer: Decision) -> None:
        """Pass an answer on."""
        self.touched = time.monotonic()
        pending = self.questions.get(identity)
        if pending is None or pending.answer.done():
            return
        pending.answer.set_result(answer)
        tool = pending.question.tool
        if answer == "no":
            self.refusals[tool] = self.refusals.get(tool, 0) + 1
        if answer == "run" or self.refusals.get(tool, 0) >= _MOST_REFUSALS:
            self._settle(tool, answer)

    def _settle(self, tool: str, answer: Decision) -> None:
        """Answer the other questions about *tool*: a program can ask a thousand at once."""
        self.settled[tool] = answer
        for each in self.open:
            if each.question.tool == tool:
                each.answer.set_result(answer)


class Conversations:
    """Runs that wait for answers in a later request, by their identity."""

    def __init__(self) -> None:
        self._open: dict[str, Conversation] = {}

    def begin(self, work: Callable[[Conversation], Awaitable[object]]) -> Conversation:
        """Start a run."""
        self._forget()
        conversation = Conversation(identity=secrets.token_hex(16))
        conversation.task = asyncio.ensure_future(work(conversation))
        self._open[conversation.identity] = conversation
        return conversation

    def known(self, identity: str) -> Conversation | None:
        """Return the run that waits for answers."""
        return self._open.get(identity)

    def end(self, conversation: Conversation) -> None:
        """Forget a run, and cancel it if it goes on."""
        self._open.pop(conversation.identity, None)
        if conversation.task is not None:
            conversation.task.cancel()

    def close(self) -> None:
        """End all runs."""
        for conversation in list(self._open.values()):
            self.end(conversation)

    def _forget(self) -> None:
        """End runs whose client has not come back."""
        oldest = time.monotonic() - _PATIENCE
        for conversation in [each for each in self._open.values() if each.touched < oldest]:
            self.end(conversation)
