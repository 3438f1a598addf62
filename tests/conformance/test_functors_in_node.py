"""Node is the oracle: importers observe the same from a functor as from the module."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from conformance.functor_rows import ROWS
from ses_rejections import CENSORS
from support import ask_node

from compartment_mapper.compile import compile_esm
from compartment_mapper.scan import scan_module

_SCRIPT = (Path(__file__).parent / "ask_functors.cjs").read_text(encoding="utf-8")


def stored(text: str, *, in_cycle: bool = False) -> str:
    source = text.encode()
    record = scan_module(source, "mjs", in_cycle=in_cycle)
    return compile_esm(record, source, in_cycle=in_cycle)


def program(text: str) -> str:
    found: str = json.loads(stored(text))["__syncModuleProgram__"]
    return found


@cache
def answers() -> dict[str, dict[str, object]]:
    """Return the traces of every row, from a single Node process."""
    question = [
        {"source": text, "functor": stored(text), "cyclic": stored(text, in_cycle=True)}
        for text in ROWS.values()
    ]
    found = ask_node(_SCRIPT, question, flags=["--experimental-vm-modules"])
    assert isinstance(found, list)
    return dict(zip(ROWS, found, strict=True))


@pytest.mark.parametrize("row", ROWS)
def test_importers_see_what_they_see_in_node(row: str) -> None:
    answer = answers()[row]

    assert answer["functor"] == answer["node"]


@pytest.mark.parametrize("row", ROWS)
def test_a_functor_for_cycles_does_the_same_in_one_go_and_in_two(row: str) -> None:
    answer = answers()[row]

    assert answer["unsplit"] == answer["node"]
    assert answer["split"] == answer["node"]


@pytest.mark.parametrize("row", ROWS)
def test_ses_accepts_the_program(row: str) -> None:
    text = program(ROWS[row])

    assert [name for name, pattern in CENSORS.items() if pattern.search(text)] == []


@pytest.mark.parametrize("row", ROWS)
def test_lines_keep_their_numbers(row: str) -> None:
    # The program ends with a line of its own, and a newline.
    assert program(ROWS[row]).count("\n") == ROWS[row].count("\n") + 2
