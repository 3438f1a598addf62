"""Small projects with packages in node_modules, and the requests to resolve."""

from __future__ import annotations

from conformance.projects import Project, package

PACKAGES = {
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
