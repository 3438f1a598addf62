import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArchive } from '../../src/linker/import-archive.js';
import { verifyPowers } from '../../src/node/powers.js';
import { archive, cjs, esm, to, utf8 } from '../archive.js';

const PACKAGES = {
  'app-v1.0.0': {
    modules: {
      './main.js': esm(''),
      fs: { exit: 'fs' },
      dep: to('dep-v1.0.0', './index.js'),
      broken: { deferredError: 'not installed' },
    },
  },
  'dep-v1.0.0': { modules: { './index.js': cjs('') } },
};

/** @param {(map: any, files: Map<string, Uint8Array>) => void} change */
const parse = (change) => parseArchive(archive(PACKAGES, { change }), verifyPowers);

test('a map is read', () => {
  const { map, files, sha512 } = parse(() => undefined);
  assert.deepEqual([...map.compartments.keys()], ['app-v1.0.0', 'dep-v1.0.0']);
  assert.match(files.textOf('app-v1.0.0/main.js'), /__syncModuleProgram__/);
  assert.match(sha512, /^[0-9a-f]{128}$/);
  const { modules } = map.compartments.get('app-v1.0.0') ?? {};
  assert.deepEqual(modules?.get('fs'), { kind: 'exit', exit: 'fs' });
});

test('names of inherited properties have no special meaning', () => {
  const { map } = parse(({ compartments }) => {
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString']) {
      Object.defineProperty(compartments['app-v1.0.0'].modules, name, {
        value: { exit: name },
        enumerable: true,
      });
    }
  });
  const modules = map.compartments.get('app-v1.0.0')?.modules;
  assert.deepEqual(modules?.get('__proto__'), { kind: 'exit', exit: '__proto__' });
  assert.equal(modules?.get('valueOf'), undefined);
});

/** @type {Array<[string, (map: any, files: Map<string, Uint8Array>) => void, RegExp]>} */
const BAD = [
  [
    'unknown key',
    (map) => void (map.extra = 1),
    /compartment-map\.json\.extra: there is no such key/,
  ],
  ['no entry', (map) => delete map.entry, /\.entry: expected a value/],
  ['entry elsewhere', (map) => (map.entry.module = './x.js'), /entry: names a module that is not/],
  ['entry names an inherited property', (map) => (map.entry.compartment = 'constructor'), /entry/],
  [
    'wrong type',
    (map) => (map.compartments['dep-v1.0.0'].name = 1),
    /\["dep-v1\.0\.0"\]\.name: expected a string/,
  ],
  ['other location', (map) => (map.compartments['dep-v1.0.0'].location = 'x'), /another location/],
  [
    'module is null',
    (map) => (map.compartments['app-v1.0.0'].modules.fs = null),
    /expected an object, found null/,
  ],
  [
    'dangling link',
    (map) => (map.compartments['app-v1.0.0'].modules.dep.module = './y'),
    /modules\["dep"\]: links to/,
  ],
  [
    'circular links',
    ({
      compartments: {
        'app-v1.0.0': { modules },
      },
    }) => {
      modules.a = to('app-v1.0.0', 'b');
      modules.b = to('app-v1.0.0', 'a');
    },
    /form a cycle/,
  ],
  [
    'no hash',
    (map) => delete map.compartments['dep-v1.0.0'].modules['./index.js'].sha512,
    /sha512: is missing/,
  ],
  [
    'unknown parser',
    (map) => (map.compartments['dep-v1.0.0'].modules['./index.js'].parser = 'constructor'),
    /unknown parser "constructor"/,
  ],
  [
    'location outside',
    (map) => (map.compartments['dep-v1.0.0'].modules['./index.js'].location = '../x'),
    /not a plain relative path/,
  ],
  ['file changed', (_map, files) => files.set('dep-v1.0.0/index.js', utf8('{}')), /was changed/],
  ['file missing', (_map, files) => files.delete('dep-v1.0.0/index.js'), /is not in the archive/],
  ['file extra', (_map, files) => files.set('dep-v1.0.0/x', utf8('')), /is not in the map/],
  [
    'policy key',
    (map) => (map.compartments['app-v1.0.0'].policy = { global: {} }),
    /policy\.global: there is no/,
  ],
  [
    'policy grant',
    (map) => (map.compartments['app-v1.0.0'].policy = { globals: { fetch: 1 } }),
    /globals\.fetch: expected true or false/,
  ],
];
for (const [name, change, message] of BAD) {
  test(`rejected: ${name}`, () => {
    assert.throws(() => parse(change), { code: 'INVALID_ARCHIVE', message });
  });
}
