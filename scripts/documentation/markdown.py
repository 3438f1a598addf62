"""Links, headings and anchors of Markdown, as GitHub understands them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>```+|~~~+).*?^ *(?P=fence)[ \t]*$", re.DOTALL | re.MULTILINE
)
_CODE = re.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_LINK = re.compile(r"(?P<before>!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()(?P<target>[^)\s]+)(?P<after>\))")
_HEADING = re.compile(r"^(?P<marks>#{1,6}) +(?P<title>.+?)(?: +#+)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, and the fragment that leads to it."""

    level: int
    title: str
    anchor: str


def without_code(text: str) -> str:
    """Return *text* of the same length, with blanks for code, where nothing is a link.

    >>> without_code("a `[b](c)` d")
    'a          d'
    """
    return _CODE.sub(_blanks, _FENCE.sub(_blanks, text))


def links_of(text: str) -> Iterator[str]:
    """Yield the targets of links and pictures, in their order.

    >>> list(links_of("[a](b.md#c), ![d](e.png), `[f](g)`, [`h`](i)"))
    ['b.md#c', 'e.png', 'i']
    """
    for link in _LINK.finditer(without_code(text)):
        yield link["target"]


def with_links(text: str, replaced: Callable[[str], str]) -> str:
    """Return *text* with each target of a link replaced.

    >>> with_links("`[a](b)` [c](d)", str.upper)
    '`[a](b)` [c](D)'
    """
    parts, end = [], 0
    for link in _LINK.finditer(without_code(text)):
        parts += [text[end : link.start("target")], replaced(link["target"])]
        end = link.end("target")
    return "".join([*parts, text[end:]])


def headings_of(text: str) -> list[Heading]:
    """Return the headings with the anchors that GitHub gives them.

    >>> [heading.anchor for heading in headings_of("# A `b.c`, d\\n## X\\n## X")]
    ['a-bc-d', 'x', 'x-1']
    """  # noqa: D301 - a line's end within a text
    found: list[Heading] = []
    seen: dict[str, int] = {}
    plain = _FENCE.sub(_blanks, text)
    for heading in _HEADING.finditer(plain):
        base = anchor_of(heading["title"])
        times = seen.get(base, 0)
        seen[base] = times + 1
        anchor = f"{base}-{times}" if times else base
        found.append(Heading(level=len(heading["marks"]), title=heading["title"], anchor=anchor))
    return found


def anchor_of(title: str) -> str:
    """Return the anchor of a heading that is the first of its title.

    >>> anchor_of("CANNOT_READ, and `run --audit`")
    'cannot_read-and-run---audit'
    """
    shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")


def _blanks(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
