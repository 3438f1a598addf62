import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archive, cjs, esm, json, to } from '../archive.js';
import { importHere } from '../application.js';

/**
 * @param {unknown} harden of the policy of `victim`
 * @param {import('../archive.js').Modules} victim
 * @param {string} body of the module `evil`, which sets `module.exports`
 * @returns {Promise<any>} the exports of `evil`
 */
const attack = async (harden, victim, body) => {
  const bytes = archive(
    {
      'app-v1': {
        policy: { packages: { evil: true, victim: true } },
        modules: {
          './main.cjs': cjs(`module.exports = require('evil')`),
          evil: to('evil-v1', './index.js'),
        },
      },
      'evil-v1': {
        policy: { packages: { victim: true } },
        modules: {
          './index.js': cjs(
            `const trying = (f) => { try { return f() } catch (e) { return e.name } }; ${body}`,
          ),
          victim: to('victim-v1', './index.js'),
          'victim/data.json': to('victim-v1', './data.json'),
        },
      },
      'victim-v1': {
        policy: {
          ...(harden !== undefined && { options: { harden } }),
          builtins: { events: true },
        },
        modules: { './data.json': json({ a: 1 }), events: { exit: 'events' }, ...victim },
      },
    },
    { entry: './main.cjs' },
  );
  return (await importHere(bytes)).default;
};

const TEXT = `exports.f = () => 1; exports.data = { list: [1] }; exports.C = class { m() {} };
  exports.Emitter = require('events'); exports.made = new exports.C();`;

const REACH = `const v = require('victim'); module.exports = [
  trying(() => { v.f = 2; return 'changed' }), trying(() => { v.C.prototype.m = 2; return 'changed' }),
  trying(() => { v.data.list.push(2); return 'changed' }), trying(() => { v.made.x = 2; return 'changed' }),
  trying(() => { new v.C().m = 2; return 'changed' }), trying(() => new v.Emitter().on('x', () => {}) && 'changed')];`;

test('nothing is locked unless the archive requires it', async () => {
  for (const harden of [undefined, false]) {
    const seen = await attack(harden, { './index.js': cjs(TEXT) }, REACH);
    assert.deepEqual(seen, ['changed', 'changed', 'changed', 'changed', 'changed', 'changed']);
  }
});

test('code is locked, data is not', async () => {
  const seen = await attack('code', { './index.js': cjs(TEXT) }, REACH);
  assert.deepEqual(seen, ['TypeError', 'TypeError', 'changed', 'changed', 'changed', 'changed']);
});

test('all reachable objects are locked, except those of the host', async () => {
  const seen = await attack(true, { './index.js': cjs(TEXT) }, REACH);
  const [f, m, list, made, ...others] = seen;
  assert.deepEqual([f, m, list, made], ['TypeError', 'TypeError', 'TypeError', 'TypeError']);
  assert.deepEqual(others, ['changed', 'changed']);
});

test('the value of a variable that is assigned later is locked then', async () => {
  const text = `let late = 1; $live.late(late); function set() { late = { a: [] }; $live.late(late) } $once.set(set)`;
  const seen = await attack(
    true,
    { './index.js': esm(text, { fixed: ['set'], live: ['late'] }) },
    `const v = require('victim'); v.set(); module.exports = [trying(() => { v.late.a.push(1); return 'changed' }),
      trying(() => { v.late.b = 1; return 'changed' })]`,
  );
  assert.deepEqual(seen, ['TypeError', 'TypeError']);
});

test('each package gets one copy of JSON', async () => {
  const seen = await attack(
    'code',
    { './index.js': cjs(`const data = require('./data.json'); exports.a = () => data.a`) },
    `require('victim/data.json').a = 2; module.exports = [require('victim').a(), require('victim/data.json').a]`,
  );
  assert.deepEqual(seen, [1, 2]);
});

test('an invalid value of harden is rejected', async () => {
  await assert.rejects(attack('all', { './index.js': cjs('') }, ''), /harden/);
});
