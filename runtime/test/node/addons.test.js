// Where machine code is stored: nobody but the user can choose or change the file that is loaded.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';

let count = 0;

/**
 * @param {string} cache
 * @returns {Promise<(file: object) => string>} stores a program, and returns where
 */
const storing = async (cache) => {
  process.env['COMPARTMENT_MAPPER_CACHE'] = cache;
  const { programsWith } = await import(`../../src/node/addons.js?${(count += 1)}`);
  return (file) => programsWith({})(file).path;
};

const temporary = () => fs.mkdtempSync(path.join(os.tmpdir(), 'addons-test-'));
const content = Buffer.from('machine code');
const file = { id: 'tool-v1/bin/show', package: 'tool', location: 'bin/show', content };

test('a file is stored in a folder of the user, executable and not writable', async () => {
  const cache = path.join(temporary(), 'cache');
  const place = (await storing(cache))(file);

  assert.ok(place.startsWith(`${cache}/native/`));
  assert.ok(place.endsWith('/node_modules/tool/bin/show'));
  assert.equal(fs.readFileSync(place, 'utf8'), 'machine code');
  assert.equal(fs.statSync(place).mode & 0o777, 0o500);
  assert.equal(fs.statSync(path.join(cache, 'native')).mode & 0o777, 0o700);
});

test('a changed file, and a link in its place, are replaced', async () => {
  const store = await storing(path.join(temporary(), 'cache'));
  const place = store(file);
  const victim = path.join(temporary(), 'victim');
  for (const [made, plant] of /** @type {const} */ ([
    ['link', () => fs.symlinkSync(victim, place)],
    ['same', () => (fs.writeFileSync(victim, content), fs.symlinkSync(victim, place))],
    ['file', () => fs.writeFileSync(place, 'other code')],
  ])) {
    fs.writeFileSync(victim, 'precious');
    fs.rmSync(place);
    plant();
    const before = fs.readFileSync(victim, 'utf8');

    assert.equal(store(file), place);

    assert.equal(fs.readFileSync(place, 'utf8'), 'machine code', made);
    assert.ok(fs.lstatSync(place).isFile(), made);
    assert.equal(fs.readFileSync(victim, 'utf8'), before, made);
  }
});

test('a folder that others can write, or that a link names, is not used', async () => {
  const open = path.join(temporary(), 'cache');
  fs.mkdirSync(open);
  fs.chmodSync(open, 0o777);
  const linked = path.join(temporary(), 'cache');
  fs.symlinkSync(temporary(), linked);
  const inner = path.join(temporary(), 'cache');
  fs.mkdirSync(path.join(inner, 'native'), { recursive: true });
  fs.chmodSync(path.join(inner, 'native'), 0o770);

  for (const cache of [open, linked, inner]) {
    const store = await storing(cache);
    const place = store(file);
    assert.ok(!fs.realpathSync(place).startsWith(fs.realpathSync(cache)), cache);
    assert.equal(store(file), place); // once for each process
    assert.equal(fs.readFileSync(place, 'utf8'), 'machine code');
  }
});

test('a folder inside, that others can write or that leads elsewhere, is not used', async () => {
  const cache = path.join(temporary(), 'cache');
  const first = (await storing(cache))(file);
  const inner = path.dirname(first);
  const elsewhere = temporary();
  fs.copyFileSync(first, path.join(elsewhere, 'show'));
  fs.rmSync(inner, { recursive: true });
  for (const plant of [
    () => fs.symlinkSync(elsewhere, inner),
    () => {
      fs.rmSync(inner);
      fs.mkdirSync(inner);
      fs.chmodSync(inner, 0o777);
    },
  ]) {
    plant();
    const place = (await storing(cache))(file);
    assert.ok(!fs.realpathSync(place).startsWith(fs.realpathSync(inner)), place);
    assert.equal(fs.readFileSync(place, 'utf8'), 'machine code');
  }
});

test('variables that change later choose no other folder', async () => {
  const cache = path.join(temporary(), 'cache');
  const store = await storing(cache);
  for (const name of ['COMPARTMENT_MAPPER_CACHE', 'XDG_CACHE_HOME', 'HOME', 'TMPDIR'])
    process.env[name] = temporary();

  assert.ok(store(file).startsWith(cache));
});

test('a name of a package that is a path is refused, and nothing is written', async () => {
  const folder = temporary();
  const store = await storing(path.join(folder, 'a', 'b', 'cache'));
  for (const name of [
    '..',
    '../x',
    '/tmp',
    'a/b',
    '@a/../b',
    '@../b',
    'a\0',
    '.',
    '',
    '@a',
    'a/..',
  ])
    assert.throws(() => store({ ...file, package: name }), { name: 'InvalidArchive' }, name);

  assert.deepEqual(fs.readdirSync(folder), []);
});

test('packages of one name, and files of one name, stay apart', async () => {
  const store = await storing(path.join(temporary(), 'cache'));
  const other = { ...file, id: 'tool-v2/bin/show', content: Buffer.from('second') };

  const [one, two] = [store(file), store(other)];

  assert.notEqual(one, two);
  assert.equal(fs.readFileSync(one, 'utf8'), 'machine code');
  assert.equal(fs.readFileSync(two, 'utf8'), 'second');
});
