// Two hostile packages with the same grants: objects that both can reach must neither store values nor let one
// package change the results of the other.
import assert from 'node:assert/strict';
import { builtinModules } from 'node:module';
import { test } from 'node:test';
import { archive, cjs, to } from '../archive.js';
import { run } from '../application.js';

// Node modifies these while they are in use, so they are not hardened. All are critical: a package with a grant for
// one controls the process anyway, and neither a grant for a whole object nor inference includes them.
const CRITICAL = ['cluster', 'domain', 'inspector', 'inspector/promises', 'repl', 'test'];

// Shared mutable state, with the reason; docs/security.md describes how it is contained.
/** @type {Array<[RegExp, string]>} */
const EXCEPTIONS = [
  [
    /^events\.defaultMaxListeners = /,
    'Node has it as an accessor that nobody can redefine; a number',
  ],
  [/^process\.exitCode = /, 'the exit code of the process, which a grant for process includes'],
];

const NOT_GLOBALS = ['process', 'console', 'localStorage', 'sessionStorage'];

const builtins = [
  ...builtinModules.filter((name) => !CRITICAL.includes(name.replace(/^node:/, ''))),
  ...['node:sea', 'node:sqlite', 'node:test/reporters'],
].filter((name, index, all) => all.indexOf(name) === index);

const WALK = `
const walk = () => {
  const found = new Map();
  const waiting = [];
  const add = (value, way) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || found.has(value)) return;
    found.set(value, way); waiting.push(value);
  };
  for (const name of NAMES) { let value; try { value = require(name) } catch (error) { failed.add(name + ': ' + error.message); continue } add(value, name) }
  for (const name of GLOBALS) add(globalThis[name], 'globalThis.' + name);
  while (waiting.length > 0) {
    const object = waiting.pop(); const way = found.get(object);
    for (const key of Reflect.ownKeys(object)) {
      const property = Reflect.getOwnPropertyDescriptor(object, key); const at = way + '.' + String(key);
      add(property.value, at); add(property.get, at + '<get>'); add(property.set, at + '<set>');
      if (property.get) { try { add(object[key], at) } catch {} }
    }
    add(Object.getPrototypeOf(object), way + '.__proto__');
  }
  return found;
};
const failed = new Set();
const poison = (marker) => {
  const markers = [marker, 12345, '12345', true, [marker]];
  for (const [object] of walk()) for (const key of Reflect.ownKeys(object)) {
    if (key === 'prototype' || key === 'constructor') continue;
    if (Array.isArray(object) && key === 'length') continue;
    for (const value of markers) { try { object[key] = value } catch {} }
    try { object.plantedByOne = marker } catch {}
  }
};
const isPlain = (value) => (typeof value !== 'object' && typeof value !== 'function') || value === null;
// Description of every property, for the comparison of two readings.
const snapshot = () => new Map([...walk()].flatMap(([object, way]) => Reflect.ownKeys(object).flatMap((key) => {
  try { const value = object[key]; return [[way + '.' + String(key), isPlain(value) ? value : 'object']] } catch { return [] }
})));
module.exports = { walk, poison, snapshot, failed };
`;

const COMPARE = `
const one = require('one'), two = require('two');
const other = two.walk(); const shared = [...one.walk()].filter(([object]) => other.has(object));
const hasState = (object) => [Map, Set, WeakMap, WeakSet, WeakRef, ArrayBuffer].some((Kind) => object instanceof Kind && object !== Kind.prototype && Object.getPrototypeOf(object) !== Object.prototype) || ArrayBuffer.isView(object);
const loose = shared.filter(([object]) => !Object.isFrozen(object) || hasState(object)).map(([object, way]) => way + ' ' + (hasState(object) ? 'has state' : Object.isExtensible(object) ? 'extensible' : Reflect.ownKeys(object).filter((key) => { const p = Reflect.getOwnPropertyDescriptor(object, key); return p.configurable || p.writable }).map(String)));
const marker = { planted: true };
const early = two.snapshot(), before = two.snapshot();
one.poison(marker);
const seen = [...two.snapshot()].filter(([way, value]) => Object.is(before.get(way), early.get(way)) && !Object.is(before.get(way), value)).map(([way, value]) => way + ' = ' + String(value));
console.log(JSON.stringify({ shared: shared.length, loose, seen, failed: [...two.failed] }));
`;

test('objects that two packages share are frozen, and settings of one package do not affect the other', () => {
  const globals = Object.getOwnPropertyNames(globalThis).filter(
    (name) => !NOT_GLOBALS.includes(name),
  );
  const policy = {
    globals: Object.fromEntries([...globals, 'process', 'console'].map((name) => [name, true])),
    builtins: Object.fromEntries(builtins.map((name) => [name, true])),
  };
  const source = cjs(
    `const NAMES = ${JSON.stringify(builtins)}; const GLOBALS = ${JSON.stringify([...globals, 'process', 'console'])}; ${WALK}`,
  );
  const exits = Object.fromEntries(builtins.map((name) => [name, { exit: name }]));
  const bytes = archive(
    {
      'app-v1': {
        policy: { packages: 'any', globals: { console: true } },
        modules: {
          './main.js': cjs(COMPARE),
          one: to('one-v1', './index.js'),
          two: to('two-v1', './index.js'),
        },
      },
      'one-v1': { policy, modules: { './index.js': source, ...exits } },
      'two-v1': { policy, modules: { './index.js': source, ...exits } },
    },
    {},
  );
  const { stdout, stderr } = run(bytes, { env: { NODE_NO_WARNINGS: '1' } });
  const { shared, loose, seen, failed } = JSON.parse(
    stdout || `{"failed":[${JSON.stringify(stderr)}]}`,
  );
  assert.deepEqual(failed, []);
  assert.ok(shared > 3000, `${shared} objects are reached by both`);
  assert.deepEqual(loose, []);
  const isKnown = (/** @type {string} */ way) => EXCEPTIONS.some(([known]) => known.test(way));
  assert.deepEqual(
    seen.filter((/** @type {string} */ way) => !isKnown(way)),
    [],
  );
  // Obsolete exceptions have to be removed.
  for (const [known] of EXCEPTIONS)
    assert.ok(
      seen.some((/** @type {string} */ way) => known.test(way)),
      String(known),
    );
});

test('functions neither return shared mutable objects nor change process-wide settings', () => {
  const names = [
    'util',
    'http',
    'https',
    'net',
    'events',
    'stream',
    'dns',
    'async_hooks',
    'buffer',
    'fs',
    'crypto',
    'perf_hooks',
  ];
  const policy = {
    globals: { Buffer: true, performance: true, crypto: true },
    builtins: Object.fromEntries(names.map((name) => [name, true])),
  };
  const source = cjs(`
    const { ${names.join(', ')} } = { ${names.map((name) => `${name}: require('${name}')`).join(', ')} };
    const trying = (f) => { try { return f() } catch (error) { return error.code ?? error.name } };
    module.exports = {
      change: () => [
        () => stream.setDefaultHighWaterMark(false, 7), () => events.setMaxListeners(99), () => { util.inspect.defaultOptions = { depth: 0 } },
        () => { util.inspect.defaultOptions.depth = 0 }, () => { util.inspect.styles.number = 'red' }, () => util.getSystemErrorMap().clear(),
        () => net.setDefaultAutoSelectFamily(false), () => dns.setServers(['1.2.3.4']), () => dns.promises.setServers(['1.2.3.4']), () => async_hooks.executionAsyncResource(),
        () => { http.globalAgent.planted = 1 }, () => { https.globalAgent = 1 }, () => { https.globalAgent.planted = 1 }, () => { buffer.INSPECT_MAX_BYTES = 1 }, () => { Buffer.poolSize = 1e6 },
        () => { fs.readFileSync.planted = 1 }, () => { events.captureRejections = true }, () => { crypto.webcrypto.subtle.planted = 1 }, () => { performance.planted = 1 },
        () => { events.EventEmitter.prototype.emit = 1 }, () => { http.Server.prototype.planted = 1 }, () => { crypto.fips = 1 },
      ].map((step) => { const result = trying(step); return typeof result === 'string' ? result : 'done' }),
      see: () => [stream.getDefaultHighWaterMark(false) > 7, new events.EventEmitter().getMaxListeners(), util.inspect.defaultOptions.depth, util.inspect.styles.number, util.getSystemErrorMap().size > 9,
        net.getDefaultAutoSelectFamily(), http.globalAgent.planted, typeof http.globalAgent, https.globalAgent.planted, buffer.INSPECT_MAX_BYTES, Buffer.poolSize, fs.readFileSync.planted, events.captureRejections,
        crypto.webcrypto.subtle.planted, performance.planted, perf_hooks.performance === performance, Buffer.allocUnsafe(4096).every((byte) => byte === 0), crypto.fips],
      agents: () => { const request = new http.ClientRequest({ port: 1 }); request.on('error', () => {}); const plain = http.get({ port: 1 }); plain.on('error', () => {}); return [request.agent, plain.agent, http.globalAgent] },
    };`);
  const exits = Object.fromEntries(names.map((name) => [name, { exit: name }]));
  const bytes = archive(
    {
      'app-v1': {
        policy: { packages: 'any', globals: { console: true } },
        modules: {
          './main.js': cjs(
            `const one = require('one'), two = require('two'); const early = JSON.stringify(two.see()); const changed = one.change(); const late = JSON.stringify(two.see());
             const mine = one.agents(), theirs = two.agents(); console.log(JSON.stringify({ early, late, changed, shared: mine.filter((agent) => theirs.includes(agent)).length, own: theirs[1] === theirs[2] }))`,
          ),
          one: to('one-v1', './index.js'),
          two: to('two-v1', './index.js'),
        },
      },
      'one-v1': { policy, modules: { './index.js': source, ...exits } },
      'two-v1': { policy, modules: { './index.js': source, ...exits } },
    },
    {},
  );
  const { stdout, stderr } = run(bytes);
  if (stdout === '') throw new Error(stderr);
  const { early, late, changed, shared, own } = JSON.parse(
    stdout || JSON.stringify({ changed: stderr }),
  );
  assert.equal(late, early);
  assert.deepEqual(JSON.parse(late).slice(0, 6), [true, 10, 2, 'yellow', true, true]);
  assert.deepEqual([JSON.parse(late)[15], JSON.parse(late)[16]], [true, true]);
  assert.deepEqual([changed[7], changed[8], changed[9]], Array(3).fill('ERR_ACCESS_DENIED'));
  assert.deepEqual([shared, own], [0, true]);
});
