// Every option and method of the exported `Compartment`: behavior of SES.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compartment as Exported, harden, lockdown } from '../../src/api/index.js';

/** @import { CompartmentConstructor, CompartmentOptions } from '../../types/index.js' */

lockdown();

const Compartment = /** @type {CompartmentConstructor} */ (/** @type {unknown} */ (Exported));

/** @param {CompartmentOptions} options */
const make = (options) => new Compartment({ ...options, __options__: true });

const FAILED = /^Failed to load module/;

test('the exported lockdown, harden and Compartment are also the globals', () => {
  assert.equal(globalThis.lockdown, lockdown);
  assert.equal(Reflect.get(globalThis, 'Compartment'), Exported);
  const value = harden({ a: { b: 1 } });
  assert.ok(Object.isFrozen(value.a));
  assert.ok(Object.isFrozen(Array.prototype));
  assert.throws(() => lockdown(), /SES_ALREADY_LOCKED_DOWN/);
});

test('options are one object, marked by __options__', () => {
  assert.equal(make({ globals: { x: 1 } }).evaluate('x'), 1);
  const wrong = /** @type {any} */ ({ __options__: false });
  assert.throws(() => new Compartment(wrong), /only supports true __options__/);
});

test('legacy arguments: globals, modules, options', async () => {
  const compartment = new Compartment(
    { x: 2 },
    { a: { source: 'export default x' } },
    { name: 'old' },
  );
  assert.equal(compartment.name, 'old');
  assert.equal(compartment.importNow('a')['default'], 2);
  assert.equal(new Compartment({ name: 'a global' }).evaluate('name'), 'a global');
  const twice = /** @type {any} */ ({ modules: {} });
  assert.throws(() => new Compartment({}, {}, twice), /not both/);
});

test('without arguments, a compartment has only the language', () => {
  const compartment = new Compartment();
  assert.deepEqual(
    compartment.evaluate('[typeof Array, typeof console, typeof process, typeof fetch]'),
    ['function', 'undefined', 'undefined', 'undefined'],
  );
  assert.throws(() => compartment.evaluate('Array.prototype.evil = 1'), TypeError);
  assert.throws(() => Reflect.apply(/** @type {any} */ (Exported), undefined, []), /without 'new'/);
});

test('globals: an object or a Map, which plain SES ignores', () => {
  assert.equal(make({ globals: { x: 1 } }).evaluate('x'), 1);
  assert.equal(make({ globals: new Map([['x', 1]]) }).evaluate('x'), 1);
  assert.equal(
    make({ modules: new Map([['m', { source: 'export let x = 3' }]]) }).importNow('m')['x'],
    3,
  );
});

test('modules: links, namespaces, module sources and source text', async () => {
  const other = make({ modules: { inner: { source: 'export const kind = "link"' } } });
  const virtual = {
    imports: [],
    exports: ['kind'],
    execute: (/** @type {any} */ env) => void (env.kind = 'virtual'),
  };
  const compartment = make({
    modules: {
      link: { namespace: 'inner', compartment: other },
      legacy: { specifier: 'inner', compartment: other },
      same: { source: 'inner', compartment: other },
      object: { namespace: { kind: 'object' } },
      source: { source: virtual },
      text: { source: 'export const kind = "text"' },
    },
  });
  const kinds = ['link', 'legacy', 'same', 'object', 'source', 'text'];
  const found = kinds.map((name) => compartment.importNow(name)['kind']);
  assert.deepEqual(found, ['link', 'link', 'link', 'object', 'virtual', 'text']);
  assert.equal(compartment.importNow('link'), other.importNow('inner'));
  assert.notEqual(compartment.importNow('same'), other.importNow('inner')); // made again from the same source
});

test('transforms apply to evaluated code, not to modules', () => {
  const shout = (/** @type {string} */ text) => text.replace('quiet', 'LOUD');
  const compartment = make({
    transforms: [shout],
    modules: {
      m: { source: 'export default "quiet"' },
      c: { source: 'module.exports = "quiet"' },
    },
  });
  assert.equal(compartment.evaluate('"quiet"'), 'LOUD');
  assert.equal(compartment.importNow('c')['default'], 'quiet');
  assert.equal(
    compartment.evaluate('"quiet"', { transforms: [(text) => `${text} + "!"`] }),
    'LOUD!',
  );
  assert.equal(compartment.importNow('m')['default'], 'quiet');
});

test('__shimTransforms__ apply to modules too', () => {
  const shout = (/** @type {string} */ text) => text.replace('quiet', 'LOUD');
  const compartment = make({
    __shimTransforms__: [shout],
    modules: {
      m: { source: 'export default "quiet"' },
      c: { source: 'module.exports = "quiet"' },
    },
  });
  assert.equal(compartment.evaluate('"quiet"'), 'LOUD');
  assert.equal(compartment.importNow('m')['default'], 'LOUD');
  assert.equal(compartment.importNow('c')['default'], 'LOUD');
});

test('name: a property of the compartment, and part of errors of its modules', () => {
  const compartment = make({ name: 'mine', modules: { m: { source: 'throw new Error("oh")' } } });
  assert.equal(compartment.name, 'mine');
  assert.equal(new Compartment().name, '<unknown>');
  assert.throws(
    () => compartment.importNow('m'),
    (/** @type {Error} */ error) => error.stack?.includes('compartment:///mine/m:1:') === true,
  );
});

test('resolveHook: from specifier and referrer to the full specifier', () => {
  /** @type {string[][]} */
  const requested = [];
  const compartment = make({
    resolveHook: (specifier, referrer) => {
      requested.push([specifier, referrer]);
      return new URL(specifier, `file:///${referrer}`).pathname.slice(1);
    },
    modules: {
      'lib/a': { source: 'export { b as default } from "./b"' },
      'lib/b': { source: 'export const b = "b"' },
    },
  });
  assert.equal(compartment.importNow('lib/a')['default'], 'b');
  assert.deepEqual(requested, [['./b', 'lib/a']]);
});

test('importHook: asynchronous or synchronous', async () => {
  const compartment = make({
    importHook: (specifier) => {
      if (specifier === 'now') return { source: 'export default "now"' };
      if (specifier === 'later') return Promise.resolve({ source: 'export default "later"' });
      return Promise.reject(new Error(`no ${specifier}`));
    },
  });
  assert.equal((await compartment.import('now')).namespace['default'], 'now');
  assert.equal((await compartment.import('later')).namespace['default'], 'later');
  await assert.rejects(compartment.import('none'), /no none/);
  assert.throws(
    () => compartment.importNow('other'),
    /importNowHook needed to load module "other"/,
  );
});

test('importHook can return the namespace of another compartment', async () => {
  const other = make({ modules: { m: { source: 'export const source = "not text"' } } });
  const late = make({ importHook: () => other.module('m') });
  assert.equal((await late.import('x')).namespace['source'], 'not text');
  const early = make({ importHook: async () => other.module('m') });
  assert.equal((await early.import('x')).namespace['source'], 'not text');
});

test('importNowHook: only for importNow', async () => {
  const compartment = make({
    importNowHook: (specifier) => (specifier === 'm' ? { source: 'export default 1' } : undefined),
  });
  await assert.rejects(compartment.import('m'), /importHook needed to load module "m"/);
  assert.equal(compartment.importNow('m')['default'], 1);
  assert.throws(
    () => compartment.importNow('none'),
    /module descriptor must be a string or object/,
  );
});

test('moduleMapHook is called after modules and before the other hooks', async () => {
  /** @type {string[]} */
  const requested = [];
  const compartment = make({
    modules: { a: { source: 'export default "modules"' } },
    moduleMapHook: (specifier) => {
      requested.push(specifier);
      return specifier === 'b' ? { source: 'export default "map"' } : undefined;
    },
    importHook: async () => ({ source: 'export default "hook"' }),
  });
  const found = [];
  for (const name of ['a', 'b', 'c'])
    found.push((await compartment.import(name)).namespace['default']);
  assert.deepEqual(found, ['modules', 'map', 'hook']);
  assert.deepEqual(requested, ['b', 'c']);
});

test('importMetaHook fills import.meta if a module uses it', () => {
  /** @type {string[]} */
  const requested = [];
  const compartment = make({
    importMetaHook: (specifier, meta) => {
      requested.push(specifier);
      Object.assign(meta, { url: `x:${specifier}` });
    },
    modules: {
      uses: { source: 'export default import.meta.url', importMeta: { url: 'descriptor' } },
      not: { source: 'export default 1' },
    },
  });
  assert.equal(compartment.importNow('uses')['default'], 'x:uses');
  compartment.importNow('not');
  assert.deepEqual(requested, ['uses']);
});

test('noAggregateLoadErrors: the first error is thrown unchanged', async () => {
  const importHook = () => Promise.reject(new RangeError('gone'));
  await assert.rejects(make({ importHook }).import('m'), { name: 'TypeError', message: FAILED });
  const first = make({ importHook, noAggregateLoadErrors: true });
  await assert.rejects(first.import('m'), { name: 'RangeError' });
});

test('__noNamespaceBox__: import returns the namespace', async () => {
  const modules = { m: { source: 'export const x = 1' } };
  const boxed = await make({ modules }).import('m');
  const plain = /** @type {any} */ (await make({ modules, __noNamespaceBox__: true }).import('m'));
  assert.deepEqual([boxed.namespace['x'], plain.x], [1, 1]);
});

test('__native__ has no effect without a native Compartment', () => {
  assert.equal(make({ __native__: true, globals: { x: 1 } }).evaluate('x'), 1);
});

test('evaluate: the completion value of a strict script', () => {
  const compartment = new Compartment();
  assert.equal(compartment.evaluate('const x = 1; x + 1'), 2);
  assert.equal(compartment.evaluate('typeof x'), 'undefined'); // a script of its own each time
  assert.equal(compartment.evaluate('(function () { return this })()'), undefined);
  assert.throws(() => compartment.evaluate(/** @type {any} */ (1)), /must be a string/);
});

test('sloppyGlobalsMode lets assignments create globals; the code stays strict', () => {
  const compartment = new Compartment();
  assert.throws(() => compartment.evaluate('made = 1'), ReferenceError);
  const text = 'made = 1; [made, (function () { return this })()]';
  assert.deepEqual(compartment.evaluate(text, { sloppyGlobalsMode: true }), [1, undefined]);
  assert.equal(compartment.globalThis['made'], 1);
  assert.throws(
    () => compartment.evaluate('with ({}) {}', { sloppyGlobalsMode: true }),
    SyntaxError,
  );
});

test('__moduleShimLexicals__ are variables above the globals', () => {
  const options = { __moduleShimLexicals__: { x: 'lexical' } };
  const compartment = make({ globals: { x: 'global' } });
  assert.equal(compartment.evaluate('x', options), 'lexical');
  assert.equal(compartment.evaluate('x'), 'global');
});

test('possible HTML-like comments, dynamic imports and direct eval are rejected unless options allow them', () => {
  const compartment = new Compartment();
  const row = (
    /** @type {string} */ text,
    /** @type {object} */ options,
    /** @type {unknown} */ value,
  ) => {
    assert.throws(() => compartment.evaluate(text), SyntaxError);
    assert.equal(compartment.evaluate(text, options), value);
  };
  row('"<!--"', { __evadeHtmlCommentTest__: true }, '< ! --'); // in strings too
  row('eval("1")', { __rejectSomeDirectEvalExpressions__: false }, 1);
  assert.throws(() => compartment.evaluate('import("x")'), SyntaxError);
});

test('import accepts only strings, not null, as documented', async () => {
  const compartment = new Compartment();
  await assert.rejects(compartment.import(/** @type {any} */ (null)), /must be a string/);
});

test('load prepares a module without running it', async () => {
  /** @type {string[]} */
  const ran = [];
  const compartment = make({
    globals: { ran: harden((/** @type {string} */ name) => void ran.push(name)) },
    importHook: async (specifier) => ({ source: `ran(${JSON.stringify(specifier)})` }),
  });
  assert.equal(await compartment.load('m'), undefined);
  assert.deepEqual(ran, []);
  compartment.importNow('m');
  assert.deepEqual(ran, ['m']);
});

test('module returns a namespace before the module is loaded, which throws until it runs', () => {
  const compartment = make({ modules: { m: { source: 'export const x = 1' } } });
  const namespace = compartment.module('m');
  assert.throws(() => namespace['x'], /has not yet begun to execute/);
  assert.equal(compartment.importNow('m'), namespace);
  assert.equal(namespace['x'], 1);
  assert.throws(() => compartment.module(/** @type {any} */ (1)), /must be a string/);
});

test('globalThis: separate for each compartment, with shared intrinsics', () => {
  const [one, other] = [make({ globals: { x: 1 } }), new Compartment()];
  assert.equal(one.globalThis['x'], 1);
  assert.notEqual(one.globalThis, other.globalThis);
  assert.equal(one.globalThis['Array'], other.globalThis['Array']);
  assert.notEqual(one.globalThis['eval'], other.globalThis['eval']);
});

test('an application and its dependency are linked, each in its compartment', async () => {
  const resolveHook = (/** @type {string} */ specifier) => specifier;
  const dependency = make({
    name: 'dependency',
    resolveHook,
    globals: { secret: 42 },
    importHook: async () => ({ source: 'export const answer = () => secret; globalThis.seen = 1' }),
  });
  const application = make({
    name: 'application',
    resolveHook,
    moduleMapHook: (specifier) =>
      specifier === 'dependency' ? { namespace: 'index', compartment: dependency } : undefined,
    importHook: async () => ({
      source: `import { answer } from 'dependency'; export default [answer(), typeof secret, typeof seen]`,
    }),
  });
  const { namespace } = await application.import('main');
  assert.deepEqual(namespace['default'], [42, 'undefined', 'undefined']);
});

test('instances are those of SES, and classes can extend it', () => {
  class Named extends Compartment {
    greet() {
      return `I am ${this.name}`;
    }
  }
  const named = new Named({ name: 'one', __options__: true });
  assert.equal(named.greet(), 'I am one');
  assert.ok(named instanceof Compartment);
  const inner = new Compartment().evaluate('new Compartment()');
  assert.ok(inner instanceof Compartment);
  assert.equal(String(inner), '[object Compartment]');
});

test('a Compartment inside a compartment is that of SES, where a string is the specifier of a parent module', () => {
  const outer = make({ modules: { shared: { source: 'export const x = 1' } } });
  outer.importNow('shared');
  const text = `new Compartment({ modules: { y: { source: 'shared' } }, __options__: true }).importNow('y').x`;
  assert.equal(outer.evaluate(text), 1);
});
