"""Node is the oracle: modules of generated applications observe the same here and there."""

from __future__ import annotations

import pytest
from differential.generator import Module, Program, program
from differential.programs import compared, kind_of, reduced, results

#: scripts/differential.py runs more of them.
_COUNT = 300


@pytest.mark.parametrize("first", [0, _COUNT // 2])
def test_modules_see_what_they_see_in_node(first: int) -> None:
    result = compared(1, range(first, first + _COUNT // 2))

    assert [str(difference) for difference in result.differences] == []
    assert result.counts["same"] > _COUNT // 3


def test_a_seed_always_makes_the_same_program() -> None:
    assert program(5, 3) == program(5, 3)
    assert program(5, 3) != program(5, 4)


def test_a_difference_is_reduced() -> None:
    head, differs = "var { log } = require('log');", "log(missing);"  # a known difference of SES
    other = Module("m1.cjs", (head, "log(2);"))
    statements = (head, "log(1);", "log(3);", differs, "require('./m1.cjs');", "log(4);")
    (found,) = results([Program((Module("m0.cjs", statements), other))])
    assert kind_of(found) == "different"

    smallest = reduced(found)

    assert smallest.program == Program((Module("m0.cjs", (head, differs)),))
    assert "Node: fails <ReferenceError>" in str(smallest)
