import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArchive } from '../../src/linker/import-archive.js';
import { makeApplication } from '../../src/linker/link.js';
import { verifyPowers } from '../../src/node/powers.js';
import { archive, cjs, esm, to } from '../archive.js';
import { importHere, lockThisRealm } from '../application.js';

test('compartments load modules of their packages and linked modules', async () => {
  const { map, files } = parseArchive(
    archive({
      'app-v1': {
        modules: { './main.js': esm(`$once.a(1)`, { fixed: ['a'] }), dep: to('dep-v1', './i.js') },
      },
      'dep-v1': { modules: { './i.js': cjs(`exports.b = 2`, { exports: ['b'] }) } },
    }),
    verifyPowers,
  );
  const application = makeApplication({ map, files, ...lockThisRealm(), allowAll: false });
  const { compartment } = application.packageOf('app-v1');
  assert.equal((await compartment.import('./main.js')).namespace.a, 1);
  assert.equal((await compartment.import('dep')).namespace.b, 2);
  assert.equal(compartment.importNow('dep').b, 2);
});

test('an export named * is not the namespace', async () => {
  const ns = await importHere(
    archive({
      'app-v1': {
        modules: {
          './main.js': esm(`let s; $i([['./s.js', [['\\0*', [v => (s = v)]]]]]); $once.s(s)`, {
            imports: { './s.js': ['\0*'] },
            fixed: ['s'],
          }),
          './s.js': esm(`$i([])`, {
            imports: { './t.js': [] },
            reexports: { './t.js': [['\0*', '*']] },
          }),
          './t.js': esm(`$once['*']('star')`, { fixed: ['*'] }),
        },
      },
    }),
  );
  assert.equal(ns.s, 'star');
});

test('assert works in a package without reading files that source URLs name', async () => {
  const ns = await importHere(
    archive(
      {
        'app-v1': {
          policy: { builtins: { assert: true } },
          modules: {
            './main.cjs':
              cjs(`const assert = require('assert'); const said = (f) => { try { f() } catch (e) { return [e.name, e.message] } };
              const lines = '\\n'.repeat(3);
              const spoof = Function('assert', lines + 'assert(false)\\n//# sourceURL=' + ${JSON.stringify(import.meta.filename)});
              module.exports = [said(() => assert.equal(1, 2)), said(() => spoof(assert)), said(() => assert(0))];`),
            assert: { exit: 'assert' },
          },
        },
      },
      { entry: './main.cjs' },
    ),
  );
  assert.equal(ns.default[0][0], 'AssertionError');
  assert.deepEqual(ns.default[1][0], 'AssertionError');
  assert.doesNotMatch(ns.default[1][1], /import/);
  assert.equal(ns.default[2][0], 'AssertionError');
});
