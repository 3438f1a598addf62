from __future__ import annotations

from benchmarks.pages import Page, pages_table
from benchmarks.series import Spread


def test_sizes_are_in_kilobytes_and_a_page_that_draws_nothing_says_why() -> None:
    drawn = Page(tool="one", size=1_234_567, packed=200_400, drawn=Spread(21.0, 20.0, 25.5))
    failed = Page(tool="two", size=1_000, packed=499, drawn="x is not defined")

    assert pages_table([drawn, failed]).splitlines()[2:] == [
        "| one | 1,235 | 200 | 21.0 (20.0-25.5) |",
        "| two | 1 | 0 | x is not defined |",
    ]
