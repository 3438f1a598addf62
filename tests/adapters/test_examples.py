"""The service and the tool loop of ``examples``, over real HTTP."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from support import ROOT

TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of the service."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        found: int = opened.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "service:app", "--port", str(found)]
    process = subprocess.Popen(
        command,
        cwd=ROOT / "examples" / "service",
        env={**os.environ, "TOKEN": "secret", "PROCESSES": "2"},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    with process:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", found), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield found
        process.terminate()


def asked(
    port: int, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(
            method, path, body=text, headers={"Content-Type": "application/json", **headers}
        )
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_the_service_evaluates_with_its_tools(port: int) -> None:
    body = {"source": "await tools.price_of(fruit) * 2", "globals": {"fruit": "apple"}}
    status, text = asked(port, "POST", "/evaluate", body, **TOKEN)

    assert (status, json.loads(text)["value"]) == (200, 240)


def test_the_service_refuses_who_has_no_token(port: int) -> None:
    body = {"source": "1"}
    assert asked(port, "POST", "/evaluate", body)[0] in {401, 403}
    assert asked(port, "POST", "/evaluate", body, Authorization="Bearer other")[0] == 401


def test_the_service_survives_hostile_programs(port: int) -> None:
    for source in ("while (true) {}", "const a = []; while (true) a.push('x'.repeat(1e6))"):
        status, text = asked(port, "POST", "/evaluate", {"source": source}, **TOKEN)
        assert (status, json.loads(text)["error"] is not None) == (200, True)
    assert asked(port, "POST", "/evaluate", {"source": "x" * 30_000}, **TOKEN)[0] == 422
    status, text = asked(port, "POST", "/evaluate", {"source": "'alive'"}, **TOKEN)
    assert json.loads(text)["value"] == "alive"
    assert json.loads(asked(port, "GET", "/health")[1])["processes"] == 2
    assert 'outcome="timeout"' in asked(port, "GET", "/metrics")[1]
    assert "/evaluate" in json.loads(asked(port, "GET", "/openapi.json")[1])["paths"]


class _Model(BaseHTTPRequestHandler):
    """A scripted model: one program with a mistake, one that works, and the answer."""

    requests: list[dict[str, list[dict[str, object]]]] = []  # noqa: RUF012 - of the class of one test

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.requests.append(json.loads(self.rfile.read(length)))
        last = self.requests[-1]["messages"][-1]
        programs = [
            "tools.price_of('kiwi')",
            "const p = await tools.price_of('pear'); return 3 * p",
        ]
        message: dict[str, object] = {
            "role": "assistant",
            "content": f"They cost {last['content']}.",
        }
        if len(self.requests) <= len(programs):
            arguments = json.dumps({"source": programs[len(self.requests) - 1]})
            call = {
                "id": f"call{len(self.requests)}",
                "type": "function",
                "function": {"name": "run_code", "arguments": arguments},
            }
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = json.dumps(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [choice],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - its name above
        del format


def test_the_tool_loop_of_openai() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        done = subprocess.run(
            [sys.executable, ROOT / "examples" / "openai" / "loop.py", "How much are 3 pears?"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "x", "MODEL": "m"},
        )
    finally:
        server.shutdown()
        server.server_close()

    assert done.stdout == "They cost 285.\n", done.stderr
    first, second, _ = _Model.requests
    assert "price_of(fruit: string): Promise<number>" in json.dumps(first["tools"])
    assert "KeyError" in f"{second['messages'][-1]['content']}"
