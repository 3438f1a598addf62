"""Ctrl-C that comes where Python drops exceptions."""

from __future__ import annotations

import subprocess
import sys

import pytest

FINALIZER = """
class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)  # Python looks for signals between two steps

Finalized()
"""

CALLBACK = """
import weakref

class Referenced:
    pass

def callback(_):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.05)

referenced = Referenced()
reference = weakref.ref(referenced, callback)
del referenced
"""

PROGRAM = """
import os, signal, sys, time
{start}
try:
    {body}
    time.sleep(20)
except KeyboardInterrupt:
    sys.exit("interrupted")
"""

START = "from compartment_mapper.host.interrupts import raise_dropped_interrupts as r; r()"


@pytest.mark.parametrize("body", [FINALIZER, CALLBACK], ids=["finalizer", "callback"])
def test_an_interrupt_that_python_drops_is_raised_again(body: str) -> None:
    program = PROGRAM.format(start=START, body=body.strip().replace("\n", "\n    "))
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=15)
    assert (done.returncode, done.stderr) == (1, "interrupted\n")


@pytest.mark.parametrize("body", [FINALIZER, CALLBACK], ids=["finalizer", "callback"])
def test_without_it_the_program_goes_on(body: str) -> None:
    text = body.strip().replace("\n", "\n    ")
    program = PROGRAM.format(start="", body=text).replace("time.sleep(20)", "print('went on')")
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=15)
    assert (done.returncode, done.stdout) == (0, "went on\n")


def test_other_problems_of_finalizers_are_printed_as_before() -> None:
    body = "class F:\n    def __del__(self): raise ValueError('x')\nF()"
    command = [sys.executable, "-c", f"{START}\n{body}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ValueError: x" in done.stderr


def test_an_interrupt_that_is_dropped_without_a_report_is_raised_at_the_next_check() -> None:
    body = """
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    pass
from compartment_mapper.host.interrupts import check_interrupts
check_interrupts()
"""
    program = PROGRAM.format(start=START, body=body.strip().replace("\n", "\n    "))
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=15)
    assert (done.returncode, done.stderr) == (1, "interrupted\n")
