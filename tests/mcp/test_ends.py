"""The processes that are left when the code mode server ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

#: A server that ignores the end of its input, and says when it is told to end.
STAYING = """
import os, pathlib, signal, sys
from mcp.server.mcpserver import MCPServer
def end(*_):
    pathlib.Path(sys.argv[1]).write_text("ended")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
MCPServer("stays").run()
while True:
    signal.pause()
"""
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_terminated_server_ends_its_servers(tmp_path: Path) -> None:
    note = tmp_path / "note"
    config = {
        "mcpServers": {
            "stays": {
                "command": sys.executable,
                "args": ["-c", STAYING, str(note)],
            }
        }
    }
    (tmp_path / "mcp.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "compartment_mapper", "mcp", str(tmp_path / "mcp.json")]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(INITIALIZE) + "\n")
        process.stdin.flush()
        assert '"id":1' in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM

    assert note.read_text() == "ended"
