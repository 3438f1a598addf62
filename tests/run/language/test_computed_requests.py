"""Computed requests resolve as in Node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE, package

PACKAGES = {
    f"node_modules/{name}/{file}": text
    for name in ("a", "b", "@s/impl-linux", "@s/impl-darwin", "@s/impl-win32", "plain-linux")
    for file, text in {
        "package.json": json.dumps({"name": name, "version": "1.0.0"}),
        "index.js": f"module.exports = {{ name: '{name}' }};\n",
        "parts/one.js": f"exports.part = '{name}-one';\n",
    }.items()
}

#: Each is the source of a module; its export `found` is compared.
CJS = {
    "alias": "const r = require; exports.found = r('os').EOL.length + r('a').name;",
    "var-assigned": "var r; r = require; exports.found = r('a').name + r('./own').own;",
    "comma": "exports.found = (0, require)('a').name;",
    "parameter": "exports.found = ((load) => load('a').name + load('os').EOL)(require);",
    "parameter-of-function": "function f(load) { return load('b').name; } exports.found = f(require);",
    "mapped": "exports.found = ['os', 'a', 'b'].map(require).length;",
    "lazy": "const lazy = (n) => require(n); exports.found = lazy('a').name + lazy('os').EOL;",
    "lazy-function": "function load(n) { return require(n); } exports.found = load('util').inspect(load('b'));",
    "module-require": "exports.found = module.require('a').name + module.require('os').EOL;",
    "require-main": "exports.found = require.main.require('a').name;",
    "ternary": "exports.found = require(process.argv.length > 90 ? 'a' : 'b').name;",
    "or": "exports.found = require(process.env.NOT_THERE_AT_ALL || 'a').name;",
    "table": "const t = { linux: 'a', darwin: 'b', win32: 'b' }; exports.found = typeof require(t[process.platform]).name;",
    "array": "const t = ['a', 'b']; exports.found = require(t[1]).name;",
    "const": "const name = 'a'; exports.found = require(name).name;",
    "switch": "let n; switch (process.platform) { case 'x': n = 'a'; break; default: n = 'b'; } exports.found = require(n).name;",
    "if": "let n = 'a'; if (process.argv.length > 90) n = 'b'; exports.found = require(n).name;",
    "template": "exports.found = require(`@s/impl-${process.platform}`).name;",
    "plus": "exports.found = require('@s/impl-' + process.platform).name;",
    "template-kept": "const n = `@s/impl-${process.platform}`; exports.found = require(n).name;",
    "template-of-function": "const n = () => `@s/impl-${process.platform}`; exports.found = require(n()).name;",
    "template-suffix": "exports.found = require(`plain-${process.platform}/parts/one`).part;",
    "file-of-package": "exports.found = require('a/parts/' + ['one', 'two'][0]).part;",
    "folded": "exports.found = require('o' + 's').EOL + require('@s/' + 'impl-linux').name;",
    "loop": "exports.found = ''; for (const n of ['absent', 'a']) { try { exports.found += require(n).name; break; } catch {} }",
    "resolve": "exports.found = typeof require.resolve('a') + typeof require.resolve('os');",
    "resolve-computed": "const n = 'b'; exports.found = require(require.resolve(n)).name;",
    "create-filename": "const { createRequire: cr } = require('module'); exports.found = cr(__filename)('a').name;",
    "create-member": "const m = require('node:module'); const r = m.createRequire(__filename); exports.found = r('os').EOL;",
    "create-called": "exports.found = require('module').createRequire(__filename)('a').name;",
    "helper": "var __require = ((x) => typeof require !== 'undefined' ? require : x)(function () {}); exports.found = __require('os').EOL + __require('a').name;",
    "helper-minified": "var a=(e=>typeof require<'u'?require:e)(function(){});exports.found=a('os').EOL+a('a').name;",
    "builtin-function": "exports.found = process.getBuiltinModule(['os', 'fs'][0]).EOL;",
    "import-computed": "const n = 'b'; exports.found = import(n).then((m) => m.default.name);",
    "path-joined": "exports.found = require(require('path').join(__dirname, 'own' + '.js')).own;",
    "path-kept": "const p = require('path').join(__dirname, 'plugins'); exports.found = ['x', 'y'].map((n) => require(p + '/' + n).plugin).join();",
    "path-resolved": "exports.found = require(require('path').resolve(__dirname, './plugins', `${'x'}.js`)).plugin;",
    "bound": "const r = require.bind(null); exports.found = r('a').name;",
    "applied": "exports.found = require.apply(null, ['a']).name + require.call(null, 'os').EOL;",
    "kept-in-object": "const o = { load: require }; exports.found = o.load('a').name + o.load('os').EOL;",
    "umd": "(function (root, factory) { factory(require, exports); })(this, function (require, exports) { exports.found = require('a').name + require('./own').own; });",
}
ESM = {
    "create": "import { createRequire } from 'node:module'; const req = createRequire(import.meta.url); export const found = req('os').EOL + req('a').name;",
    "create-alias": "import { createRequire as cr } from 'module'; var a = 1, r = cr(import.meta.filename); export const found = ((x) => r(x))('os').EOL + r('b').name;",
    "create-star": "import * as m from 'module'; const r = /* @__PURE__ */ m.createRequire(new URL(import.meta.url)); export const found = r('os').EOL + r('a').name;",
    "create-default": "import m from 'module'; export const found = m.createRequire(import.meta.url)('a').name;",
    "create-awaited": "const { createRequire } = await import('module'); const require = createRequire(import.meta.url); export const found = require('a').name + require('fs').constants.O_RDONLY;",
    "create-in-function": "import { createRequire } from 'module'; function f() { const require = createRequire(import.meta.url); return require('a').name; } export const found = f();",
    "create-resolve": "import { createRequire } from 'module'; const r = createRequire(import.meta.url); export const found = r(r.resolve('b')).name;",
    "create-get-builtin": "const { createRequire } = process.getBuiltinModule('module'); export const found = createRequire(import.meta.url)('a').name;",
    "esbuild": "import { createRequire as topLevelCreateRequire } from 'module'; const require = topLevelCreateRequire(import.meta.url); var __require = /* @__PURE__ */ ((x) => typeof require !== 'undefined' ? require : typeof Proxy !== 'undefined' ? new Proxy(x, { get: (a, b) => (typeof require !== 'undefined' ? require : a)[b] }) : x)(function (x) { if (typeof require !== 'undefined') return require.apply(this, arguments); throw Error(x); }); var __toESM = (m) => m; export const found = __toESM(__require('os')).EOL + __require('a').name;",
    "rolldown": "import { createRequire } from 'node:module'; var __require = /* @__PURE__ */ createRequire(import.meta.url); export const found = __require('os').EOL;",
    "import-helper": "const at = (s) => import(s); export const found = (await at('a')).default.name + (await at('node:os')).EOL;",
    "import-helper-function": "async function load(s) { return (await import(s)).default; } export const found = (await load('b')).name;",
    "import-folded": "export const found = (await import('node:' + 'os')).EOL;",
    "import-ternary": "export const found = (await import(process.argv.length > 90 ? 'a' : 'b')).default.name;",
    "import-template": "export const found = (await import(`@s/impl-${process.platform}`)).default.name;",
    "import-all": "export const found = (await Promise.all(['a', 'b'].map((n) => import(n)))).map((m) => m.default.name).join();",
    "import-path": "import { pathToFileURL, fileURLToPath } from 'url'; import { join, dirname } from 'path'; const here = dirname(fileURLToPath(import.meta.url)); export const found = (await import(pathToFileURL(join(here, 'own.js')))).default.own;",
    "import-path-computed": "import { pathToFileURL } from 'url'; import { join } from 'path'; const all = []; for (const n of ['x', 'y']) all.push((await import(pathToFileURL(join(import.meta.dirname, 'plugins', `${n}.js`)).href)).default.plugin); export const found = all.join();",
    "import-url": "export const found = (await import(new URL('./own.js', import.meta.url))).default.own;",
    "import-url-computed": "export const found = (await import(new URL(`./plugins/${'x'}.js`, import.meta.url).href)).default.plugin;",
    "import-meta-resolve": "export const found = (await import(import.meta.resolve('a'))).default.name;",
}
OWN = {
    "own.js": "exports.own = 'own file';\n",
    "plugins/x.js": "exports.plugin = 'X';\n",
    "plugins/y.js": "exports.plugin = 'Y';\n",
}

MAIN = """
const report = async (name, load) => {
  try { console.log(name, JSON.stringify(await (await load()).found)); }
  catch (error) { console.log(name, 'failed:', error.message.split('\\n')[0]); }
};
(async () => {
"""


def files_of(*, in_package: bool) -> dict[str, str]:
    """Return an application with a separate module for each source."""
    names = sorted({name.split("/parts")[0] for name in ("a", "b")})
    declared = dict.fromkeys([*names, "@s/impl-linux", "plain-linux"], "1")
    optional = {"@s/impl-darwin": "1", "@s/impl-win32": "1", "@s/impl-absent": "1"}
    own = {
        "name": "app",
        "version": "1.0.0",
        "dependencies": declared,
        "optionalDependencies": optional,
    }
    texts = {f"{name}.cjs": text for name, text in CJS.items()}
    texts |= {f"{name}.mjs": text for name, text in ESM.items()}
    calls = "".join(f"  await report('{name}', () => import('{{}}{name}'));\n" for name in texts)
    if not in_package:
        main = MAIN + calls.replace("{}", "./") + "})();\n"
        return {"package.json": json.dumps(own), "main.js": main, **texts, **OWN, **PACKAGES}
    folder = "node_modules/lib/"
    return {
        "package.json": json.dumps(
            {"name": "app", "version": "1.0.0", "dependencies": {"lib": "1"}}
        ),
        "main.js": MAIN + calls.replace("{}", "lib/") + "})();\n",
        folder + "package.json": json.dumps({**own, "name": "lib"}),
        **{folder + name: text for name, text in {**texts, **OWN}.items()},
        **PACKAGES,
    }


def node(entry: Path) -> str:
    """Return the output of Node."""
    done = subprocess.run(
        [NODE, "--no-warnings", entry], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("in_package", [False, True])
def test_computed_requests_lead_where_node_leads_them(tmp_path: Path, *, in_package: bool) -> None:
    project = write(tmp_path / "app", files_of(in_package=in_package))
    archive = tmp_path / "app.zip"
    expected = node(project / "main.js")

    made = mapper("bundle", project / "main.js", "--infer", "-o", archive)

    assert made.returncode == 0, made.stderr
    assert mapper("run", archive).stdout == expected


WARNED = {
    "package.json": '{"name": "app", "version": "1.0.0"}',
    "main.js": "require(process.argv[2] ?? 'os');\n",
    "other.js": "exports.load = (name) => require(process.env.X + name);\n",
    "quiet.js": "exports.load = (name) => { try { return require(name); } catch {} };\n",
}


@pytest.mark.parametrize(
    ("entry", "warns"), [("main.js", False), ("other.js", True), ("quiet.js", False)]
)
def test_a_fully_computed_request_is_a_warning(tmp_path: Path, entry: str, *, warns: bool) -> None:
    project = write(tmp_path / "app", WARNED)

    made = mapper("bundle", project / entry, "-o", tmp_path / "app.zip")

    assert made.returncode == 0
    assert ("warning [COMPUTED_REQUEST]" in made.stderr) is warns, made.stderr
    assert (f"{entry}:1:" in made.stderr) is warns


def test_a_word_is_not_a_request(tmp_path: Path) -> None:
    project = write(
        tmp_path / "app",
        {
            "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"lib": "1"}}',
            "main.js": "console.log(require('lib').words.length);\n",
            "node_modules/lib/package.json": '{"name": "lib", "version": "1.0.0", "dependencies": {"a": "1"}}',
            "node_modules/lib/index.js": "exports.words = ['a', 'b', 'fs'];\n",
            "node_modules/lib/loads.js": "",
            **PACKAGES,
        },
    )

    made = mapper("bundle", project / "main.js", "-o", tmp_path / "app.zip", "--json", "--infer")

    assert sorted(json.loads(made.stdout)["compartments"]) == ["app-v1.0.0", "lib-v1.0.0"]


def test_a_denial_names_a_grant_that_works(tmp_path: Path) -> None:
    project = write(
        tmp_path / "app",
        {
            "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"lib": "1"}}',
            "main.js": "console.log(require('lib').sum('x').length);\n",
            "node_modules/lib/package.json": '{"name": "lib", "version": "1.0.0"}',
            "node_modules/lib/index.js": "const c = require(['cry', 'pto'].join(''));\n"
            "exports.sum = (x) => c.createHash('sha1').update(x).digest('hex');\n",
        },
    )
    refused = mapper("run", project / "main.js").stderr
    proposal = refused.partition("--grant ")[2].split()[0]

    assert proposal == "lib:node:crypto"
    for grant in (proposal, "lib:crypto.createHash", "lib:crypto"):
        assert mapper("run", project / "main.js", "--grant", grant).stdout == "40\n"


CONFIGURED = {
    "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"reader": "1"}}',
    "main.mjs": "import { join, resolve } from 'node:path';\n"
    "import reader from 'reader';\n"
    "const folder = join(import.meta.dirname, 'conf');\n"
    "console.log(await reader.load(folder, 'one.mjs'), await reader.load(folder, 'two.cjs'));\n"
    "console.log(reader.started());\n"
    "console.log(await reader.file(resolve('conf/two.cjs')));\n",
    "conf/one.mjs": "export default 'one';\n",
    "conf/two.cjs": "module.exports = 'two';\n",
    "conf/never-named.mjs": "export default 3;\n",
    "reader.config.js": "module.exports = 'configured';\n",
    "node_modules/reader/package.json": '{"name": "reader", "version": "1.0.0"}',
    "node_modules/reader/index.js": "const { pathToFileURL } = require('url');\n"
    "const path = require('path');\n"
    "exports.load = async (folder, name) =>\n"
    "  (await import(pathToFileURL(path.join(folder, name)).href)).default;\n"
    "exports.file = async (file) => require(file);\n"
    "exports.started = () => require(path.join(process.cwd(), 'reader.config.js'));\n",
}


def test_a_dependency_loads_files_of_the_application_by_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write(tmp_path / "app", CONFIGURED)
    monkeypatch.chdir(project)
    archive = tmp_path / "app.zip"
    expected = node(project / "main.mjs")

    made = mapper("bundle", project / "main.mjs", "--infer", "-o", archive)

    assert expected == "one two\nconfigured\ntwo\n"
    assert "USES_APPLICATION" in made.stderr
    assert mapper("run", archive).stdout == expected
    denied = mapper("run", project / "main.mjs")
    assert denied.stdout == ""
    assert "ERR_MODULE_NOT_FOUND" in denied.stderr


NAMED = {
    "package.json": package(
        name="app", dependencies={"loader": "1", "plugin-a": "1", "other": "1"}
    ),
    "main.js": "const { load } = require('loader'); require('other');\n"
    "load('plugin-a'); load('plugin-z');",
    "node_modules/loader/package.json": package(name="loader"),
    "node_modules/loader/index.js": """
        exports.load = (name) => {
          let plugin;
          try { plugin = require(name); } catch (error) { return console.log(error.code); }
          console.log(plugin.name, require('fs').statSync(require('path').dirname(require.resolve(name))).isDirectory());
          for (const more of plugin.plugins ?? []) exports.load(more);
        };""",
    "node_modules/plugin-a/package.json": package(name="plugin-a", dependencies={"plugin-b": "1"}),
    "node_modules/plugin-a/index.js": "module.exports = { name: 'A', plugins: ['plugin-b'] };",
    "node_modules/plugin-b/package.json": package(name="plugin-b"),
    "node_modules/plugin-b/index.js": "module.exports = { name: 'B' };",
    "node_modules/other/package.json": package(name="other"),
    "node_modules/other/index.js": "",
}


def test_plugins_are_named_by_the_application_and_by_each_other(tmp_path: Path) -> None:
    main = write(tmp_path, NAMED) / "main.js"

    confined = mapper("run", "--infer", main, check=True)

    assert confined.stdout == "A true\nB true\nMODULE_NOT_FOUND\n"
    assert confined.stderr.count("[NAMED_PACKAGE]") == 2
    assert "'other'" not in confined.stderr  # it is requested, but not named for other packages
    assert mapper("run", main).stdout == "ERR_ACCESS_DENIED\nMODULE_NOT_FOUND\n"


def test_an_inferred_policy_says_what_is_named_for_others(tmp_path: Path) -> None:
    main = write(tmp_path, NAMED) / "main.js"

    inferred = mapper("policy", "infer", main, "-o", "-", check=True)

    assert inferred.stderr.count("[NAMED_PACKAGE]") == 2
    assert json.loads(inferred.stdout)["resources"]["loader"]["packages"]["plugin-a"]["grant"]
