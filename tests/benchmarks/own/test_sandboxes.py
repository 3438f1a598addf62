from __future__ import annotations

from benchmarks.sandboxes import Row, sandboxes_table


def test_what_has_no_aim_has_an_empty_cell() -> None:
    rows = [Row(what="one", found="1.0", aim="2"), Row(what="two", found="3")]

    assert sandboxes_table(rows).splitlines()[2:] == ["| one | 1.0 | 2 |", "| two | 3 |  |"]
