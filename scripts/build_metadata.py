"""Metadata that hatchling computes: the README as a package index shows it.

An index shows the README on a page of its own, where relative links and pictures lead nowhere. Here
they become URLs below ``project.urls.Repository`` of pyproject.toml.
"""

from __future__ import annotations

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(?<![\w`])(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


class CustomMetadataHook(MetadataHookInterface):
    """Sets the long description."""

    def update(self, metadata: dict[str, object]) -> None:
        """Set `readme` to the README with absolute links."""
        urls = metadata["urls"]
        assert isinstance(urls, dict)
        text = (Path(self.root) / "README.md").read_text("utf-8")
        absolute = with_absolute_links(text, urls["Repository"])
        metadata["readme"] = {"content-type": "text/markdown", "text": absolute}


def with_absolute_links(text: str, repository: str) -> str:
    """Return the Markdown *text* with links and pictures below *repository*.

    >>> with_absolute_links("[a](docs/a.md#b) ![p](docs/p.png) [s](#s)", "https://h/r")
    '[a](https://h/r/blob/main/docs/a.md#b) ![p](https://h/r/raw/main/docs/p.png) [s](#s)'
    """

    def absolute(link: re.Match[str]) -> str:
        target = link["target"]
        if target.startswith("#") or "://" in target:
            return link[0]
        kind = "raw" if link["picture"] else "blob"
        return f"{link['picture']}[{link['text']}]({repository}/{kind}/main/{target})"

    return _LINK.sub(absolute, text)
