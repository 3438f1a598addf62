"""Bundled source maps: traces name the original sources of a package."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import ask_node, package

_SOURCE = """export interface Options { depth: number }

export function dig<T extends Options>(options: T): never {
  const inner = (): never => { throw new RangeError('é' + options.depth) };
  return inner();
}
"""
#: (line, column) of the thrown error, and of the call.
_PLACES = [(4, 38), (5, 10)]

#: As a package is compiled before publishing.
_COMPILE = """
const { transformSync } = require('esbuild');
const { source, format, minify } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const { code, map } = transformSync(source, {
  loader: 'ts', format, minify, sourcemap: 'external', sourcefile: '../src/dig.ts', target: 'es2022',
});
console.log(JSON.stringify({ code, map }));
"""


def _compiled(form: str, *, minify: bool) -> tuple[str, str]:
    found = ask_node(_COMPILE, {"source": _SOURCE, "format": form, "minify": minify})
    assert isinstance(found, dict)
    return found["code"], found["map"]


def _application(folder: Path, form: str, code: str, extra: dict[str, str | bytes]) -> Path:
    main = {
        "esm": "import { dig } from 'dep'; dig({ depth: 3 });",
        "cjs": "require('dep').dig({ depth: 3 });",
    }
    kind = "module" if form == "esm" else "commonjs"
    return write(
        folder,
        {
            "package.json": package(
                name="app", version="1.0.0", type=kind, dependencies={"dep": "1"}
            ),
            "main.js": main[form],
            "node_modules/dep/package.json": package(
                name="dep", version="1.0.0", type=kind, main="lib/dig.js"
            ),
            "node_modules/dep/lib/dig.js": code,
            **extra,
        },
    )


def _run(folder: Path, *options: str) -> str:
    archive = folder.parent / "app.zip"
    mapper("bundle", folder / "main.js", "-o", archive, "--infer", *options, check=True)
    return mapper("run", archive).stderr


_MAP_FILE = "node_modules/dep/lib/dig.js.map"
_INLINE = "\n//# sourceMappingURL=data:application/json;base64,"


@pytest.mark.parametrize("minify", [False, True])
@pytest.mark.parametrize("form", ["esm", "cjs"])
@pytest.mark.parametrize("way", ["file", "inline"])
def test_traces_and_frames_name_the_sources(
    tmp_path: Path, form: str, way: str, *, minify: bool
) -> None:
    code, found = _compiled(form, minify=minify)
    if way == "file":
        code, extra = f"{code}//# sourceMappingURL=dig.js.map\n", {_MAP_FILE: found}
    else:
        code, extra = code + _INLINE + base64.b64encode(found.encode()).decode(), {}
    folder = _application(tmp_path / "app", form, code, dict(extra))

    shown = _run(folder, "--source-map", "inline")

    for line, column in _PLACES[:1] if minify else _PLACES:
        # Minified code may be one function, and its map has fewer columns.
        exact = r"\d+" if minify else column
        assert re.search(rf"compartment:///dep/src/dig\.ts:{line}:{exact}\)", shown)
    frame = re.escape(_SOURCE.splitlines()[3])
    before = " +" if minify else " " * 37
    top = rf"compartment:///dep/src/dig\.ts:4\n{frame}\n{before}\^\n\nRangeError: é3\n"
    assert re.search(top, shown)
    assert "main.js:1:" in shown


def test_without_the_option_an_archive_has_no_maps(tmp_path: Path) -> None:
    code, found = _compiled("esm", minify=False)
    text = f"{code}//# sourceMappingURL=dig.js.map\n"
    folder = _application(tmp_path / "app", "esm", text, {_MAP_FILE: found})

    shown = _run(folder)
    plain = (tmp_path / "app.zip").read_bytes()

    assert "compartment:///dep/lib/dig.js:" in shown
    assert b"sourceMap" not in plain
    assert _run(folder, "--source-map", "none") == shown
    assert (tmp_path / "app.zip").read_bytes() == plain


def test_a_changed_map_is_seen(tmp_path: Path) -> None:
    code, found = _compiled("cjs", minify=False)
    text = f"{code}//# sourceMappingURL=dig.js.map\n"
    folder = _application(tmp_path / "app", "cjs", text, {_MAP_FILE: found})
    assert "src/dig.ts:4:38" in _run(folder, "--source-map", "inline")

    write(folder, {_MAP_FILE: found.replace("../src/dig.ts", "../src/dug.ts")})

    assert "src/dug.ts:4:38" in _run(folder, "--source-map", "inline")


BAD = {
    "no-json": "{",
    "an-array": "[]",
    "sections": json.dumps({"version": 3, "sections": []}),
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("name", BAD)
def test_an_invalid_source_map_is_a_warning(tmp_path: Path, name: str) -> None:
    code, _ = _compiled("esm", minify=False)
    text = f"{code}//# sourceMappingURL=dig.js.map\n"
    folder = _application(tmp_path / "app", "esm", text, {_MAP_FILE: BAD[name]})
    archive = tmp_path / "app.zip"
    options = ("--infer", "--source-map", "inline")

    done = mapper("bundle", folder / "main.js", "-o", archive, *options, check=True)

    assert "node_modules/dep/lib/dig.js: warning [INVALID_SOURCE_MAP]" in done.stderr
    assert "dep/lib/dig.js:" in mapper("run", archive).stderr


ELSEWHERE = [
    "../../../secret.map",
    "https://example.com/x.map",
    "/etc/passwd",
    "missing.map",
    "%zz",
    "link.map",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_maps_outside_of_their_package_are_not_read(tmp_path: Path, url: str) -> None:
    code, found = _compiled("esm", minify=False)
    secret = found.replace("dig.ts", "secret.ts")
    text = f"{code}//# sourceMappingURL={url}\n"
    folder = _application(tmp_path / "app", "esm", text, {"secret.map": secret})
    (folder / "node_modules/dep/lib/link.map").symlink_to(folder / "secret.map")

    shown = _run(folder, "--source-map", "inline")

    assert "compartment:///dep/lib/dig.js:" in shown
    assert b"secret.ts" not in (tmp_path / "app.zip").read_bytes()


def test_sources_are_called_by_paths_below_the_package(tmp_path: Path) -> None:
    code, found = _compiled("cjs", minify=False)
    for source, expected in {
        "webpack://dep/./src/a.ts": "src/a.ts",
        "../../../../../x.ts": "x.ts",
        "/home/me/dep/src/a.ts": "home/me/dep/src/a.ts",
        "a\x1b[2J.ts": r"lib/a\x1b[2J.ts",
    }.items():
        value = {**json.loads(found), "sources": [source]}
        extra = {_MAP_FILE: json.dumps(value)}
        text = f"{code}//# sourceMappingURL=dig.js.map\n"
        folder = _application(tmp_path / "app", "cjs", text, dict(extra))

        assert f"compartment:///dep/{expected}:4:38" in _run(folder, "--source-map", "inline")


def test_places_that_the_map_does_not_have_stay(tmp_path: Path) -> None:
    code, found = _compiled("cjs", minify=False)
    value = {**json.loads(found), "mappings": "!!,AAAA;\x00,,;;"}
    text = f"{code}//# sourceMappingURL=dig.js.map\n"
    folder = _application(tmp_path / "app", "cjs", text, {_MAP_FILE: json.dumps(value)})

    assert "compartment:///dep/lib/dig.js:" in _run(folder, "--source-map", "inline")
