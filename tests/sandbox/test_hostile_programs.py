"""500 hostile programs get nothing of the host, and leave nothing behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import pytest
from hostile_programs import REACHED, UNCHANGED, programs
from support import NODE

from compartment_mapper import Sandbox, SandboxError
from compartment_mapper.sandbox.options import _RUNTIME

CANARY = "canary-of-this-host"
FILE = f"{gettempdir()}/compartment-mapper-canary-{os.getpid()}.txt"
PROGRAMS = programs(FILE)
#: The maximum growth of the process in megabytes after it ran all programs again, several times.
GROWTH = 8


def test_there_are_500() -> None:
    assert len(set(PROGRAMS.values())) >= 500
    assert all(REACHED not in source and CANARY not in source for source in PROGRAMS.values())


@pytest.fixture(scope="module")
def armed() -> Iterator[Sandbox]:
    os.environ["CANARY"] = CANARY
    Path(FILE).write_text(CANARY, "utf8")
    try:
        with _sandbox() as sandbox:
            yield sandbox
    finally:
        del os.environ["CANARY"]
        Path(FILE).unlink()


def _sandbox() -> Sandbox:
    return Sandbox(tools={"echo": lambda *values: values, "fails": _fails}, timeout=5)


def _fails() -> None:
    raise LookupError


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_hostile_program_reaches_nothing(source: str, armed: Sandbox) -> None:
    before = armed.starts

    shown = _outcome(armed, source)

    for secret in (REACHED, CANARY, str(_RUNTIME)):
        assert secret not in shown
    assert armed.evaluate(UNCHANGED) == "undefined,,,,,,,,,,,,,,,,2,4,function"
    assert armed.starts == before


def _outcome(sandbox: Sandbox, source: str) -> str:
    """Return everything that a program can tell."""
    try:
        done = sandbox.run(source)
    except SandboxError as error:
        return repr((str(error), error.for_model(), error.stack, error.console))
    return repr((done.value, done.console))


def test_programs_reach_the_host_where_nothing_confines_them() -> None:
    ours = [source for name, source in PROGRAMS.items() if re.search("body|async|eval", name)]
    check = f"""
      const AsyncFunction = (async () => {{}}).constructor;
      const tools = {{ echo: async (...values) => values[0], fails: async () => {{ throw Error() }} }};
      let reached = 0;
      (async () => {{
        for (const source of {json.dumps(ours[:90])}) {{
          const found = await new AsyncFunction('tools', source)(tools).catch(() => 0);
          if (JSON.stringify(found)?.includes('{REACHED}')) reached += 1;
        }}
        console.log(reached);
      }})();
    """
    done = subprocess.run([NODE, "-e", check], capture_output=True, text=True, check=True)

    assert int(done.stdout) >= 45


def test_all_of_them_leave_no_memory_and_no_process() -> None:
    with _sandbox() as sandbox:
        pid = sandbox.process_id
        for _ in range(2):
            _run_all(sandbox)
        before = _collected(sandbox)
        for _ in range(3):
            _run_all(sandbox)

        assert _collected(sandbox) - before < GROWTH
        assert _session_of(pid) == {pid}
        assert sandbox.process_id == pid
    until = time.monotonic() + 10
    while _session_of(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _session_of(pid)


def _run_all(sandbox: Sandbox) -> None:
    for source in PROGRAMS.values():
        _outcome(sandbox, source)


def _collected(sandbox: Sandbox) -> float:
    """Return the resident memory of the process in megabytes, after it has collected garbage."""
    for number in range(100):  # it collects for every 100 named compartments
        sandbox.evaluate("1", compartment=f"c{number}")
    for number in range(100):
        sandbox.drop(f"c{number}")
    status = Path(f"/proc/{sandbox.process_id}/status").read_text("ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1000


def _session_of(pid: int) -> set[int]:
    """Return the processes in the session of a process, which starts with it."""
    found = subprocess.run(
        ["ps", "-s", str(pid), "-o", "pid="],  # noqa: S607 - where it is differs
        capture_output=True,
        text=True,
        check=False,
    )
    return {int(line) for line in found.stdout.split()}
