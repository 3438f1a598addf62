// The npm package: its types, its lazy loading, and the examples of its README.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { archive, cjs, esm } from '../archive.js';
import { makeConsumer, runModule } from '../consumer.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = makeConsumer();

/** @param {string} text of a consumer in TypeScript */
const typeErrors = (text) => {
  const file = join(folder, 'consumer.ts');
  writeFileSync(file, text);
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const options =
    '--noEmit --strict --exactOptionalPropertyTypes --target esnext --module nodenext'.split(' ');
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, file], {
    encoding: 'utf8',
    cwd: folder,
  });
  return stdout;
};

test('a consumer in TypeScript gets types of all exports', () => {
  const text = `
    import { Compartment, harden, importArchive, lockdown, parseArchive, prepareSources } from 'compartment-mapper-runtime';
    import type { Application, CompartmentOptions, ModuleDescriptor } from 'compartment-mapper-runtime';
    lockdown({ errorTaming: 'unsafe' });
    const descriptor: ModuleDescriptor = { source: 'exports.x = 1', language: 'commonjs' };
    const options: CompartmentOptions = {
      name: 'typed',
      globals: { console: harden(console) },
      modules: { a: descriptor },
      resolveHook: (specifier, referrer) => specifier + referrer,
      importHook: async (specifier) => ({ source: specifier }),
      importNowHook: () => undefined,
      moduleMapHook: (specifier) => (specifier === 'a' ? descriptor : undefined),
      importMetaHook: (specifier, meta) => { Object.assign(meta, { specifier }); },
    };
    const compartment: Compartment = new Compartment({ ...options, __options__: true });
    new Compartment({ x: 1 }, { a: descriptor }, { name: 'legacy' });
    new Compartment({ globals: new Map([['x', 1]]), __options__: true });
    compartment.evaluate('1', { transforms: [(text) => text] });
    const name: string = compartment.name;
    const loaded: Promise<void> = compartment.load('a');
    const application: Application = await parseArchive(new Uint8Array(), { expectedSha512: name });
    const { namespace } = await application.import({ globals: {}, entry: 'a.js', policy: {} });
    namespace.anything(compartment.importNow('a'), compartment.module('a'), compartment.globalThis, loaded);
    await importArchive(new ArrayBuffer(0), { expectedSha512: '' });
    await prepareSources();
  `;
  assert.equal(typeErrors(text), '');
});

test('exports match the type declarations, in pages too', () => {
  const declared = readFileSync(join(ROOT, 'types', 'index.d.ts'), 'utf8');
  const names = [...declared.matchAll(/^export (?:const|function) (\w+)/gm)].map(
    ([, name]) => name,
  );
  const { stdout } = runModule(
    folder,
    `import * as node from 'compartment-mapper-runtime'; console.log(Object.keys(node).join());`,
  );
  assert.equal(stdout.trim(), names.sort().join());
  const page = readFileSync(join(ROOT, 'src', 'api', 'browser.js'), 'utf8');
  const exported = /export const \{ ([^}]*) \}/.exec(page)?.[1]?.split(', ');
  assert.deepEqual(exported?.sort(), names);
});

test('its types reject invalid arguments', () => {
  const text = `
    import { Compartment, importArchive, lockdown } from 'compartment-mapper-runtime';
    lockdown({ errorTaming: 'none' });
    new Compartment({}, {}, { name: 1 });
    importArchive('app.zip');
  `;
  const lines = [...typeErrors(text).matchAll(/consumer\.ts\((\d+),/g)].map(([, line]) =>
    Number(line),
  );
  assert.deepEqual(lines, [3, 4, 5]);
});

/** @param {string} text */
const modulesLoaded = (text) => {
  const { stdout, stderr } = runModule(
    folder,
    `import { registerHooks } from 'node:module';
     const loaded = [];
     registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
     const { lockdown, Compartment } = await import('compartment-mapper-runtime');
     lockdown();
     ${text}
     console.log(loaded.filter((url) => url.endsWith('/compile.js')).length > 0);`,
  );
  assert.equal(stderr, '');
  return stdout;
};

test(
  'the compiler is loaded on the first source text',
  { skip: !('registerHooks' in (await import('node:module'))) },
  () => {
    assert.equal(modulesLoaded(`new Compartment().evaluate('1')`), 'false\n');
    const texts = `new Compartment({ modules: { m: { source: 'export default 1' } }, __options__: true })`;
    assert.equal(modulesLoaded(texts), 'false\n');
    assert.equal(modulesLoaded(`await ${texts}.import('m')`), 'true\n');
    assert.equal(modulesLoaded(`${texts}.importNow('m')`), 'true\n');
  },
);

test('harden reports that it requires lockdown', () => {
  const text = `import { harden } from 'compartment-mapper-runtime'; harden({});`;
  assert.match(runModule(folder, text).stderr, /harden requires `lockdown\(\)` before/);
});

test('plain SES ignores the entries of a Map', () => {
  const text = `import 'ses'; lockdown();
    const options = { globals: new Map([['x', 1]]), __options__: true };
    console.log(new Compartment(options).evaluate('typeof x'));`;
  assert.equal(runModule(folder, text).stdout, 'undefined\n');
});

test('a realm locked down by plain SES supports compartments with source text, but no archives', () => {
  const text = `import 'ses'; lockdown();
    const { Compartment, harden, importArchive, lockdown: late } = await import('compartment-mapper-runtime');
    const modules = harden({ m: { source: 'export default 1' } });
    console.log(new Compartment({ modules, __options__: true }).importNow('m').default);
    try { late() } catch (error) { console.log(error.message) }
    await importArchive(new Uint8Array()).catch((error) => console.log(error.name));
    const bytes = (await import('node:fs')).readFileSync('app.zip');
    await importArchive(bytes).catch((error) => console.log(error.message));`;
  assert.match(
    runModule(folder, text).stdout,
    /^1\nAlready locked down.*\nInvalidArchive\nan archive requires `lockdown\(\)`/,
  );
});

test('a hardened console still works', () => {
  const text = `import { harden, lockdown } from 'compartment-mapper-runtime'; lockdown(); harden(console);
    console.group('outer'); console.log('inner'); console.groupEnd(); console.log('end');`;
  assert.equal(runModule(folder, text).stdout, 'outer\n  inner\nend\n');
});

test('evaluated code sees no paths of the host; the host sees its own stacks', () => {
  const text = `import { lockdown, Compartment } from 'compartment-mapper-runtime'; lockdown();
    const fail = () => { throw new Error('host'); };
    const compartment = new Compartment({ fail });
    const trace = compartment.evaluate('try { fail() } catch (error) { error.stack }');
    console.log(trace.includes('main.mjs'), new Error('own').stack.includes('main.mjs'));`;
  assert.equal(runModule(folder, text).stdout, 'false true\n');
});

test('lockdown accepts the options of SES', () => {
  const stack = `const trace = new Compartment().evaluate('(() => { try { null.x } catch (error) { return error.stack } })()');`;
  const shown = (/** @type {string} */ settings) =>
    runModule(
      folder,
      `import { lockdown, Compartment } from 'compartment-mapper-runtime'; lockdown(${settings}); ${stack}
       console.log(trace.split('\\n')[0]);`,
    );
  assert.match(shown('').stdout, /^TypeError: /);
  assert.equal(shown(`{ errorTaming: 'safe' }`).stdout, '\n'); // no package sees a stack then
  assert.match(shown(`{ wrong: 1 }`).stderr, /non supported option \["wrong"\]/);
});

test('the npm package contains the built files, the types and the license', () => {
  const { files, exports, dependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  assert.deepEqual(files, ['dist', 'types']);
  for (const target of Object.values(exports['.']))
    assert.ok(
      readFileSync(join(folder, 'node_modules', 'compartment-mapper-runtime', target)).length > 0,
    );
  const imported = ['index', 'browser', 'compile'].flatMap((name) => {
    const text = readFileSync(
      join(folder, 'node_modules/compartment-mapper-runtime/dist', `${name}.js`),
      'utf8',
    );
    return [...text.matchAll(/^(?:import|\} from) [^"\n]*"((?:@[^/"]+\/)?[^./"][^/"]*)/gm)].map(
      ([, id]) => id ?? '',
    );
  });
  const packages = new Set(imported.filter((id) => !id.startsWith('node:')));
  for (const name of packages) assert.ok(name in dependencies, name);
});

writeFileSync(
  join(folder, 'app.zip'),
  archive({
    'app-v1.0.0': {
      modules: { './main.js': esm(`$once.greeting(greet('you'))`, { fixed: ['greeting'] }) },
    },
    'left-pad-v1.3.0': { modules: { './index.js': cjs('') } },
  }),
);

/** @param {string} name of a file with examples */
const examples = (name) =>
  [
    ...readFileSync(join(ROOT, name), 'utf8').matchAll(/^```js\n(.*?)^```\n+```text\n(.*?)^```/gms),
  ].map(([, code = '', output = '']) => ({ code, output }));

for (const name of ['README.md', '../docs/compartment-api.md'])
  for (const [index, { code, output }] of examples(name).entries())
    test(`example ${index + 1} of ${name}`, () => {
      const { stdout, stderr } = runModule(folder, code);
      assert.equal(stdout, output, stderr);
    });
