// Assignments to every inherited property of intrinsics work, although they are frozen. Enumerates all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secure } from '../../src/lockdown/lockdown.js';

const { getPrototypeOf } = Object;

/** Constructors of ECMA-262, and hidden prototypes. */
const collect = () => {
  const named = Object.getOwnPropertyNames(globalThis)
    .filter((name) => /^[A-Z]/.test(name))
    .flatMap((name) => {
      const { value } = Object.getOwnPropertyDescriptor(globalThis, name) ?? {};
      const isOfNode = /^(?:URL|Abort|Event|Buffer|Text|Compartment$)/.test(name);
      return typeof value === 'function' && value.prototype && !isOfNode ? [[name, value]] : [];
    });
  const hidden = {
    TypedArray: getPrototypeOf(Int8Array),
    GeneratorFunction: function* none() {}.constructor,
    AsyncFunction: (async () => {}).constructor,
    AsyncGeneratorFunction: async function* none() {}.constructor,
  };
  const prototypes = {
    Generator: getPrototypeOf(function* none() {}).prototype,
    AsyncGenerator: getPrototypeOf(async function* none() {}).prototype,
    ArrayIterator: getPrototypeOf([].values()),
    MapIterator: getPrototypeOf(new Map().keys()),
    SetIterator: getPrototypeOf(new Set().keys()),
    StringIterator: getPrototypeOf(''[Symbol.iterator]()),
    RegExpStringIterator: getPrototypeOf(''.matchAll(/x/g)),
    Iterator: getPrototypeOf(getPrototypeOf([].values())),
    IteratorHelper: getPrototypeOf([].values().map(String)),
  };
  return [
    ...[...named, ...Object.entries(hidden)].flatMap(([name, Class]) => [
      [name, Class, Class],
      [`${name}.prototype`, Class.prototype, undefined],
    ]),
    ...Object.entries(prototypes).map(([name, prototype]) => [`${name}Prototype`, prototype]),
  ];
};

/** Not of the language, or documented in docs/conformance.md. */
const EXCEPTIONS = [
  /^(?:Object|Symbol|BigInt|Number|String|Boolean)\.\w+$/, // functions that no class inherits
  /^(?:\w*Array|Symbol|BigInt|Weak\w+|Iterator|\w*Stack|\w*Error|\w*Function|\w*Registry|\w*Buffer)(?:\.prototype)?\.constructor$/, // the compiler sees to these
  /^(?:Array|Map|Set|String|TypedArray)\.prototype\.Symbol\(Symbol\.iterator\)$/,
  /^(?:Array|Map|Set|String)IteratorPrototype\.next$/,
  /^Array\.prototype\.length$/,
  /^Error\.(?:captureStackTrace|prepareStackTrace|stackTraceLimit)/, // each package that uses them has its own
];

test('inherited properties of intrinsics can be assigned', () => {
  const found = collect().map(([path, object, Class]) => ({
    path,
    object,
    prototype: Class?.prototype,
    keys: Reflect.ownKeys(object).filter(
      (key) => Reflect.getOwnPropertyDescriptor(object, key)?.writable === true,
    ),
  }));
  secure(undefined);
  const refused = [];
  let count = 0;
  for (const { path, object, prototype, keys } of found) {
    // Packages have versions of some constructors without a capability.
    const holder = prototype === undefined ? object : prototype.constructor;
    if (!Object.isFrozen(holder)) continue; // Node's
    for (const key of keys.filter((name) => Object.hasOwn(holder, name))) {
      const name = `${path}.${String(key)}`;
      const inheriting = Object.create(holder);
      count += 1;
      try {
        inheriting[key] = 'own';
      } catch {
        if (!EXCEPTIONS.some((exception) => exception.test(name))) refused.push(name);
        continue;
      }
      if (inheriting[key] !== 'own')
        if (!EXCEPTIONS.some((exception) => exception.test(name))) refused.push(name);
    }
  }
  assert.deepEqual(refused, []);
  assert.ok(count > 400, `${count} properties`);
});

test("members of iterators that can't be assigned can be copied", () => {
  const next = () => ({ done: true, value: 1 });
  const { assign } = /** @type {any} */ (Object);
  const made = [new Map().entries(), new Set().values(), [].values(), ''[Symbol.iterator]()].map(
    (iterator) => assign(Object.create(iterator), null, { a: 1 }, { next }),
  );
  for (const copy of made)
    assert.deepEqual([copy.next, copy.a, Object.keys(copy)], [next, 1, ['a', 'next']]);
  const list = Object.assign([1], { [Symbol.iterator]: next, b: 2 });
  assert.deepEqual([list[Symbol.iterator], list.b], [next, 2]);
  assert.throws(() => Object.assign(Object.getPrototypeOf([].values()), { next }), TypeError);
  assert.throws(() => Object.assign(Object.freeze([]), { [Symbol.iterator]: next }), TypeError);
  assert.deepEqual([Object.assign.name, Object.assign.length], ['assign', 2]);
  assert.match(Object.assign.toString(), /^function assign\(\) \{ \[native code\] \}$/);
  assert.throws(() => assign(undefined, {}), TypeError);
  assert.ok(assign(1, { a: 1 }) instanceof Number);
});

test('frozen objects stay unchanged', () => {
  const frozen = /** @type {[any, string][]} */ ([
    [Promise.prototype, 'then'],
    [Function.prototype, 'call'],
    [Buffer.prototype, 'fill'],
    [Map.prototype.get, 'x'],
  ]);
  for (const [object, key] of frozen)
    assert.throws(() => (object[key] = undefined), TypeError, key);
});
