// The format of a policy in a compartment map: valid and invalid input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import limits from '../../../compartment_mapper/limits.json' with { type: 'json' };
import { NO_POLICY, isAttenuation, readPolicy } from '../../src/policy/policy-format.js';

/** @param {unknown} value */
const read = (value) => readPolicy({ value, path: 'policy' });

/**
 * @param {number} depth
 * @returns {unknown} nested lists
 */
const nested = (depth) => {
  let value = /** @type {unknown[]} */ ([]);
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
};

const map = (/** @type {object} */ entries) => new Map(Object.entries(entries));

/** @type {Array<[string, unknown, Partial<import('../../src/policy/policy-format.js').PackagePolicy>]>} */
const GOOD = [
  ['nothing', {}, {}],
  [
    'any',
    { packages: 'any', globals: 'any', builtins: 'any' },
    { packages: 'any', globals: 'any', builtins: 'any' },
  ],
  [
    'grants',
    {
      packages: { a: true, b: false },
      globals: { fetch: true, x: 'write' },
      builtins: { fs: false },
    },
    {
      packages: map({ a: true, b: false }),
      globals: map({ fetch: true, x: 'write' }),
      builtins: map({ fs: false }),
    },
  ],
  [
    'an attenuation by name',
    { builtins: { fs: { attenuate: 'narrow', params: [1, ['x']] } }, globals: { attenuate: 'n' } },
    {
      builtins: map({ fs: { attenuate: 'narrow', params: [1, ['x']] } }),
      globals: { attenuate: 'n', params: [] },
    },
  ],
  [
    'an attenuation by parameters',
    { builtins: { fs: ['x'] }, globals: [1], defaultAttenuator: 'narrow' },
    {
      builtins: map({ fs: { attenuate: undefined, params: ['x'] } }),
      globals: { attenuate: undefined, params: [1] },
      defaultAttenuator: 'narrow',
    },
  ],
  [
    'writes of granted globals',
    { globals: { a: true, b: false, c: true }, options: { writes: ['a', 'b', 'd'] } },
    { globals: map({ a: 'write', b: false, c: true }) },
  ],
  ['no writes', { globals: { a: true }, options: {} }, { globals: map({ a: true }) }],
  ['writes with "any"', { globals: 'any', options: { writes: ['a'] } }, { globals: 'any' }],
  [
    'loads without other grants',
    { builtins: { fs: true, os: false }, options: { loads: ['fs', 'os', 'net'] } },
    { builtins: map({ fs: true, os: false, net: 'load' }) },
  ],
  ['loads with "any"', { builtins: 'any', options: { loads: ['a'] } }, { builtins: 'any' }],
  ['hardened', { options: { harden: true } }, { harden: true }],
  ['not hardened', { options: { harden: false } }, {}],
  ['hardened code', { options: { harden: 'code' } }, { harden: 'code' }],
  ['unknown options', { options: { x: nested(limits.depth - 1) } }, {}],
  ['options that are a string', { options: 'x' }, {}],
  ['options that are null', { options: null }, {}],
  ['globals that are not frozen', { noGlobalFreeze: true }, {}],
  [
    'parameters of the maximum depth',
    { builtins: { fs: nested(limits.depth) } },
    { builtins: map({ fs: { attenuate: undefined, params: nested(limits.depth) } }) },
  ],
];

for (const [what, value, expected] of GOOD)
  test(`accepted: ${what}`, () => {
    assert.deepEqual(read(value), { ...NO_POLICY, ...expected });
  });

/** @type {Array<[string, unknown]>} */
const BAD = [
  ['a list', []],
  ['a word', 'any'],
  ['another key', { builtin: {} }],
  ['packages with "write"', { packages: { a: 'write' } }],
  ['packages that are a list', { packages: ['a'] }],
  ['attenuated packages', { packages: { a: ['x'] } }],
  ['builtins with "write"', { builtins: { fs: 'write' } }],
  ['builtins with "load"', { builtins: { fs: 'load' } }],
  ['globals with "load"', { globals: { fetch: 'load' } }],
  ['one attenuated global', { globals: { fetch: ['x'] } }],
  ['a number', { globals: { fetch: 1 } }],
  ['an attenuation with more keys', { builtins: { fs: { attenuate: 'a', params: [], x: 1 } } }],
  ['an attenuator that is not a string', { builtins: { fs: { attenuate: 1 } } }],
  ['parameters that are not a list', { builtins: { fs: { attenuate: 'a', params: {} } } }],
  ['parameters without an attenuator', { builtins: { fs: { params: [] } } }],
  ['null for an attenuation', { builtins: { fs: null } }],
  ['writes that are not a list', { globals: {}, options: { writes: 'a' } }],
  ['writes that are not names', { globals: {}, options: { writes: [1] } }],
  ['loads that are not a list', { builtins: {}, options: { loads: 'fs' } }],
  ['loads that are not names', { builtins: {}, options: { loads: [1] } }],
  ['hardening with an unknown string', { options: { harden: 'all' } }],
  ['freezing with a string', { noGlobalFreeze: 'yes' }],
  ['an empty default attenuator', { defaultAttenuator: '' }],
  ['a default attenuator that is not a string', { defaultAttenuator: 1 }],
  ['deep options', { options: { x: nested(limits.depth) } }],
  ['deep parameters', { builtins: { fs: nested(limits.depth + 1) } }],
  ['deep parameters by name', { globals: { attenuate: 'a', params: nested(limits.depth + 1) } }],
];

for (const [what, value] of BAD)
  test(`rejected: ${what}`, () => {
    assert.throws(() => read(value), { code: 'INVALID_ARCHIVE', message: /^policy/ });
  });

test('an attenuation is detected by both of its keys', () => {
  assert.equal(isAttenuation({ attenuate: undefined, params: [] }), true);
  for (const value of [{ params: [] }, { attenuate: 'a' }, new Map(), null, undefined, 'any', true])
    assert.equal(isAttenuation(value), false);
});
