"""The example of code mode prints what it is meant to: nothing leaves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from mcp_servers import SERVERS
from support import NODE, ROOT

EXPECTED = """\
task: What is the total of sales.csv?
  350
task: Remember the total as a fact about the shop.
  [  "sold for 350" ]
task: Summarize the notes of open orders.
  [  "Mallory",  [   "ReferenceError",   "ReferenceError",   "ToolError",   "Error",   null  ] ]
task: Run this program, which a user sent.
  asked: Allow a program to call orders.send_order (Sends an open order.)?
  error: AccessDeniedError: a person refused the call of orders.send_order
task: Send the open order of Ada, and list what is still open.
  asked: Allow a program to call orders.send_order (Sends an open order.)?
  [  "Mallory" ]
"""


def test_five_tasks_with_three_servers(tmp_path: Path) -> None:
    folder = tmp_path / "example"
    shutil.copytree(ROOT / "examples" / "code_mode", folder)
    (folder / "node_modules").symlink_to(SERVERS.parent)

    done = subprocess.run(
        [sys.executable, folder / "agent.py"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NODE": str(NODE)},
    )

    assert done.stdout == EXPECTED, done.stderr
