"""``docs/errors.md`` says of each code what it means, and what to do; the site has a page for each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def test_each_code_has_a_section_of_its_own() -> None:
    headings = re.findall(r"^### (.*)$", PAGE, re.MULTILINE)
    assert headings == [*SECTIONS]


@pytest.mark.parametrize("code", SECTIONS)
def test_section_says_what_it_means_and_what_to_do(code: str) -> None:
    meaning, found, action = SECTIONS[code].partition("**What to do:** ")
    assert meaning.strip()
    assert found
    assert action.strip()
