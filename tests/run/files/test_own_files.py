"""`fs` returns the same for bundled files as for files on disk."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE

#: The printed output; a source with package locations in it would differ.
WAYS = {
    "openSync": "const fd = fs.openSync(file); const b = Buffer.alloc(4); const n = fs.readSync(fd, b, 0, 4, 1); const s = fs.fstatSync(fd); fs.closeSync(fd); return [n, `${b}`, s.size, s.isFile()]",
    "positions": "const fd = fs.openSync(file, 'r'); const b = Buffer.alloc(3); const all = []; while (fs.readSync(fd, b)) all.push(`${b}`); fs.closeSync(fd); return all",
    "read-object": "const fd = fs.openSync(file); const b = Buffer.alloc(6); const n = fs.readSync(fd, b, { offset: 1, length: 3, position: 2 }); fs.closeSync(fd); return [n, [...b]]",
    "changed-bytes": "const fd = fs.openSync(file); const all = [fs.readFileSync(file), await fs.promises.readFile(file), fs.readFileSync(fd)]; fs.closeSync(fd); for await (const part of fs.createReadStream(file)) all.push(part); const h = await fs.promises.open(file); all.push(await h.readFile()); await h.close(); for (const b of all) { b.fill(0); new Uint8Array(b.buffer).fill(0); } return [all.length, fs.readFileSync(file, 'utf8')]",
    "readv": "const fd = fs.openSync(file); const two = [Buffer.alloc(2), Buffer.alloc(3)]; const n = fs.readvSync(fd, two, 0); fs.closeSync(fd); return [n, two.map(String)]",
    "read-of-descriptor": "const fd = fs.openSync(file); const text = fs.readFileSync(fd, 'utf8'); fs.closeSync(fd); return text",
    "open-callback": "return new Promise((done) => fs.open(file, 'r', (e, fd) => fs.read(fd, Buffer.alloc(3), 0, 3, 0, (f, n, b) => fs.fstat(fd, (g, s) => fs.close(fd, (h) => done([e, typeof fd, f, n, `${b}`, s.size, h]))))))",
    "closed": "const fd = fs.openSync(file); fs.closeSync(fd); return fails(() => fs.readSync(fd, Buffer.alloc(1)))",
    "promisified": "const { promisify } = require('util'); const fd = fs.openSync(file); return promisify(fs.read)(fd, Buffer.alloc(3), 0, 3, 0).then(({ bytesRead, buffer }) => [bytesRead, `${buffer}`])",
    "handle": "const h = await fs.promises.open(file); const { bytesRead, buffer } = await h.read(Buffer.alloc(4), 0, 4, 0); const s = await h.stat(); const text = await h.readFile('utf8'); await h.close(); return [bytesRead, `${buffer}`, s.size, text, h.fd]",
    "lines": "const h = await fs.promises.open(file); const all = []; for await (const line of h.readLines()) all.push(line); return all",
    "handle-stream": "const h = await fs.promises.open(file); let text = ''; for await (const part of h.createReadStream({ encoding: 'utf8', start: 2 })) text += part; return text",
    "handle-web": "const h = await fs.promises.open(file); return new Response(h.readableWebStream()).text()",
    "readline": "const all = []; for await (const line of require('readline').createInterface({ input: fs.createReadStream(file) })) all.push(line); return all",
    "stream": "let text = ''; const s = fs.createReadStream(file, { encoding: 'utf8', start: 1, end: 4, highWaterMark: 2 }); const parts = []; for await (const part of s) parts.push(part); return [parts, s.bytesRead, s.closed]",
    "stream-events": "return new Promise((done) => { const seen = []; const s = fs.createReadStream(file); for (const e of ['open', 'ready', 'end', 'close']) s.on(e, () => { seen.push(e); if (e === 'close') done(seen); }); s.resume(); })",
    "pipeline": "const { pipeline } = require('stream/promises'); const { createHash } = require('crypto'); const h = createHash('sha1'); await pipeline(fs.createReadStream(file), h); return h.digest('hex')",
    "copy": "const to = path.join(tmp, 'copied'); fs.copyFileSync(file, to); return [fs.readFileSync(to, 'utf8'), fails(() => fs.copyFileSync(file, to, fs.constants.COPYFILE_EXCL))]",
    "copy-callback": "const to = path.join(tmp, 'called'); return new Promise((done) => fs.copyFile(file, to, (...args) => done([args, fs.readFileSync(to, 'utf8')])))",
    "copy-promised": "const to = path.join(tmp, 'promised'); await fs.promises.copyFile(file, to); return fs.readFileSync(to, 'utf8')",
    "cp": "const to = path.join(tmp, 'tree'); fs.cpSync(folder, to, { recursive: true }); return [fs.readdirSync(to, { recursive: true }).sort(), fs.readFileSync(path.join(to, 'deep', 'b.txt'), 'utf8')]",
    "cp-one": "const to = path.join(tmp, 'x', 'y'); await fs.promises.cp(file, to); return fs.readFileSync(to, 'utf8')",
    "opendir": "const names = []; for await (const entry of await fs.promises.opendir(folder)) names.push([entry.name, entry.isFile()]); return names.sort()",
    "opendir-sync": "const dir = fs.opendirSync(folder); const names = []; let e; while ((e = dir.readSync()) !== null) names.push(e.name); dir.closeSync(); return names.sort()",
    "opendir-callback": "return new Promise((done) => fs.opendir(folder, async (e, dir) => { const first = await dir.read(); await dir.close(); done([e, typeof first.name]); }))",
    "glob": "return [fs.globSync('**/*.txt', { cwd: folder }).sort(), fs.globSync('*.{txt,md}', { cwd: folder }).sort(), fs.globSync('a.t?t', { cwd: folder })]",
    "glob-promised": "const all = []; for await (const name of fs.promises.glob('*.txt', { cwd: folder })) all.push(name); return all.sort()",
    "exists": "return new Promise((done) => fs.exists(file, (a) => fs.exists(file + 'x', (b) => done([a, b]))))",
    "exists-promisified": "return Promise.all([file, file + 'x'].map(require('util').promisify(fs.exists)))",
    "blob": "const blob = await fs.openAsBlob(file, { type: 'text/plain' }); return [blob.size, blob.type, await blob.text()]",
    "watch": "const w = fs.watch(file, () => {}); w.close(); fs.watchFile(file, () => {}); fs.unwatchFile(file); return typeof w.on",
    "readdir": "return [fs.readdirSync(folder).sort(), fs.readdirSync(folder, { recursive: true }).sort(), fs.readdirSync(folder, { withFileTypes: true }).map((e) => [e.name, e.isDirectory()]).sort()]",
    "stat": "const s = fs.statSync(file); const b = fs.statSync(file, { bigint: true }); return [s.size, typeof b.size, s.isFile(), fs.statSync(folder).isDirectory(), fs.statSync(file + 'x', { throwIfNoEntry: false }) === undefined]",
    "access": "fs.accessSync(file); await fs.promises.access(file, fs.constants.R_OK); return [fails(() => fs.accessSync(file + 'x')), await new Promise((done) => fs.access(file, (...args) => done(args)))]",
    "readlink": "return fails(() => fs.readlinkSync(file))",
    "missing": "return [() => fs.readFileSync(file + 'x'), () => fs.openSync(file + 'x'), () => fs.readdirSync(folder + 'x'), () => fs.readFileSync(folder), () => fs.readdirSync(file)].map(fails)",
    "missing-stream": "return new Promise((done) => fs.createReadStream(file + 'x').on('error', (e) => done(e.code)))",
    "write": "return typeof fails(() => fs.writeFileSync(path.join(folder, 'none', 'x'), ''))",
    "own-source": "return [fs.readFileSync(__filename, 'utf8').includes('own' + '-source'), fs.statSync(__filename).isFile(), fs.existsSync(path.join(__dirname, 'index.js'))]",
    "modules-are-there": "return [fs.readdirSync(__dirname).includes('other.js'), fs.realpathSync(__filename) === __filename]",
    "resolved": "return [fs.readFileSync(require.resolve('./notes.txt'), 'utf8'), fs.readFileSync(require.resolve('./other.js'), 'utf8')]",
    "resolved-of-another": "return [JSON.parse(fs.readFileSync(require.resolve('d/package.json'))).version, fs.readFileSync(require.resolve('d/style.css'), 'utf8'), fs.readFileSync(require.resolve('d/run.js'), 'utf8')]",
    "installed": "return fs.readFileSync(path.join(top, 'node_modules', 'd', 'style.css'), 'utf8')",
    "by-a-helper": "return fs.readFileSync(require('./helpers/at')('../texts/a.txt'), 'utf8')",
    "description": "const m = require('module'); return [JSON.parse(fs.readFileSync(m.findPackageJSON('d', __filename))).version, JSON.parse(fs.readFileSync(m.findPackageJSON('./other.js', __filename))).name]",
    "required": "const at = require('./helpers/at')('../data.json'); const { size } = fs.statSync(path.join(__dirname, 'data.json')); return [size, require(at), require(at) === require(at), require(require.resolve(at)).a]",
    "imported": "const at = require('./helpers/at')('../data.json'); const url = require('url').pathToFileURL(at).href; return (await import(url, { with: { type: 'json' } })).default.a",
    "required-text": "const at = require('./helpers/at')('../texts/c.md'); return [fs.readFileSync(at, 'utf8'), fails(() => require(at + '.js'))[0]]",
    "of-the-application": "return JSON.parse(fs.readFileSync(path.join(top, 'package.json'))).name",
}
READER = """const fs = require('fs');
const path = require('path');
const fails = (act) => { try { act(); return 'fine'; } catch ({ code, syscall }) { return [code, syscall]; } };
const folder = path.join(__dirname, 'texts');
const file = path.join(folder, 'a.txt');
exports.run = async (tmp, top) => {
  const ways = {
%s
  };
  for (const [name, way] of Object.entries(ways)) {
    let said;
    try { said = JSON.stringify(await way()); } catch (error) { said = `failed: ${error.code} ${error.message}`; }
    console.log(name, said);
  }
};
"""
TEXT = READER % "".join(f"    async '{name}'() {{ {text}; }},\n" for name, text in WAYS.items())
DEPENDENCY = {
    "package.json": '{"name": "d", "version": "3.2.1", "main": "index.js"}',
    "index.js": "",
    "run.js": "// run\n",
    "style.css": "a { b: c }\n",
}
FILES = {
    "texts/a.txt": "one\ntwo\n",
    "texts/c.md": "c",
    "data.json": '{"a": 1}',
    "texts/deep/b.txt": "below",
    "notes.txt": "notes",
    "other.js": "// other\n",
    "index.js": TEXT,
    "load.js": "require('./other'); require('./index');\n",
    "helpers/at.js": "module.exports = (name) => require('path').join(__dirname, name);\n",
}


@pytest.mark.parametrize("in_package", [False, True])
def test_fs_answers_for_packed_files_as_for_files(tmp_path: Path, *, in_package: bool) -> None:
    below = "node_modules/lib/" if in_package else ""
    project = write(
        tmp_path / "app",
        {
            "package.json": json.dumps(
                {"name": "app", "version": "1.0.0", "dependencies": {"lib": "1", "d": "1"}}
            ),
            "main.js": f"require('{'lib' if in_package else '.'}/load');\n"
            f"require('{'lib' if in_package else '.'}/index').run(process.argv[2], __dirname);\n",
            **({below + "package.json": LIB} if in_package else {}),
            **{below + name: text for name, text in FILES.items()},
            **{f"node_modules/d/{name}": text for name, text in DEPENDENCY.items()},
        },
    )
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    archive = tmp_path / "app.zip"
    said = subprocess.run(
        [NODE, "--no-warnings", project / "main.js", tmp_path / "a"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "failed" not in said.stdout + said.stderr

    made = mapper("bundle", project / "main.js", "--infer", "-o", archive)

    assert made.returncode == 0, made.stderr
    ran = mapper("run", archive, tmp_path / "b")
    assert ran.stdout == said.stdout, ran.stderr


LIB = '{"name": "lib", "version": "1.0.0", "dependencies": {"d": "1"}}'


def test_a_file_that_is_not_packed_says_how_to_add_it(tmp_path: Path) -> None:
    project = write(
        tmp_path / "app",
        {
            "package.json": '{"name": "app", "version": "1.0.0", "dependencies": {"lib": "1"}}',
            "main.js": "require('lib').read(['data', 'x.bin']);\n",
            "node_modules/lib/package.json": '{"name": "lib", "version": "1.0.0"}',
            "node_modules/lib/index.js": "exports.read = (parts) =>\n"
            "  require('fs').readFileSync([__dirname, ...parts].join('/'));\n",
            "node_modules/lib/data/x.bin": "x",
        },
    )

    ran = mapper("run", project / "main.js", "--infer")

    assert "ENOENT: no such file or directory, open '/lib-v1.0.0/data/x.bin'" in ran.stderr
    assert "--asset 'lib:data/x.bin'" in ran.stderr
    asked = mapper("run", project / "main.js", "--infer", "--asset", "lib:data/x.bin")
    assert asked.returncode == 0, asked.stderr


@pytest.mark.parametrize("linked", [True, False])
def test_a_denied_package_s_files_are_not_visible(tmp_path: Path, *, linked: bool) -> None:
    looks = "['existsSync', 'statSync', 'realpathSync', 'readdirSync', 'accessSync']"
    main = (
        write(
            tmp_path / "app",
            {
                "package.json": json.dumps(
                    {"name": "app", "dependencies": {"d": "1", "looks": "1"}}
                ),
                "main.js": "require('d'); require('looks');",
                "node_modules/d/package.json": '{"name": "d", "version": "1.0.0", "main": "lib/in.js"}',
                "node_modules/d/lib/in.js": "exports.secret = 'a long text';",
                "node_modules/looks/package.json": json.dumps(
                    {"name": "looks", "version": "1.0.0", "dependencies": {"d": "1"}}
                ),
                "node_modules/looks/index.js": f"""
                const fs = require('fs');
                try {{ require('d') }} catch (error) {{ console.log(error.code) }}
                for (const name of {looks}) {{
                  let said; try {{ said = fs[name]('/d-v1.0.0/lib/in.js') }} catch (error) {{ said = error.code }}
                  console.log(name, said === true || said?.size === 0 || said?.endsWith?.('in.js') === true);
                }}
                try {{ console.log(fs.readFileSync('/d-v1.0.0/lib/in.js', 'utf8')) }} catch (error) {{ console.log(error.code) }}
            """,
            },
        )
        / "main.js"
    )
    policy = tmp_path / "policy.json"
    granted = {"d": {}, "looks": {"packages": {"d": linked}, "builtins": {"fs": True}}}
    entry = {"packages": {"d": True, "looks": True}}
    policy.write_text(json.dumps({"harmless": True, "entry": entry, "resources": granted}))

    said = mapper("run", "--policy", policy, main, check=True).stdout.splitlines()

    seen = [line for line in said if line.endswith("true")]
    assert said[-1] == "ENOENT"  # its content is hidden
    assert (said[0] == "ERR_ACCESS_DENIED", bool(seen)) == (not linked, linked)
