// Archives created by Endo run here. (The tests of the bundler check that Endo runs its archives.)
import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import * as url from 'node:url';
import { importHere, lockThisRealm } from '../application.js';

const FILES = {
  'package.json':
    '{"name":"app","version":"1.0.0","type":"module","dependencies":{"@acme/util":"*"}}',
  'main.js': `import greet from './greet.js'; import legacy, { answer } from './legacy.cjs';
import data from './data.json'; import { shout, calls } from '@acme/util'; export * from './star.js';
export const message = shout(greet(data.name)); export let count = 0; export const bump = () => { count += 1 };
bump(); export { legacy, answer, calls as seen }; export const where = import.meta.url;`,
  'greet.js': 'export default (name) => `hello ${name}`;',
  'star.js': `export let n = 1; export function late() { return import('./greet.js') } n += 1;`,
  'data.json': '{"name":"world"}',
  'legacy.cjs': `const { shout } = require('@acme/util'); exports.answer = 42; exports.loud = shout('cjs');
exports.missing = (() => { try { require('none') } catch (e) { return e.code } })();`,
  'node_modules/@acme/util/package.json':
    '{"name":"@acme/util","version":"2.1.0","type":"module","exports":"./dist/index.mjs"}',
  'node_modules/@acme/util/dist/index.mjs': `export let calls = 0; export const shout = (text) => { calls += 1; return text.toUpperCase() + '!' };`,
};

const makeEndoArchive = async () => {
  lockThisRealm();
  const { makeArchive } = await import('@endo/compartment-mapper');
  const { makeReadPowers } = await import('@endo/compartment-mapper/node-powers.js');
  const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'endo-')));
  try {
    for (const [name, text] of Object.entries(FILES)) {
      fs.mkdirSync(dirname(join(folder, name)), { recursive: true });
      fs.writeFileSync(join(folder, name), text);
    }
    const powers = makeReadPowers({ fs, crypto, url });
    return await makeArchive(powers, url.pathToFileURL(join(folder, 'main.js')).href, {});
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
};

test('an archive created by Endo runs, with ESM, CommonJS, JSON and a scoped dependency', async () => {
  const { late, bump, ...ns } = await importHere(await makeEndoArchive());
  assert.equal(typeof bump, 'function');
  assert.equal(typeof late, 'function');
  assert.deepEqual(ns, {
    answer: 42,
    count: 1,
    legacy: { answer: 42, loud: 'CJS!', missing: 'MODULE_NOT_FOUND' },
    message: 'HELLO WORLD!',
    n: 2,
    seen: 2,
    where: 'file:///app-v1.0.0/main.js',
  });
});
