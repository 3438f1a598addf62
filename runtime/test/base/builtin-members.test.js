import assert from 'node:assert/strict';
import { builtinModules, createRequire } from 'node:module';
import { test } from 'node:test';
import { membersOf } from '../../src/endowments/builtin-members.js';

const require = createRequire(import.meta.url);
const { node } = process.versions;

test('the members of each builtin of this Node are known without loading it', () => {
  for (const name of ['fs', 'net', 'child_process']) {
    const members = /** @type {ReadonlyArray<string>} */ (membersOf(name, node));
    assert.ok(builtinModules.includes(name));
    assert.deepEqual(
      Object.keys(require(name)).filter((member) => !members.includes(member)),
      [],
    );
    assert.equal(members.includes(''), false);
  }
});

test('members that were not reviewed are unknown', () => {
  for (const version of [undefined, '', '1.0.0', 'constructor', 'toString.0'])
    assert.equal(membersOf('fs', version), undefined);
  for (const name of ['none', 'node:fs', 'constructor', '__proto__'])
    assert.equal(membersOf(name, node), undefined);
});
