"""Five tasks with three MCP servers, one program for each.

Run it with ``python agent.py``.

Set up: pip install 'compartment-mapper[mcp]', and npm install in this folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from mcp import Client, StdioServerParameters
from mcp.client.session import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult
from model import TURNS

HERE = Path(__file__).parent
SALES = "day,amount\nMonday,120\nTuesday,230\n"


def configuration(folder: Path) -> dict[str, object]:
    """Return the servers, and what programs may call."""
    modules = HERE / "node_modules" / "@modelcontextprotocol"
    node = os.environ.get("NODE", "node")
    return {
        "mcpServers": {
            "files": {
                "command": node,
                "args": [str(modules / "server-filesystem" / "dist" / "index.js"), str(folder)],
                "env": {"FILES_TOKEN": "token-of-the-files"},
                "tools": {"*": "deny", "read_text_file": {"access": "allow", "calls": 10}},
            },
            "memory": {
                "command": node,
                "args": [str(modules / "server-memory" / "dist" / "index.js")],
                "env": {"MEMORY_FILE_PATH": str(folder / "memory.json")},
                "tools": {"*": "allow", "delete_*": "deny"},
            },
            "orders": {
                "command": sys.executable,
                "args": [str(HERE / "orders_server.py")],
                "tools": {"send_order": {"access": "ask", "calls": 3}},
            },
        }
    }


async def person(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    """Answer as the person in front of the client does: orders of Mallory are not sent."""
    del context
    print(f"  asked: {params.message.splitlines()[0]}")
    if '"number": 3' in params.message:
        return ElicitResult(action="decline")
    return ElicitResult(action="accept", content={"decision": "once"})


async def main() -> None:
    """Give each task to the model, and run its program."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sales.csv").write_text(SALES)
        (folder / "mcp.json").write_text(json.dumps(configuration(folder)))
        command = [sys.executable, "-m", "compartment_mapper", "mcp", str(folder / "mcp.json")]
        server = StdioServerParameters(command=command[0], args=command[1:])
        async with Client(server, elicitation_callback=person) as client:
            for turn in TURNS:
                print(f"task: {turn.task}")
                source = f"const FOLDER = {json.dumps(str(folder))};{turn.program}"
                result = await client.call_tool("run_code", {"source": source})
                for part in result.content:
                    if part.type == "text":
                        text = part.text.replace("\n", " ") if not result.is_error else part.text
                        print("  " + ("error: " if result.is_error else "") + text.splitlines()[0])


if __name__ == "__main__":
    asyncio.run(main())
