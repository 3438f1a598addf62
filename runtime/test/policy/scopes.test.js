// Scopes of grants as an archive has them: the form of patterns, and what a policy of a run can't add.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restricted } from '../../src/archive/restrict.js';
import { parseNetwork } from '../../src/policy/addresses.js';
import { isPathPattern, makePathMatcher } from '../../src/policy/path-patterns.js';
import { readPolicy } from '../../src/policy/policy-format.js';

/** @param {unknown} scopes of builtins */
const withScopes = (scopes) => ({ options: { scopes: { builtins: scopes } } });

/** @param {unknown} value */
const read = (value) => readPolicy({ value, path: 'policy' });

test('patterns of files', () => {
  for (const text of ['./a', '/etc/hosts', './**', '$TMP/a-*/**', '$HOME/.config/?'])
    assert.ok(isPathPattern(text), text);
  for (const text of [
    ...['', '.', './', '/', 'a', '../a', './..', './a/../b', './a/./b', './a//b', '.a/b', './a**'],
    ...['./a\0', './a\\b', '$OTHER/a', '~/a'],
  ])
    assert.ok(!isPathPattern(text), JSON.stringify(text));
});

test('an archive with other patterns is rejected', () => {
  for (const path of ['./data/../../etc/passwd', '../x', 'x'])
    for (const key of ['paths', 'read', 'write'])
      assert.throws(() => read(withScopes({ fs: { [key]: [path] } })), /is not a pattern of files/);
  for (const host of ['10.0.0.0/', '10.0.0.0/33', '10.0.0.0/8/4', '10.0.0.0/0x8', '::/129'])
    assert.throws(() => read(withScopes({ net: { hosts: [host] } })), /is not a pattern of hosts/);
  assert.equal(parseNetwork('10.0.0.0/8')?.length, 8);
});

test('the folder of a pattern has no wildcards', () => {
  const { allows, allowsTree } = makePathMatcher([{ folder: ['a*b', 'c'], names: ['**'] }]);

  assert.ok(allows('/a*b/c/d'));
  assert.ok(allowsTree('/a*b/c'));
  assert.ok(!allows('/axb/c/d'));
  assert.ok(!allows('/a*b'));
});

test('a policy of a run adds no scope to a member that the archive denies', () => {
  const limit = read({
    builtins: { 'fs.writeFile': false },
    ...withScopes({ fs: { paths: ['./data/**'] } }),
  });
  const map = /** @type {any} */ ({
    entry: { compartment: 'app' },
    compartments: new Map([['app', { label: 'app', policy: limit }]]),
  });
  const run = (/** @type {string} */ path) =>
    restricted(map, JSON.stringify({ app: withScopes({ [path]: { paths: ['./data/a'] } }) }));

  assert.ok(run('fs.readFile'));
  assert.throws(() => run('fs.writeFile'), /builtins fs.writeFile/);
});
