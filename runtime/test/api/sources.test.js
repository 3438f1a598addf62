// Module descriptors with source text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compartment as Exported, lockdown, prepareSources } from '../../src/api/index.js';

/** @import { CompartmentConstructor, CompartmentOptions } from '../../types/index.js' */

lockdown();

const Compartment = /** @type {CompartmentConstructor} */ (/** @type {unknown} */ (Exported));

/**
 * @param {Record<string, string | object>} modules sources or descriptors
 * @param {CompartmentOptions} [options]
 */
const make = (modules, options = {}) =>
  new Compartment({
    resolveHook: (specifier) => specifier,
    ...options,
    modules: Object.fromEntries(
      Object.entries(modules).map(([name, module]) => [
        name,
        typeof module === 'string' ? { source: module } : module,
      ]),
    ),
    __options__: true,
  });

/** @type {Array<[string, string, 'ESM' | 'CommonJS']>} */
const LANGUAGES = [
  ['an export', 'export const x = 1', 'ESM'],
  ['an import', "import 'other'; var module = 1", 'ESM'],
  ['import.meta', 'import.meta; var require = 1', 'ESM'],
  ['an empty export, which is not CommonJS', 'export {}; typeof require', 'ESM'],
  ['neither syntax', 'globalThis.x = 1', 'ESM'],
  ['no text', '', 'ESM'],
  ['exports', 'exports.x = 1', 'CommonJS'],
  ['module', 'module.exports = 1', 'CommonJS'],
  ['require', 'require("other")', 'CommonJS'],
  ['a return of the whole module', 'if (exports) return; exports.x = 1', 'CommonJS'],
];

for (const [name, text, expected] of LANGUAGES) {
  test(`${name}: ${expected}`, () => {
    const namespace = make({ m: text, other: 'export {}' }).importNow('m');
    assert.equal('module.exports' in namespace ? 'CommonJS' : 'ESM', expected);
  });
}

test('`language` overrides the syntax', () => {
  const text = 'globalThis.seen = typeof exports';
  const seen = (/** @type {string} */ language) => {
    const compartment = make({ m: { source: text, language } });
    compartment.importNow('m');
    return compartment.globalThis['seen'];
  };
  assert.equal(seen('module'), 'undefined');
  assert.equal(seen('commonjs'), 'object');
  assert.throws(() => seen('typescript'), /must be 'module' or 'commonjs', got "typescript"/);
});

test('exports are live, and stars and cycles work', async () => {
  const compartment = make({
    main: `import { n, up } from 'counter'; export * from 'counter'; export * as all from 'star';
      export const before = n; up(); export const after = n;`,
    counter: 'export let n = 0; export const up = () => { n += 1 };',
    star: `import { before } from 'main'; export const late = () => before; export default class {}`,
  });
  const { namespace } = await compartment.import('main');
  const { n, before, after, all } = namespace;
  assert.deepEqual([n, before, after, all.late()], [1, 0, 1, 0]);
});

test('a dynamic import goes through the hooks, in both languages', async () => {
  const compartment = make({
    esm: 'export default () => import("dep")',
    cjs: 'module.exports = () => import("dep")',
    dep: 'export const x = 7',
  });
  for (const name of ['esm', 'cjs']) {
    const load = compartment.importNow(name)['default'];
    assert.equal((await load()).x, 7);
  }
});

test('CommonJS: names, the whole exports, and the result of `require`', () => {
  const compartment = make({
    main: `const cjs = require('cjs'); const esm = require('esm'); const whole = require('whole');
      exports.all = [cjs.x, cjs === require('cjs'), typeof esm.default, esm.y, whole(), this === exports, __filename];`,
    cjs: 'exports.x = 1',
    esm: 'export default function () {} export const y = 2',
    whole: 'module.exports = () => 3; module.exports.named = 4',
    importer: `import { x } from 'cjs'; import whole, { named } from 'whole'; export default [x, whole(), named]`,
  });
  const { all } = compartment.importNow('main');
  assert.deepEqual(all, [1, true, 'function', 2, 3, true, undefined]);
  assert.deepEqual(compartment.importNow('importer')['default'], [1, 3, 4]);
});

test('CommonJS in a cycle gets the exports so far', () => {
  const compartment = make({
    a: `exports.early = 1; exports.b = require('b').seen; exports.late = 2`,
    b: `const a = require('a'); exports.seen = Object.keys(a)`,
  });
  assert.deepEqual(compartment.importNow('a')['b'], ['early']);
});

test('a computed require calls the hooks', () => {
  const compartment = make({
    main: `exports.get = (name) => require('./' + name).x`,
    './dep': 'exports.x = 5',
  });
  assert.equal(compartment.importNow('main')['get']('dep'), 5);
});

test('CommonJS is evaluated in its compartment, in strict code', () => {
  const text = 'exports.found = [typeof process, typeof x, (function () { return this })()]';
  const compartment = make({ m: text }, { globals: { x: 1 } });
  assert.deepEqual(compartment.importNow('m')['found'], ['undefined', 'number', undefined]);
});

test('words that SES rejects are allowed in comments and strings', () => {
  const text = `/** @type {import('x').Y} <!-- */ export default "import('x') <!-- -->"`;
  assert.equal(make({ m: text }).importNow('m')['default'], "import('x') <!-- -->");
  const commonJs = `// import('x')\nmodule.exports = "<!--"`;
  assert.equal(make({ m: commonJs }).importNow('m')['default'], '<!--');
});

test('source that can’t be compiled is a SyntaxError of the module, synchronously and asynchronously', async () => {
  const compartment = make({ m: 'export const = 1' });
  assert.throws(() => compartment.importNow('m'), /Failed to load module "m"[^]*Unexpected token/);
  await assert.rejects(compartment.import('m'), /Failed to load module "m"[^]*Unexpected token/);
});

test('top-level await is rejected when the module runs, because modules of SES are synchronous', async () => {
  const compartment = make({ m: 'export const x = await 1' });
  await assert.rejects(compartment.import('m'), SyntaxError);
});

test('imports of a module are resolved from its `specifier`', () => {
  const compartment = make(
    { alias: { source: `import './dep.js'`, specifier: 'lib/real.js' } },
    {
      resolveHook: (specifier, referrer) => `${referrer} ${specifier}`,
      importNowHook: (specifier) => ({ source: `globalThis.seen = ${JSON.stringify(specifier)}` }),
    },
  );
  compartment.importNow('alias');
  assert.equal(compartment.globalThis['seen'], 'lib/real.js ./dep.js');
});

test('an error names the module and the line', () => {
  const compartment = make({ 'my module': 'export const go = () => {\n  throw new Error("x") }' });
  /** @type {Error | undefined} */
  let thrown;
  try {
    compartment.importNow('my module')['go']();
  } catch (error) {
    thrown = /** @type {Error} */ (error);
  }
  assert.match(`${thrown?.stack}`, /compartment:\/\/\/compartment\/my%20module:2:/);
});

test('source that breaks out of its wrapper is a syntax error, not code of the host', async () => {
  for (const text of [
    '})()); globalThis.evil = 1; (() => { (() => {',
    'exports.x = 1 }); evil(); ({',
    '*/ exports.x',
  ])
    for (const language of ['module', 'commonjs'])
      assert.throws(() => make({ m: { source: text, language } }).importNow('m'));
  const url = make(
    { [`m\n*/ globalThis.evil = 1 //`]: 'export const x = 1' },
    { name: '\n evil()' },
  );
  assert.equal((await url.import('m\n*/ globalThis.evil = 1 //')).namespace['x'], 1);
  assert.equal(Reflect.get(globalThis, 'evil'), undefined);
  assert.equal(url.globalThis['evil'], undefined);
});

test('prepareSources loads the compiler', async () => {
  assert.equal(await prepareSources(), undefined);
  assert.equal(make({ m: 'export default 1' }).importNow('m')['default'], 1);
});

test('concurrent imports get their own sources', async () => {
  const compartment = make(
    { a: 'import b from "b"; export default "a" + b', b: 'export default "b"' },
    {
      moduleMapHook: (specifier) =>
        specifier.startsWith('map') ? { source: `export default "${specifier}"` } : undefined,
      importHook: async (specifier) => ({ source: `export default "${specifier}!"` }),
    },
  );
  const names = ['a', 'map1', 'other', 'b', 'a', 'map2'];
  const found = await Promise.all(names.map((name) => compartment.import(name)));
  const values = found.map(({ namespace }) => namespace['default']);
  assert.deepEqual(values, ['ab', 'map1', 'other!', 'b', 'ab', 'map2']);
});
