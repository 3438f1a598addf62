// Walks the objects that a package can reach: by properties, prototypes and accessors, and by calling functions and
// constructors. Two packages evaluate this module and compare their results.
'use strict';

const { apply, construct, ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const isReference = (value) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/** Ordinary arguments: calls try each list. */
const argumentLists = () => [
  [],
  ['a'],
  ['sha256'],
  ['x:y'],
  [{}],
  [1],
  [() => undefined],
  ['a', () => undefined],
  [new Uint8Array(4)],
  ...(typeof Buffer === 'undefined' ? [] : [[Buffer.from('ab')]]), // a page has none
  [['a']],
  ['sha256', 'key'],
  [{ read() {}, start() {}, type: 'bytes' }],
];

// Functions not to call: they block forever, fill the memory, print, or end the process.
const NEVER =
  /^(?:exit|reallyExit|abort|kill|wait|waitAsync|repeat|trace|table|log|info|warn|error|debug|dir|dirxml|group|groupCollapsed|groupEnd|count|time|timeLog|timeEnd|assert|clear|emitWarning|nextTick|setInterval|setSourceMapsEnabled)$/;

/** Native methods without argument checks, which can crash the process: only owners of the handle reach them. */
const isOfHandle = (target, way) =>
  /handle\]?\.|\.ssl\.|\.context\.|parser\]?\./i.test(way) &&
  /\[native code\]\s*\}$/.test(apply(Function.prototype.toString, target, []));

const nameOf = (key) => (typeof key === 'symbol' ? `[${String(key.description)}]` : key);

const makeWalk = ({ isLanguage, deep }) => {
  /** @type {Map<object, string>} */
  const found = new Map();
  const waiting = [];
  const later = [];
  const add = (value, way, self) => {
    if (!isReference(value) || found.has(value) || isLanguage(value)) return;
    found.set(value, way);
    waiting.push([value, way, self]);
  };
  const addMembers = (object, way) => {
    add(getPrototypeOf(object), `${way}.__proto__`, object);
    if (ArrayBuffer.isView(object)) return;
    for (const key of ownKeys(object)) {
      const property = getOwnPropertyDescriptor(object, key);
      if (property === undefined) continue;
      const at = `${way}.${nameOf(key)}`;
      add(property.value, at, object);
      add(property.get, `${at}<get>`, object);
      add(property.set, `${at}<set>`, object);
      if (property.get === undefined) continue;
      try {
        const value = apply(property.get, object, []);
        if (value instanceof Promise) value.catch(() => undefined);
        add(value, at, object);
      } catch (error) {
        add(error, `${at}<throws>`);
      }
    }
  };
  // Functions that calls create anew count as one, identified by source and name.
  const called = new Set();
  const isNew = (target) => {
    const text = apply(Function.prototype.toString, target, []);
    const known = /\[native code\]\s*\}$/.test(text) ? target : `${String(target.name)} ${text}`;
    if (called.has(known) || called.has(target)) return false;
    called.add(known).add(target);
    return true;
  };
  // Two objects of the same shape for each function are enough.
  const looks = new Map();
  const looksNew = (value, way) => {
    if (!isReference(value) || found.has(value)) return false;
    let look = way;
    try {
      look += `${Object.prototype.toString.call(value)} ${ownKeys(value).slice(0, 30).map(String).join()}`;
    } catch {
      look += 'proxy';
    }
    const count = looks.get(look) ?? 0;
    looks.set(look, count + 1);
    return count < 2;
  };
  const call = (target, way, self, depth) => {
    if (
      depth >= deep ||
      NEVER.test(String(target.name)) ||
      isOfHandle(target, way) ||
      !isNew(target)
    )
      return;
    if (globalThis.AUDIT_DEBUG) console.error(way);
    for (const args of argumentLists()) {
      const shown = `${way}()`;
      const take = (value) => {
        if (looksNew(value, shown)) add(value, shown, self);
        if (value instanceof Promise)
          later.push(
            value.then(
              (late) => looksNew(late, `${shown}<late>`) && add(late, `${shown}<late>`),
              (error) => looksNew(error, `${shown}<fails>`) && add(error, `${shown}<fails>`),
            ),
          );
      };
      for (const act of [() => apply(target, self, args), () => construct(target, args)]) {
        try {
          take(act());
        } catch (error) {
          if (looksNew(error, `${way}<throws>${error?.code}`)) add(error, `${way}<throws>`);
        }
      }
    }
  };
  const depthOf = (way) => way.split(/\(\)|<throws>/).length - 1;
  const drain = () => {
    for (let at; (at = waiting.shift()) !== undefined;) {
      const [value, way, self] = at;
      try {
        addMembers(value, way);
      } catch {
        // A proxy of the runtime that denies access.
      }
      if (typeof value === 'function') call(value, way, self, depthOf(way));
    }
  };
  return {
    add,
    async run() {
      for (let round = 0; round < 4; round += 1) {
        drain();
        await Promise.race([
          Promise.allSettled(later.splice(0)),
          new Promise((done) => setTimeout(done, 150)),
        ]);
      }
      drain();
      return found;
    },
  };
};

const language = () => {
  const { globalThis: pure } = new Compartment();
  const known = new Set();
  const waiting = [
    pure,
    (function* () {})(),
    (async function* () {})(),
    async () => {},
    new Map().keys(),
    [].values(),
    ''[Symbol.iterator](),
    /x/[Symbol.matchAll]('x'),
  ];
  if (typeof Iterator === 'function')
    waiting.push(
      [].values().map((x) => x),
      Iterator.from({ next() {} }),
    );
  for (const name of [
    'Intl',
    'Atomics',
    'SharedArrayBuffer',
    'WeakRef',
    'FinalizationRegistry',
    'Float16Array',
    'Iterator',
    'SuppressedError',
    'DisposableStack',
    'AsyncDisposableStack',
    'AggregateError',
    'escape',
    'unescape',
    'Error',
    'Date',
    'Math',
  ])
    waiting.push(globalThis[name]);
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!isReference(value) || known.has(value) || value === globalThis) continue;
    known.add(value);
    waiting.push(getPrototypeOf(value));
    for (const key of ownKeys(value)) {
      const property = getOwnPropertyDescriptor(value, key) ?? {};
      waiting.push(property.value, property.get, property.set);
    }
  }
  return known;
};

/**
 * @param {Record<string, unknown>} roots by name
 * @returns {Promise<Map<object, string>>} reachable objects and their paths
 */
exports.walk = async (roots, { deep = 2 } = {}) => {
  const known = language();
  const own = new Set([module.exports, exports.walk]);
  const walk = makeWalk({ isLanguage: (value) => known.has(value) || own.has(value), deep });
  for (const [name, value] of Object.entries(roots)) walk.add(value, name, undefined);
  return walk.run();
};
