"""Applications that throw at known positions, in each language and in a dependency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from command_line import write
from support import RUNTIME, ask_node, package

_THROWS = """{comment}
{before}

function deep({parameter}) {{
  const text = 'é'; if (depth) throw new RangeError(text + depth);
}}
export function dig({parameter}) {{
  return [deep(depth)];
}}
"""
_COMMONJS = _THROWS.replace("export function dig", "exports.dig = function dig")
_TYPES = {
    "comment": "// typed",
    "before": "export interface Options { depth: number }",
    "parameter": "depth: number",
}
_PLAIN = {"comment": "// plain, with an emoji: \U0001f600", "before": "", "parameter": "depth"}
_ESM = _THROWS.format(**{**_PLAIN, "before": "export let calls = 0; calls += 1;"})

_COMPILE = """
const { transformSync } = require('esbuild');
const { source, sourcefile, format, minify } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const { code, map } = transformSync(source, {
  loader: 'ts', format, minify, sourcemap: 'external', sourcefile, target: 'es2022', platform: 'node',
});
console.log(JSON.stringify({ code, map }));
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The variant of the throwing file; see `files_of`."""

    #: Its installed name, without extension; and its original extension.
    file: str
    written_as: str
    source: str
    #: How the package is compiled before publishing: to which format, minified or not.
    published: tuple[str, bool] | None = None
    #: Whether we minify.
    minify: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Line and column of the thrown error, in the source."""
        before = self.source[: self.source.index("new RangeError")]
        return before.count("\n") + 1, len(before) - before.rfind("\n")

    @property
    def line(self) -> str:
        """The text at that position."""
        return self.source.splitlines()[self.place[0] - 1]


ROWS: Mapping[str, Row] = {
    "esm": Row(file="lib/dig.mjs", written_as="lib/dig.mjs", source=_ESM),
    "commonjs": Row(
        file="lib/dig.cjs", written_as="lib/dig.cjs", source=_COMMONJS.format(**_PLAIN)
    ),
    "typescript": Row(
        file="lib/dig.mts", written_as="lib/dig.mts", source=_THROWS.format(**_TYPES)
    ),
    "compiled": Row(
        file="lib/dig.cjs",
        written_as="src/dig.ts",
        source=_THROWS.format(**_TYPES),
        published=("cjs", False),
    ),
    "shipped-minified": Row(
        file="lib/dig.mjs",
        written_as="src/dig.ts",
        source=_THROWS.format(**_TYPES),
        published=("esm", True),
    ),
    "esm-minified-by-us": Row(
        file="lib/dig.mjs", written_as="lib/dig.mjs", source=_ESM, minify=True
    ),
    "commonjs-minified-by-us": Row(
        file="lib/dig.cjs",
        written_as="lib/dig.cjs",
        source=_COMMONJS.format(**_PLAIN),
        minify=True,
    ),
    "typescript-minified-by-us": Row(
        file="lib/dig.mts", written_as="lib/dig.mts", source=_THROWS.format(**_TYPES), minify=True
    ),
    "shipped-minified-and-minified-by-us": Row(
        file="lib/dig.mjs",
        written_as="src/dig.ts",
        source=_THROWS.format(**_TYPES),
        published=("esm", True),
        minify=True,
    ),
}

#: Types are stripped in the application's own code only.
PLACES = [
    (name, where)
    for name in ROWS
    for where in ("application", "dependency")
    if not (where == "dependency" and name.startswith("typescript"))
]


@cache
def published(source: str, form: str, *, minify: bool) -> tuple[str, str]:
    """Return a package's file and its source map, as esbuild writes them."""
    question = {"source": source, "sourcefile": "../src/dig.ts", "format": form, "minify": minify}
    found = ask_node(_COMPILE, question)
    assert isinstance(found, dict)
    return found["code"], found["map"]


def application(folder: Path, name: str, where: str) -> tuple[Path, list[str]]:
    """Write the application of a row; return its main file and the bundle options."""
    row = ROWS[name]
    files: dict[str, str | bytes] = {}
    base = "" if where == "application" else "node_modules/dep/"
    if row.published is None:
        files[base + row.file] = row.source
    else:
        form, minify = row.published
        code, found = published(row.source, form, minify=minify)
        files[base + row.file] = f"{code}//# sourceMappingURL=dig.map\n"
        files[base + "lib/dig.map"] = found
    request = f"./{row.file}" if where == "application" else "dep"
    write(
        folder,
        {
            "package.json": package(name="app", version="1.0.0", dependencies={"dep": "1"}),
            "main.mjs": f"import {{ dig }} from '{request}';\ndig(3);\n",
            "node_modules/dep/package.json": package(
                name="dep", version="1.0.0", main=row.file, exports=f"./{row.file}"
            ),
            **files,
        },
    )
    install_esbuild(folder)
    return folder / "main.mjs", ["--minify"] if row.minify else []


def install_esbuild(folder: Path) -> None:
    """Install an esbuild in the application in *folder*."""
    (folder / "node_modules").mkdir(exist_ok=True)
    (folder / "node_modules" / "esbuild").symlink_to(RUNTIME / "node_modules" / "esbuild")


def expected_frames(name: str, where: str) -> list[str]:
    """Return the positions in a trace, without function names."""
    row = ROWS[name]
    line, column = row.place
    package_name = "$root$" if where == "application" else "dep"
    return [
        f"compartment:///{package_name}/{row.written_as}:{line}:{column}",
        f"compartment:///{package_name}/{row.written_as}:{line + 3}:11",
        "compartment:///$root$/main.mjs:2:1",
    ]


#: Decodes the maps of scripts and looks up every occurrence of a word, with Node's map reader.
_LOOK_UP = """
const { SourceMap } = require('node:module');
const { scripts, word } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const found = [];
for (const { text, sourceMapURL } of scripts) {
  if (!sourceMapURL) continue;
  const [head, data] = sourceMapURL.split(',');
  if (head !== 'data:application/json;base64') throw new Error(head);
  const payload = JSON.parse(Buffer.from(data, 'base64').toString());
  const map = new SourceMap(payload);
  text.split('\\n').forEach((line, index) => {
    for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + 1)) {
      const entry = map.findEntry(index, at);
      const content = payload.sourcesContent[payload.sources.indexOf(entry.originalSource)];
      found.push([entry.originalSource, entry.originalLine + 1, entry.originalColumn + 1, content]);
    }
  });
}
console.log(JSON.stringify(found));
"""


def mapped_places(
    scripts: list[dict[str, str]], word: str, source: str
) -> set[tuple[int, int, str]]:
    """Return the positions in *source* for each *word* in *scripts*, with the text there."""
    found = ask_node(_LOOK_UP, {"scripts": scripts, "word": word})
    assert isinstance(found, list)
    return {(line, column, text) for name, line, column, text in found if name == source}
