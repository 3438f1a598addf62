"""A real application renders correctly with one compartment per package."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from chromium import HERE, Browser
from process import mapper

APP = HERE / "app"
EXPECTED = HERE / "expected.png"
#: Fonts differ between machines: the colored bars of the days are a fifth of the picture.
_TOLERANCE = 0.08

#: Compares two pictures in a page: the share of pixels that clearly differ.
COMPARE = """(async () => {
  const [one, other] = await Promise.all(['expected.png', 'actual.png'].map(async (name) => {
    const image = await createImageBitmap(await (await fetch(name)).blob());
    const canvas = new OffscreenCanvas(480, 320).getContext('2d');
    canvas.drawImage(image, 0, 0);
    return canvas.getImageData(0, 0, 480, 320).data;
  }));
  let different = 0;
  for (let at = 0; at < one.length; at += 4)
    if ([0, 1, 2].some((part) => Math.abs(one[at + part] - other[at + part]) > 48)) different += 1;
  return different / (480 * 320);
})()"""


@pytest.fixture(params=["--tree-shaking", "--no-tree-shaking"])
def days(served: Path, request: pytest.FixtureRequest) -> str:
    """The application's page, by its path."""
    shutil.copy(APP / "index.html", served)
    # preact has no grant for the document: it creates nodes from the one that it receives.
    options = ("--format", "script", "-C", "browser")
    flag: str = request.param
    mapper("bundle", APP / "main.js", "-o", served / "app.js", *options, flag, check=True)
    return f"{served.name}/index.html"


def test_it_renders_answers_and_looks_as_expected(
    browser: Browser, served: Path, days: str
) -> None:
    drawn = "document.querySelectorAll('section').length === 3"
    picture = served / "actual.png"

    shown = browser.open(days, until=drawn, evaluate=CLICK, screenshot=picture)

    assert shown.errors == []
    assert shown.value == [
        *["Monday, 4 March 2024: Lock the realm down (done)"],
        *["Tuesday, 5 March 2024: Give each package a compartment (done), Grant what is needed"],
        "Wednesday, 6 March 2024: Look at what was withheld (done)",
    ]
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.copy(picture, EXPECTED)
    shutil.copy(EXPECTED, served)
    (served / "empty.html").write_text("<!doctype html>")
    share = browser.open(f"{served.name}/empty.html", evaluate=COMPARE).value
    assert isinstance(share, int | float)
    assert share < _TOLERANCE


def test_unused_modules_are_removed_for_pages(tmp_path: Path) -> None:
    def said(*flags: str) -> dict[str, int]:
        output = tmp_path / "app"
        done = mapper("bundle", APP / "main.js", "-o", output, "--json", *flags, check=True)
        found: dict[str, int] = json.loads(done.stdout)
        return found

    page, whole = said("-C", "browser"), said("-C", "browser", "--no-tree-shaking")

    assert whole["unused"] == said()["unused"] == 0
    assert page["modules"] + page["unused"] == whole["modules"]
    assert page["modules"] < whole["modules"] / 4
    assert page["packages"] == whole["packages"]


#: Clicks on the last task, and returns the content after preact has rendered it.
CLICK = """(async () => {
  [...document.querySelectorAll('li')].at(-1).click();
  await new Promise((drawn) => setTimeout(drawn, 100));
  return [...document.querySelectorAll('section')].map((section) =>
    section.querySelector('h2').textContent + ': ' +
    [...section.querySelectorAll('li')].map(({ className, textContent }) =>
      textContent + (className === 'done' ? ' (done)' : '')).join(', '));
})()"""
