// Arguments and results of attenuators.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archive, cjs, to } from '../archive.js';
import { importHere } from '../application.js';

/**
 * @param {object} policy of the application
 * @param {string} attenuator source of its module
 * @param {string} [body] of the application
 * @param {object} [attenuators] policy of the attenuators
 * @returns {Promise<any>}
 */
const attenuated = async (
  policy,
  attenuator,
  body = `module.exports = require('fs')`,
  attenuators = {},
) => {
  const bytes = archive(
    {
      'app-v1': {
        policy,
        modules: { './main.cjs': cjs(body), fs: { exit: 'fs' } },
      },
      attenuators: {
        label: '<ATTENUATORS>',
        policy: { packages: 'any', ...attenuators },
        modules: { narrow: to('narrow-v1', './index.js') },
      },
      'narrow-v1': {
        policy: {},
        modules: {
          './index.js': cjs(attenuator, { exports: ['attenuateModule', 'attenuateGlobals'] }),
        },
      },
    },
    { entry: './main.cjs' },
  );
  return (await importHere(bytes)).default;
};

const BY_NAME = { builtins: { fs: { attenuate: 'narrow', params: [1, ['x']] } } };
const GLOBALS = { globals: { attenuate: 'narrow', params: ['p'] } };

test('an attenuator gets its parameters and the whole builtin, and a package gets the result', async () => {
  const found = await attenuated(
    BY_NAME,
    `exports.attenuateModule = (params, fs) => { params.push(2); return { params, exists: fs.existsSync('/'), get late() { return 3 } } }`,
  );
  assert.deepEqual([found.params, found.exists, found.late], [[1, ['x'], 2], true, 3]);
  assert.deepEqual(Object.keys(found), ['params', 'exists', 'late']);
});

test('a policy can name a default attenuator', async () => {
  const policy = { builtins: { fs: ['x'] } };
  const text = `exports.attenuateModule = (params) => ({ params })`;
  const found = await attenuated(policy, text, undefined, { defaultAttenuator: 'narrow' });
  assert.deepEqual(found.params, ['x']);
  await assert.rejects(attenuated(policy, text), {
    code: 'ERR_ACCESS_DENIED',
    message: /an attenuated grant failed: the policy names no default attenuator/,
  });
});

/** @type {Array<[string, object, string, RegExp]>} */
const REFUSED = [
  ['another', { builtins: { fs: { attenuate: 'none' } } }, '', /'none' is not in the archive/],
  ['no export', BY_NAME, '', /'narrow' does not export attenuateModule/],
  [
    'only an attenuator of globals',
    BY_NAME,
    'exports.attenuateGlobals = () => ({})',
    /not export attenuateModule/,
  ],
  ['no function', BY_NAME, 'exports.attenuateModule = {}', /not export attenuateModule/],
  ['nothing', BY_NAME, 'exports.attenuateModule = () => undefined', /did not return an object/],
  ['null', BY_NAME, 'exports.attenuateModule = () => null', /attenuateModule of 'narrow' did not/],
  ['a function', BY_NAME, 'exports.attenuateModule = () => () => 1', /did not return an object/],
  [
    'a string for globals',
    GLOBALS,
    `exports.attenuateGlobals = () => 'x'`,
    /did not return an object/,
  ],
  [
    'null for globals',
    GLOBALS,
    'exports.attenuateGlobals = () => null',
    /did not return an object/,
  ],
  [
    'only an attenuator of modules',
    GLOBALS,
    'exports.attenuateModule = () => ({})',
    /not export attenuateGlobals/,
  ],
];
for (const [what, policy, text, message] of REFUSED)
  test(`an attenuated grant fails: ${what}`, async () => {
    await assert.rejects(attenuated(policy, text), { code: 'ERR_ACCESS_DENIED', message });
  });

test('an attenuator of globals gets the globals of the host, and those of the compartment to modify', async () => {
  const body = `module.exports = [typeof fetch, globalThis.marked, globalThis.given, typeof WebSocket]`;
  const returning = `exports.attenuateGlobals = (params, originals, globalThis) => {
    globalThis.marked = params[0]; return { given: Object.keys(originals).includes('fetch'), fetch: originals.fetch } }`;
  assert.deepEqual(await attenuated(GLOBALS, returning, body), [
    'function',
    'p',
    true,
    'undefined',
  ]);
  const silent = `exports.attenuateGlobals = (params, originals, globalThis) => { globalThis.marked = typeof originals.fetch }`;
  assert.deepEqual(await attenuated(GLOBALS, silent, body), [
    ...['undefined', 'function', undefined, 'undefined'],
  ]);
});
