"""Links between Markdown files lead to files and headings that exist."""

from __future__ import annotations

import doctest
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

from documentation import (  # noqa: E402 - of the scripts
    command_reference,
    error_pages,
    markdown,
    pages,
    screenshots,
)

_NOT_OURS = {".git", ".venv", "build", "dist", "node_modules"}
_TEXTS_OF_TESTS = ("fixtures/", "tests/packages/", "runtime/test/")


def _markdown() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted({*folders} - _NOT_OURS)
        for path in (Path(folder, name) for name in sorted(names)):
            relative = path.relative_to(ROOT).as_posix()
            if path.suffix == ".md" and not relative.startswith(_TEXTS_OF_TESTS):
                yield path


FILES = [*_markdown()]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    text = file.read_text("utf-8")
    broken = [target for target in markdown.links_of(text) if not _leads_somewhere(target, file)]
    assert broken == []


def _leads_somewhere(target: str, file: Path) -> bool:
    if "://" in target or target.startswith("mailto:"):
        return True
    name, _, anchor = target.partition("#")
    path = (file.parent / name).resolve() if name else file
    if not path.exists() or not path.is_relative_to(ROOT):
        return False
    if not anchor:
        return True
    return anchor in {heading.anchor for heading in markdown.headings_of(path.read_text("utf-8"))}


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("README.md", True),
        ("docs/errors.md#entry_not_found", True),
        ("#compartment-mapper", True),
        ("https://example.org/x", True),
        ("docs/gone.md", False),
        ("docs/errors.md#gone", False),
        ("../outside.md", False),
    ],
)
def test_broken_links_are_found(target: str, *, leads: bool) -> None:
    assert _leads_somewhere(target, ROOT / "README.md") == leads


def test_every_page_is_listed() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {
        (index.parent / target.partition("#")[0]).resolve()
        for name in ("README.md", "decisions/README.md")
        for target in _links_from(index.parent / name)
    }
    pages = {path for path in FILES if path.is_relative_to(ROOT / "docs")} - {index}
    assert pages - listed == set()


@pytest.mark.parametrize(
    "picture", sorted((ROOT / "docs" / "images").iterdir()), ids=lambda path: path.name
)
def test_pictures_are_small_and_shown(picture: Path) -> None:
    shown = [name for file in FILES for name in markdown.links_of(file.read_text("utf-8"))]
    assert picture.stat().st_size < 100_000
    assert any(name.endswith(f"images/{picture.name}") for name in shown)


def _links_from(page: Path) -> list[str]:
    folder = page.parent.relative_to(ROOT / "docs")
    return [str(folder / target) for target in markdown.links_of(page.read_text("utf-8"))]


@pytest.mark.parametrize(
    "module",
    [command_reference, error_pages, markdown, pages, screenshots],
    ids=lambda m: m.__name__,
)
def test_examples_of_the_scripts_hold(module: ModuleType) -> None:
    done = doctest.testmod(module)
    assert (done.failed, done.attempted > 0) == (0, True)
