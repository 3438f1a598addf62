"""A package that may start threads and children, and use all files: what it can't reach there."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from command_line import write
from process import mapper

OWN = {"modules": "own"}
BUILTINS = {
    "path": True,
    "worker_threads.Worker": OWN,
    "child_process.fork": OWN,
    **dict.fromkeys(("fs", "net", "tty", "url"), True),
}
GLOBALS = {"process.execPath": True, "process.exit": True, "process.on": True, "process.send": True}


def made(folder: Path, code: str, builtins: object = BUILTINS, **files: str) -> Path:
    """Return an application whose dependency `evil` is *code*, beside a package `victim`."""
    evil = {"builtins": builtins, "globals": GLOBALS, "packages": {"$root$": False}}
    victim = {"builtins": {"fs": True, "net": True}}
    policy = {
        "harmless": True,
        "entry": {"packages": {"evil": True, "victim": True}},
        "resources": {"evil": evil, "victim": victim},
    }
    described = {"name": "app", "version": "1.0.0", "dependencies": {"evil": "1", "victim": "1"}}
    return write(
        folder,
        {
            "package.json": json.dumps(described),
            "main.js": "require('victim');\nrequire('evil');\n",
            "secret.js": "console.log('SECRET');\n",
            "secret.txt": "SECRET",
            "compartment-policy.json": json.dumps(policy),
            "node_modules/victim/package.json": '{"name": "victim", "version": "1.0.0"}',
            "node_modules/victim/index.js": "exports.secret = 'SECRET';\n",
            "node_modules/victim/other.js": "console.log('SECRET');\n",
            "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
            "node_modules/evil/index.js": code,
            **{f"node_modules/{name}": text for name, text in files.items()},
        },
    )


USES = {
    "fstat": "fs.fstatSync(fd)",
    "read": "fs.readSync(fd, Buffer.alloc(8))",
    "readFile": "fs.readFileSync(fd)",
    "write": "fs.writeSync(fd, note)",
    "append": "fs.appendFileSync(fd, note)",
    "truncate": "fs.ftruncateSync(fd)",
    "close": "fs.closeSync(fd)",
    "readStream": "fs.createReadStream('', { fd }).read()",
    "writeStream": "fs.createWriteStream('', { fd }).write(note)",
    "socket": "new net.Socket({ fd }).write(note)",
    "terminalRead": "new tty.ReadStream(fd)",
    "terminalWrite": "tty.WriteStream(fd)",
    "terminalAgain": "Reflect.construct(tty.WriteStream, [fd], Object)",
    "terminalBelow": "new (class extends tty.ReadStream {})(fd)",
    "terminalClass": "new tty.WriteStream.prototype.constructor(fd)",
    "terminalNative": "new (new tty.ReadStream(0)._handle.constructor)(fd, {})",
    "passedOn": "require('child_process').fork(__filename, { stdio: [0, 1, 2, 'ipc', fd] })",
}
TRY = (
    "const fs = require('fs'), net = require('net'), tty = require('tty'), found = [];\n"
    """const note = '["report", "forged"]\\n["needed",{}]\\n';\n"""
    "process.on('uncaughtException', (error) => found.push(error.code));\n"
    "const tried = (name, fd, use) => {\n"
    "  try { const made = use(); made?.on?.('error', () => 0); found.push(name + fd); }\n"
    "  catch (error) { if (!/EBADF|ERR_ACCESS_DENIED|ERR_INVALID_FD_TYPE|TTY_INIT|EINVAL/.test(error.code) && "
    "!/Illegal constructor/.test(error.message)) found.push(name + fd + error.code); }\n"
    "};\n"
    "const all = (fd) => {\n"
    + "".join(f"  tried('{name}', fd, () => {use});\n" for name, use in USES.items())
    + "};\n"
)
OF_FILES = ("fstat", "read", "readFile", "write", "append", "truncate", "close")
TRY += (
    "const files = (fd) => {\n"
    + "".join(f"  tried('{name}', fd, () => {USES[name]});\n" for name in OF_FILES)
    + "};\n"
)
HOLDS = (
    f"{TRY}for (let fd = 3; fd < 40; fd += 1) all(fd);\n"
    "for (const folder of ['/proc/self/fd', '/proc/thread-self/fd', '/dev/fd'])\n"
    "  for (let fd = 3; fd < 40; fd += 1) for (const mode of ['r', 'r+', 'w'])\n"
    "    try { fs.openSync(`${folder}/${fd}`, mode); found.push(folder + fd); }\n"
    "    catch (error) { if (!/ERR_ACCESS_DENIED|ENOENT/.test(error.code)) found.push(folder + fd + error.code); }\n"
    "setTimeout(() => { console.log('FOUND', JSON.stringify(found)); process.exit(0); }, 200);\n"
)
STARTS = {
    "thread": "new (require('worker_threads').Worker)(require.resolve('./inner'));\n",
    "child": "require('child_process').fork(require.resolve('./inner'));\n",
    "waited": "console.log(require('child_process').spawnSync(process.execPath,"
    " [require.resolve('./inner')], { encoding: 'utf8' }).stdout);\n",
}


@pytest.mark.parametrize("where", ["main", *STARTS])
def test_no_descriptor_of_others_is_used(tmp_path: Path, where: str) -> None:
    """Neither sockets of a victim, nor the channels of the runtime: a report, audit, IPC, archive."""
    victim = (
        "const server = require('net').createServer((one) => one.unref().write('SECRET')).listen(0, '127.0.0.1', () =>\n"
        "  require('net').connect(server.address().port, '127.0.0.1').unref());\nserver.unref();\n"
    )
    late = "setTimeout(() => {\n" + HOLDS + "}, 300);\n"
    app = made(
        tmp_path, STARTS.get(where, late), **{"evil/inner.js": late, "victim/index.js": victim}
    )
    report = tmp_path / "report.jsonl"

    done = mapper("run", "--report", report, "--no-second-wall", "main.js", cwd=app)

    assert "FOUND []" in done.stdout, done.stdout + done.stderr
    assert "forged" not in report.read_text()
    assert done.returncode == 0, done.stderr


def test_own_descriptors_are_used(tmp_path: Path) -> None:
    """The control of the test above: the same code finds the descriptors that it opened."""
    code = (
        f"{TRY}const fd = fs.openSync('own.txt', 'w+');\nfiles(fd);\n"
        "console.log('FOUND', JSON.stringify(found));\nprocess.exit(0);\n"
    )

    done = mapper("run", "--no-second-wall", "main.js", cwd=made(tmp_path, code))

    for name in OF_FILES:
        assert f'"{name}' in done.stdout, done.stdout + done.stderr


NAMES = (
    "['../victim/other.js', './node_modules/victim/other.js', '/victim-v1.0.0/other.js',"
    " '/victim-v1.0.0/index.js', './secret.js', '/secret.js', __dirname + '/../victim-v1.0.0/index.js',"
    " '/app-v1.0.0/main.js', '/app-v1.0.0/secret.js', require('path').join(__dirname, '../../secret.js')]"
)


def test_no_module_of_another_package_is_started(tmp_path: Path) -> None:
    code = (
        "const { Worker } = require('worker_threads'), cp = require('child_process');\n"
        "const kinds = { path: (name) => new Worker(name), fork: (name) => cp.fork(name),\n"
        "  url: (name) => new Worker(new URL(name, 'file://' + __filename)),\n"
        "  spawn: (name) => cp.spawn(process.execPath, [name]),\n"
        "  wait: (name) => console.log(cp.spawnSync(process.execPath, [name]).stdout) };\n"
        f"for (const name of {NAMES}) for (const [kind, start] of Object.entries(kinds))\n"
        "  try { start(name); console.log('started', kind, name); }"
        " catch (error) { console.log(error.code); }\n"
        "new Worker(require.resolve('./inner'));\n"
    )
    app = made(tmp_path, code, **{"evil/inner.js": "console.log('own');\n"})

    done = mapper("run", "--no-second-wall", "main.js", cwd=app)

    assert done.stdout == "ERR_ACCESS_DENIED\n" * 50 + "own\n", done.stderr
    assert "SECRET" not in done.stdout


def test_files_of_others_are_neither_packed_nor_started(tmp_path: Path) -> None:
    names = ("../../secret.js", "../../secret.txt", "../victim/other.js", "./inner.js")
    code = (
        "import { Worker } from 'worker_threads';\nimport { readFileSync } from 'fs';\n"
        + "".join(
            f"export const start{n} = () => new Worker(new URL('{name}', import.meta.url));\n"
            f"export const read{n} = () => readFileSync(new URL('{name}', import.meta.url));\n"
            for n, name in enumerate(names)
        )
    )
    more = {"evil/m.mjs": code, "evil/inner.js": "console.log('own');\n"}
    uses = (
        "const made = require('./m.mjs');\n"
        "for (const n of [0, 2, 3]) try { made[`start${n}`](); console.log('started', n); }\n"
        "  catch (error) { console.log(error.code); }\n"
    )
    app = made(tmp_path, uses, **more)

    mapper("bundle", "main.js", "-o", "app.zip", cwd=app, check=True)
    done = mapper("run", "app.zip", "--no-second-wall", cwd=app)

    packed = "\n".join(zipfile.ZipFile(app / "app.zip").namelist())
    assert "evil-v1.0.0/inner.js" in packed
    assert "secret.txt" not in packed
    assert "victim-v1.0.0/other.js" not in packed
    # A program of the application is packed, since a policy may allow it. This one denies it.
    assert sorted(done.stdout.splitlines()) == ["ERR_ACCESS_DENIED"] * 2 + ["own", "started 3"]


def test_import_in_source_made_at_run_time_reaches_no_other_package(tmp_path: Path) -> None:
    names = (
        *(
            "victim",
            "../victim/index.js",
            "/victim-v1.0.0/index.js",
            "file:///victim-v1.0.0/index.js",
        ),
        *("/app-v1.0.0/main.js", "data:text/javascript,export default 1", "node:fs", "fs"),
    )
    code = (
        "const ways = [(s) => Function(`return import(${s})`)(), (s) => eval(`import(${s})`),\n"
        "  (s) => (0, eval)(`import(${s})`), (s) => (async () => 0).constructor(`return import(${s})`)(),\n"
        "  (s) => Function('s', `return import(s)`)(JSON.parse(s))];\n"
        "(async () => {\n"
        f"  for (const name of {json.dumps(names)}) for (const way of ways)\n"
        "    try { console.log('LOADED', name, Object.keys(await way(JSON.stringify(name)))); }\n"
        "    catch (error) { console.log('refused'); }\n"
        "  console.log((await ways[0](JSON.stringify('./inner.js'))).own);\n"
        "})();\nrequire('./inner.js');\n"
    )
    app = made(tmp_path, code, {"path": True}, **{"evil/inner.js": "exports.own = 'own';\n"})

    done = mapper("run", "main.js", cwd=app)

    assert done.stdout == "refused\n" * 5 * len(names) + "own\n", done.stderr
