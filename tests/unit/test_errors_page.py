"""``docs/errors.md`` has each code that the code has, with what to do about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))

#: Raised by the runtime, or with a code that Node's own answer has.
_ELSEWHERE = {"ERR_ACCESS_DENIED", "ERR_INVALID_TYPESCRIPT_SYNTAX"}
_SANDBOX = ROOT / "compartment_mapper" / "sandbox"


def _codes() -> Iterator[str]:
    """Yield what is given as ``code`` anywhere, but for the codes of the sandbox."""
    for path in (ROOT / "compartment_mapper").rglob("*.py"):
        if path.is_relative_to(_SANDBOX):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code":
                yield from _texts(node.value)


def _texts(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


CODES = {code for code in _codes() if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", code)}


def test_every_code_has_its_section() -> None:
    assert CODES - {*SECTIONS} == set()


def test_every_section_has_its_code() -> None:
    source = "".join(
        path.read_text("utf-8") for path in (ROOT / "compartment_mapper").rglob("*.py")
    )
    unknown = {code for code in SECTIONS if f'"{code}"' not in source}
    assert unknown <= _ELSEWHERE


@pytest.mark.parametrize("code", SECTIONS)
def test_section_says_what_it_means_and_what_to_do(code: str) -> None:
    meaning, found, action = SECTIONS[code].partition("**What to do:** ")
    assert meaning.strip()
    assert found
    assert action.strip()
