"""Small projects in one package, and the requests to resolve; Node is the oracle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Project:
    files: Mapping[str, str]
    requests: tuple[str, ...]
    referrers: tuple[str, ...] = ("main.js",)
    links: Mapping[str, str] = field(default_factory=dict)
    conditions: frozenset[str] = frozenset()


def package(**fields: object) -> str:
    return json.dumps(fields)


OWN_FILES = {
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
}
