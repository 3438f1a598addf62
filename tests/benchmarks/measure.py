"""Measure one run of a program as a whole process: time, processor time, memory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.places import ROOT

_LAUNCHER = Path(__file__).with_name("launcher.py")
#: Variables of the caller's shell that change the behavior of programs.
_LEFT_OUT = frozenset({"FORCE_COLOR", "NODE_COMPILE_CACHE", "NODE_OPTIONS", "NODE_PATH"})
_KILLED = -9
_TELLING = re.compile(r"\b(?:[A-Z]\w*)?Error(?: \[\w+\])?:|\bERR_|\berror\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program with its arguments and working folder."""

    arguments: tuple[str, ...]
    folder: Path
    #: In addition to the caller's.
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A successful run."""

    #: Milliseconds from start to exit.
    wall: float
    #: Milliseconds of processor time, user and system, of the process and its children.
    cpu: float
    #: Peak memory in megabytes (10⁶ bytes).
    memory: float
    stdout: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed, or whose output differs from plain Node's."""

    #: One line.
    reason: str


def measure(command: Command, *, limit: float, family: bool = False) -> Sample | Failure:
    """Run *command* once.

    Args:
        command: The command; its first argument is a path.
        limit: Seconds after which it is killed, which counts as a failure.
        family: Whether to sample the total memory of the process and its children every few
            milliseconds; otherwise use the kernel's peak of the largest of them.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
        kind = "family" if family else "alone"
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(limit), kind]
        done = subprocess.run(
            [*launcher, str(stdout), str(stderr), *command.arguments],
            cwd=command.folder,
            env=_environment(command),
            stdout=subprocess.PIPE,
            check=True,
        )
        figures = json.loads(done.stdout)
        if figures["status"] == _KILLED and figures["wall"] >= limit:
            return Failure(f"not done after {limit:g} s")
        if figures["status"] != 0:
            said = stderr.read_text(errors="replace")
            return Failure(telling_line(said) or f"exit status {figures['status']}")
        return Sample(
            wall=figures["wall"] * 1e3,
            cpu=figures["cpu"] * 1e3,
            memory=figures["memory"] / 1e6,
            stdout=stdout.read_text(errors="replace"),
        )


def _environment(command: Command) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    return {**kept, **command.environment}


def telling_line(text: str) -> str:
    """Return the first line of *text* that names an error, without this machine's folders.

    >>> telling_line("at work\\n/app/x.js:3\\n\\nTypeError: no x\\n  at /app/x.js:3")
    'TypeError: no x'
    >>> telling_line("node:internal:1\\n  throw e\\n\\nError: Cannot find module 'a'")
    "Error: Cannot find module 'a'"
    >>> telling_line("\\nlost\\n")
    'lost'
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = next((line for line in lines if _TELLING.search(line)), (lines or [""])[0])
    return line.replace(f"{ROOT}/", "")[:200]
