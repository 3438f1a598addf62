"""Check each link within the built site: the page, the file and the fragment exist.

Usage: python -m documentation.check_links FOLDER
Sphinx checks the links that it makes. This also checks what is written as HTML.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """The targets of a page's links, and its fragments."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.fragments: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in {"href", "src"}:
                self.targets.add(value)
            if value and (name == "id" or (tag == "a" and name == "name")):
                self.fragments.add(value)


def main() -> None:
    """Print broken links, and links to other servers that a page loads by itself."""
    site = Path(sys.argv[1]).resolve()
    pages = {path: _Page(path.read_text("utf-8")) for path in site.rglob("*.html")}
    broken = [
        f"{path.relative_to(site)}: {target}"
        for path, page in sorted(pages.items())
        for target in sorted(page.targets)
        if not _leads(target, path, pages)
    ]
    if broken:
        sys.exit("\n".join(["broken links:", *broken]))
    print(f"{len(pages)} pages, {sum(len(page.targets) for page in pages.values())} links")


def _leads(target: str, path: Path, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return True
    linked = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if linked.is_dir():
        linked /= "index.html"
    if not linked.is_file():
        return False
    fragment = unquote(parts.fragment)
    return not fragment or linked not in pages or fragment in pages[linked].fragments


if __name__ == "__main__":
    main()
