"""Real servers, and a folder for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp_servers import npm_server, python_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the filesystem server."""
    made = tmp_path / "data"
    made.mkdir()
    (made / "orders.csv").write_text("id,total\n1,20\n2,22\n")
    return made


@pytest.fixture
def every_server(folder: Path, tmp_path: Path) -> dict[str, object]:
    """The configuration of four servers; all tools but those that write files are allowed."""
    everything = {"*": "allow"}
    return {
        "mcpServers": {
            "files": npm_server("filesystem", folder, tools={"read_*": "allow"}),
            "memory": npm_server(
                "memory", env={"MEMORY_FILE_PATH": str(tmp_path / "memory.json")}, tools=everything
            ),
            "every-thing": npm_server(
                "everything", "stdio", env={"API_TOKEN": "token-1234567"}, tools=everything
            ),
            "orders": python_server(tools=everything),
        }
    }
