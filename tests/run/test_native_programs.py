"""Executables of packages: machine code is packed and started only by name and hash."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE, ROOT

ESBUILD = ROOT / "runtime" / "node_modules"
LINE = re.compile(r'resources\["([^"]+)"\]\.native\["([^"]+)"\] = "([^"]+)"')
ENV = shutil.which("env") or ""

PROGRAM = """
const esbuild = require('esbuild');
const options = { loader: 'ts' };
(async () => {
  console.log(esbuild.version, esbuild.transformSync('let x: number = 1', options));
  console.log(await esbuild.transform('let y: number = 1', options));
  const stdin = { contents: 'export const a: number = 1 + 2', loader: 'ts' };
  const built = { stdin, write: false, minify: true };
  console.log((await esbuild.build(built)).outputFiles[0].text, esbuild.buildSync(built).errors);
  console.log(esbuild.formatMessagesSync([{ text: 'told' }], { kind: 'error' }));
  await esbuild.transform('let let', options).catch((error) => console.log(error.message));
  await esbuild.stop();
})();
"""


@pytest.fixture
def esbuild(tmp_path: Path) -> Path:
    (tmp_path / "app" / "node_modules").mkdir(parents=True)
    for name in ("esbuild", "@esbuild"):
        (tmp_path / "app" / "node_modules" / name).symlink_to(ESBUILD / name)
    version = json.loads((ESBUILD / "esbuild" / "package.json").read_text())["version"]
    described = {"name": "app", "version": "1.0.0", "dependencies": {"esbuild": version}}
    return write(tmp_path / "app", {"package.json": json.dumps(described), "main.js": PROGRAM})


def granted(app: Path) -> tuple[str, str, str]:
    """Return the label, the path and the hash that the warning of a bundle names."""
    done = mapper("bundle", "--infer", "main.js", "-o", "none.zip", cwd=app, check=True)
    found = LINE.search(done.stderr)
    assert found, done.stderr
    assert "NATIVE_PROGRAM" in done.stderr
    assert f"--grant '{found[1]}:native'" in done.stderr
    return found[1], found[2], found[3]


@pytest.mark.parametrize("threads", ["1", "0"])
def test_esbuild_prints_what_it_prints_in_node(
    esbuild: Path, tmp_path: Path, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESBUILD_WORKER_THREADS", threads)
    expected = subprocess.run(
        [NODE, "main.js"], cwd=esbuild, capture_output=True, text=True, check=True, timeout=60
    )
    label, *_ = granted(esbuild)
    archive = tmp_path / "app.zip"
    options = ("--infer", "--grant", f"{label}:native")

    mapper("bundle", *options, "main.js", "-o", archive, cwd=esbuild, check=True)
    shutil.rmtree(esbuild)
    found = mapper("run", archive, cwd=tmp_path)

    assert label == "esbuild"
    assert found.stdout == expected.stdout, found.stderr
    assert "machine code" in found.stderr  # the second wall is down


def test_without_a_grant_it_is_not_packed(esbuild: Path) -> None:
    granted(esbuild)

    done = mapper("run", "none.zip", cwd=esbuild)

    assert done.returncode == 1
    names = zipfile.ZipFile(esbuild / "none.zip").namelist()
    assert not [name for name in names if name.endswith("bin/esbuild")]


def app_with_program(folder: Path, code: str, thief: str = "") -> Path:
    """Return an application whose dependency `owner` may start a copy of the system's `env`."""
    write(
        folder,
        {
            "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"owner": "1", "thief": "1"}}',
            "main.js": "require('owner'); require('thief');\n",
            "node_modules/owner/package.json": '{"name": "owner", "version": "1.0.0", "dependencies": {"tool": "1"}}',
            "node_modules/owner/index.js": "const cp = require('child_process');\n"
            "const file = require.resolve(['tool', 'bin', 'show'].join('/'));\n"
            "if (0) { cp.spawn(file); cp.execFile(file); cp.spawnSync(file); cp.execFileSync(file); }\n"
            + code,
            "node_modules/thief/package.json": '{"name": "thief", "version": "1.0.0", "dependencies": {"tool": "1"}}',
            "node_modules/thief/index.js": thief,
            "node_modules/tool/package.json": '{"name": "tool", "version": "1.0.0"}',
            "node_modules/tool/bin/text": "#!/bin/sh\n",
        },
    )
    shutil.copy(ENV, folder / "node_modules" / "tool" / "bin" / "show")
    return folder


pytestmark = pytest.mark.skipif(not ENV or os.name == "nt", reason="starts the system's `env`")
RUN = ("run", "--infer", "--grant", "owner:native", "main.js")
TRIED = (
    "const tried = (start) => { try { start(); console.log('started'); }"
    " catch (error) { console.log(error.code); } };\n"
)


def test_all_functions_start_it(tmp_path: Path) -> None:
    env = "{ env: { GIVEN: 'yes' }, encoding: 'utf8' }"
    code = (
        f"console.log(cp.spawnSync(file, [], {env}).stdout, cp.execFileSync(file, {env}));\n"
        "(async () => {\n"
        f"  const execFile = require('util').promisify(cp.execFile);\n"
        f"  console.log((await execFile(file, ['-i'], {env})).stdout);\n"
        f"  const child = cp.spawn(file, [], {env});\n"
        "  child.stdout.on('data', (chunk) => console.log(String(chunk)));\n"
        "  child.on('close', (code) => console.log(code, child.spawnfile === file));\n"
        "  console.log(cp.spawnSync(file, ['-Z']).status, file.includes('cache'));\n"
        "})();\n"
    )

    done = mapper(*RUN, cwd=app_with_program(tmp_path, code))

    assert done.stdout.count("GIVEN=yes\n") == 3, done.stderr
    assert "0 true\n" in done.stdout
    assert "125 false\n" in done.stdout


def test_no_other_package_and_no_other_program_starts(tmp_path: Path) -> None:
    thief = (
        f"{TRIED}const cp = require('child_process');\n"
        "tried(() => cp.spawnSync(require.resolve(['tool', 'bin', 'show'].join('/'))));\n"
        "tried(() => cp.spawnSync('/tool-v1.0.0/bin/show'));\n"
    )
    code = (
        f"{TRIED}for (const name of ['{ENV}', '../../../..{ENV}', `${{file}}/../show`])\n"
        "  tried(() => cp.spawnSync(name));\n"
        "for (const options of [{ shell: true }, { uid: 0 }, { argv0: 'sh' }, { stdio: [7] }])\n"
        "  tried(() => cp.spawnSync(file, [], options));\n"
        "console.log('owner');\n"
        "tried(() => cp.spawnSync(file));\n"
    )

    done = mapper(*RUN, cwd=app_with_program(tmp_path, code, thief))

    denied, allowed = done.stdout.split("owner\n")
    assert denied.count("ERR_ACCESS_DENIED\n") + denied.count("ENOENT") == 7, done.stdout
    assert "started" not in denied
    assert allowed.split("\n")[0] == "started"
    assert allowed.count("started") == 1, done.stdout


def test_no_variable_loads_other_code(tmp_path: Path) -> None:
    library = tmp_path / "evil.so"
    names = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "NODE_OPTIONS"]
    given = json.dumps({**dict.fromkeys(names, str(library)), "PLAIN": "yes"})
    code = (
        f"const env = {given};\nObject.assign(process.env, env);\n"
        "for (const options of [{ env }, {}])\n"
        "  for (const { stdout, stderr } of [cp.spawnSync(file, options)]) console.log(`${stdout}${stderr}`);\n"
    )
    app = app_with_program(tmp_path, code)
    inherited = {**os.environ, "LD_LIBRARY_PATH": "/of/the/user"}

    done = mapper(*RUN, cwd=app, env=inherited)

    assert done.stdout.count("PLAIN=yes") >= 1, done.stderr
    assert "evil.so" not in done.stdout
    assert done.stdout.count("LD_LIBRARY_PATH=/of/the/user\n") == 2  # the user may


def test_a_policy_lists_it_with_its_hash(tmp_path: Path) -> None:
    code = "console.log(cp.spawnSync(file, [], { env: { A: '1' }, encoding: 'utf8' }).stdout);\n"
    app = app_with_program(tmp_path, code)
    label, path, integrity = granted(app)
    assert (label, path) == ("owner", "tool/bin/show")
    told = mapper("bundle", "--infer", "main.js", "-o", "none.zip", cwd=app).stderr
    assert f'"{integrity}" and resources["owner"].packages["owner>tool"] = true\n' in told
    mapper("policy", "infer", "main.js", cwd=app, check=True)
    file = app / "compartment-policy.json"
    policy = json.loads(file.read_text())
    policy["resources"][label]["native"] = {path: integrity}
    file.write_text(json.dumps(policy))
    narrow = mapper("bundle", "main.js", "-o", "app.zip", cwd=app)
    assert 'resources["owner"].packages["owner>tool"] = true' in narrow.stderr
    policy["resources"][label]["packages"] = {"owner>tool": True}
    file.write_text(json.dumps(policy))

    mapper("bundle", "main.js", "-o", "app.zip", cwd=app, check=True)
    assert "A=1\n" in mapper("run", "app.zip", cwd=app).stdout

    del policy["resources"][label]["native"]
    (app / "less.json").write_text(json.dumps(policy))
    less = mapper("run", "app.zip", "--policy", "less.json", cwd=app)
    assert less.returncode == 1
    assert "machine code outside of any compartment" in less.stderr
    assert f'native["{path}"] = "{integrity}"' in less.stderr

    with (app / "node_modules" / "tool" / "bin" / "show").open("ab") as program:
        program.write(b"changed")
    changed = mapper("bundle", "main.js", "-o", "app.zip", cwd=app)
    assert "NATIVE_PROGRAM" in changed.stderr
    assert integrity not in changed.stderr


def test_a_native_entry_is_no_grant_for_a_file_of_another_name(tmp_path: Path) -> None:
    """The hash alone does not start a program: the same content under another path is refused."""
    code = (
        f"{TRIED}tried(() => cp.spawnSync(require.resolve(['tool', 'bin', 'other'].join('/'))));\n"
    )
    app = app_with_program(tmp_path, code)
    shutil.copy(ENV, app / "node_modules" / "tool" / "bin" / "other")
    _, path, integrity = granted(app)
    mapper("policy", "infer", "main.js", cwd=app, check=True)
    file = app / "compartment-policy.json"
    policy = json.loads(file.read_text())
    for listed in (["tool/bin/show"], ["tool/bin/show", "tool/bin/other"]):
        policy["resources"]["owner"]["native"] = dict.fromkeys(listed, integrity)
        policy["resources"]["owner"]["packages"] = {"owner>tool": True}
        file.write_text(json.dumps(policy))
        done = mapper("run", "main.js", cwd=app)
        assert ("started" in done.stdout) == (len(listed) == 2), done.stdout + done.stderr
    assert path.startswith("tool/bin/")


def test_a_program_that_the_source_names_by_its_path(tmp_path: Path) -> None:
    """In the manner of biome: a program beside package.json, after a look for the C library."""
    code = (
        "let told; try { told = cp.execSync('ldd --version'); } catch ({ stderr }) { told = stderr; }\n"
        "const own = ['musl', 'tool/show'][told.indexOf('musl') > -1 ? 0 : 1];\n"
        "const paths = { linux: 'tool/show', darwin: 'tool/show' };\n"
        "const options = { env: { A: '1' }, encoding: 'utf8' };\n"
        "console.log(cp.spawnSync(require.resolve(paths[process.platform]), [], options).stdout, own);\n"
    )
    app = app_with_program(tmp_path, code)
    shutil.copy(ENV, app / "node_modules" / "tool" / "show")

    done = mapper(*RUN, cwd=app)

    assert done.stdout == "A=1\n tool/show\n", done.stderr
    assert "BINARY_FILE" not in done.stderr


def test_a_package_for_one_platform_has_its_program_in_any_folder(tmp_path: Path) -> None:
    code = (
        "const deep = require.resolve(['tool', 'dist', 'src', 'show'].join('/'));\n"
        "console.log(cp.spawnSync(deep, [], { env: { A: '1' }, encoding: 'utf8' }).stdout);\n"
    )
    app = app_with_program(tmp_path, code)
    tool = app / "node_modules" / "tool"
    own = json.loads((tool / "package.json").read_text())
    systems = {"os": ["linux", "darwin"], "cpu": ["x64", "arm64"]}
    (tool / "package.json").write_text(json.dumps({**own, **systems}))
    (tool / "dist" / "src").mkdir(parents=True)
    shutil.copy(ENV, tool / "dist" / "src" / "show")

    done = mapper(*RUN, cwd=app)

    assert done.stdout == "A=1\n\n", done.stderr


def test_a_policy_that_a_tool_run_writes_has_the_grants_of_the_run(tmp_path: Path) -> None:
    code = "console.log(cp.spawnSync(file, [], { env: { A: '1' }, encoding: 'utf8' }).stdout);\n"
    app = app_with_program(tmp_path, code)
    owner = app / "node_modules" / "owner" / "package.json"
    owner.write_text(json.dumps({**json.loads(owner.read_text()), "bin": "index.js"}))
    grants = ("--grant", "owner:native", "--grant", "owner:node:child_process.exec")

    mapper("exec", "--infer", *grants, "--write-policy", "owner", cwd=app, check=True)
    done = mapper("exec", "owner", cwd=app)

    policy = json.loads((app / "compartment-policy.owner.json").read_text())
    assert policy["resources"]["owner"]["builtins"]["child_process.exec"] is True
    assert done.stdout == "A=1\n\n", done.stderr
