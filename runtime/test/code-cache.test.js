import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { archive, cjs, esm } from './archive.js';
import { run } from './world.js';

const top = fs.mkdtempSync(join(tmpdir(), 'code-cache-'));
after(() => fs.rmSync(top, { recursive: true, force: true }));

let count = 0;
const newFolder = () => {
  count += 1;
  return join(top, `cache-${count}`);
};

/** @param {string} folder */
const kept = (folder) => {
  const code = join(folder, 'code');
  return fs.existsSync(code) ? fs.readdirSync(code).map((name) => join(code, name)) : [];
};

/** @param {Record<string, import('./archive.js').Stored>} modules */
const app = (modules) =>
  archive(
    {
      'app-v1': {
        policy: {
          packages: {},
          globals: { 'process.stdout': true, 'process.exit': true },
          builtins: {},
        },
        modules,
      },
    },
    { entry: './main.cjs' },
  );

const PROGRAM = app({
  './main.cjs': cjs(`
    const { add } = require('./add.mjs').default;
    const seen = [add(1, 2), typeof process.binding, typeof globalThis.require, typeof missing];
    try { undeclared = 1; } catch (error) { seen.push(error.name); }
    try { Array.prototype.push = 1; } catch (error) { seen.push(error.name); }
    try { null.x } catch (error) { seen.push(error.stack.split('\\n')[1].trim()); }
    process.stdout.write(JSON.stringify(seen));`),
  './add.mjs': esm(`$once.default({ add: (a, b) => a + b });`, { fixed: ['default'] }),
});

/**
 * @param {string} folder
 * @param {Uint8Array} [program]
 */
const runWith = (folder, program = PROGRAM) => {
  const { stdout, stderr, status } = run(program, { env: { COMPARTMENT_MAPPER_CACHE: folder } });
  return { stdout, stderr, status };
};

const expected = (() => {
  const { stdout, stderr, status } = run(PROGRAM, { flags: ['--no-cache'] });
  return { stdout, stderr, status };
})();

test('a program is the same without a cache, with a new one, and with one of an earlier run', () => {
  assert.deepEqual([expected.stderr, expected.status], ['', 0]);
  const folder = newFolder();
  assert.deepEqual(runWith(folder), expected);
  const [file, ...more] = kept(folder);
  assert.equal(more.length, 0);
  const made = fs.statSync(/** @type {string} */ (file));
  assert.equal(made.mode & 0o777, 0o600);
  assert.deepEqual(runWith(folder), expected);
  assert.equal(fs.statSync(/** @type {string} */ (file)).mtimeMs, made.mtimeMs, 'made once');
});

test('--no-cache neither reads nor writes it', () => {
  const folder = newFolder();
  const { stdout } = run(PROGRAM, {
    flags: ['--no-cache'],
    env: { COMPARTMENT_MAPPER_CACHE: folder },
  });
  assert.equal(stdout, expected.stdout);
  assert.equal(fs.existsSync(folder), false);
});

/** @type {Array<[string, (content: Buffer) => Uint8Array]>} */
const DAMAGES = [
  ['truncated', (content) => content.subarray(0, content.length / 2)],
  ['empty', () => Buffer.alloc(0)],
  ['shorter than its checksum', (content) => content.subarray(0, 3)],
  ['changed in one bit', (content) => content.map((byte, at) => (at === 500 ? byte ^ 1 : byte))],
  ['something else', () => Buffer.from('no code')],
];

for (const [what, damage] of DAMAGES) {
  test(`a cache that is ${what} is not used, and made again`, () => {
    const folder = newFolder();
    runWith(folder);
    const [file = ''] = kept(folder);
    fs.writeFileSync(file, damage(fs.readFileSync(file)));
    const damaged = fs.readFileSync(file);
    assert.deepEqual(runWith(folder), expected);
    assert.notDeepEqual(fs.readFileSync(file), damaged);
  });
}

test('another archive does not get the code of this one, though its texts are as long', () => {
  const folder = newFolder();
  const one = app({ './main.cjs': cjs(`process.stdout.write('one')`) });
  const two = app({ './main.cjs': cjs(`process.stdout.write('two')`) });
  const outputs = [one, two, one, two].map((program) => runWith(folder, program).stdout);
  assert.deepEqual(outputs, ['one', 'two', 'one', 'two']);
});

test('what others can write, or have put there, is not used', { skip: !process.getuid }, () => {
  const folder = newFolder();
  runWith(folder);
  const [file = ''] = kept(folder);
  const before = fs.readFileSync(file);
  /** @param {() => void} change */
  const unusedAfter = (change) => {
    change();
    assert.deepEqual(runWith(folder), expected);
  };
  unusedAfter(() => fs.chmodSync(file, 0o666));
  assert.equal(fs.statSync(file).mode & 0o777, 0o600, 'replaced by an own one');
  fs.rmSync(file);
  for (const open of [folder, join(folder, 'code')]) {
    unusedAfter(() => fs.chmodSync(open, 0o777));
    assert.deepEqual(kept(folder), [], 'nothing is written there');
    fs.chmodSync(open, 0o700);
  }
  const elsewhere = join(top, 'elsewhere');
  fs.writeFileSync(elsewhere, before, { mode: 0o600 });
  unusedAfter(() => fs.symlinkSync(elsewhere, file));
  assert.equal(fs.lstatSync(file).isSymbolicLink(), false);
  const link = newFolder();
  fs.symlinkSync(folder, link);
  assert.deepEqual(runWith(link), expected);
});

test("a relative folder is nobody's", () => {
  assert.deepEqual(runWith('cache'), expected);
  assert.equal(fs.existsSync('cache'), false);
});

test('a folder that cannot be made changes nothing', () => {
  const file = join(top, 'file');
  fs.writeFileSync(file, '');
  assert.deepEqual(runWith(join(file, 'cache')), expected);
});

test('a program that is ended before its time leaves nothing half written', () => {
  const folder = newFolder();
  const program = app({ './main.cjs': cjs(`process.stdout.write('x'); process.exit(3)`) });
  assert.deepEqual(runWith(folder, program), { stdout: 'x', stderr: '', status: 3 });
  assert.deepEqual(
    kept(folder).filter((name) => !name.endsWith('.v8')),
    [],
  );
});

// Texts that try to close what is written around them, to be evaluated outside of their compartment.
const BREAKOUTS = [
  `(function(){return 1})\n]}}}}});globalThis.escaped=typeof process.binding;(function(){with({}){with({}){with({}){return function(){return [(function(){return 1})`,
  `(function(){return 1})]\n}}}}})/*`,
  '(function(){return `',
  `(function(){return 1})\n//`,
  `(function(){return 1}),import('fs')`,
  `(function(){return 1})\n]; var escaped = 1; return [`,
  `(function(){return new.target})\n];}\nreturn function(){[`,
];

for (const text of BREAKOUTS) {
  test(`a text does not leave its compartment: ${JSON.stringify(text).slice(0, 60)}`, () => {
    const folder = newFolder();
    const broken = { parser: 'pre-cjs-json', text: JSON.stringify({ imports: [], source: text }) };
    const program = app({
      './main.cjs': cjs(`
        try { require('./broken.cjs'); } catch (error) { process.stdout.write(error.name + ' '); }
        process.stdout.write(typeof globalThis.escaped + typeof escaped);`),
      './broken.cjs': broken,
    });
    const { stdout, stderr, status } = run(program, { flags: ['--no-cache'] });
    assert.deepEqual([stdout, stderr, status], ['SyntaxError undefinedundefined', '', 0]);
    assert.deepEqual(runWith(folder, program), { stdout, stderr, status });
    assert.deepEqual(runWith(folder, program), { stdout, stderr, status });
  });
}

test('the oldest is dropped when there is too much', () => {
  const folder = newFolder();
  runWith(folder);
  const [recent = ''] = kept(folder);
  const old = join(folder, 'code', 'old.v8');
  fs.writeFileSync(old, '');
  fs.truncateSync(old, 200 * 1024 * 1024);
  fs.utimesSync(old, 0, 0);
  runWith(folder, app({ './main.cjs': cjs(`1`) }));
  assert.equal(fs.existsSync(old), false);
  assert.equal(fs.existsSync(recent), true);
});
