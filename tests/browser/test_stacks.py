"""Stack traces and debuggers in a page: the table of ``stack_rows``, in Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chromium import Browser
from process import mapper
from stack_rows import PLACES, ROWS, application, expected_frames, mapped_places

_PLACE = re.compile(r"compartment:///[^\s()]+:\d+:\d+")
_PAGE = '<!doctype html><meta charset="utf-8"><script src="app.js"{}></script>'


def _page(served: Path, tmp_path: Path, name: str, where: str, *options: str) -> str:
    main, more = application(tmp_path / "app", name, where)
    output = served / "app.js"
    form = ("--format", "script", "-C", "browser")
    mapper("bundle", main, "-o", output, *form, *options, *more, check=True)
    attribute = ' data-source-map=""' if "file" in options else ""
    (served / "index.html").write_text(_PAGE.format(attribute))
    return f"{served.name}/index.html"


@pytest.mark.parametrize(("name", "where"), PLACES)
def test_traces_and_debuggers_show_the_source(
    browser: Browser, served: Path, tmp_path: Path, name: str, where: str
) -> None:
    page = _page(served, tmp_path, name, where, "--source-map", "inline")

    shown = browser.open(page, debug=True)

    (error,) = shown.errors
    assert error.startswith("RangeError: é3\n")
    assert _PLACE.findall(error) == expected_frames(name, where)
    row = ROWS[name]
    package = "$root$" if where == "application" else "dep"
    assert mapped_places(
        shown.scripts, "RangeError", f"compartment:///{package}/{row.written_as}"
    ) == {(row.place[0], row.place[1] + len("new "), row.source)}


@pytest.mark.parametrize("name", ["compiled", "esm-minified-by-us"])
def test_a_page_may_ask_for_the_file_of_maps(
    browser: Browser, served: Path, tmp_path: Path, name: str
) -> None:
    page = _page(served, tmp_path, name, "dependency", "--source-map", "file")

    asked = browser.open(page, debug=True)
    (served / "index.html").write_text(_PAGE.format(""))
    not_asked = browser.open(page, debug=True)

    frames = expected_frames(name, "dependency")
    assert _PLACE.findall(asked.errors[0]) == frames
    assert any(script["sourceMapURL"] for script in asked.scripts)
    assert frames[0] not in not_asked.errors[0]
    assert "compartment:///dep/lib/dig." in not_asked.errors[0]
    assert not any(script["sourceMapURL"] for script in not_asked.scripts)
