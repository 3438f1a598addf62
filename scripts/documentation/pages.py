"""Write the sources of the site: the Markdown of the repository, and what is generated.

Usage: python -m documentation.pages FOLDER
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from environment import node_folder

from documentation import command_reference, error_pages, markdown, python_reference
from documentation.repository import ROOT, page_of, site_target, sources

_HERE = Path(__file__).parent
_GENERATED = re.compile(
    r'^<!-- site: (?P<page>\S+) "(?P<title>[^"]+)": (?P<text>[^\n]+) -->$', re.MULTILINE
)
_ENTRY = re.compile(r"^- \[(?P<title>[^\]]+)\]\((?P<page>[^)#]+\.md)\)", re.MULTILINE)
_SECTION = re.compile(r"^## (?P<title>[^\n]+)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_MERMAID = re.compile(r"^```mermaid\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Write all pages."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    pages = {page_of(file) or file: _page(file) for file in sources()}
    pages["index.md"] = with_navigation(with_generated(pages["index.md"]))
    pages["decisions/README.md"] = with_navigation(pages["decisions/README.md"])
    pages |= error_pages.pages(pages.pop("errors.md"))
    pages |= command_reference.pages()
    pages |= {"reference/python.md": python_reference.page()}
    pages |= {"reference/schemas.md": _schemas(folder)}
    for name, text in with_diagrams(pages).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    _write_javascript_reference(folder / "reference" / "javascript.md")
    shutil.copytree(ROOT / "docs" / "images", folder / "images")
    print(f"{len(pages) + 1} pages")


def _page(file: str) -> str:
    text = (ROOT / file).read_text("utf-8")
    return markdown.with_links(text, lambda target: site_target(target, file=file))


def with_generated(text: str) -> str:
    """Return the index with entries for pages that are generated."""
    return _GENERATED.sub(r"- [\g<title>](\g<page>.md): \g<text>", text)


def with_navigation(text: str) -> str:
    """Return *text* with the lists of pages as the navigation of the site, too.

    >>> print(with_navigation("## Guides\\n\\n- [A](a.md): b\\n").split("\\n\\n", 2)[2])
    ```{toctree}
    :hidden:
    :caption: Guides
    A <a>
    ```
    <BLANKLINE>
    """  # noqa: D301 - ends of lines within a text
    trees = [
        _tree(section["title"], entries)
        for section in _SECTION.finditer(text)
        if (entries := [*_ENTRY.finditer(section["body"])])
    ]
    if not trees:
        trees = [_tree(None, [*_ENTRY.finditer(text)])]
    return "\n".join([text.rstrip("\n"), "", *trees])


def _tree(caption: str | None, entries: list[re.Match[str]]) -> str:
    options = [":hidden:", *([f":caption: {caption}"] if caption else [])]
    names = [f"{entry['title']} <{entry['page'].removesuffix('.md')}>" for entry in entries]
    return "\n".join(["```{toctree}", *options, *names, "```", ""])


def with_diagrams(pages: dict[str, str]) -> dict[str, str]:
    """Return *pages* with diagrams drawn: no page needs a script or a server for them."""
    found = [diagram["text"] for text in pages.values() for diagram in _MERMAID.finditer(text)]
    drawn = iter(draw(found))
    return {
        name: _MERMAID.sub(lambda _: f"```{{raw}} html\n{next(drawn)}\n```", text)
        for name, text in pages.items()
    }


def draw(diagrams: list[str], colors: dict[str, str] | None = None) -> list[str]:
    """Return Mermaid diagrams as SVG."""
    command: list[str | Path] = [node_folder() / "node", _HERE / "diagrams.mjs"]
    done = subprocess.run(
        [*command, *([json.dumps(colors)] if colors else [])],
        input=json.dumps(diagrams),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    found: list[str] = json.loads(done.stdout)
    return found


def _schemas(folder: Path) -> str:
    """Return the page of all JSON Schemas, which are put beside it to be downloaded."""
    parts = ["# JSON Schemas", "Editors check files with them as you write."]
    for path in sorted((ROOT / "compartment_mapper").rglob("*.schema.json")):
        schema = json.loads(path.read_text("utf-8"))
        target = folder / "reference" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        parts += [
            f"## {path.name}",
            schema.get("description") or schema.get("title") or "",
            f"[Download {path.name}]({path.name})",
            f"```{{literalinclude}} {path.name}\n:language: json\n```",
        ]
    return "\n\n".join(parts) + "\n"


def _write_javascript_reference(page: Path) -> None:
    """Write what the types of the npm package say, by TypeDoc."""
    output = page.parent / "typedoc"
    typedoc = _HERE / "node_modules" / "typedoc" / "bin" / "typedoc"
    command: list[str | Path] = [node_folder() / "node", typedoc, "--out", output]
    done = subprocess.run(command, cwd=_HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    (output / "README.md").replace(page)
    shutil.rmtree(output)


if __name__ == "__main__":
    main()
