import assert from 'node:assert/strict';
import test from 'node:test';
import {
  bindMethod,
  defineOwn,
  fillView,
  frozenAccessor,
  isConstructor,
  ownCopy,
  ownFunction,
} from '../../src/views/view.js';
import { isObject } from '../../src/base/objects.js';
import { builtinDecision, grantedOf } from '../../src/policy/policy.js';
import { readPolicy } from '../../src/policy/policy-format.js';

/** @typedef {import('../../src/policy/policy.js').Granted} Granted */

const owner = {
  method() {
    return this;
  },
  old: function () {
    return this;
  },
};

test('a method is bound to its owner, also one that has a prototype', () => {
  const { method, old } = owner;
  assert.equal(bindMethod(method, owner)(), owner);
  assert.equal(bindMethod(old, owner)(), owner);
  const { getRandomValues } = crypto;
  assert.equal(bindMethod(getRandomValues, crypto)(new Uint8Array(4)).length, 4);
});

test('constructors are returned unchanged', () => {
  function Old() {}
  Old.prototype.method = () => 1;
  function Inheriting() {}
  Inheriting.prototype = Object.create(Old.prototype);
  for (const constructor of [class {}, Old, Inheriting, Map])
    assert.equal(bindMethod(constructor, owner), constructor);
});

test('classes are detected by name or prototype members', () => {
  function Named() {}
  function plain() {}
  function aNamed() {}
  function bare() {}
  Object.assign(bare, { prototype: undefined });
  const { lower } = { lower: class {} };
  function speaking() {
    return 'class';
  }
  function inherited() {}
  inherited.prototype.method = () => 1;
  const none = [plain, aNamed, speaking, () => 1, owner.method];
  assert.deepEqual(none.filter(isConstructor), []);
  const some = [Named, bare, lower, inherited];
  assert.deepEqual(some.filter(isConstructor), some);
  Object.assign(plain, { prototype: Object.create(null) });
  assert.equal(isConstructor(plain), true);
});

test('a bound method has the properties of the method, is frozen, and has no prototype', () => {
  function method() {}
  method.native = () => 1;
  const bound = /** @type {any} */ (bindMethod(method, owner));
  assert.equal(bound.native, method.native);
  assert.deepEqual([bound.name, bound.length], ['method', 0]);
  assert.equal(bound.prototype, undefined);
  assert.equal(Object.isFrozen(bound), true);
  function made() {
    return { made: true };
  }
  assert.deepEqual(new /** @type {any} */ (bindMethod(made, owner))(), { made: true });
});

/**
 * @param {Record<string, unknown>} builtins grants of members of `net`
 * @returns {Granted}
 */
const grantedOfNet = (builtins) =>
  /** @type {Granted} */ (
    grantedOf(builtinDecision(readPolicy({ value: { builtins }, path: 'policy' }), 'net'))
  );

/**
 * @param {Record<string, unknown>} builtins
 * @param {any} target
 * @returns {any}
 */
const viewOf = (builtins, target) =>
  fillView(grantedOfNet(builtins), { owner: () => target, view: {} });

test('a view has granted members and no denied ones', () => {
  const target = { a: 1, b: {}, c: { d: 3, e: 4 }, f: { g: 5 }, h: { i: { j: 6, k: 7 } }, n: null };
  const view = viewOf(
    {
      'net.a': true,
      'net.b': false,
      'net.c.d': true,
      'net.f': true,
      'net.h.i.j': true,
      'net.none.x': true,
      'net.n.x': true,
    },
    target,
  );
  assert.deepEqual(JSON.parse(JSON.stringify(view)), {
    ...{ a: 1, c: { d: 3 }, f: { g: 5 }, h: { i: { j: 6 } } },
  });
  assert.equal('b' in view, false);
  assert.equal('none' in view, false);
  assert.equal('n' in view, false);
  assert.deepEqual([null, undefined, 'text', 1, {}, () => 1].map(isObject), [
    ...[false, false, false, false, true, true],
  ]);
});

test('a grant with a denied member gives a copy without that member', () => {
  const target = { c: { d: 3, e: 4, f: { g: 5, h: 6 } } };
  const view = viewOf({ 'net.c': true, 'net.c.d': false, 'net.c.f.g': false }, target);
  assert.deepEqual({ ...view.c, f: { ...view.c.f } }, { e: 4, f: { h: 6 } });
  view.c.e = 'own';
  assert.equal(target.c.e, 4);
});

test('existing members of a view stay', () => {
  const view = { c: { own: 1 }, d: 'text' };
  const granted = grantedOfNet({ 'net.c.x': true, 'net.d.x': true });
  fillView(granted, { owner: () => ({ c: { x: 2, y: 3 }, d: { x: 4 } }), view });
  assert.deepEqual({ ...view.c }, { own: 1, x: 2 });
  assert.deepEqual({ .../** @type {any} */ (view.d) }, { x: 4 });
});

test('a view reads its owner lazily and binds each method once', () => {
  /** @type {any} */
  const target = { a: 1, method: owner.method };
  const view = viewOf({ 'net.a': true, 'net.method': true }, target);
  target.a = 2;
  assert.equal(view.a, 2);
  assert.equal(view.method(), target);
  assert.equal(view.method, view.method);
  assert.notEqual(view.method, target.method);
});

test('without an owner, a view has no values', () => {
  let target = /** @type {any} */ ({ a: 1, c: { d: 2 } });
  const granted = grantedOfNet({ 'net.a': true, 'net.c.d': true });
  const view = fillView(granted, { owner: () => target, view: {} });
  target = undefined;
  assert.equal(view['a'], undefined);
  assert.equal(view['c'].d, undefined);
  view['a'] = 5;
  assert.equal(view['a'], 5);
});

test('assignments to a view stay in the view', () => {
  const target = { a: 1, b: 2 };
  const [one, other] = [viewOf({ 'net.a': true }, target), viewOf({ 'net.a': true }, target)];
  one.a = 'own';
  assert.deepEqual([one.a, other.a, target.a], ['own', 1, 1]);
  assert.deepEqual(Object.getOwnPropertyDescriptor(one, 'a'), {
    ...{ value: 'own', writable: true, enumerable: true, configurable: true },
  });
});

test('with a write grant, values are assigned to the owner and returned unchanged', () => {
  /** @type {any} */
  let target = { a: 1 };
  /** @type {Granted} */
  const member = { whole: true, write: true, unlimited: false, members: new Map() };
  const granted = { ...member, whole: false, members: new Map([['a', member]]) };
  const view = fillView(granted, { owner: () => target, view: {} });
  const own = () => 1;
  view['a'] = own;
  assert.equal(target.a, own);
  assert.equal(view['a'], own, 'what the package has assigned is its own');
  target.a = owner.method;
  assert.equal(view['a'](), target, 'what another has is bound');
  target = undefined;
  assert.equal(view['a'], undefined);
  view['a'] = 2;
  assert.equal(view['a'], 2, 'without an owner the value stays in the view');
});

test('`expose` can replace values', () => {
  const target = { a: 1, c: { d: 2 }, method: owner.method };
  /** @type {unknown[]} */
  const requested = [];
  const view = fillView(grantedOfNet({ 'net.a': true, 'net.c.d': true, 'net.method': true }), {
    owner: () => target,
    view: {},
    expose: (value, name, from) => {
      requested.push([name, from]);
      return typeof value === 'function' ? owner.old : `shown ${value}`;
    },
  });
  assert.deepEqual([view['a'], view['c'].d, view['method']], ['shown 1', 'shown 2', owner.old]);
  assert.deepEqual(requested, [
    ['a', target],
    ['d', target.c],
    ['method', target],
  ]);
});

test('accessors and own properties are ordinary, with frozen functions', () => {
  const accessor = frozenAccessor(
    () => 1,
    () => undefined,
  );
  assert.deepEqual([accessor.enumerable, accessor.configurable], [true, true]);
  assert.deepEqual([accessor.get, accessor.set].map(Object.isFrozen), [true, true]);
  const object = {};
  defineOwn(object, 'hidden', 1, false);
  assert.deepEqual(Object.getOwnPropertyDescriptor(object, 'hidden'), {
    ...{ value: 1, writable: true, enumerable: false, configurable: true },
  });
});

test('an own function behaves the same and has its own members', () => {
  /** @this {any} */
  function original(/** @type {unknown[]} */ ...args) {
    return new.target === undefined ? [this, ...args] : undefined;
  }
  original.hung = 1;
  const own = ownFunction(original);
  assert.deepEqual(own.call(owner, 1, 2), [owner, 1, 2]);
  assert.deepEqual(Reflect.ownKeys(own), ['prototype']);
  assert.equal(own.prototype, original.prototype);
  assert.throws(() => {
    own.prototype = {};
  }, TypeError);
  assert.equal(Object.getPrototypeOf(own), Function.prototype);
  class Base {}
  class Derived extends Base {}
  const OwnDerived = /** @type {any} */ (ownFunction(Derived));
  assert.equal(Object.getPrototypeOf(OwnDerived), Base);
  assert.ok(new OwnDerived() instanceof Derived);
  /** @type {unknown[]} */
  const targets = [];
  function Making() {
    targets.push(new.target);
  }
  const OwnMaking = /** @type {any} */ (ownFunction(Making));
  const other = Reflect.construct(OwnMaking, [], Map);
  assert.deepEqual([new OwnMaking() instanceof Making, other instanceof Map], [true, true]);
  assert.deepEqual(targets, [Map, Making]);
  class Mine extends OwnDerived {}
  assert.ok(new Mine() instanceof Mine);
  assert.equal(
    Object.hasOwn(
      ownFunction(() => 1),
      'prototype',
    ),
    true,
  );
  assert.deepEqual(ownFunction(original, (args) => args.reverse()).call(owner, 1, 2), [
    owner,
    2,
    1,
  ]);
});

test('a copy of an object is independent and reads accessors of the original lazily', () => {
  let state = 1;
  const symbol = Symbol('x');
  const original = {
    a: 1,
    [symbol]: 2,
    /** @returns {unknown[]} */
    get late() {
      return [this, state];
    },
  };
  Object.defineProperty(original, 'hidden', { value: 3 });
  Object.defineProperty(original, 'only', { set() {}, configurable: true });
  const copy = ownCopy(original);
  state = 2;
  assert.deepEqual(copy['late'], [original, 2]);
  assert.deepEqual([copy['a'], copy[symbol], copy['hidden'], copy['only']], [1, 2, 3, undefined]);
  assert.deepEqual(Object.keys(copy), ['a', 'late']);
  assert.equal(Object.getPrototypeOf(copy), Object.prototype);
  for (const name of ['a', 'late', 'hidden', 'only']) {
    copy[name] = 'own';
    assert.equal(copy[name], 'own');
  }
  assert.deepEqual([original.a, original.late], [1, [original, 2]]);
  assert.deepEqual(Object.keys(copy), ['a', 'late']);
  assert.deepEqual(ownCopy(original, () => 'shared')['late'], 'shared');
  assert.equal(ownCopy({ prototype: 1 })['prototype'], 1);
  assert.equal(Object.getPrototypeOf(ownCopy(Object.create(null))), null);
  assert.equal(Object.getPrototypeOf(ownCopy(new (class {})())), Object.prototype);
});

test('a copy of a function has its properties', () => {
  function original() {
    return 1;
  }
  original.more = 2;
  const copy = /** @type {any} */ (ownCopy(original));
  assert.deepEqual([copy(), copy.more, copy.name], [1, 2, 'original']);
  copy.more = 3;
  assert.equal(original.more, 2);
  class Klass {}
  assert.equal(/** @type {any} */ (ownCopy(Klass)).prototype, Klass.prototype);
});
