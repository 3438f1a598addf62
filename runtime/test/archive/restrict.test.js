// A run can restrict the grants of its archive, but not extend them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restricted } from '../../src/archive/restrict.js';
import { readPolicy } from '../../src/policy/policy-format.js';

/** @param {unknown} value */
const policyOf = (value) => readPolicy({ value, path: 'policy' });

/**
 * @param {object | undefined} policy of the package `dep`
 * @returns {any} a map
 */
const mapWith = (policy) => ({
  root: 'app-v1',
  entry: { compartment: 'app-v1', module: './main.js' },
  compartments: new Map([
    ['app-v1', { label: '$root$', policy: policy && policyOf({}) }],
    ['dep-v1', { label: 'dep', policy: policy && policyOf(policy) }],
  ]),
});

const hash = (/** @type {string} */ letter) => `sha512-${letter.repeat(86)}==`;
const ADDON = { options: { native: { 'a.node': hash('a') } } };
const STARTS = { options: { scopes: { builtins: { 'cluster.fork': { modules: 'own' } } } } };
const ATTENUATED = { attenuate: 'a', params: [1] };

/** @type {Array<[string, object | undefined, object]>} what is granted, and less */
const LESS = [
  ['a grant to no grant', { globals: { fetch: true }, builtins: { fs: true } }, {}],
  ['no grants', {}, {}],
  ['the same', { globals: { fetch: true } }, { globals: { fetch: true } }],
  [
    'denials of capabilities without a grant',
    {},
    { globals: { fetch: false }, packages: { a: false } },
  ],
  ['a member', { builtins: { fs: true } }, { builtins: { 'fs.open': true } }],
  [
    'a builtin to all except a member',
    { builtins: { fs: true } },
    { builtins: { fs: true, 'fs.open': false } },
  ],
  ['a builtin under its other name', { builtins: { 'node:fs': true } }, { builtins: { fs: true } }],
  ['write access to read access', { globals: { x: 'write' } }, { globals: { x: true } }],
  ['"any" to one grant', { globals: 'any', builtins: 'any' }, { builtins: { fs: true } }],
  ['"any" to "any"', { globals: 'any', packages: 'any' }, { globals: 'any', packages: 'any' }],
  ['a package', { packages: { a: true } }, { packages: { a: true } }],
  ['"any" to one package', { packages: 'any' }, { packages: { a: true } }],
  [
    'a whole builtin to an attenuation',
    { builtins: { fs: true } },
    { builtins: { fs: ATTENUATED } },
  ],
  ['the same attenuation', { builtins: { fs: ATTENUATED } }, { builtins: { fs: ATTENUATED } }],
  ['the same globals, attenuated', { globals: ATTENUATED }, { globals: ATTENUATED }],
  ['no globals of attenuated ones', { globals: ATTENUATED }, {}],
  ['the same attenuator', { defaultAttenuator: 'a' }, { defaultAttenuator: 'a' }],
  ['no attenuator', { defaultAttenuator: 'a' }, {}],
  ['the same native addon', ADDON, ADDON],
  ['no native addon', ADDON, {}],
  ['the same start of modules', STARTS, STARTS],
  ['a start of anything to modules', { builtins: { 'cluster.fork': true } }, STARTS],
  ['no policy to harmless capabilities', undefined, { builtins: { path: true } }],
  ['no policy to other packages', undefined, { packages: { other: true } }],
];

for (const [what, limit, policy] of LESS)
  test(`a run restricts: ${what}`, () => {
    const { compartments } = restricted(mapWith(limit), JSON.stringify({ dep: policy }));
    assert.deepEqual(compartments.get('dep-v1')?.policy, policyOf(policy));
  });

/** @type {Array<[string, object | undefined, object, RegExp]>} */
const MORE = [
  ['a global', {}, { globals: { fetch: true } }, /globals fetch to 'dep'/],
  ['a builtin', { globals: { fetch: true } }, { builtins: { fs: true } }, /builtins fs/],
  ['any', { builtins: { fs: true } }, { builtins: 'any' }, /builtins any/],
  ['globals to "any"', {}, { globals: 'any' }, /globals any/],
  [
    'a member to the whole object',
    { builtins: { 'fs.open': true } },
    { builtins: { fs: true } },
    /builtins fs /,
  ],
  [
    'another member',
    { builtins: { 'fs.open': true } },
    { builtins: { 'fs.stat': true } },
    /fs\.stat/,
  ],
  [
    'a denied member',
    { builtins: { fs: true, 'fs.open': false } },
    { builtins: { fs: true } },
    /builtins fs\.open/,
  ],
  [
    'a member of a member',
    { builtins: { fs: true, 'fs.promises.open': false } },
    { builtins: { 'fs.promises': true } },
    /builtins fs\.promises\.open/,
  ],
  ['to write', { globals: { x: true } }, { globals: { x: 'write' } }, /globals x/],
  [
    'a critical member',
    { builtins: { module: true } },
    { builtins: { 'module.register': true } },
    /register/,
  ],
  ['a second grant', { globals: { a: true } }, { globals: { a: true, b: true } }, /globals b/],
  [
    'a second member',
    { builtins: { 'fs.open': true } },
    { builtins: { 'fs.open': true, 'fs.stat': true } },
    /builtins fs\.stat/,
  ],
  [
    'an attenuation of a builtin with the grant "load"',
    { options: { loads: ['fs'] } },
    { builtins: { fs: ATTENUATED } },
    /builtins fs/,
  ],
  ['a package', { packages: { a: true } }, { packages: { b: true } }, /package b/],
  ['a denied package', { packages: { a: false } }, { packages: { a: true } }, /package a/],
  ['any package', { packages: { a: true } }, { packages: 'any' }, /packages any/],
  ['any package, without a policy', undefined, { packages: 'any' }, /packages any/],
  ['the application, without a policy', undefined, { packages: { $root$: true } }, /\$root\$/],
  ['an attenuation without a grant', {}, { builtins: { fs: ATTENUATED } }, /builtins fs/],
  [
    'an attenuation with a grant for a part',
    { builtins: { fs: true, 'fs.open': false } },
    { builtins: { fs: ATTENUATED } },
    /builtins fs/,
  ],
  [
    'an attenuation of a member',
    { builtins: { 'fs.open': true } },
    { builtins: { fs: ATTENUATED } },
    /fs/,
  ],
  [
    'an attenuated builtin without the attenuation',
    { builtins: { fs: ATTENUATED } },
    { builtins: { fs: true } },
    /builtins fs/,
  ],
  [
    'another attenuation',
    { builtins: { fs: ATTENUATED } },
    { builtins: { fs: [2] } },
    /builtins fs/,
  ],
  ['attenuated globals', {}, { globals: ATTENUATED }, /other attenuated globals/],
  ['attenuated globals', { globals: ATTENUATED }, { globals: { fetch: true } }, /attenuated/],
  ['globals with another attenuation', { globals: ATTENUATED }, { globals: [1] }, /attenuated/],
  ['an attenuator', {}, { defaultAttenuator: 'a' }, /the attenuator a/],
  ['a native addon', {}, ADDON, /the native addon a.node/],
  [
    'another content of a native addon',
    { options: { native: { 'a.node': hash('b') } } },
    ADDON,
    /the native addon a.node/,
  ],
  ['the start of modules', {}, STARTS, /builtins cluster.fork/],
  ['a start of anything', STARTS, { builtins: { 'cluster.fork': true } }, /builtins cluster/],
  [
    'another attenuator',
    { defaultAttenuator: 'b' },
    { defaultAttenuator: 'a' },
    /the attenuator a/,
  ],
];

for (const [what, limit, policy, message] of MORE)
  test(`a run can't extend: ${what}`, () => {
    assert.throws(() => restricted(mapWith(limit), JSON.stringify({ dep: policy })), {
      code: 'INVALID_ARCHIVE',
      message,
    });
  });

test('packages that are not named keep their policy', () => {
  const map = mapWith({ globals: { fetch: true } });
  const { compartments, entry } = restricted(map, '{"$root$": {}}');
  assert.deepEqual(compartments, map.compartments);
  assert.deepEqual(entry, map.entry);
});

test('a policy for a package that is not in the archive is rejected', () => {
  assert.throws(() => restricted(mapWith({}), '{"deb": {}}'), {
    code: 'INVALID_ARCHIVE',
    message: /'deb', which is not in the archive/,
  });
  for (const text of ['{', '[]', '{"dep": {"global": {}}}'])
    assert.throws(() => restricted(mapWith({}), text), { code: 'INVALID_ARCHIVE' });
});
