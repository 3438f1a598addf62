import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Script } from 'node:vm';
import { archive, cjs, esm } from '../archive.js';
import { run } from '../application.js';
import { joined } from '../../src/stacks/package-lines.js';
import { BEHIND_BODY, beforeBody, bodyOf } from '../../src/compartment/scoped-source.js';
import { makeScripts } from '../../src/node/scripts.js';

const top = fs.mkdtempSync(join(tmpdir(), 'code-cache-'));
after(() => fs.rmSync(top, { recursive: true, force: true }));

let count = 0;
const newFolder = () => {
  count += 1;
  return join(top, `cache-${count}`);
};

/** @param {string} folder */
const cachedFiles = (folder) => {
  const code = join(folder, 'code');
  return fs.existsSync(code) ? fs.readdirSync(code).map((name) => join(code, name)) : [];
};

/** @param {Record<string, import('../archive.js').Stored>} modules */
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

test('a program behaves the same without a cache, with a new one and with an existing one', () => {
  assert.deepEqual([expected.stderr, expected.status], ['', 0]);
  const folder = newFolder();
  assert.deepEqual(runWith(folder), expected);
  const [file, ...more] = cachedFiles(folder);
  assert.equal(more.length, 0);
  const created = fs.statSync(/** @type {string} */ (file));
  assert.equal(created.mode & 0o777, 0o600);
  assert.deepEqual(runWith(folder), expected);
  assert.equal(fs.statSync(/** @type {string} */ (file)).mtimeMs, created.mtimeMs, 'created once');
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
  test(`a cache that is ${what} is not used and created again`, () => {
    const folder = newFolder();
    runWith(folder);
    const [file = ''] = cachedFiles(folder);
    fs.writeFileSync(file, damage(fs.readFileSync(file)));
    const damaged = fs.readFileSync(file);
    assert.deepEqual(runWith(folder), expected);
    assert.notDeepEqual(fs.readFileSync(file), damaged);
  });
}

test('an archive with sources of the same length does not get the code of another one', () => {
  const folder = newFolder();
  const one = app({ './main.cjs': cjs(`process.stdout.write('one')`) });
  const two = app({ './main.cjs': cjs(`process.stdout.write('two')`) });
  const outputs = [one, two, one, two].map((program) => runWith(folder, program).stdout);
  assert.deepEqual(outputs, ['one', 'two', 'one', 'two']);
});

test('files that other users can write or own are not used', { skip: !process.getuid }, () => {
  const folder = newFolder();
  runWith(folder);
  const [file = ''] = cachedFiles(folder);
  const before = fs.readFileSync(file);
  /** @param {() => void} change */
  const unusedAfter = (change) => {
    change();
    assert.deepEqual(runWith(folder), expected);
  };
  unusedAfter(() => fs.chmodSync(file, 0o666));
  assert.equal(fs.statSync(file).mode & 0o777, 0o600, 'replaced by a file of this user');
  fs.rmSync(file);
  for (const open of [folder, join(folder, 'code')]) {
    unusedAfter(() => fs.chmodSync(open, 0o777));
    assert.deepEqual(cachedFiles(folder), [], 'nothing is written there');
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

test('a relative folder is not used', () => {
  assert.deepEqual(runWith('cache'), expected);
  assert.equal(fs.existsSync('cache'), false);
});

test('a folder that cannot be created has no effect', () => {
  const file = join(top, 'file');
  fs.writeFileSync(file, '');
  assert.deepEqual(runWith(join(file, 'cache')), expected);
});

test('a killed program leaves no partial file', () => {
  const folder = newFolder();
  const program = app({ './main.cjs': cjs(`process.stdout.write('x'); process.exit(3)`) });
  assert.deepEqual(runWith(folder, program), { stdout: 'x', stderr: '', status: 3 });
  assert.deepEqual(
    cachedFiles(folder).filter((name) => !name.endsWith('.v8')),
    [],
  );
});

// Only the start realm has a `process` with builtins; in a compartment this throws or does nothing.
const MARK = `globalThis.process.getBuiltinModule('node:fs').writeSync(1,'START REALM ')`;
const BEFORE = beforeBody('');
const EMPTY = '(function(){return 1})';

/**
 * @param {string} source
 * @returns {string} the body for a package with this module only
 */
const asExpression = (source) => {
  const one = { file: 'x', folder: '', edits: undefined, sourceMap: () => undefined, source };
  return joined([{ ...one, sloppy: false, lexicals: undefined }]);
};

const [OPENED = '', CLOSED = ''] = asExpression('*').split('*');

/**
 * Sources that close all scopes around them, print the mark, and open the scopes again: built from the wrapper itself.
 *
 * @type {Record<string, string>}
 */
const BREAKOUTS = {
  'and opens them again': `${EMPTY}${CLOSED}${BEHIND_BODY};${MARK};${BEFORE}return ${OPENED}${EMPTY}`,
  'in an expression': `${EMPTY}${CLOSED}${BEHIND_BODY},${MARK},${BEFORE}return ${OPENED}${EMPTY}`,
  'by an automatic semicolon': `${EMPTY}${CLOSED}\n${BEHIND_BODY}\n;${MARK}\n;${BEFORE}return${OPENED}${EMPTY}`,
};

// Other sources that are not one function.
const BROKEN = [
  `${EMPTY}]\n}}}}})/*`,
  '(function(){return `',
  `${EMPTY}\n//`,
  `${EMPTY},import('fs')`,
  `${EMPTY}\n]; var escaped = 1; return [`,
  `(function(){return new.target})\n];}\nreturn function(){[`,
];

/** @param {string} source */
const appOfBroken = (source) =>
  app({
    './main.cjs': cjs(`
      try { require('./broken.cjs'); } catch (error) { process.stdout.write(error.name + ' '); }
      process.stdout.write(typeof globalThis.escaped + typeof escaped);`),
    './broken.cjs': {
      parser: 'pre-cjs-json',
      text: JSON.stringify({ imports: [], source }),
    },
  });

/** @param {string} source */
const wrapped = (source) => `${BEFORE}${bodyOf(asExpression(source))}${BEHIND_BODY}`;

for (const [how, source] of Object.entries(BREAKOUTS)) {
  test(`source that closes its scopes ${how} would escape without the check`, () => {
    const raw = `new (require('node:vm').Script)(${JSON.stringify(wrapped(source))}).runInThisContext()`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', raw], { encoding: 'utf8' });
    assert.deepEqual([stdout, stderr], ['START REALM ', '']);
  });
}

for (const source of [...Object.values(BREAKOUTS), ...BROKEN]) {
  test(`source can't escape its compartment: ${JSON.stringify(source).slice(0, 60)}`, () => {
    const folder = newFolder();
    const program = appOfBroken(source);
    const { stdout, stderr, status } = run(program, { flags: ['--no-cache'] });
    assert.deepEqual([stdout, stderr, status], ['SyntaxError undefinedundefined', '', 0]);
    assert.deepEqual(runWith(folder, program), { stdout, stderr, status });
    assert.deepEqual(runWith(folder, program), { stdout, stderr, status });
  });
}

const ONE = { identity: 'one', source: `(()=>'own text')()`, url: 'compartment:///one' };
const TWO = { identity: 'two', source: `(()=>'swapped!')()`, url: 'compartment:///two' };

const bytesOf = Buffer.from;

/** @param {Buffer | undefined} content */
const cacheInMemory = (content) => {
  const held = { content };
  return {
    held,
    read: () => held.content,
    write: (/** @type {string} */ _name, /** @type {Uint8Array} */ written) => {
      held.content = bytesOf(written);
    },
  };
};

/**
 * @param {ReturnType<typeof makeScripts>} scripts
 * @param {Omit<import('../../src/protocols/powers.js').ScriptSource, 'check'>} script
 */
const evaluated = (scripts, script) => {
  let checks = 0;
  const value = scripts.evaluate({ ...script, check: () => (checks += 1) });
  return { value, checks };
};

/** @param {string} source */
const sha256 = (source) => createHash('sha256').update(source).digest('base64');

const keptOfBoth = () => {
  const cache = cacheInMemory(undefined);
  const scripts = makeScripts(cache, 'archive');
  assert.deepEqual(evaluated(scripts, ONE), { value: 'own text', checks: 1 });
  assert.deepEqual(evaluated(scripts, TWO), { value: 'swapped!', checks: 1 });
  scripts.save();
  return /** @type {Buffer} */ (cache.held.content);
};

test('cached code is not used for another source of the same length', () => {
  const known = new Script(TWO.source);
  const fooled = new Script(ONE.source, { cachedData: known.createCachedData() });
  assert.equal(fooled.cachedDataRejected, false, 'V8 compares lengths');
  assert.equal(fooled.runInThisContext(), 'swapped!');

  const content = keptOfBoth();
  const [one, two] = [sha256(ONE.identity), sha256(TWO.identity)];
  const swapped = content
    .toString('latin1')
    .replace(/(?<="):|[\w+/]{43}=/g, (name) => ({ [one]: two, [two]: one })[name] ?? name);
  assert.notEqual(swapped, content.toString('latin1'));
  const scripts = makeScripts(cacheInMemory(Buffer.from(swapped, 'latin1')), 'archive');
  assert.deepEqual(evaluated(scripts, ONE), { value: 'own text', checks: 1 });
});

test('source is checked again unless its hash matches', () => {
  const scripts = makeScripts(cacheInMemory(keptOfBoth()), 'archive');
  assert.deepEqual(evaluated(scripts, ONE), { value: 'own text', checks: 0 });
  const other = { ...TWO, source: TWO.source.replace('swapped!', 'changed!') };
  assert.deepEqual(evaluated(scripts, other), { value: 'changed!', checks: 1 });
});

test('cache keys do not depend on hash methods that packages can modify', (context) => {
  const hash = createHash('sha256');
  const handle = Object.getOwnPropertySymbols(hash).find((s) => s.description === 'kHandle');
  const natives = Object.getPrototypeOf(/** @type {any} */ (hash)[/** @type {symbol} */ (handle)]);
  const scripts = makeScripts(cacheInMemory(keptOfBoth()), 'archive');
  const fooled = () => {
    throw new Error('code of a package was called');
  };
  for (const holder of [natives, Object.getPrototypeOf(hash)])
    for (const name of ['update', 'digest']) context.mock.method(holder, name, fooled);
  context.mock.method(Script.prototype, 'runInThisContext', fooled);
  context.mock.method(Script.prototype, 'createCachedData', fooled);
  context.mock.method(Buffer, 'from', fooled);
  context.mock.method(Buffer, 'concat', fooled);
  assert.deepEqual(evaluated(scripts, ONE), { value: 'own text', checks: 0 });
  const more = { identity: 'more', source: '3', url: 'compartment:///more' };
  assert.deepEqual(evaluated(scripts, more), { value: 3, checks: 1 });
  scripts.save();
});

test('the oldest file is deleted beyond the limit', () => {
  const folder = newFolder();
  runWith(folder);
  const [recent = ''] = cachedFiles(folder);
  const old = join(folder, 'code', 'old.v8');
  fs.writeFileSync(old, '');
  fs.truncateSync(old, 200 * 1024 * 1024);
  fs.utimesSync(old, 0, 0);
  runWith(folder, app({ './main.cjs': cjs(`1`) }));
  assert.equal(fs.existsSync(old), false);
  assert.equal(fs.existsSync(recent), true);
});
