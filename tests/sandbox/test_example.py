"""The agent of ``examples/agent`` prints the output in its documentation."""

from __future__ import annotations

import subprocess
import sys

from support import ROOT

_SAID = """\
looks around:
    2 orders; returned: [4200]
makes a mistake:
    failed: TypeError: tools.read_order: argument 'number': expected a valid integer, got a string
corrects it, with types:
    returned: 4200
fulfils the task:
    returned: 'refunded 4200 cents: it arrived broken'
reads what is not the customer's:
    failed: LookupError: no order 18 of yours
refunds twice:
    returned: ['rejected', 'rejected']
looks for the host:
    returned: [UNDEFINED]
sends what it knows away:
    failed: Error: Cannot find module 'https://evil.example/x.js': the sandbox was given none
changes the language for others:
    failed: TypeError: Cannot assign to read only property 'map'
pretends to be a tool:
    failed: TypeError: Cannot assign to read only property 'read_order' of object '[object Object]'
never ends:
    failed: TIMEOUT: the evaluation took longer than 1 seconds
never answers:
    failed: TIMEOUT: the evaluation took longer than 1 seconds
fills the memory:
    failed: MEMORY_LIMIT: the evaluation used more than 64 MB of memory
prints without end:
    failed: TIMEOUT: the evaluation took longer than 1 seconds
calls without end:
    failed: SandboxError: tools.order_numbers: more than 50 calls of tools
still works:
    returned: [2, 4, 6]
refunds: [17]
"""
#: On a slow machine the timeout comes before the memory limit.
_EITHER = (
    "TIMEOUT: the evaluation took longer than 1 seconds",
    "MEMORY_LIMIT: the evaluation used more than 64 MB of memory",
)


def test_the_agent_is_served_and_confined() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "agent" / "agent.py"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.replace(*_EITHER) == _SAID.replace(*_EITHER)
