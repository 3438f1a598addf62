// The archive API for embedding programs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importArchive, lockdown, parseArchive } from '../../src/api/index.js';
import { archive, cjs, esm, sha512, to, utf8 } from '../archive.js';
import { makeConsumer, runModule } from '../consumer.js';

lockdown();

const dep = {
  label: 'dep',
  modules: {
    './index.js': cjs('exports.seen = typeof greet + typeof process', { exports: ['seen'] }),
  },
};

/** @param {object} [options] */
const app = (options) =>
  archive(
    {
      'app-v1.0.0': {
        policy: { packages: { dep: true }, globals: { console: true, setTimeout: true } },
        modules: {
          './main.js': esm(
            `let dep; $i([['dep', [['seen', [(value) => { dep = value; }]]]]]);
             $once.seen(dep); $once.greeting(typeof greet === 'function' ? greet('you') : typeof greet);
             const can = (use) => { try { use(); return 'yes'; } catch (error) { return error.code ?? error.name; } };
             $once.powers([can(() => console.log), can(() => setTimeout(() => {})), can(() => fetch.call)].join());`,
            {
              imports: { dep: ['seen'] },
              fixed: ['seen', 'greeting', 'powers'],
              names: { hostNames: ['console', 'setTimeout'] },
            },
          ),
          './other.js': {
            ...esm('$once.other(1)', { fixed: ['other'] }),
            extra: { entry: true },
          },
          dep: to('dep-v1.0.0', './index.js'),
        },
      },
      'dep-v1.0.0': dep,
    },
    options,
  );

/**
 * @param {Uint8Array | ArrayBuffer} bytes
 * @param {object} [options]
 * @returns {Promise<any>}
 */
const imported = async (bytes, options) => (await importArchive(bytes, options)).namespace;

test('an archive is imported with the grants of its policy', async () => {
  const { seen, greeting, powers } = await imported(app());
  assert.deepEqual([seen, greeting], ['undefinedundefined', 'undefined']);
  assert.equal(powers, 'yes,yes,TypeError');
});

test('globals are defined only for the application’s package', async () => {
  const { seen, greeting } = await imported(app(), {
    globals: { greet: (/** @type {string} */ name) => `hello ${name}` },
  });
  assert.deepEqual([seen, greeting], ['undefinedundefined', 'hello you']);
});

test('a policy can restrict grants, but not add any', async () => {
  const policy = { $root$: { packages: { dep: true } } };
  assert.equal(
    (await imported(app(), { policy })).powers,
    'ERR_ACCESS_DENIED,ERR_ACCESS_DENIED,TypeError',
  );
  assert.equal(
    (await imported(app(), { policy: JSON.stringify(policy) })).powers,
    'ERR_ACCESS_DENIED,ERR_ACCESS_DENIED,TypeError',
  );
  const wider = { $root$: { packages: { dep: true }, builtins: { fs: true } } };
  await assert.rejects(imported(app(), { policy: wider }), /grants builtins fs to '\$root\$'/);
});

test('an application can be inspected before it runs, and run several times', async () => {
  const application = await parseArchive(app());
  assert.deepEqual(application.packages, ['$root$', 'dep']);
  assert.match(application.sha512, /^[0-9a-f]{128}$/);
  const one = await application.import();
  const other = await application.import();
  assert.notEqual(one.namespace, other.namespace);
});

test('expectedSha512 is the hash of the map', async () => {
  const { sha512: expectedSha512 } = await parseArchive(app());
  await parseArchive(app(), { expectedSha512 });
  const wrong = sha512(utf8('another'));
  await assert.rejects(importArchive(app(), { expectedSha512: wrong }), { name: 'InvalidArchive' });
});

test('another entry of the archive can be selected by name', async () => {
  assert.equal((await imported(app(), { entry: 'other.js' })).other, 1);
  await assert.rejects(imported(app(), { entry: 'dep.js' }), /no entry "dep\.js"/);
});

test('bytes can be an ArrayBuffer or compressed, and can change later', async () => {
  const bytes = app({ deflate: true });
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  const application = await parseArchive(buffer);
  new Uint8Array(buffer).fill(0);
  assert.equal(
    /** @type {any} */ (await application.import()).namespace.seen,
    'undefinedundefined',
  );
});

test('modified and truncated archives are rejected', async () => {
  const bytes = app();
  await assert.rejects(parseArchive(bytes.subarray(0, -1)), { name: 'InvalidArchive' });
  const changed = Uint8Array.from(bytes);
  changed[100] = (changed[100] ?? 0) ^ 1;
  await assert.rejects(importArchive(changed), { name: 'InvalidArchive' });
});

test('an archive requires lockdown by this package', () => {
  const folder = makeConsumer();
  const bytes = JSON.stringify([...app()]);
  const program = (/** @type {string} */ text) =>
    runModule(folder, `${text} await importArchive(new Uint8Array(${bytes}));`);
  const { stderr } = program(`import { importArchive } from 'compartment-mapper-runtime';`);
  assert.match(stderr, /an archive requires `lockdown\(\)` of this package/);
  const { status } = program(
    `import { importArchive } from 'compartment-mapper-runtime'; lockdown();`,
  );
  assert.equal(status, 0);
});
