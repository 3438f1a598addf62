// Which files of the code cache are trusted, and their eviction; without running a program.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { cacheName, cachedCode, openCodeCache, openedCode } from '../../src/node/code-cache.js';

const top = fs.mkdtempSync(join(tmpdir(), 'code-cache-files-'));
after(() => fs.rmSync(top, { recursive: true, force: true }));

let count = 0;
let folder = '';
beforeEach(() => {
  count += 1;
  folder = join(top, `${count}`);
  process.env['COMPARTMENT_MAPPER_CACHE'] = folder;
});

const CONTENT = Buffer.from('what V8 compiled');
const opened = () =>
  /** @type {import('../../src/node/code-cache.js').CodeCache} */ (openCodeCache());
const code = () => join(folder, 'code');
const file = () => join(code(), 'name.v8');

const written = () => {
  const cache = opened();
  cache.write('name', CONTENT);
  return cache;
};

test('written files can be read, and only this user can write them', () => {
  const cache = written();
  assert.deepEqual(cache.read('name'), CONTENT);
  assert.equal(cache.read('other'), undefined);
  assert.deepEqual(fs.readdirSync(code()), ['name.v8']);
  assert.equal(fs.statSync(file()).mode & 0o777, 0o600);
  for (const made of [folder, code()]) assert.equal(fs.statSync(made).mode & 0o777, 0o700);
  cache.write('name', Buffer.from('newer'));
  assert.deepEqual(`${opened().read('name')}`, 'newer');
});

/** @type {Array<[string, (content: Buffer) => Uint8Array]>} */
const DAMAGES = [
  ['empty', () => Buffer.alloc(0)],
  ['shorter than its checksum', (content) => content.subarray(0, 3)],
  ['cut off', (content) => content.subarray(0, -1)],
  ['longer', (content) => Buffer.concat([content, Buffer.from('x')])],
  ['changed in its checksum', (content) => content.map((byte, at) => (at === 0 ? byte ^ 1 : byte))],
  [
    'changed in its last byte',
    (content) => content.map((byte, at) => (at === content.length - 1 ? byte ^ 1 : byte)),
  ],
];
for (const [what, damage] of DAMAGES)
  test(`a file that is ${what} is not read`, () => {
    const cache = written();
    fs.writeFileSync(file(), damage(fs.readFileSync(file())));
    assert.equal(cache.read('name'), undefined);
  });

test('an empty file can be cached', () => {
  const cache = opened();
  cache.write('name', Buffer.alloc(0));
  assert.deepEqual(cache.read('name'), Buffer.alloc(0));
});

const posix = { skip: process.getuid === undefined };

for (const mode of [0o620, 0o602, 0o666])
  test(`a file that other users can write is not read: ${mode.toString(8)}`, posix, () => {
    const cache = written();
    fs.chmodSync(file(), mode);
    assert.equal(cache.read('name'), undefined);
  });

for (const mode of [0o644, 0o400])
  test(`a file that other users can read is read: ${mode.toString(8)}`, posix, () => {
    const cache = written();
    fs.chmodSync(file(), mode);
    assert.deepEqual(cache.read('name'), CONTENT);
  });

test('a file of another user is not read', posix, (context) => {
  const cache = written();
  const uid = /** @type {() => number} */ (process.getuid)();
  context.mock.method(/** @type {any} */ (process), 'getuid', () => uid + 1);
  assert.equal(cache.read('name'), undefined);
  assert.equal(openCodeCache(), undefined, 'a folder of another user is not used either');
});

test('a link or a folder is not read', posix, () => {
  const cache = written();
  fs.renameSync(file(), join(folder, 'elsewhere'));
  fs.symlinkSync(join(folder, 'elsewhere'), file());
  assert.equal(cache.read('name'), undefined);
  fs.rmSync(file());
  fs.mkdirSync(file(), 0o700);
  assert.equal(cache.read('name'), undefined);
});

for (const which of [() => folder, code])
  test('a folder that other users can write is not used', posix, () => {
    written();
    for (const mode of [0o720, 0o702]) {
      fs.chmodSync(which(), mode);
      assert.equal(openCodeCache(), undefined);
    }
    fs.chmodSync(which(), 0o755);
    assert.notEqual(openCodeCache(), undefined);
  });

test('a link to a folder is not used', posix, () => {
  written();
  const link = join(top, 'link');
  fs.symlinkSync(folder, link);
  process.env['COMPARTMENT_MAPPER_CACHE'] = link;
  assert.equal(openCodeCache(), undefined);
});

test('a relative folder, or one that cannot be created, is not used', () => {
  process.env['COMPARTMENT_MAPPER_CACHE'] = 'relative';
  assert.equal(openCodeCache(), undefined);
  fs.writeFileSync(join(top, 'plain'), '');
  process.env['COMPARTMENT_MAPPER_CACHE'] = join(top, 'plain', 'x');
  assert.equal(openCodeCache(), undefined);
});

test(
  'the cache folder of the user is that of the system',
  { skip: process.platform !== 'linux' },
  () => {
    process.env['COMPARTMENT_MAPPER_CACHE'] = '';
    const { XDG_CACHE_HOME: before } = process.env;
    try {
      process.env['XDG_CACHE_HOME'] = folder;
      opened().write('name', CONTENT);
      assert.deepEqual(fs.readdirSync(join(folder, 'compartment-mapper', 'code')), ['name.v8']);
      const home = join(top, 'home');
      fs.mkdirSync(home);
      process.env['XDG_CACHE_HOME'] = 'relative';
      const { HOME } = process.env;
      process.env['HOME'] = home;
      assert.equal(homedir(), home);
      opened();
      process.env['HOME'] = HOME;
      assert.deepEqual(fs.readdirSync(join(home, '.cache', 'compartment-mapper')), ['code']);
    } finally {
      if (before === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = before;
    }
  },
);

test('a failed write leaves no file and throws no error', () => {
  const cache = opened();
  fs.mkdirSync(file());
  cache.write('name', CONTENT);
  assert.deepEqual(fs.readdirSync(code()), ['name.v8']);
  fs.rmSync(folder, { recursive: true });
  cache.write('name', CONTENT);
  assert.equal(fs.existsSync(folder), false);
});

test('all descriptors are closed', { skip: process.platform !== 'linux' }, () => {
  const cache = written();
  const opened = () => fs.readdirSync('/proc/self/fd').length;
  const before = opened();
  for (const mode of [0o600, 0o666]) {
    fs.chmodSync(file(), mode);
    cache.read('name');
  }
  assert.equal(opened(), before);
});

test('errors other than those of the file system are thrown', () => {
  assert.throws(() => opened().write('name', /** @type {any} */ (5)), TypeError);
  assert.deepEqual(fs.readdirSync(code()), []);
});

test('the oldest files are deleted beyond the limit', () => {
  const cache = opened();
  for (const [name, age] of /** @type {Array<[string, number]>} */ ([
    ['old', 30],
    ['older', 40],
    ['recent', 20],
  ])) {
    const path = join(code(), name);
    fs.writeFileSync(path, '');
    fs.truncateSync(path, 60 * 1024 * 1024);
    fs.utimesSync(path, Date.now() / 1000 - age, Date.now() / 1000 - age);
  }
  cache.write('name', CONTENT);
  assert.deepEqual(fs.readdirSync(code()).sort(), ['name.v8', 'old', 'recent']);
});

test('the limit is 128 MiB', () => {
  const cache = opened();
  const path = join(code(), 'large');
  fs.writeFileSync(path, '');
  fs.truncateSync(path, 128 * 1024 * 1024 - CONTENT.length - 4);
  fs.utimesSync(path, 1, 1);
  cache.write('name', CONTENT);
  assert.equal(fs.readdirSync(code()).length, 2);
  fs.truncateSync(path, 128 * 1024 * 1024 - CONTENT.length - 3);
  fs.utimesSync(path, 1, 1);
  cache.write('name', CONTENT);
  assert.deepEqual(fs.readdirSync(code()), ['name.v8']);
});

test('a cache key depends on everything that determines the compiled code', () => {
  const name = cacheName('a', 'b');
  assert.match(name, /^[0-9a-f]{64}$/);
  assert.equal(cacheName('a', 'b'), name);
  assert.notEqual(cacheName('a'), name);
  assert.equal(cacheName(Buffer.from('a'), 'b'), name);
  const changes = /** @type {Array<[string, string, unknown]>} */ ([
    ['version', process.version, 'v1'],
    ['arch', process.arch, 'x'],
    ['execArgv', process.execArgv, ['--x']],
  ]);
  for (const [key, was, other] of changes) {
    Object.defineProperty(process, key, { value: other, configurable: true, writable: true });
    assert.notEqual(cacheName('a', 'b'), name, key);
    Object.defineProperty(process, key, { value: was, configurable: true, writable: true });
  }
  const { execArgv } = process;
  process.execArgv = ['--a', '--b'];
  const apart = cacheName('a');
  process.execArgv = ['--a--b'];
  assert.notEqual(cacheName('a'), apart);
  process.execArgv = execArgv;
  const { NODE_OPTIONS } = process.env;
  process.env['NODE_OPTIONS'] = '--no-opt';
  assert.notEqual(cacheName('a', 'b'), name);
  if (NODE_OPTIONS === undefined) delete process.env['NODE_OPTIONS'];
  else process.env['NODE_OPTIONS'] = NODE_OPTIONS;
  assert.equal(cacheName('a', 'b'), name);
});

test('a process without access to files reads its descriptors once', () => {
  written();
  const own = fs.openSync(file(), 'r');
  const cache = openedCode({ own, archive: undefined });
  assert.equal(cache.read('archive'), undefined);
  assert.deepEqual(cache.read('own'), CONTENT);
  assert.throws(() => fs.fstatSync(own), { code: 'EBADF' });
  assert.equal(cache.read('own'), undefined);
  assert.equal(cache.write('own', CONTENT), undefined);
});

test('the cache for such a process is written to the given files and not read', () => {
  written();
  const own = join(code(), 'own.v8');
  const cache = cachedCode({ own, archive: file() });
  assert.equal(cache.read('archive'), undefined);
  cache.write('own', CONTENT);
  assert.deepEqual(opened().read('own'), CONTENT);
  const old = join(code(), 'old.v8');
  fs.writeFileSync(old, '');
  fs.truncateSync(old, 200 * 1024 * 1024);
  fs.utimesSync(old, 1, 1);
  cache.write('own', CONTENT);
  assert.equal(fs.existsSync(old), false);
});
