"""One browser for all tests; without one they are skipped with instructions to install it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from chromium import MODULES, Browser, Script, maybe_chromium
from command_line import write
from process import mapper


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium = maybe_chromium()
    if chromium is None:
        pytest.skip(
            "no Chromium: apt-get install chromium, or set COMPARTMENT_MAPPER_CHROMIUM to one"
        )
    if not (MODULES / ".package-lock.json").is_file():
        pytest.fail("packages are missing: run 'npm ci --ignore-scripts' in tests/browser")
    opened = Browser(chromium, tmp_path_factory.mktemp("served"))
    yield opened
    opened.close()


@pytest.fixture
def served(browser: Browser, request: pytest.FixtureRequest) -> Path:
    """A separate folder for the test, at the path of its name."""
    folder: Path = browser.folder / request.node.name
    folder.mkdir()
    return folder


@pytest.fixture
def script(served: Path, tmp_path: Path) -> Script:
    """Bundle an application for a page: ``script(FILES, *OPTIONS)``; the entry is ``main.js``."""

    def make(files: Mapping[str, str], *options: str, name: str = "app.js") -> Path:
        app = write(tmp_path / name, {"package.json": '{"name": "app", "type": "module"}', **files})
        form = () if "--format" in options else ("--format", "script")
        output = served / name
        mapper(
            "bundle", app / "main.js", "-o", output, "-C", "browser", *form, *options, check=True
        )
        return output

    return make
