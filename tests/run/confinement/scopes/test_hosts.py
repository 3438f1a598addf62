"""A package whose grants list hosts reaches them, and nothing else, whatever it tries."""

from __future__ import annotations

import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import write

HERE = Path(__file__).parent
#: The probes call functions of Node in ways that make it throw later.
MAIN = """
import run from 'dep';
process.on('uncaughtException', () => undefined);
await run();
process.exit(0);
"""
BUILTINS = ("http", "https", "http2", "net", "tls", "dns", "dgram")

ALLOWED = (
    "fetch",
    "fetch of a Request",
    "fetch with options",
    "fetch of another spelling",
    "http.get",
    "http.request",
    "an agent",
    "a timeout",
    "no agent",
    "own lookup",
    "net.connect",
    "net.Socket",
    "http2",
    "dns.lookup",
    "a port that changes",
    "a session with another port in its options",
    "a WebSocket that fails",
    "a datagram",
)


class _Answer(socketserver.BaseRequestHandler):
    """Answers every request, or redirects to the other port."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        server.connections += 1
        try:
            asked = self.request.recv(65536).decode("latin-1")
            while "\r\n\r\n" not in asked and asked.startswith(("GET", "POST")):
                asked += self.request.recv(65536).decode("latin-1")
            head = "HTTP/1.1 200 OK"
            if "/redirect" in asked.split("\r\n")[0]:
                head = f"HTTP/1.1 302 Found\r\nLocation: http://localhost:{server.other}/"
            body = "answer"
            text = f"{head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
            self.request.sendall(text.encode())
        except OSError:
            return


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    connections = 0
    other = 0


@contextmanager
def _servers() -> Iterator[tuple[_Server, _Server]]:
    with _Server(("127.0.0.1", 0), _Answer) as good, _Server(("127.0.0.1", 0), _Answer) as bad:
        good.other = bad.server_address[1]
        for each in (good, bad):
            threading.Thread(target=each.serve_forever, daemon=True).start()
        yield good, bad
        for each in (good, bad):
            each.shutdown()


Found = dict[str, dict[str, dict[str, str]]]


def _run(folder: Path, grant: object) -> tuple[Found, int, int]:
    """Return what each probe found, and how many connections both servers got."""
    with _servers() as (good, bad), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", bad.server_address[1]))
        heard.setblocking(False)  # noqa: FBT003
        hosts = (
            grant
            if grant is True
            else {"hosts": [f"localhost:{good.server_address[1]}", "localhost"][:1]}
        )
        names = hosts if grant is True else {"hosts": ["localhost"]}
        dep = {
            "globals": {
                "fetch": hosts,
                "WebSocket": hosts,
                "Request": True,
                "process.env.PORTS": True,
            },
            "builtins": {name: names if name == "dns" else hosts for name in BUILTINS},
        }
        write(
            folder,
            {
                "package.json": '{"name": "app", "type": "module", "dependencies": {"dep": "1"}}',
                "main.js": MAIN,
                "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
                "node_modules/dep/index.js": (HERE / "hosts.js").read_text(),
                "node_modules/dep/leads.js": (HERE / "leads.js").read_text(),
                "compartment-policy.json": json.dumps(
                    {
                        "harmless": True,
                        "entry": {
                            "globals": {"process.exit": True, "process.on": True},
                            "packages": {"dep": True},
                        },
                        "resources": {
                            "dep": {**dep, "globals": {**dep["globals"], "EventSource": False}}
                        },
                    }
                ),
            },
        )
        done = subprocess.run(
            [sys.executable, "-m", "compartment_mapper", "run", "main.js"],
            cwd=folder,
            env={**os.environ, "PORTS": f"{good.server_address[1]},{bad.server_address[1]}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.stdout, done.stderr
        try:
            datagrams = len(heard.recv(10))
        except BlockingIOError:
            datagrams = 0
        return json.loads(done.stdout.splitlines()[-1]), bad.connections, datagrams


@pytest.fixture(scope="module")
def restricted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, int, int]:
    return _run(tmp_path_factory.mktemp("hosts"), grant="listed")


@pytest.mark.parametrize("name", ALLOWED)
def test_an_allowed_host_is_reached(name: str, restricted: tuple[Found, int, int]) -> None:
    found = restricted[0]["allowed"][name]

    assert "value" in found, found
    assert found["value"] != "no answer"


def test_what_is_not_listed_is_denied(restricted: tuple[Found, int, int]) -> None:
    found = restricted[0]["denied"]
    others = {"ERR_ACCESS_DENIED", "EISCONN", "undefined"}

    assert {name: each for name, each in found.items() if each.get("code") not in others} == {}


def test_a_denial_names_the_host_and_the_line_that_grants_it(
    restricted: tuple[Found, int, int],
) -> None:
    message = restricted[0]["denied"]["dns.lookup"]["message"]

    assert message == (
        "package 'dep' may not look up 'data.example.org' with 'dns'; "
        'add "data.example.org" to resources["dep"].builtins["dns"].hosts'
    )


def test_nothing_reaches_the_other_port(restricted: tuple[Found, int, int]) -> None:
    assert restricted[1:] == (0, 0), restricted[0]["walks"]


def test_the_same_probes_reach_it_without_a_scope(tmp_path: Path) -> None:
    found, connections, datagrams = _run(tmp_path, grant=True)

    assert connections > 10, found
    assert datagrams == 1
