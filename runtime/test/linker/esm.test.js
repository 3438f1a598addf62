import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archive, cjs, esm, json } from '../archive.js';
import { importHere } from '../application.js';

/** @param {Record<string, import('../archive.js').Stored>} modules */
const importApp = (modules) => importHere(archive({ 'app-v1': { modules } }));

test('live bindings: importers see assignments to exported variables', async () => {
  const ns = await importApp({
    './main.js': esm(
      `let n, inc; $i([['./n.js', [['n', [v => (n = v)]], ['inc', [v => (inc = v)]]]]]);
      const before = n; inc(); $once.before(before); $once.after(n);`,
      {
        imports: { './n.js': ['n', 'inc'] },
        fixed: ['before', 'after'],
      },
    ),
    './n.js': esm(
      `$once.inc(inc); $i([]); let n = 0; $live.n(n); function inc() { $live.n(n += 1); }`,
      {
        live: ['n'],
        fixed: ['inc'],
      },
    ),
  });
  assert.deepEqual({ ...ns }, { after: 1, before: 0 });
});

test('hoisted functions work in cycles', async () => {
  const ns = await importApp({
    './main.js': esm(
      `$once.a(a); let b; $i([['./b.js', [['b', [v => (b = v)]]]]]); yield;
      function a() { return 'A'; } $once.seen(b());`,
      { imports: { './b.js': ['b'] }, fixed: ['a', 'seen'], split: true },
    ),
    './b.js': esm(
      `$once.b(b); let a; $i([['./main.js', [['a', [v => (a = v)]]]]]); yield;
      function b() { return 'B' + a(); } $once.early(a());`,
      { imports: { './main.js': ['a'] }, fixed: ['b', 'early'], split: true },
    ),
  });
  assert.equal(ns.seen, 'BA');
});

test('a name exported by two stars is ambiguous, and an explicit export wins', async () => {
  const star = (/** @type {string} */ x) =>
    esm(`$i([]); $once.x(${x}); $once['y${x}'](1); $once.z('star');`, {
      fixed: ['x', `y${x}`, 'z'],
    });
  const ns = await importApp({
    './main.js': esm(`$i([['./a.js', []], ['./b.js', []]]); $once.z('own');`, {
      imports: { './a.js': [], './b.js': [] },
      stars: ['./a.js', './b.js'],
      fixed: ['z'],
    }),
    './a.js': star('1'),
    './b.js': star('2'),
  });
  assert.deepEqual(Object.keys(ns), ['y1', 'y2', 'z']);
  assert.equal(ns.z, 'own');
});

test('one binding through two stars is not ambiguous; cycles of stars terminate', async () => {
  const ns = await importApp({
    './main.js': esm(`$i([]);`, {
      imports: { './a.js': [], './b.js': [] },
      stars: ['./a.js', './b.js'],
    }),
    './a.js': esm(`$i([]); $once.a(1);`, {
      imports: { './b.js': [] },
      stars: ['./b.js'],
      fixed: ['a'],
    }),
    './b.js': esm(`$i([]); $once.b(2);`, {
      imports: { './a.js': [] },
      stars: ['./a.js'],
      fixed: ['b'],
    }),
  });
  assert.deepEqual({ ...ns }, { a: 1, b: 2 });
});

test('missing and ambiguous imports fail before evaluation', async () => {
  /** @param {string} name */
  const app = (name) =>
    importApp({
      './main.js': esm('', { imports: { './s.js': [name] } }),
      './s.js': esm(`_import('./ran.js'); globalThis.ran = 1`, {
        imports: { './a.js': [], './b.js': [] },
        stars: ['./a.js', './b.js'],
      }),
      './a.js': esm(`throw new Error('evaluated')`, { fixed: ['x'] }),
      './b.js': esm(``, { fixed: ['x'] }),
    });
  await assert.rejects(app('nope'), {
    name: 'SyntaxError',
    message: "The requested module './s.js' does not provide an export named 'nope'",
  });
  await assert.rejects(app('x'), {
    name: 'SyntaxError',
    message: /contains conflicting star exports for name 'x'/,
  });
});

test('a namespace is a Module Namespace Exotic Object', async () => {
  const ns = await importApp({
    './main.js': esm(`$i([]); $once.b(2); $once.a(1); $live.c(3); $once.touch(() => $live.c(4))`, {
      fixed: ['b', 'a', 'touch'],
      live: ['c'],
    }),
  });
  assert.deepEqual(Reflect.ownKeys(ns), ['a', 'b', 'c', 'touch', Symbol.toStringTag]);
  const property = { value: 1, writable: true, enumerable: true, configurable: false };
  assert.deepEqual({ ...Object.getOwnPropertyDescriptor(ns, 'a') }, property);
  assert.equal(Object.prototype.toString.call(ns), '[object Module]');
  assert.equal(Object.getPrototypeOf(ns), null);
  assert.equal(Reflect.set(ns, 'a', 5), false);
  assert.equal(Reflect.deleteProperty(ns, 'a'), false);
  assert.equal(Reflect.deleteProperty(ns, 'none'), true);
  assert.equal(Reflect.defineProperty(ns, 'a', { value: 1 }), true);
  assert.equal(Reflect.defineProperty(ns, 'a', { value: 2 }), false);
  assert.equal(Reflect.defineProperty(ns, 'none', { value: 2 }), false);
  assert.equal(Object.isExtensible(ns), false);
  assert.equal(Reflect.setPrototypeOf(ns, null), true);
  assert.equal(Reflect.setPrototypeOf(ns, {}), false);
  ns.touch();
  assert.equal(ns.c, 4);
});

test('a namespace has names without values before initialization', async () => {
  const ns = await importApp({
    './main.js': esm(`$i([['./b.js', []]]); $once.a(1);`, {
      imports: { './b.js': [] },
      fixed: ['a'],
    }),
    './b.js': esm(
      `let ns; $i([['./main.js', [['*', [v => (ns = v)]]]]]);
      let name; try { ns.a } catch (e) { ({ name } = e) }
      globalThis.seen = [name, 'a' in ns];`,
      { imports: { './main.js': [] } },
    ),
    './seen.js': esm(''),
  }).then(() =>
    importApp({
      './main.js': esm(`$i([['./b.js', []]]); $once.a(1); $once.seen(globalThis.seen)`, {
        imports: { './b.js': [] },
        fixed: ['a', 'seen'],
      }),
      './b.js': esm(
        `let ns; $i([['./main.js', [['*', [v => (ns = v)]]]]]);
        let name; try { ns.a } catch (e) { ({ name } = e) }
        globalThis.seen = [name, 'a' in ns];`,
        { imports: { './main.js': [] } },
      ),
    }),
  );
  assert.deepEqual(ns.seen, ['ReferenceError', true]);
});

test('modules with top-level await do not block siblings, but block their importers', async () => {
  const log = 'globalThis.log ??= [];';
  const ns = await importApp({
    './main.js': esm(`$i([]); $once.log([...log, 'main'])`, {
      imports: { './slow.js': [], './sync.js': [], './needs-slow.js': [] },
      fixed: ['log'],
    }),
    './slow.js': esm(`${log} log.push('slow starts'); await 0; await 0; log.push('slow ends')`, {
      async: true,
    }),
    './sync.js': esm(`${log} log.push('sync')`),
    './needs-slow.js': esm(`log.push('needs slow')`, { imports: { './slow.js': [] } }),
  });
  assert.deepEqual(ns.log, ['slow starts', 'sync', 'slow ends', 'needs slow', 'main']);
});

test('errors of modules are cached, including those of async modules', async () => {
  const ns = await importApp({
    './main.js': esm(
      `$i([]);
      const caught = async (s) => { try { await _import(s) } catch (e) { return e } };
      $once.same([await caught('./bad.js') === await caught('./bad.js'),
        await caught('./late.js') === await caught('./needs-late.js'), (await caught('./late.js')).message]);
      $once.codes([(await caught('./none.js')).code, (await caught('none')).code, (await caught('http://x/y')).code,
        (await caught('data:text/javascript,1')).code, (await caught('node:none')).code]);`,
      {
        fixed: ['same', 'codes'],
        async: true,
      },
    ),
    './bad.js': esm(`throw new Error('bad')`),
    './late.js': esm(`await 0; throw new Error('late')`, { async: true }),
    './needs-late.js': esm(``, { imports: { './late.js': [] } }),
  });
  assert.deepEqual(ns.same, [true, true, 'late']);
  assert.deepEqual(ns.codes, [
    ...['ERR_MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_ESM_URL_SCHEME'],
    ...['ERR_UNSUPPORTED_ESM_URL_SCHEME', 'ERR_UNKNOWN_BUILTIN_MODULE'],
  ]);
});

test('import.meta and import() by URL', async () => {
  const ns = await importApp({
    './main.js': esm(
      `$i([]); $once.meta({...$meta, far: $meta.resolve('./lib/ä b.js')});
      $once.far((await _import(new URL('./lib/ä%20b.js', $meta.url).href)).far)`,
      {
        fixed: ['meta', 'far'],
        async: true,
        names: { hostNames: ['URL'] },
      },
    ),
    './lib/ä b.js': esm(`$once.far('far')`, { fixed: ['far'] }),
  });
  const { resolve, ...meta } = ns.meta;
  assert.equal(typeof resolve, 'function');
  assert.deepEqual(meta, {
    dirname: '/app-v1',
    filename: '/app-v1/main.js',
    main: true,
    url: 'file:///app-v1/main.js',
    far: 'file:///app-v1/lib/%C3%A4%20b.js',
  });
  assert.equal(ns.far, 'far');
});

test('long chains do not overflow the stack', async () => {
  /** @type {Record<string, import('../archive.js').Stored>} */
  const stars = { './2000.js': esm('$once.deep(1)', { fixed: ['deep'] }) };
  for (let n = 0; n < 2000; n += 1) {
    const next = `./${n + 1}.js`;
    stars[`./${n}.js`] = esm('$i([])', { imports: { [next]: [] }, stars: [next] });
  }
  const starry = await importApp({
    ...stars,
    './main.js': esm(
      `let deep; $i([['./0.js', [['deep', [v => (deep = v)]]]]]); $once.deep(deep)`,
      {
        imports: { './0.js': ['deep'] },
        fixed: ['deep'],
      },
    ),
  });
  assert.equal(starry.deep, 1);
  /** @type {Record<string, import('../archive.js').Stored>} */
  const imports = { './10000.js': esm('globalThis.last = 1') };
  for (let n = 0; n < 10000; n += 1) {
    imports[`./${n}.js`] = esm('$i([])', { imports: { [`./${n + 1}.js`]: [] } });
  }
  const main = esm('$once.last(last)', { imports: { './0.js': [] }, fixed: ['last'] });
  assert.equal((await importApp({ ...imports, './main.js': main })).last, 1);
});

test('a syntax error belongs to its module, and source that closes its wrapper is one', async () => {
  const ns = await importApp({
    './main.js': esm(
      `$i([]); const name = async (s) => { try { return (await _import(s)).ok } catch (e) { return e.name } };
      $once.names([await name('./good.js'), await name('./bad.js'), await name('./out.js'), typeof out]);`,
      {
        fixed: ['names'],
        async: true,
      },
    ),
    './good.js': esm(`$once.ok('ok')`, { fixed: ['ok'] }),
    './bad.js': esm('let let = 1'),
    './out.js': cjs(`}), (globalThis.out = 1), (function () {`),
  });
  assert.deepEqual(ns.names.slice(0, 3), ['ok', 'SyntaxError', 'SyntaxError']);
});

test('JSON, and a request that the resolution table redirects', async () => {
  const { text, parser } = esm(
    `let d; $i([['#data', [['default', [v => (d = v)]]]]]); $once.d(d)`,
    {
      imports: { '#data': ['default'] },
      fixed: ['d'],
    },
  );
  const ns = await importApp({
    './main.js': { text, parser, extra: { resolutions: { import: { '#data': './data.json' } } } },
    './data.json': json({ a: 1 }),
  });
  assert.deepEqual(ns.d, { a: 1 });
});
