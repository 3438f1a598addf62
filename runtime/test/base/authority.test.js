// The capability table in the runtime.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import table from '../../../compartment_mapper/authority/authority.json' with { type: 'json' };
import {
  DEEP_BUILTIN_MEMBERS,
  OWN_IN_PAGES,
  VIEWED_BY_HAND,
  VIEWED_GLOBALS,
  WITHOUT_POWER,
  criticalMembers,
  harmlessPaths,
  severityOf,
} from '../../src/base/authority.js';

test('a harmless capability is harmless under each of its names', () => {
  for (const part of /** @type {const} */ (['globals', 'builtins'])) {
    const paths = harmlessPaths(part);
    assert.ok(paths.length > 10);
    for (const path of paths) assert.equal(severityOf(part, path), 'harmless', path);
  }
  assert.ok(harmlessPaths('globals').includes('process.platform'));
  assert.equal(
    harmlessPaths('builtins').includes('process.platform'),
    false,
    'the same object as the global',
  );
});

test('critical members are listed by the object that contains them', () => {
  assert.ok(criticalMembers('builtins', 'module').includes('module.register'));
  assert.ok(criticalMembers('globals', 'process').includes('process.binding'));
  assert.ok(criticalMembers('builtins', 'process').includes('process.binding'));
  for (const part of /** @type {const} */ (['globals', 'builtins']))
    for (const name of ['module', 'process', 'util', 'vm', 'child_process'])
      for (const path of criticalMembers(part, name)) {
        assert.equal(severityOf(part, path), 'critical', path);
        assert.ok(path.startsWith(`${name}.`) && !path.endsWith('*'), path);
      }
  for (const part of /** @type {const} */ (['globals', 'builtins']))
    for (const [path, { severity }] of Object.entries(table[part])) {
      const [name = '', member = '*'] = path.split('.');
      if (member === '*') continue;
      assert.equal(criticalMembers(part, name).includes(path), severity === 'critical', path);
    }
  assert.deepEqual(criticalMembers('builtins', 'path'), []);
  assert.deepEqual(criticalMembers('builtins', 'none'), []);
});

/** @type {Array<['globals' | 'builtins', string, string]>} */
const SEVERITIES = [
  ['builtins', 'child_process', 'critical'],
  ['builtins', 'child_process.exec', 'critical'],
  ['builtins', 'none.at.all', 'critical'],
  ['builtins', 'fetch', 'critical'],
  ['builtins', 'module.register', 'critical'],
  ['builtins', 'path.join', 'harmless'],
  ['builtins', 'process.binding', 'critical'],
  ['globals', 'process.binding', 'critical'],
  ['globals', 'process.env', 'high'],
  ['globals', 'process.env.HOME', 'medium'],
  ['globals', 'process.none', 'critical'],
  ['globals', 'process.platform', 'harmless'],
  ['globals', 'process.platform.length', 'harmless'],
  ['globals', 'onlyOfThisPage', 'low'],
  ['globals', 'onlyOfThisPage.member', 'low'],
];
for (const [part, path, severity] of SEVERITIES)
  test(`${path} of ${part} is ${severity}`, () => {
    assert.equal(severityOf(part, path), severity);
  });

test('capabilities that are granted by member are listed', () => {
  assert.ok(VIEWED_GLOBALS.includes('process'));
  assert.ok(DEEP_BUILTIN_MEMBERS.includes('fs.promises'));
  for (const names of [VIEWED_GLOBALS, VIEWED_BY_HAND, OWN_IN_PAGES, WITHOUT_POWER])
    assert.ok(names.length > 0 && names.every((name) => typeof name === 'string'));
});
