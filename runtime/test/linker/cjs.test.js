import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archive, cjs, esm, json, to } from '../archive.js';
import { importHere } from '../application.js';

/**
 * @param {Record<string, import('../archive.js').Stored | object>} modules
 * @returns {Promise<any>} the `module.exports` of the entry
 */
const runApp = async (modules) =>
  (await importHere(archive({ 'app-v1': { modules } }, { entry: './main.cjs' }))).default;

test('in a cycle, modules get the exports so far, including a replaced module.exports', async () => {
  const seen = await runApp({
    './main.cjs': cjs(`require('./a.cjs'); module.exports = require('./b.cjs');`),
    './a.cjs': cjs(`exports.early = 1; module.exports = function a() {}; require('./b.cjs');`),
    './b.cjs': cjs(`exports.a = typeof require('./a.cjs');`),
  });
  assert.deepEqual(seen, { a: 'function' });
});

test('a module object has the same members as in Node', async () => {
  const seen = await runApp({
    './main.cjs':
      cjs(`module.exports = { id: module.id, path: module.path, filename: module.filename,
      loaded: module.loaded, paths: module.paths, self: this === module.exports, file: __filename, dir: __dirname,
      main: require.main === module, cached: require.cache[__filename] === module, child: require('./lib/x'),
      children: module.children.map(({ id, loaded }) => [id, loaded]), own: module.require('./lib/x').id };`),
    './lib/x.js': cjs(
      `module.exports = { id: module.id, parent: module.parent.id, main: require.main.id }`,
    ),
    './lib/x': to('app-v1', './lib/x.js'),
  });
  assert.deepEqual(seen, {
    id: '.',
    path: '/app-v1',
    filename: '/app-v1/main.cjs',
    loaded: false,
    paths: ['/app-v1/node_modules', '/node_modules'],
    self: true,
    file: '/app-v1/main.cjs',
    dir: '/app-v1',
    main: true,
    cached: true,
    child: { id: '/app-v1/lib/x.js', parent: '.', main: '.' },
    children: [['/app-v1/lib/x.js', true]],
    own: '/app-v1/lib/x.js',
  });
});

test('a module that threw or was deleted from the cache runs again', async () => {
  const seen = await runApp({
    './main.cjs': cjs(`globalThis.times = 0; const caught = [];
      for (let n = 0; n < 2; n += 1) try { require('./bad.cjs') } catch (e) { caught.push(e.message) }
      const first = require('./n.cjs'); delete require.cache[require.resolve('./n.cjs')];
      module.exports = [...caught, first === require('./n.cjs'), module.children.length];`),
    './bad.cjs': cjs(`throw new Error('time ' + (globalThis.times += 1))`),
    './n.cjs': cjs(``),
  });
  assert.deepEqual(seen, ['time 1', 'time 2', false, 2]);
});

test('errors of missing modules have codes; computed requests find modules of the archive', async () => {
  const seen = await runApp({
    './main.cjs':
      cjs(`const code = (f) => { try { return f() } catch (e) { return [e.code, e.requireStack?.length] } };
      const at = (s) => code(() => require(s));
      module.exports = [at('./no'), at('nowhere'), at('optional'), at(''), at('./l' + 'ib'), at('./da' + 'ta').a,
        code(() => require.resolve('./lib')), at(__dirname + '/lib/index.js'), at('node:no'), at(1)];`),
    './lib/index.js': cjs(`module.exports = 'lib'`),
    './data.json': json({ a: 1 }),
    optional: { deferredError: "Cannot find module 'optional'" },
  });
  const missing = ['MODULE_NOT_FOUND', 0];
  assert.deepEqual(seen, [
    ...[missing, missing, missing, ['ERR_INVALID_ARG_VALUE', undefined], 'lib', 1],
    ...['/app-v1/lib/index.js', 'lib', missing, ['ERR_INVALID_ARG_TYPE', undefined]],
  ]);
});

test('require() of ECMAScript modules', async () => {
  const seen = await runApp({
    './main.cjs': cjs(`const named = require('./named.mjs'); const both = require('./default.mjs');
      const code = (s) => { try { return require(s) } catch (e) { return e.code } };
      module.exports = [named.n, Object.keys(both), both.__esModule, both === require('./default.mjs'),
        require('./whole.mjs'), code('./slow.mjs'), code('./cycle.mjs')];`),
    './named.mjs': esm(`$once.n(1)`, { fixed: ['n'] }),
    './default.mjs': esm(`$once.default('d'); $once.n(1)`, { fixed: ['n', 'default'] }),
    './whole.mjs': esm(`$once['module.exports']('whole')`, { fixed: ['module.exports'] }),
    './slow.mjs': esm(`await 0`, { async: true }),
    './cycle.mjs': esm(`$i([])`, { imports: { './back.cjs': [] } }),
    './back.cjs': cjs(`require('./cycle.mjs')`),
  });
  assert.deepEqual(seen, [
    ...[1, ['__esModule', 'default', 'n'], true, true, 'whole'],
    ...['ERR_REQUIRE_ASYNC_MODULE', 'ERR_REQUIRE_CYCLE_MODULE'],
  ]);
});

test('import of CommonJS: default, detected names, and module.exports', async () => {
  const ns = await importHere(
    archive({
      'app-v1': {
        modules: {
          './main.js': esm(
            `let c, n; $i([['./c.cjs', [['*', [v => (c = v)]], ['n', [v => (n = v)]]]]]);
            c.default.inc(); $once.keys(Object.keys(c)); $once.n([n, c.n, c.default.n, c['module.exports'] === c.default, c.gone]);`,
            { imports: { './c.cjs': ['n'] }, fixed: ['keys', 'n'] },
          ),
          './c.cjs': cjs(
            `exports.n = 0; exports.inc = () => { exports.n += 1 }; exports.hidden = 1;`,
            {
              exports: ['n', 'inc', 'gone'],
            },
          ),
        },
      },
    }),
  );
  assert.deepEqual(ns.keys, ['default', 'gone', 'inc', 'module.exports', 'n']);
  assert.deepEqual(ns.n, [0, 0, 1, true, undefined]);
});

test('packages require each other without access to internals of each other', async () => {
  const ns = await importHere(
    archive(
      {
        'app-v1': {
          policy: { packages: { dep: true } },
          modules: {
            './main.cjs':
              cjs(`module.exports = { dep: require('dep'), again: require(require.resolve('dep')) === require('dep'),
              where: require.resolve('dep'), children: module.children.length, cached: Object.keys(require.cache) }`),
            dep: to('dep-v1', './index.js'),
          },
        },
        'dep-v1': {
          modules: {
            './index.js': cjs(
              `const seen = ({ id, filename, loaded, exports, children }) => [id, filename, loaded, Object.keys(exports), children];
              module.exports = { parent: seen(module.parent), main: seen(require.main), cached: Object.keys(require.cache) }`,
            ),
          },
        },
      },
      { entry: './main.cjs' },
    ),
  );
  assert.deepEqual(ns.default, {
    dep: {
      parent: ['.', '/app-v1/main.cjs', false, [], []],
      main: ['.', '/app-v1/main.cjs', false, [], []],
      cached: ['/dep-v1/index.js'],
    },
    again: true,
    where: '/dep-v1/index.js',
    children: 0,
    cached: ['/app-v1/main.cjs'],
  });
});

test('implicit globals work in sloppy packages and stay in the package', async () => {
  const seen = await runApp({
    './main.cjs': cjs(
      `implicit = 1; module.exports = [implicit, globalThis.implicit, require('./strict.cjs')]`,
      {
        sloppy: true,
        assigns: ['implicit'],
      },
    ),
    './strict.cjs': cjs(
      `try { other = 1; module.exports = 'assigned' } catch (e) { module.exports = e.name }`,
    ),
  });
  assert.deepEqual(seen, [1, 1, 'ReferenceError']);
});
