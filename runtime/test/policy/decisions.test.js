// Policy decisions: the grant for each global or builtin, and for its members.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  builtinDecision,
  globalDecision,
  grantedOf,
  isWhole,
  isDenied,
  mayUsePackage,
  memberOf,
  policiesOf,
} from '../../src/policy/policy.js';
import { NO_POLICY, isAttenuation, readPolicy } from '../../src/policy/policy-format.js';

/** @param {unknown} value in the format of a compartment map */
const policyOf = (value) => readPolicy({ value, path: 'policy' });

/**
 * @param {Record<string, unknown>} policies by label; the first is of the application
 * @returns {any} a map
 */
const mapOf = (policies) => ({
  root: `${Object.keys(policies)[0]}-v1`,
  compartments: new Map(
    Object.entries(policies).map(([label, policy]) => [
      `${label}-v1`,
      { label, policy: policy === undefined ? undefined : policyOf(policy) },
    ]),
  ),
});

/**
 * @param {object} policy
 * @param {string} path of a builtin or a member
 */
const ofBuiltin = (policy, path) => {
  const [name = '', ...members] = path.split('.');
  const granted = grantedOf(builtinDecision(policyOf(policy), name));
  return granted && members.reduce(memberOf, granted);
};

/**
 * @param {object} policy
 * @param {string} path
 */
const ofGlobal = (policy, path) => {
  const [name = '', ...members] = path.split('.');
  const granted = grantedOf(globalDecision(policyOf(policy), name));
  return granted && members.reduce(memberOf, granted);
};

const ATTENUATED = { attenuate: 'a', params: [] };

test('without any policy, each package gets harmless capabilities', () => {
  const of = policiesOf(mapOf({ $root$: undefined, dep: undefined }), false);
  for (const policy of [of('$root$-v1'), of('dep-v1'), of('of-nobody')]) {
    assert.equal(isWhole(globalDecision(policy, 'console')), true);
    assert.equal(isWhole(builtinDecision(policy, 'path')), true);
    assert.equal(builtinDecision(policy, 'net'), undefined);
    assert.equal(isWhole(builtinDecision(policy, 'fs')), false, 'only its constants');
    assert.equal(globalDecision(policy, 'fetch'), undefined);
    assert.equal(mayUsePackage(policy, 'dep'), true);
    assert.equal(mayUsePackage(policy, '$root$'), false, 'no package may import the application');
    assert.deepEqual([policy.harden, policy.defaultAttenuator], [false, undefined]);
  }
});

test('if one package has a policy, the others get nothing', () => {
  const of = policiesOf(mapOf({ $root$: undefined, dep: { globals: { fetch: true } } }), false);
  assert.equal(isWhole(globalDecision(of('dep-v1'), 'fetch')), true);
  assert.equal(of('$root$-v1'), NO_POLICY);
  assert.equal(of('of-nobody'), NO_POLICY);
});

test('`any` grants everything, including critical members', () => {
  const policy = policiesOf(mapOf({ $root$: {}, dep: {} }), true)('dep-v1');
  const all = { whole: true, write: true, unlimited: true, members: new Map() };
  assert.deepEqual(builtinDecision(policy, 'vm'), all);
  assert.deepEqual(globalDecision(policy, 'process'), all);
  assert.equal(mayUsePackage(policy, '$root$'), true);
  assert.deepEqual([policy.harden, policy.defaultAttenuator], [false, undefined]);
});

test('packages are granted by name', () => {
  const policy = policyOf({ packages: { a: true, b: false } });
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => mayUsePackage(policy, name)),
    [true, false, false],
  );
});

test('critical members are not granted with the object that contains them', () => {
  const held = (/** @type {string} */ path) => ofBuiltin({ builtins: { module: true } }, path);
  assert.equal(isDenied(/** @type {any} */ (held('module.register'))), true);
  assert.equal(held('module.isBuiltin')?.whole, true);
  const named = { builtins: { module: true, 'module.register': true } };
  assert.equal(ofBuiltin(named, 'module.register')?.whole, true);
  assert.equal(ofBuiltin({ builtins: { 'module.register': true } }, 'module')?.whole, false);
  assert.equal(ofGlobal({ globals: { process: true } }, 'process.binding')?.whole, false);
  assert.equal(ofGlobal({ globals: { process: true } }, 'process.argv')?.whole, true);
});

test('a member without an entry has the grant of the object that contains it', () => {
  const policy = { builtins: { fs: true, 'fs.promises.open': false } };
  assert.deepEqual(
    ['fs', 'fs.promises', 'fs.promises.open', 'fs.promises.stat'].map(
      (path) => ofBuiltin(policy, path)?.whole,
    ),
    [true, true, false, true],
  );
  const written = { globals: { process: 'write', 'process.env.A': false, 'process.title': true } };
  assert.deepEqual(
    ['process', 'process.env', 'process.env.B', 'process.env.A', 'process.title'].map(
      (path) => ofGlobal(written, path)?.write,
    ),
    [true, true, true, false, false],
  );
  assert.equal(ofGlobal({ globals: { 'process.argv': true } }, 'process.env')?.whole, false);
});

test('a grant does not include writing', () => {
  const granted = ofGlobal({ globals: { 'process.title': true } }, 'process.title');
  assert.deepEqual([granted?.whole, granted?.write, granted?.unlimited], [true, false, false]);
});

test('an attenuation applies to a whole builtin, and a denial overrides it', () => {
  const decided = (/** @type {object} */ builtins) => builtinDecision(policyOf({ builtins }), 'fs');
  for (const builtins of [
    { fs: ATTENUATED },
    { 'node:fs': ATTENUATED },
    { fs: ATTENUATED, 'fs.open': true },
    { fs: ATTENUATED, 'node:fs': true },
  ]) {
    assert.equal(isAttenuation(decided(builtins)), true, JSON.stringify(builtins));
    assert.equal(grantedOf(decided(builtins)), undefined);
    assert.equal(isWhole(decided(builtins)), false);
  }
  for (const builtins of [
    { fs: ATTENUATED, 'node:fs': false },
    { 'node:fs': false, fs: ATTENUATED },
    { 'fs.open': ATTENUATED },
  ])
    assert.equal(decided(builtins), undefined, JSON.stringify(builtins));
  const globals = policyOf({ globals: ATTENUATED });
  assert.equal(globalDecision(globals, 'fetch'), undefined);
});

test('a builtin with the grant `load` exists, but is empty', () => {
  const policy = { builtins: { 'fs.open': false }, options: { loads: ['fs'] } };
  const loaded = /** @type {any} */ (ofBuiltin(policy, 'fs'));
  assert.equal(isDenied(loaded), true);
  for (const builtins of [{}, { fs: false }, { 'fs.open': false }])
    assert.equal(builtinDecision(policyOf({ builtins }), 'fs'), undefined);
  assert.equal(
    builtinDecision(policyOf({ builtins: { fs: false }, options: { loads: ['fs'] } }), 'fs'),
    undefined,
    'a denial overrides it',
  );
});

test('only builtins have two names', () => {
  assert.equal(ofGlobal({ globals: { 'node:fetch': true } }, 'fetch'), undefined);
  assert.equal(ofBuiltin({ builtins: { 'node:fs': true } }, 'node:fs')?.whole, true);
});
