"""A page for each error code, from the sections of ``docs/errors.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SECTION = re.compile(
    r"^(?P<marks>##|###) (?P<title>[^\n]+)\n(?P<body>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"(\]\()(?![a-z]+:|#)")


def pages(text: str) -> dict[str, str]:
    """Return the page of all errors, and one for each code, by their names."""
    sections = list(_SECTION.finditer(text))
    introduction = text[: sections[0].start()]
    single = {
        f"errors/{section['title']}.md": _page(section)
        for section in sections
        if section["marks"] == "###"
    }
    names = [name.removesuffix(".md") for name in single]
    tree = "\n".join(["```{toctree}", ":hidden:", *names, "```", ""])
    return {"errors.md": "\n".join([introduction, *_tables(sections), tree]), **single}


def _page(section: re.Match[str]) -> str:
    body = _LINK.sub(r"\1../", section["body"]).replace("](../../errors/", "](")
    meaning, _, action = body.partition("**What to do:** ")
    action = action[:1].upper() + action[1:]
    return "\n\n".join(
        [f"# {section['title']}", meaning.strip(), "## What to do", action.strip(), ""]
    )


def _tables(sections: list[re.Match[str]]) -> Iterator[str]:
    for section in sections:
        title, body = section["title"], section["body"].strip()
        if section["marks"] == "##":
            yield f"\n## {title}\n\n{body}\n\n| code | meaning |\n|---|---|"
        else:
            anchor = f'<a id="{title.lower()}"></a>'
            yield f"| {anchor}[`{title}`](errors/{title}.md) | {first_sentence(body)} |"
    yield ""


def first_sentence(text: str) -> str:
    """Return the first sentence, on one line.

    >>> first_sentence("A package.json is wrong. Correct it.")
    'A package.json is wrong.'
    """
    line = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    return re.split(r"(?<=[.])\s+(?=[A-Z`])", line)[0].replace("|", r"\|")
