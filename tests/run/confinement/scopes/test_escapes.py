"""Ways out of a grant with hosts, each with a port of its own and a control without a scope."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from command_line import write
from support import ROOT

from compartment_mapper.host.node_process import reviewed_nodes

sys.path.insert(0, str(ROOT / "scripts"))

from environment import other_node

HERE = Path(__file__).parent
MAIN = """
import dep from 'dep';
import http from 'http';
process.on('uncaughtException', () => undefined);
const ports = process.env.PORTS.split(',').map(Number);
await dep.run();
await dep.socketsOf(ports.slice(-2));
await dep.keepParser();
const others = await new Promise((resolve, reject) => {
  const headers = { authorization: 'secret' };
  const request = http.get({ host: '127.0.0.1', port: ports[0], headers }, (response) => {
    resolve(dep.ofOthers());
    response.resume();
  });
  request.on('error', reject);
});
console.log(JSON.stringify(others));
process.exit(0);
"""
PROBES = re.findall(r"^  '([^']+)': ", (HERE / "escapes.js").read_text(), re.MULTILINE)
OLD = ("a WebSocket", "a WebSocket with a list of protocols")


def _answer(asked: bytes) -> bytes:
    key = re.search(rb"sec-websocket-key: (\S+)", asked, re.IGNORECASE)
    if key is None:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    digest = hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()  # noqa: S324
    accepted = b"Sec-WebSocket-Accept: " + base64.b64encode(digest)
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + accepted + b"\r\n\r\n"


def _opened(stack: ExitStack) -> tuple[int, list[socket.socket]]:
    """Return a port, and its sockets for TCP and UDP."""
    tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.bind(tcp.getsockname())
    return tcp.getsockname()[1], [tcp, udp]


def _serve(server: socket.socket, stack: ExitStack, *, answers: bool) -> None:
    if server.type == socket.SOCK_DGRAM:
        server.recv(100)
        return
    client = stack.enter_context(server.accept()[0])
    if answers:
        client.settimeout(1)
        with suppress(OSError):
            client.sendall(_answer(client.recv(65536)))


@contextmanager
def _ports(count: int) -> Iterator[tuple[list[int], set[int]]]:
    """Yield ports for TCP and UDP, of which the first answers, and those that were reached."""
    reached: set[int] = set()
    ended = threading.Event()
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        opened = dict(_opened(stack) for _ in range(count))
        for port, servers in opened.items():
            for each in servers:
                selector.register(each, selectors.EVENT_READ, port)

        def serve() -> None:
            while not ended.is_set():
                for key, _ in selector.select(0.1):
                    assert isinstance(key.fileobj, socket.socket)
                    reached.add(key.data)
                    _serve(key.fileobj, stack, answers=key.data == next(iter(opened)))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield list(opened), reached
        finally:
            ended.set()
            thread.join()


def _run(folder: Path, command: list[str], *, scoped: bool) -> tuple[set[str], list[str]]:
    """Return the probes that reached their port, and the headers of other packages' requests."""
    with _ports(1 + len(PROBES) + len(OLD)) as (ports, reached):
        hosts = {"hosts": [f"localhost:{ports[0]}"]} if scoped else True
        names = ("http", "https", "http2", "net", "tls", "dgram")
        dep = {
            "globals": {"WebSocket": hosts, "process.env.PORTS": True},
            "builtins": dict.fromkeys(names, hosts),
        }
        entry = {
            "globals": dict.fromkeys(["process.exit", "process.on", "process.env.PORTS"], True),
            "builtins": {"http": True},
            "packages": {"dep": True},
        }
        policy = {"harmless": True, "entry": entry, "resources": {"dep": dep}}
        write(
            folder,
            {
                "package.json": '{"name": "app", "type": "module", "dependencies": {"dep": "1"}}',
                "main.js": MAIN,
                "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
                "node_modules/dep/index.js": (HERE / "escapes.js").read_text(),
                "node_modules/dep/leads.js": (HERE / "leads.js").read_text(),
                "compartment-policy.json": json.dumps(policy),
            },
        )
        done = subprocess.run(
            [*command, "main.js"],
            cwd=folder,
            env={**os.environ, "PORTS": ",".join(map(str, ports))},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.stdout, done.stderr
        by_port = dict(zip(ports[1:], [*PROBES, *OLD], strict=True))
        found = {by_port[port] for port in reached if port in by_port}
        return found, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def oldest() -> str:
    reviewed = reviewed_nodes()
    return str(other_node(reviewed[min(reviewed)]))


MAPPER = [sys.executable, "-m", "compartment_mapper", "run"]


def test_no_way_out_of_the_hosts(tmp_path: Path) -> None:
    assert _run(tmp_path, MAPPER, scoped=True)[0] == set()


def test_no_way_out_of_the_hosts_in_the_oldest_node(oldest: str, tmp_path: Path) -> None:
    command = [*MAPPER, "--node", oldest, "--no-second-wall"]

    assert _run(tmp_path, command, scoped=True)[0] == set()


def test_the_ways_exist_without_a_scope(oldest: str, tmp_path: Path) -> None:
    found, headers = _run(tmp_path, [oldest], scoped=False)

    assert found == {*PROBES, *OLD}
    assert "secret" in headers


@pytest.mark.parametrize("scoped", [True, False])
def test_a_parser_leads_to_no_request_of_another_package(tmp_path: Path, *, scoped: bool) -> None:
    headers = _run(tmp_path, MAPPER, scoped=scoped)[1]

    assert headers
    assert "secret" not in headers
