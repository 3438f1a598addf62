"""The tool loop of an OpenAI-compatible API: a model writes programs, and reads what they return.

Set OPENAI_BASE_URL, OPENAI_API_KEY and MODEL: python loop.py "How much are 3 pears?"
"""

from __future__ import annotations

import os
import sys

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from compartment_mapper import CodeTool, Sandbox

PRICES = {"apple": 120, "pear": 95}
#: Programs that a model may write for one question.
MOST = 10


def price_of(fruit: str) -> int:
    """Return the price of a fruit in cents."""
    return PRICES[fruit]


def answer(client: OpenAI, model: str, question: str) -> str:
    """Return the model's answer to *question*."""
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": question}]
    with Sandbox(tools={"price_of": price_of}) as sandbox:
        tool = CodeTool(sandbox, session="conversation")
        offered: list[ChatCompletionToolParam] = [tool.openai()]  # type: ignore[list-item]
        for _ in range(MOST):
            completion = client.chat.completions.create(
                model=model, messages=messages, tools=offered
            )
            message = completion.choices[0].message
            if not message.tool_calls:
                return message.content or ""
            messages.append(message.model_dump(exclude_none=True))  # type: ignore[arg-type]
            for call in message.tool_calls:
                assert call.type == "function"
                reply = tool.call(call.function.arguments)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": reply.text})
    return "the model does not come to an end"


if __name__ == "__main__":
    print(answer(OpenAI(), os.environ["MODEL"], " ".join(sys.argv[1:])))
