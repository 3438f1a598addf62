import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WITHOUT_POWER } from '../../src/base/authority.js';
import { FORMS_WITHOUT_POWER } from '../../src/endowments/builtins.js';
import { archive, cjs, esm, to } from '../archive.js';
import { evil, trying } from '../evil.js';
import { importHere } from '../application.js';

test('a builtin without a grant is denied on request, under each of its names', async () => {
  const seen = await evil(
    {},
    `${trying} module.exports = [trying(() => require('fs')), trying(() => require('node:fs')),
      trying(() => require('o' + 's')), $h_import('fs').catch((e) => e.code), require.resolve('fs')];`,
  );
  assert.deepEqual(seen[0], [
    'ERR_ACCESS_DENIED',
    `package 'evil' may not use builtin 'fs'; grant it in the policy: resources["evil"].builtins["fs"] = true, or by --grant evil:node:fs`,
  ]);
  assert.deepEqual(
    [seen[1][0], seen[2][0], await seen[3], seen[4]],
    [...['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', 'fs']],
  );
});

test('each builtin with `formWithoutGrant` in authority.json has a replacement', () => {
  assert.deepEqual(Object.keys(FORMS_WITHOUT_POWER).sort(), [...WITHOUT_POWER].sort());
});

test('members of a builtin', async () => {
  const seen = await evil(
    { builtins: { 'fs.existsSync': true, 'node:path': true } },
    `const fs = require('fs'); module.exports = [Object.keys(fs), fs.existsSync('/'), require('path').join('a', 'b'),
      require('path').resolve('a'), require('node:path') === require('path')];`,
  );
  assert.deepEqual(seen, [['existsSync'], true, 'a/b', process.cwd() + '/a', true]);
});

test('assignments to a builtin are invisible to other packages', async () => {
  const seen = await evil(
    { builtins: { fs: true } },
    `module.exports = [require('fs').planted, typeof require('fs').readFileSync]`,
    { app: `require('fs').planted = 1; require('fs').readFileSync = 1` },
  );
  assert.deepEqual(seen, [undefined, 'function']);
});

test('a package without a grant is denied', async () => {
  const bytes = archive(
    {
      'app-v1': {
        policy: { packages: { other: true } },
        modules: {
          './main.js': esm(`$i([['dep', []]])`, { imports: { dep: [] } }),
          dep: to('dep-v1', './index.js'),
        },
      },
      'dep-v1': { modules: { './index.js': cjs('') } },
    },
    {},
  );
  await assert.rejects(importHere(bytes), {
    code: 'ERR_ACCESS_DENIED',
    message: /may not use package 'dep'.*entry\.packages\["dep"\]/,
  });
});

test('a reference to a denied global is harmless, a use throws the reason', async () => {
  const seen = await evil(
    {},
    `${trying} const held = fetch; module.exports = [typeof held, trying(() => fetch('x')), trying(() => new WebSocket('x')),
      trying(() => performance.now()), typeof globalThis.fetch, trying(() => neverDefined)];
      globalThis.performance = { now: () => 1 }; module.exports.push(performance.now());`,
    { hostNames: ['fetch', 'WebSocket', 'performance', 'neverDefined'] },
  );
  assert.equal(seen[0], 'function');
  assert.match(seen[1][1], /package 'evil' may not use global 'fetch'; grant it/);
  assert.deepEqual(
    [seen[2][0], seen[3][0], seen[4]],
    ['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', 'undefined'],
  );
  assert.deepEqual([seen[5][0], seen[6]], ['ReferenceError', 1]);
});

test('a view of process has the granted members on an inert base', async () => {
  process.env['TEST_SHOWN'] = 'shown';
  process.env['TEST_HIDDEN'] = 'hidden';
  const seen = await evil(
    {
      globals: {
        'process.env.TEST_SHOWN': true,
        'process.env.UNSET': true,
        'process.platform': true,
        'process.versions': true,
        'process.on': true,
      },
    },
    `${trying} process.env.MINE = 'x'; process.env.TEST_SHOWN += '!';
     module.exports = [process.env.TEST_SHOWN, process.env.TEST_HIDDEN, 'UNSET' in process.env, process.env.MINE, process.platform,
      process.argv, process.cwd(), Object.isFrozen(process.versions), trying(() => process.exit(3))[0],
      process.stdout, String(process), process.on('x', () => {}) === process,
      trying(() => process.binding('fs'))[0], typeof process.mainModule, process.constructor.name];`,
    { hostNames: ['process'] },
  );
  assert.deepEqual(seen, [
    ...['shown!', undefined, false, 'x', process.platform, [], '/', true, 'ERR_ACCESS_DENIED'],
    ...[undefined, '[object process]', true, 'ERR_ACCESS_DENIED', 'undefined', 'process'],
  ]);
  assert.equal(process.env['TEST_SHOWN'], 'shown');
});

test('with a write grant, assignments reach the host', async () => {
  await evil(
    { globals: { 'process.env.TEST_WRITTEN': 'write' } },
    `process.env.TEST_WRITTEN = 'w'`,
    {
      hostNames: ['process'],
    },
  );
  assert.equal(process.env['TEST_WRITTEN'], 'w');
});

test('clock and randomness are granted or tamed', async () => {
  const body = `${trying} const d = trying(() => new Date() instanceof Date); module.exports = [d === true || d[1],
    typeof trying(() => Date.now()), typeof trying(() => Math.random()), new Date(0).getTime(), typeof Intl.NumberFormat, typeof Intl.DateTimeFormat]`;
  assert.deepEqual(await evil({ globals: { Date: true, 'Math.random': true } }, body), [
    ...[true, 'number', 'number', 0, 'function', 'function'],
  ]);
  const tamed = await evil({}, body);
  assert.match(tamed[0], /secure mode/);
  assert.deepEqual(tamed.slice(1), ['object', 'object', 0, 'function', 'undefined']);
});

test('properties added to the console of one package are not on that of another', async () => {
  const seen = await evil(
    { globals: { console: true } },
    `module.exports = [console.planted, console.log.planted, typeof console.log, console._stdout, console.Console]`,
    { app: `console.planted = 1; try { console.log.planted = 1 } catch {}` },
  );
  assert.deepEqual(seen, [undefined, undefined, 'function', undefined, undefined]);
});

test('timers return handles without access to the host', async () => {
  const seen = await evil(
    {
      globals: {
        setTimeout: true,
        clearTimeout: true,
        setInterval: true,
        clearInterval: true,
        setImmediate: true,
      },
    },
    `const t = setTimeout((a) => {}, 1e6, 1); module.exports = { keys: Reflect.ownKeys(t), ref: t.unref() === t, has: t.hasRef(), number: typeof +t };
     clearTimeout(+t); let n = 0;
     module.exports.fired = new Promise((done) => { const i = setInterval(function (x) { n += x; if (n > 2) { clearInterval(this); done(n) } }, 1, 1) });
     module.exports.soon = new Promise((done) => setImmediate(done, 'soon'));`,
  );
  assert.deepEqual([seen.keys, seen.ref, seen.has, seen.number], [[], true, false, 'number']);
  assert.deepEqual([await seen.fired, await seen.soon], [3, 'soon']);
});

test('the stack trace API works for a package that uses it, without paths of the host', async () => {
  const seen = await evil(
    {},
    `function trace() { const prepare = Error.prepareStackTrace; const limit = Error.stackTraceLimit;
       Error.prepareStackTrace = (_, sites) => sites; Error.stackTraceLimit = 3; const o = {};
       Error.captureStackTrace(o); const sites = o.stack; Error.prepareStackTrace = prepare; Error.stackTraceLimit = limit; return sites; }
     class Own extends Error { constructor(m) { super(m); this.name = 'Own'; Error.captureStackTrace(this, Own); } }
     const [site] = trace(); const own = new Own('m');
     module.exports = [site.getFunctionName(), site.getFileName(), site.getLineNumber(), site.getThis(), own.stack, own instanceof Error,
       new TypeError('t') instanceof Error, Error('e').message, new Error('c', { cause: 1 }).cause, Error.isError?.(own)];`,
  );
  assert.deepEqual(seen.slice(0, 4), ['trace', '/evil-v1/index.js', 3, undefined]);
  assert.match(seen[4], /^Own: m\n    at .*compartment:\/\/\/evil\/index\.js:5:/);
  assert.doesNotMatch(seen[4], /file:|runtime/);
  assert.deepEqual(seen.slice(5, 9), [true, true, 'e', 1]);
});

test('no endowment leads to the Function of the start compartment', async () => {
  const seen = await evil(
    {
      globals: {
        console: true,
        setTimeout: true,
        'process.nextTick': true,
        'process.on': true,
        URL: true,
        Buffer: true,
        structuredClone: true,
        Date: true,
        'Math.random': true,
        AbortController: true,
      },
      builtins: {
        path: true,
        util: true,
        events: true,
        stream: true,
        module: true,
        timers: true,
        buffer: true,
      },
    },
    `const seen = new Set(), found = []; const walk = (value, way, depth) => {
       if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value) || depth > 4) return;
       seen.add(value);
       try { const g = value.constructor?.constructor?.('return typeof process === "object" && process.pid')(); const v = typeof g?.next === 'function' ? g.next().value : g; if (v) found.push(way + ': ' + v) } catch {}
       let keys = []; try { keys = Reflect.ownKeys(value) } catch {}
       for (const key of keys) { let d; try { d = Object.getOwnPropertyDescriptor(value, key) } catch { continue }
         walk(d?.value, way + '.' + String(key), depth + 1); walk(d?.get, way + '.get ' + String(key), depth + 1); walk(d?.set, way + '.set', depth + 1) }
       try { walk(Object.getPrototypeOf(value), way + '.__proto__', depth + 1) } catch {}
     };
     for (const [way, value] of Object.entries({ require, module, exports, $h_import, globalThis, console, process, URL, Buffer, timer: setTimeout(() => {}),
       path: require('path'), util: require('util'), events: require('events'), stream: require('stream'), Module: require('module'), buffer: require('buffer') }))
       walk(value, way, 0);
     module.exports = found;`,
    {
      hostNames: ['process'],
      modules: Object.fromEntries(
        ['path', 'util', 'events', 'stream', 'module', 'buffer'].map((name) => [
          name,
          { exit: name },
        ]),
      ),
    },
  );
  assert.deepEqual(seen, []);
});

test('prototypes of harmless host classes can be inherited from, but not modified', async () => {
  const seen = await evil(
    { builtins: { events: true, stream: true }, globals: { URL: true, AbortController: true } },
    `${trying} const Emitter = require('events'); const { Readable } = require('stream');
     class Mine extends Emitter {} const mine = new Mine(); let heard; mine.on('x', (v) => { heard = v }); mine.emit('x', 5);
     const old = function () { Emitter.call(this) }; old.prototype = Object.create(Emitter.prototype, { constructor: { value: old } });
     const o = new old(); o.emit = () => 'own'; const mixed = Object.defineProperties(() => {}, Object.getOwnPropertyDescriptors(Emitter.prototype));
     mixed.on('y', () => { heard += 1 }); mixed.emit('y');
     module.exports = [heard, o.emit(), trying(() => { Emitter.prototype.emit = 1 })[0], trying(() => { URL.prototype.x = 1 })[0],
       trying(() => { Readable.prototype.read = 1 })[0], trying(() => { Emitter.x = 1 })[0],
       new Readable({ read() { this.push(null) } }).destroyed];`,
    { modules: { events: { exit: 'events' }, stream: { exit: 'stream' } } },
  );
  assert.deepEqual(seen, [6, 'own', 'TypeError', 'TypeError', 'TypeError', 'TypeError', false]);
});

test('without any policy in the map, every package gets the harmless set', async () => {
  const bytes = archive(
    {
      'app-v1': {
        modules: {
          './main.cjs': cjs(
            `${trying} module.exports = [typeof console, typeof process.platform, process.env.HOME, trying(() => require('fs').readFileSync('x'))[0], typeof require('util').inspect]`,
            { hostNames: ['process', 'console'] },
          ),
        },
      },
    },
    { entry: './main.cjs' },
  );
  assert.deepEqual((await importHere(bytes)).default, [
    'object',
    'string',
    undefined,
    'ERR_ACCESS_DENIED',
    'function',
  ]);
  assert.deepEqual((await importHere(bytes, { allowAll: true })).default[2], process.env['HOME']);
});

test('attenuators restrict grants; without one there is no grant', async () => {
  const attenuated = { builtins: { fs: { attenuate: 'narrow', params: ['existsSync'] } } };
  const bytes = archive(
    {
      'app-v1': {
        policy: attenuated,
        modules: {
          './main.cjs': cjs(`module.exports = Object.keys(require('fs'))`),
          fs: { exit: 'fs' },
        },
      },
      attenuators: {
        label: '<ATTENUATORS>',
        policy: { packages: 'any' },
        modules: { narrow: to('narrow-v1', './index.js') },
      },
      'narrow-v1': {
        modules: {
          './index.js': cjs(
            `exports.attenuateModule = (names, fs) => Object.fromEntries(names.map((name) => [name, fs[name]]))`,
            {
              exports: ['attenuateModule'],
            },
          ),
        },
      },
    },
    { entry: './main.cjs' },
  );
  assert.deepEqual((await importHere(bytes)).default, ['existsSync']);
  await assert.rejects(evil(attenuated, `require('fs')`), {
    code: 'ERR_ACCESS_DENIED',
    message: /no compartment <ATTENUATORS>/,
  });
});

test('intrinsics exist as in Node', async () => {
  const names = Object.getOwnPropertyNames(globalThis).filter((name) =>
    /^(?:[A-Z]\w*(?:Array|Buffer|Error|Map|Set|Ref|Registry|Stack|View)|Intl|Atomics|Iterator|escape|unescape)$/.test(
      name,
    ),
  );
  const seen = await evil(
    {},
    `module.exports = { missing: ${JSON.stringify(names)}.filter((name) => typeof globalThis[name] === 'undefined'), global: global === globalThis,
      escape: RegExp.escape?.('.'), isError: Error.isError?.(new Error('x')), dispose: typeof [].values()[Symbol.dispose],
      suppressed: Object.getPrototypeOf(SuppressedError) === Error, format: new Intl.NumberFormat('de').format(1.5), weak: new WeakRef(module).deref() === module }`,
  );
  assert.deepEqual(seen, {
    missing: names.filter((name) => /^(?:Event|Custom|Message|Close|DOM|Quota|Buffer$)/.test(name)),
    ...{
      global: true,
      escape: '\\.',
      isError: true,
      dispose: 'function',
      suppressed: true,
      format: '1,5',
      weak: true,
    },
  });
});

test('a denial under one name of a builtin applies to the other name', async () => {
  const requested = `${trying} module.exports = trying(() => { require('fs').existsSync('/'); return 'used' })[0]`;
  const attenuated = { attenuate: 'a', params: [] };
  for (const builtins of [
    { fs: true, 'node:fs': false },
    { 'node:fs': true, fs: false },
    { fs: false, 'node:fs': true },
    { 'fs.existsSync': true, 'node:fs.existsSync': false },
    { fs: attenuated, 'node:fs': false },
    { 'node:fs': false, fs: attenuated },
  ])
    assert.equal(
      await evil({ builtins }, requested),
      'ERR_ACCESS_DENIED',
      JSON.stringify(builtins),
    );
  for (const builtins of [
    { fs: true, 'node:fs': true },
    { 'node:fs': true },
    { fs: false, 'node:fs.existsSync': true },
  ])
    assert.equal(await evil({ builtins }, requested), 'u', JSON.stringify(builtins));
});
