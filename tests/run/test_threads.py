"""Threads and child processes that run modules of the archive: as in Node, and confined."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE

SOURCES = Path(__file__).parent / "threads" / "app"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("threads")
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    pool = folder / "node_modules" / "pool"
    shutil.move(folder / "pool", pool)
    write(
        folder,
        {
            "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"pool": "1"}}',
            "node_modules/pool/package.json": '{"name": "pool", "version": "1.0.0"}',
        },
    )
    return folder


PROGRAMS = [
    "advanced.js",
    "cluster.js",
    "forks.js",
    "main.js",
    "once.js",
    "spawns.js",
    "spawns.mjs",
]


def plain(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Return the result of *program* in Node."""
    return subprocess.run(
        [NODE, program], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_output_is_that_of_node(app: Path, program: str) -> None:
    expected = plain(program, app)
    assert expected.returncode == 0, expected.stderr

    found = mapper("run", "--infer", program, cwd=app)

    assert found.stdout == expected.stdout, found.stderr
    assert found.returncode == 0


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_archive_needs_no_other_file(app: Path, program: str, tmp_path: Path) -> None:
    mapper("bundle", "--infer", program, "-o", tmp_path / "app.zip", cwd=app, check=True)

    found = mapper("run", "app.zip", cwd=tmp_path)

    assert found.stdout == plain(program, app).stdout, found.stderr


def grants(policy: Mapping[str, object] | None = None, /, **builtins: object) -> str:
    """Return a policy with grants for the dependency `evil`."""
    own = {"builtins": {"path": True, **builtins}, **(policy or {})}
    entry = {"packages": {"evil": True}, "builtins": {"worker_threads": True}}
    return json.dumps({"harmless": True, "entry": entry, "resources": {"evil": own}})


def attacked(folder: Path, code: str, policy: str, *options: str, **files: str) -> str:
    """Return the output of *code* in a dependency that may start threads."""
    write(
        folder,
        {
            "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"evil": "1"}}',
            "main.js": "require('evil');\n",
            "compartment-policy.json": policy,
            "outside.js": "require('fs').writeFileSync('escaped', '');\n",
            "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
            "node_modules/evil/index.js": code,
            **{f"node_modules/evil/{name}.js": text for name, text in files.items()},
        },
    )
    env = {**os.environ, "OUTSIDE": str(folder / "outside.js")}
    done = mapper("run", *options, "main.js", cwd=folder, env=env)
    assert not (folder / "escaped").exists(), done.stdout + done.stderr
    return done.stdout + done.stderr


OWN = {"modules": "own"}
THREADS = {"worker_threads.Worker": OWN, "worker_threads.SHARE_ENV": True}
START = "const { Worker } = require('worker_threads');\n"
TRIES = (
    "const tried = (start) => { try { start(); console.log('started'); }"
    " catch (error) { console.log(error.code, error.message); } };\n"
)


@pytest.mark.parametrize(
    "call",
    [
        "new Worker('require(\"fs\")', { eval: true })",
        "new Worker(new URL('data:text/javascript,0'))",
        "new Worker(process.env.OUTSIDE)",
        "new Worker('./outside.js')",
        "new Worker(new URL(`file://${process.env.OUTSIDE}`))",
        "new Worker(require.resolve('./thread'), { execArgv: ['--require', './outside.js'] })",
        "new Worker(require.resolve('./thread'), { execArgv: ['--import=./outside.js'] })",
        "new Worker(require.resolve('./thread'), { execArgv: ['-r', './outside.js'] })",
    ],
)
def test_a_thread_runs_no_other_code(tmp_path: Path, call: str) -> None:
    policy = grants({"globals": {"process.env.OUTSIDE": True}}, **THREADS)

    shown = attacked(tmp_path, f"{START}{TRIES}tried(() => {call});\n", policy, thread="0;\n")

    assert "ERR_ACCESS_DENIED" in shown
    assert "started" not in shown


def test_other_options_of_node_have_no_effect(tmp_path: Path) -> None:
    """Node would reject this one for a thread."""
    options = "{ execArgv: ['--title=mine', '--no-warnings'] }"
    code = f"{START}new Worker(require.resolve('./thread'), {options});\n"

    assert (
        attacked(tmp_path, code, grants(**THREADS), thread="console.log('began');\n") == "began\n"
    )


@pytest.mark.parametrize("how", ["Worker", "fork"])
def test_variables_load_no_code(tmp_path: Path, how: str) -> None:
    """Node reads NODE_OPTIONS from the environment of a thread and of a process."""
    builtins = THREADS if how == "Worker" else {"child_process.fork": OWN}
    policy = grants({"globals": {"process.env": "write", "console": True}}, **builtins)
    options = "`--require ${process.env.OUTSIDE}`"
    code = (
        f"process.env.NODE_OPTIONS = {options};\n"
        "const env = { ...process.env };\n"
        f"const {{ {how} }} = require('{'worker_threads' if how == 'Worker' else 'child_process'}');\n"
    )
    starts = (
        "new Worker(require.resolve('./thread'), { env });\nnew Worker(require.resolve('./thread'));\n"
        "new Worker(require.resolve('./thread'), { env: require('worker_threads').SHARE_ENV });\n"
        if how == "Worker"
        else "fork(require.resolve('./thread'), { env });\nfork(require.resolve('./thread'));\n"
    )
    thread = "console.log('began', process.env.NODE_OPTIONS !== undefined);\n"

    shown = attacked(tmp_path, code + starts, policy, thread=thread)

    assert shown.count("began true") == (3 if how == "Worker" else 2), shown


@pytest.mark.parametrize("how", ["Worker", "fork"])
def test_grants_hold_in_threads_and_processes(tmp_path: Path, how: str) -> None:
    module = "worker_threads" if how == "Worker" else "child_process"
    code = (
        f"const {{ {how} }} = require('{module}');\n"
        f"{'new ' if how == 'Worker' else ''}{how}(require.resolve('./thread'));\n"
    )
    thread = (
        "try { console.log(require('fs').readFileSync('main.js', 'utf8').length > 0); }"
        " catch (error) { console.log(error.code); }\n"
    )
    grant = {f"{module}.{how}": OWN}

    denied = attacked(
        tmp_path, code, grants({}, **grant, **{"fs.readFileSync": False}), thread=thread
    )
    granted = attacked(
        tmp_path, code, grants({}, **grant, **{"fs.readFileSync": True}), thread=thread
    )

    assert "ERR_ACCESS_DENIED" in denied
    assert "true" not in denied
    assert granted == "true\n"


def test_a_child_in_another_folder_has_the_same_files(tmp_path: Path) -> None:
    """A pattern starts at the folder of the program, not at that of a child."""
    policy = grants(
        **{"child_process.fork": OWN, "fs.readFileSync": {"read": ["./data/**"]}},
    )
    write(tmp_path, {"data/own": "own", "elsewhere/data/other": "other"})
    code = "require('child_process').fork(require.resolve('./thread'), { cwd: 'elsewhere' });\n"
    thread = (
        "const { readFileSync } = require('fs');\n"
        "for (const file of ['../data/own', 'data/other'])\n"
        "  try { console.log(readFileSync(file, 'utf8')); } catch (e) { console.log(e.code); }\n"
    )

    assert attacked(tmp_path, code, policy, thread=thread) == "own\nERR_ACCESS_DENIED\n"


def test_only_the_starter_sees_variables_that_it_gives(tmp_path: Path) -> None:
    reads = {"globals": {"process.env.SECRET": True}}
    policy = json.loads(grants({**reads, "packages": {"evil>other": True}}, **THREADS))
    policy["resources"]["evil>other"] = reads
    files = {
        "node_modules/other/package.json": '{"name": "other", "version": "1.0.0"}',
        "node_modules/other/index.js": "console.log('other', process.env.SECRET);\n",
    }
    write(tmp_path, files)
    code = f"{START}new Worker(require.resolve('./thread'), {{ env: {{ SECRET: 'mine' }} }});\n"
    thread = "console.log('evil', process.env.SECRET);\nrequire('other');\n"

    assert attacked(tmp_path, code, json.dumps(policy), thread=thread) == (
        "evil mine\nother undefined\n"
    )


def test_the_audit_covers_threads_and_processes(tmp_path: Path) -> None:
    policy = grants(**{"worker_threads.Worker": OWN, "child_process.fork": OWN})
    code = (
        f"{START}new Worker(require.resolve('./thread'));\n"
        "require('child_process').fork(require.resolve('./child'));\n"
    )
    output = tmp_path / "audit.json"

    attacked(
        tmp_path,
        code,
        policy,
        "--audit-output",
        str(output),
        thread="require(['f', 's'].join('')).readFileSync('x');\n",
        child="require(['d', 'ns'].join('')).lookup('x', () => 0);\n",
    )

    paths = {row["path"] for row in json.loads(output.read_text())["audit"]}
    assert {"fs.readFileSync", "dns.lookup"} <= paths


def test_the_report_covers_threads_and_processes(tmp_path: Path) -> None:
    policy = grants(**{"worker_threads.Worker": OWN, "child_process.fork": OWN})
    code = (
        f"{START}new Worker(require.resolve('./thread'));\n"
        "require('child_process').fork(require.resolve('./child'));\n"
    )
    report = tmp_path / "report.jsonl"

    attacked(
        tmp_path,
        code,
        policy,
        "--report",
        str(report),
        thread="try { require(['f', 's'].join('')) } catch {}\n",
        child="try { require(['n', 'et'].join('')) } catch {}\n",
    )

    denied = {json.loads(line)["capability"] for line in report.read_text().splitlines()}
    assert {"fs", "net"} <= denied


def test_a_child_that_is_waited_for_is_confined_and_audited(tmp_path: Path) -> None:
    builtins = {"child_process.fork": OWN, "fs.readFileSync": False}
    policy = grants({"globals": {"process.execPath": True}}, **builtins)
    code = (
        "const starts = ['spawn', 'execFile'].map((name) => require('child' + name.slice(9) + '_process')[`${name}Sync`]);\n"
        "const [spawnSync] = starts;\n"
        "require('child_process').spawnSync(process.execPath, [require.resolve('./thread')]);\n"
        "const { stdout } = spawnSync(process.execPath, [require.resolve('./thread')]);\n"
        "console.log(String(stdout));\n"
        "for (const args of [['-e', 'console.log(1)'], ['./outside.js'],"
        " ['--require', './outside.js', require.resolve('./thread')]])\n"
        "  for (const start of starts)\n"
        "    try { start(process.execPath, args); console.log('started'); }"
        " catch (error) { console.log(error.code); }\n"
        "try { spawnSync('true'); } catch (error) { console.log(error.code); }\n"
    )
    thread = (
        "try { console.log(typeof require('fs').readFileSync('main.js')); }"
        " catch (error) { console.log('child', error.code); }\n"
    )
    report = tmp_path / "report.jsonl"

    shown = attacked(tmp_path, code, policy, "--report", str(report), thread=thread)

    assert "child ERR_ACCESS_DENIED" in shown
    assert shown.count("ERR_ACCESS_DENIED") == 8, shown
    assert "started" not in shown
    denied = {json.loads(line)["capability"] for line in report.read_text().splitlines()}
    assert "fs.readFileSync" in denied


def test_a_grant_by_name_runs_any_code_in_threads(app: Path, tmp_path: Path) -> None:
    """The other, critical grant: the controls of the tests above can fail."""
    write(
        tmp_path,
        {
            "package.json": '{"name": "app", "version": "1.0.0"}',
            "main.js": "const { Worker } = require('worker_threads');\n"
            "new Worker('console.log(typeof require(\"fs\").readFileSync)', { eval: true });\n",
        },
    )

    refused = mapper("run", "main.js", cwd=tmp_path)
    allowed = mapper("run", "--grant", "$root$:worker_threads.Worker", "main.js", cwd=tmp_path)

    assert "only modules of the archive run in its threads" in refused.stderr
    assert allowed.stdout == "function\n", allowed.stderr


def test_options_that_run_code_set_no_variable_of_node(tmp_path: Path) -> None:
    """A shared environment could change between a check and the start of the thread."""
    policy = grants({"globals": {"process.env": "write"}}, **THREADS)
    code = (
        "const { Worker, SHARE_ENV } = require('worker_threads');\n"
        "const toString = () => (process.env.NODE_OPTIONS = `--require ${process.env.OUTSIDE}`);\n"
        "new Worker(require.resolve('./thread'), { env: SHARE_ENV, argv: [{ toString }] });\n"
    )

    assert attacked(tmp_path, code, policy, thread="console.log('began');\n") == "began\n"


@pytest.mark.parametrize(("serialization", "refused"), [("json", 2), ("advanced", 1)])
def test_messages_to_node_itself_are_refused(
    tmp_path: Path, serialization: str, refused: int
) -> None:
    """They make the primary of a cluster listen, and create sockets as files."""
    policy = grants(
        {"globals": {"process.send": True, "process.disconnect": True}}, **{"cluster.fork": OWN}
    )
    code = (
        "const cluster = require('cluster');\n"
        f"cluster.setupPrimary({{ exec: require.resolve('./thread'), serialization: '{serialization}' }});\n"
        "cluster.fork();\n"
    )
    thread = (
        "let asked = 0;\n"
        "const query = { act: 'queryServer', seq: 1, key: 'a', address: 'made.sock', port: -1 };\n"
        "const more = { addressType: -1, flags: 0, index: 0, data: null };\n"
        "const late = { get cmd() { return (asked += 1) > 1 ? 'NODE_CLUSTER' : 'x'; } };\n"
        "for (const first of [{ cmd: 'NODE_CLUSTER' }, { toJSON: () => ({ cmd: 'NODE_CLUSTER' }) }, late])\n"
        "  try { process.send(Object.assign(first, query, more)); console.log('sent'); }\n"
        "  catch (error) { console.log(error.code, error.name); }\n"
        "setTimeout(() => process.disconnect?.(), 500);\nsetTimeout(() => 0, 600);\n"
    )
    policy = json.dumps(json.loads(policy))

    shown = attacked(tmp_path, code, policy, "--no-second-wall", thread=thread)

    assert shown.count("ERR_ACCESS_DENIED") == refused, shown
    assert shown.count("DataCloneError") == 2 - refused  # V8's format has no functions
    assert shown.count("sent") == 1  # by the getter, which is read once
    assert not (tmp_path / "made.sock").exists()


def test_packages_in_a_child_do_not_share_the_memory_of_a_message(tmp_path: Path) -> None:
    send = {"globals": {"process.on": True, "process.disconnect": True}}
    policy = json.loads(
        grants({**send, "packages": {"evil>other": True}}, **{"child_process.fork": OWN})
    )
    policy["resources"]["evil>other"] = send
    other = "process.on('message', (bytes) => { console.log(bytes[0], bytes.buffer.byteLength); });"
    write(
        tmp_path,
        {
            "node_modules/other/package.json": '{"name": "other", "version": "1.0.0"}',
            "node_modules/other/index.js": other,
        },
    )
    options = "{ serialization: 'advanced' }"
    code = (
        f"const child = require('child_process').fork(require.resolve('./thread'), {options});\n"
        "child.send(new Uint8Array([1, 2]));\n"
    )
    thread = (
        "process.on('message', (bytes) => { bytes[0] = 9; process.disconnect(); });\n"
        "require('other');\n"
    )

    assert attacked(tmp_path, code, json.dumps(policy), thread=thread) == "1 2\n"


@pytest.mark.parametrize("signal", ["'SIGUSR1'", "10"])
def test_no_inspector_is_opened(tmp_path: Path, signal: str) -> None:
    policy = grants(**{"child_process.fork": OWN})
    code = (
        "const child = require('child_process').fork(require.resolve('./thread'));\n"
        f"try {{ child.kill({signal}); }} catch (error) {{ console.log(error.code); }}\n"
        "child.kill();\n"
    )

    assert attacked(tmp_path, code, policy, thread="setInterval(() => 0, 1000);\n") == (
        "ERR_ACCESS_DENIED\n"
    )


def test_a_worker_of_a_cluster_sees_no_other_variables(tmp_path: Path) -> None:
    """The variables of `fork` are added to those of the process, which the package may not read."""
    code = (
        "const cluster = require('cluster');\n"
        "cluster.setupPrimary({ exec: require.resolve('./thread') });\n"
        "cluster.fork({ GIVEN: 'yes' });\n"
    )
    thread = "console.log(process.env.GIVEN, process.env.OUTSIDE);\nprocess.exit(0);\n"
    granted = {"process.env.GIVEN": True, "process.env.OUTSIDE": False, "process.exit": True}
    denied = grants({"globals": granted}, **{"cluster.fork": OWN})
    allowed = grants({"globals": {**granted, "process.env.OUTSIDE": True}}, **{"cluster.fork": OWN})

    assert attacked(tmp_path, code, denied, thread=thread) == "yes undefined\n"
    assert attacked(tmp_path, code, allowed, thread=thread).endswith("outside.js\n")


@pytest.mark.parametrize("stdio", ["[]", "['ignore']", "['ignore', 'pipe']"])
def test_a_short_list_of_streams_has_the_usual_three(tmp_path: Path, stdio: str) -> None:
    """Otherwise the archive, and what a child reports, would pass through a standard stream."""
    policy = grants({"globals": {"process.execPath": True}}, **{"child_process.fork": OWN})
    code = (
        "const { spawn } = require('child_process');\n"
        f"const child = spawn(process.execPath, [require.resolve('./thread')], {{ stdio: {stdio} }});\n"
        "child.stdin?.end('typed');\n"
        "child.stdout.on('data', (chunk) => console.log(String(chunk)));\n"
        "child.on('close', (code) => console.log('closed', code, child.stdio.length));\n"
    )
    thread = (
        "console.log(JSON.stringify(['needed', { label: 'a', part: 'builtins', path: 'b' }]));\n"
    )
    audit = tmp_path / "audit.json"

    shown = attacked(tmp_path, code, policy, "--audit-output", str(audit), thread=thread)

    assert "closed 0 3" in shown
    assert '["needed"' in shown
    assert json.loads(audit.read_text())["audit"] == []


def test_an_error_does_not_show_the_working_directory(tmp_path: Path) -> None:
    code = f"{START}{TRIES}tried(() => new Worker('./none.js'));\n"

    shown = attacked(tmp_path, code, grants(**THREADS))

    assert "may not start './none.js'" in shown
    assert str(tmp_path) not in shown


CHANGING = """
const { execFile, execFileSync, spawn, spawnSync } = require('node:child_process');
const changing = () => {
  let reads = 0;
  return new Proxy(['one'], {
    get: (target, key) => (key === '0' && reads++ > 0 ? 'other' : target[key]),
  });
};
console.log(`${spawnSync('printf', changing()).stdout}`);
console.log(`${execFileSync('printf', changing())}`);
spawn('printf', changing()).stdout.on('data', (text) => console.log(`${text}`)).on('close', () => {
  execFile('printf', changing(), (_error, text) => console.log(text));
});
"""


def test_arguments_of_other_programs_are_read_as_in_node(tmp_path: Path) -> None:
    write(tmp_path, {"package.json": '{"name": "app"}', "main.js": CHANGING})
    plain = subprocess.run(
        [NODE, "main.js"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    grants = ("--grant", "$root$:child_process")

    found = mapper("run", "--infer", *grants, "main.js", cwd=tmp_path)

    assert found.stdout == plain.stdout, found.stderr
