"""Where files of the repository are on the site."""

from __future__ import annotations

import os
import posixpath
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Pages that are not in ``docs/``.
_PAGES = {
    "docs/README.md": "index.md",
    "README.md": "index.md",
    "CHANGELOG.md": "project/changelog.md",
    "CODE_OF_CONDUCT.md": "project/code-of-conduct.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/report-a-vulnerability.md",
    "runtime/README.md": "reference/javascript-package.md",
}
_URL = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Repository"]


def sources() -> list[str]:
    """Return the Markdown files that become pages, by their paths in the repository."""
    below = (path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    return sorted({*below, *_PAGES} - {"README.md"})


def page_of(file: str) -> str | None:
    """Return the source of the page that *file* becomes; None if it becomes none."""
    if file in _PAGES:
        return _PAGES[file]
    return file.removeprefix("docs/") if file.startswith("docs/") else None


def site_target(target: str, *, file: str) -> str:
    """Return where a link of *file* with this *target* leads on the site."""
    if "://" in target or target.startswith("#"):
        return target
    name, mark, anchor = target.partition("#")
    linked = posixpath.normpath(posixpath.join(posixpath.dirname(file), name))
    if linked == "docs/errors.md" and anchor:
        return relative(f"errors/{anchor.upper()}.md", file=file)
    page = page_of(linked)
    if page is None:
        kind = "tree" if (ROOT / linked).is_dir() else "blob"
        return f"{_URL}/{kind}/main/{linked}{mark}{anchor}"
    return relative(page, file=file) + mark + anchor


def relative(page: str, *, file: str) -> str:
    """Return the path of *page* from the page that *file* becomes."""
    own = page_of(file) or file
    return Path(os.path.relpath(page, posixpath.dirname(own) or ".")).as_posix()
