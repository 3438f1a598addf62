"""Node's own lexer is the oracle: we find the same export names."""

from __future__ import annotations

from functools import cache

import pytest
from conformance.cjs_rows import ROWS
from support import ask_node

from compartment_mapper.scan.cjs.exports import scan_cjs_exports
from compartment_mapper.scan.syntax.tree import parse

_SCRIPT = """
const { parse } = require('internal/test/binding').internalBinding('cjs_lexer');
const answer = (text) => {
  try {
    const [names, reexports] = parse(text);
    return [[...names], [...reexports]];
  } catch (error) {
    return `the row can't be lexed: ${error.message}`;
  }
};
const rows = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(rows.map(answer)));
"""


@cache
def answers() -> dict[str, object]:
    """Return names and re-exports of each row, from a single Node process."""
    found = ask_node(_SCRIPT, list(ROWS.values()), flags=("--expose-internals",))
    assert isinstance(found, list)
    return dict(zip(ROWS, found, strict=True))


@pytest.mark.parametrize("row", ROWS)
def test_the_names_are_those_of_the_lexer(row: str) -> None:
    names, reexports = scan_cjs_exports(parse(ROWS[row].encode()))

    assert [sorted(names), sorted(reexports)] == _sorted(answers()[row])


def _sorted(answer: object) -> object:
    return [sorted(part) for part in answer] if isinstance(answer, list) else answer
