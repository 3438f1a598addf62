"""A compromised process sends arbitrary messages: the host reports the error and recovers."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from compartment_mapper import Sandbox, SandboxError
from compartment_mapper.sandbox import child

HEAD = """
import json, os, sys, time
requests, answers = int(sys.argv[1]), int(sys.argv[2])
def read(size):
    content = b""
    while len(content) < size:
        content += os.read(requests, size - len(content)) or sys.exit()
    return content
def receive():
    return json.loads(read(int.from_bytes(read(4), "big")))
key, number = None, 0
def send(content):
    global number
    if isinstance(content, dict):
        content = {"key": key, "number": number, **content}
        number += 1
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    os.write(answers, len(content).to_bytes(4, "big") + content)
def ready():
    global key
    key = key or receive()["key"]
    send({"type": "ready"})
def begin():
    ready()
    while (message := receive())["type"] != "evaluate":
        pass
    send({"type": "started", "id": message["id"]})
    return message["id"]
"""
TAIL = "\ntime.sleep(60)\n"
FAILED = (
    "send({'type': 'failed', 'id': begin(), 'error': {'name': 'E', '#error': 'e'}, 'stack': %s})"
)
FRAME = "    at compartment:///sandbox/evaluation.js"

#: The behavior of the process, and the resulting code.
SAYINGS = {
    "dies-when-it-is-ready": ("ready(); sys.exit()", "PROCESS_ENDED"),
    "dies-before-it-begins": ("ready(); receive(); sys.exit()", "PROCESS_ENDED"),
    # Timing determines whether it has received the evaluation by then.
    "is-ready-again": ("ready(); begin()", "PROCESS_ENDED PROCESS_BROKEN"),
    "begins-before-it-is-ready": (
        "key = receive()['key']; send({'type': 'started', 'id': 1})",
        "PROCESS_ENDED",
    ),
    "says-what-the-host-says": ("send({'type': 'restarted', 'id': begin()})", "PROCESS_BROKEN"),
    "no-key-at-first": ("send({'type': 'ready'})", "PROCESS_ENDED"),
    "no-key": ("send({'type': 'done', 'id': begin(), 'value': 1, 'key': ''})", "PROCESS_BROKEN"),
    "a-key-that-is-none": (
        "send({'type': 'done', 'id': begin(), 'value': 1, 'key': [1]})",
        "PROCESS_BROKEN",
    ),
    "another-key": (
        "send({'type': 'done', 'id': begin(), 'value': 1, 'key': 'é' * 32})",
        "PROCESS_BROKEN",
    ),
    "the-same-number": (
        "send({'type': 'done', 'id': begin(), 'value': 1, 'number': 0})",
        "PROCESS_BROKEN",
    ),
    "a-number-that-is-none": (
        "send({'type': 'done', 'id': begin(), 'value': 1, 'number': 2.0})",
        "PROCESS_BROKEN",
    ),
    "an-unknown-word": ("send({'type': 'what', 'id': begin()})", "PROCESS_BROKEN"),
    "no-word": ("begin(); send([1])", "PROCESS_BROKEN"),
    "nothing": ("begin(); send(b'')", "PROCESS_BROKEN"),
    "no-utf-8": ('begin(); send(b\'{"type": "\\xff"}\')', "PROCESS_BROKEN"),
    "depth": ("begin(); send(b'[' * 100_000)", "PROCESS_BROKEN"),
    "digits": ("begin(); send(b'9' * 10_000)", "PROCESS_BROKEN"),
    "length": ("begin(); os.write(answers, b'\\xff' * 4)", "PROCESS_BROKEN"),
    "cancelled-unasked": ("send({'type': 'cancelled', 'id': begin()})", "PROCESS_BROKEN"),
    "erased-unasked": ("send({'type': 'erased', 'id': begin()})", "PROCESS_BROKEN"),
    "an-id-that-is-a-list": ("begin(); send({'type': 'done', 'id': []})", "TIMEOUT"),
    "a-value-that-is-none": ("send({'type': 'done', 'id': begin(), 'value': '#x'})", "NOT_DATA"),
    "bytes-that-are-none": ("send({'type': 'done', 'id': begin(), 'value': '*a'})", "NOT_DATA"),
    "a-date-that-is-none": ("send({'type': 'done', 'id': begin(), 'value': '#date:'})", "NOT_DATA"),
    "an-error-that-is-none": (
        "send({'type': 'failed', 'id': begin(), 'error': {'name': '#x', '#error': 5}})",
        "PROCESS_BROKEN",
    ),
    "a-line-that-is-none": (FAILED % f"'{FRAME}:' + '9' * 5000 + ':1'", "JAVASCRIPT_ERROR"),
    "an-unknown-tool": (
        "send({'type': 'call', 'id': begin(), 'call': 1, 'tool': 'x', 'arguments': []})",
        "PROCESS_BROKEN",
    ),
    "much": (
        "i = begin()\nwhile True: send({'type': 'output', 'id': i, 'level': 'log', 'text': 'x' * 9999})",
        "PROCESS_BROKEN",
    ),
}


@pytest.mark.parametrize(("says", "code"), SAYINGS.values(), ids=SAYINGS.keys())
def test_the_host_is_notified(
    says: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "process.py"
    script.write_text(HEAD + says + TAIL)
    monkeypatch.setattr(child, "_command", lambda _settings: [sys.executable, str(script)])
    lost: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lost.append)

    with Sandbox(timeout=1.5) as sandbox, pytest.raises(SandboxError) as caught:
        sandbox.evaluate("1")

    assert caught.value.code in code.split()
    assert lost == []


@pytest.mark.parametrize(
    "stack", ["${'9'.repeat(5000)}:1", "1:${'9'.repeat(5000)}", "1:1)".join(["("] * 9)]
)
def test_a_forged_trace_is_harmless(stack: str) -> None:
    source = f"const e = new Error('mine'); e.stack = `\n{FRAME}:{stack}`; throw e"
    with Sandbox() as sandbox, pytest.raises(SandboxError, match="Error: mine"):
        sandbox.evaluate(source)
