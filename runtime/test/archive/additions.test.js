// Modules that are added at run time are checked like an archive.
import '../../src/lockdown/lockdown.js';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parseAddition } from '../../src/archive/additions.js';
import { parseCompartmentMap } from '../../src/archive/compartment-map.js';

const sha512 = (/** @type {Uint8Array} */ bytes) =>
  createHash('sha512').update(bytes).digest('hex');

const TEXT = '{"a":1}';
const FILE = { location: 'a.json', parser: 'json', sha512: sha512(Buffer.from(TEXT)) };
const ROOT = { name: 'app', label: '$root$', location: 'work/app', modules: {} };
const TOOL = {
  ...{ name: 'tool', label: 'tool', location: 'work/app/node_modules/tool', policy: {} },
  modules: { './a.json': FILE },
};

const map = () => {
  const value = {
    entry: { compartment: TOOL.location, module: './a.json' },
    compartments: { [ROOT.location]: ROOT, [TOOL.location]: TOOL },
  };
  return parseCompartmentMap({ value, path: 'map' });
};

const PLUGIN = {
  ...{ name: 'plugin', label: 'plugin', location: 'work/app/node_modules/plugin', policy: {} },
  modules: { './a.json': FILE },
};
const ADDITION = {
  compartments: { [PLUGIN.location]: PLUGIN },
  files: { [`${PLUGIN.location}/a.json`]: Buffer.from(TEXT).toString('base64') },
};

/** @param {object} addition */
const add = (addition) => parseAddition({ value: addition, path: 'addition' }, map(), sha512);

test('the application is the package with its label, not the one with the entry', () => {
  assert.equal(map().root, ROOT.location);
});

test('a new compartment has its modules and files', () => {
  const { compartments, files } = add(ADDITION);
  assert.deepEqual([...compartments.keys()], [PLUGIN.location]);
  assert.equal(Buffer.from(files.get(`${PLUGIN.location}/a.json`) ?? []).toString(), TEXT);
});

const other = { ...FILE, location: 'b.json' };
/** @type {Record<string, { addition: object, problem: RegExp }>} */
const REFUSED = {
  'a file with another hash': {
    addition: { ...ADDITION, files: { [`${PLUGIN.location}/a.json`]: btoa('{}') } },
    problem: /missing or was changed/,
  },
  'a missing file': { addition: { ...ADDITION, files: {} }, problem: /missing or was changed/ },
  'a file that no module has': {
    addition: { ...ADDITION, files: { ...ADDITION.files, 'x/y': '' } },
    problem: /is not in the map/,
  },
  'a module that exists': {
    addition: { compartments: { [TOOL.location]: { ...TOOL, policy: undefined } }, files: {} },
    problem: /exists already/,
  },
  'a policy for a package that has one': {
    addition: {
      compartments: { [TOOL.location]: { ...TOOL, modules: { './b.json': other } } },
      files: {},
    },
    problem: /has a policy already/,
  },
  'another label': {
    addition: {
      compartments: { [TOOL.location]: { ...TOOL, label: '$root$', modules: {} } },
      files: {},
    },
    problem: /has another label/,
  },
  'a link that leads nowhere': {
    addition: {
      compartments: {
        [PLUGIN.location]: { ...PLUGIN, modules: { x: { compartment: 'none', module: '.' } } },
      },
      files: {},
    },
    problem: /which is not in the map/,
  },
};

for (const [name, { addition, problem }] of Object.entries(REFUSED))
  test(`refused: ${name}`, () => {
    assert.throws(() => add(JSON.parse(JSON.stringify(addition))), problem);
  });
