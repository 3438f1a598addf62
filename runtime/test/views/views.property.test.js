// Property test: with random grants by member, packages can't reach host objects by properties, prototypes,
// accessors, results of methods or arguments of callbacks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockThisRealm } from '../application.js';
import { archive, cjs, to } from '../archive.js';
import { importHere } from '../application.js';

const RUNS = 60;

/** @param {number} seed */
const randomOf = (seed) => {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32; // the generator of Numerical Recipes
    return state / 2 ** 32;
  };
};

/**
 * @template T
 * @param {() => number} random
 * @param {T[]} list
 * @param {number} most
 */
const pick = (random, list, most) =>
  Array.from(
    { length: Math.floor(random() * most) },
    () => list[Math.floor(random() * list.length)],
  );

const BUILTINS = [
  'fs',
  'http',
  'crypto',
  'util',
  'os',
  'perf_hooks',
  'dns',
  'zlib',
  'url',
  'timers',
];

/** @returns {string[]} paths of globals */
const globalPaths = () => {
  const { process } = globalThis;
  const names = [...Object.getOwnPropertyNames(process), 'on', 'once', 'emit', 'listeners'];
  const members = names.map((name) => `process.${name}`);
  const streams = ['stdin', 'stdout', 'stderr'].flatMap((stream) =>
    ['write', 'on', 'isTTY', 'fd', 'end', 'once', '_handle', 'constructor', 'pipe', 'columns'].map(
      (name) => `process.${stream}.${name}`,
    ),
  );
  return [
    ...members,
    ...streams,
    'process',
    'process.env',
    'process.env.PATH',
    'performance',
    'performance.now',
    'crypto',
    'crypto.randomUUID',
  ];
};

/** @returns {string[]} paths of builtins */
const builtinPaths = () => {
  const { powers } = lockThisRealm();
  return BUILTINS.flatMap((name) => [
    name,
    ...Object.keys(powers.getBuiltin(name) ?? {}).map((member) => `${name}.${member}`),
  ]);
};

/** @param {() => number} random */
const randomGrants = (random) => {
  const grant = () => random() > 0.2;
  const entries = (/** @type {string[]} */ paths) =>
    Object.fromEntries(pick(random, paths, 12).map((path) => [path, grant()]));
  const globals = { ...entries(globalPaths()), ...(random() > 0.5 && { 'process.on': true }) };
  const writes = Object.keys(globals).filter(
    (path) => path.startsWith('process.') && random() > 0.8,
  );
  return { globals, builtins: entries(builtinPaths()), options: { writes } };
};

// Methods that only return data or their receiver.
const CALLED = [
  'on',
  'once',
  'off',
  'addListener',
  'prependListener',
  'removeListener',
  'removeAllListeners',
  'setMaxListeners',
  'listeners',
  'rawListeners',
  'eventNames',
  'openStdin',
  'getBuiltinModule',
  'emitWarning',
  'ref',
  'unref',
];

const WALK = `
const heard = [];
module.exports = () => {
  const found = new Map(); const waiting = [];
  const add = (value, way) => { if ((typeof value === 'object' || typeof value === 'function') && value !== null && !found.has(value)) { found.set(value, way); waiting.push(value) } };
  const process = globalThis.process;
  add(process, 'process'); for (const name of ['performance', 'crypto']) add(globalThis[name], name);
  for (const name of BUILTINS) { try { add(require(name), name) } catch {} }
  while (waiting.length > 0) {
    const object = waiting.pop(); const way = found.get(object);
    for (const key of Reflect.ownKeys(object)) {
      const property = Object.getOwnPropertyDescriptor(object, key); const at = way + '.' + String(key);
      add(property?.value, at); add(property?.get, at + '<get>'); add(property?.set, at + '<set>');
      if (property?.get) { try { add(object[key], at) } catch {} }
      if (/^process(\\.std\\w+)?$/.test(way) && CALLED.includes(key)) { try { add(object[key]('property-test', () => {}), at + '()') } catch {} }
    }
    add(Object.getPrototypeOf(object), way + '.__proto__');
  }
  try { process.on('property-test', function (...args) { heard.push(this, ...args) }) } catch {}
  return { found, heard };
};`;

/** @returns {Map<unknown, string>} host objects that no package may get */
const originals = () => {
  const { powers } = lockThisRealm();
  const { process } = globalThis;
  const tty = powers.getBuiltin('tty');
  const net = powers.getBuiltin('net');
  /** @type {Array<[unknown, string]>} */
  const all = [
    [process, 'process'],
    [process.env, 'process.env'],
    [process.stdin, 'process.stdin'],
    [process.stdout, 'process.stdout'],
    [process.stderr, 'process.stderr'],
    [globalThis, 'globalThis'],
    [console, 'console'],
    [performance, 'performance'],
    [tty?.['WriteStream'], 'tty.WriteStream'],
    [process.argv, 'process.argv'],
    [process.versions, 'process.versions'],
    [process.getBuiltinModule, 'process.getBuiltinModule'],
    ...BUILTINS.map(
      (name) => /** @type {[unknown, string]} */ ([powers.getBuiltin(name), `builtin ${name}`]),
    ),
  ];
  assert.ok(net);
  return new Map(all.filter(([value]) => value !== undefined));
};

for (let seed = 1; seed <= RUNS; seed += 1) {
  test(`views do not expose host objects: ${seed}`, async () => {
    const policy = randomGrants(randomOf(seed));
    const exits = Object.fromEntries(BUILTINS.map((name) => [name, { exit: name }]));
    const main = `const BUILTINS = ${JSON.stringify(BUILTINS)}; const CALLED = ${JSON.stringify(CALLED)}; ${WALK}`;
    const bytes = archive({
      'app-v1': {
        policy: { packages: { evil: true } },
        modules: {
          './main.js': cjs(`module.exports = require('evil')`),
          evil: to('evil-v1', './index.js'),
        },
      },
      'evil-v1': {
        policy,
        modules: { './index.js': cjs(main, { hostNames: ['process'] }), ...exits },
      },
    });
    const { default: walk } = await importHere(bytes);
    const hostile = originals();
    /** @type {any} */ (process).emit('property-test', process, process.stdout);
    const { found, heard } = walk();
    /** @type {any} */ (process).emit('property-test', process, process.stdout);
    process.removeAllListeners('property-test');
    const reached = [...hostile]
      .filter(([value]) => found.has(value))
      .map(([value, name]) => `${name} by ${found.get(value)}`);
    assert.deepEqual(reached, [], JSON.stringify(policy));
    const passed = heard.filter((/** @type {unknown} */ value) => hostile.has(value));
    assert.deepEqual(passed.length, 0, JSON.stringify(policy));
    // Accessors and methods of views must not be a communication channel.
    for (const [value, way] of found)
      if (
        typeof value === 'function' &&
        way !== 'process.constructor' &&
        /^process\.\w+(<[gs]et>)?$/.test(way)
      )
        assert.ok(Object.isFrozen(value), way);
  });
}
