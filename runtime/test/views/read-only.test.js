// Read-only views.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageView, unfinishedView } from '../../src/views/read-only.js';

const DENIED = { name: 'TypeError', code: 'ERR_ACCESS_DENIED' };

/**
 * @param {any} view
 * @param {string} key
 */
const refusesWrites = (view, key) => {
  assert.throws(() => {
    view[key] = 1;
  }, DENIED);
  assert.throws(() => Object.defineProperty(view, key, { value: 1 }), DENIED);
  assert.throws(() => delete view[key], DENIED);
  assert.throws(() => Object.setPrototypeOf(view, null), DENIED);
  assert.throws(() => Object.preventExtensions(view), DENIED);
  assert.throws(() => Object.freeze(view), DENIED);
};

/** @type {Array<[string, typeof pageView]>} */
const KINDS = [
  ['page view', pageView],
  ['unfinished view', unfinishedView],
];

for (const [what, viewOf] of KINDS) {
  test(`primitives are returned unchanged: ${what}`, () => {
    for (const value of [1, 'text', null, undefined, true]) assert.equal(viewOf(value), value);
  });

  test(`an object and its functions can be read, but not written: ${what}`, () => {
    const symbol = Symbol('x');
    const real = {
      a: 1,
      [symbol]: 2,
      f(/** @type {number} */ x) {
        return this === real && x;
      },
    };
    Object.defineProperty(real, 'hidden', { value: 3 });
    const view = viewOf(real);
    assert.notEqual(view, real);
    assert.deepEqual([view.a, view[symbol], view.hidden, view.f(5)], [1, 2, 3, 5]);
    assert.deepEqual(Reflect.ownKeys(view), ['a', 'f', 'hidden', symbol]);
    assert.deepEqual(Object.keys(view), ['a', 'f']);
    assert.deepEqual(['a' in view, 'b' in view], [true, false]);
    assert.deepEqual(Object.getOwnPropertyDescriptor(view, 'a'), {
      ...{ value: 1, writable: true, enumerable: true, configurable: true },
    });
    assert.equal(Object.getOwnPropertyDescriptor(view, 'hidden')?.enumerable, false);
    assert.equal(Object.getOwnPropertyDescriptor(view, 'none'), undefined);
    refusesWrites(view, 'a');
    refusesWrites(view.f, 'name');
    assert.deepEqual([real.a, Object.isExtensible(real), typeof real.f], [1, true, 'function']);
    real.a = 6;
    assert.equal(view.a, 6);
  });

  test(`an object has one view, and a view has none: ${what}`, () => {
    const real = { f() {} };
    assert.equal(viewOf(real), viewOf(real));
    assert.equal(viewOf(real).f, viewOf(real).f);
    assert.equal(viewOf(viewOf(real)), viewOf(real));
    for (const [, other] of KINDS) assert.equal(other(viewOf(real)), viewOf(real));
  });

  test(`after the restriction ends, the object is returned: ${what}`, () => {
    let over = false;
    const inner = () => 1;
    const real = { inner, a: 1 };
    const view = viewOf(real, () => over);
    assert.notEqual(view.inner, inner);
    refusesWrites(view, 'a');
    over = true;
    assert.equal(view.inner, inner);
    view.a = 2;
    Object.defineProperty(view, 'b', { value: 3, configurable: true });
    assert.deepEqual(/** @type {any} */ (real).b, 3);
    delete view.b;
    assert.deepEqual(real, { inner, a: 2 });
    assert.equal(
      viewOf(real, () => over),
      real,
    );
    assert.throws(() => Object.setPrototypeOf(view, null), DENIED);
  });

  test(`a class can be used, extended and tested with instanceof: ${what}`, () => {
    class Real {
      static made = 1;
      value = 2;
      method() {
        return this.value;
      }
    }
    const View = viewOf(Real);
    const one = new View();
    assert.equal(one.method(), 2);
    assert.equal(one instanceof View, true);
    assert.equal(new Real() instanceof View, true);
    assert.equal({} instanceof View, false);
    assert.equal(View.made, 1);
    assert.equal(Object.isFrozen(View[Symbol.hasInstance]), true);
    class Mine extends View {
      own = 3;
    }
    const mine = new Mine();
    assert.deepEqual([mine.own, mine.method()], [3, 2]);
    assert.doesNotThrow(() => Object.getOwnPropertyDescriptors(View));
    refusesWrites(View, 'made');
    refusesWrites(View.prototype, 'method');
    assert.throws(() => {
      View.prototype.constructor.made = 2;
    }, DENIED);
    assert.equal(Real.made, 1);
  });

  test(`a class that extends a view is independent: ${what}`, () => {
    let over = false;
    class Real {}
    const View = viewOf(Real, () => over);
    class Mine extends View {}
    class Deeper extends Mine {}
    const [mine, deeper] = [new Mine(), new Deeper()];
    for (const now of [false, true]) {
      over = now;
      assert.deepEqual(
        [mine, deeper, new Real(), {}, 1, null].map((value) => [
          value instanceof View,
          value instanceof Mine,
          value instanceof Deeper,
        ]),
        [
          [true, true, false],
          [true, true, true],
          [true, false, false],
          ...Array(3).fill([false, false, false]),
        ],
      );
    }
    assert.ok(new Mine() instanceof Mine);
  });

  test(`the prototype chain gives no write access: ${what}`, () => {
    class Base {}
    class Real extends Base {}
    const View = viewOf(Real);
    refusesWrites(Object.getPrototypeOf(View), 'x');
    refusesWrites(Object.getPrototypeOf(View.prototype), 'x');
    assert.equal(Object.getPrototypeOf(viewOf(Object.create(null))), null);
    const closed = Object.freeze({ a: 1 });
    assert.equal(Object.getPrototypeOf(viewOf(Object.create(closed))), closed);
  });
}

test('all objects of a page get views', () => {
  const real = { list: [{ a: 1 }], make: () => ({ b: 2 }) };
  const view = pageView(real);
  assert.equal(view[Symbol.hasInstance], undefined);
  const nameless = () => 1;
  Reflect.deleteProperty(nameless, 'name');
  assert.deepEqual(Reflect.ownKeys(pageView(nameless)).includes('name'), false);
  assert.notEqual(view.list, real.list);
  assert.equal(Array.isArray(view.list), true);
  refusesWrites(view.list[0], 'a');
  assert.deepEqual(view.make(), { b: 2 }, 'results belong to the caller');
});

test('data in unfinished exports get no views', () => {
  class Made {
    value = 1;
  }
  const data = { a: 1 };
  const real = { data, make: () => new Made(), bound: () => Made, Made };
  const view = unfinishedView(real);
  view.data.a = 2;
  assert.equal(data.a, 2, 'data of the package itself, as after the evaluation');
  const made = view.make();
  made.value = 5;
  assert.equal(made.value, 5);
  refusesWrites(Object.getPrototypeOf(made), 'x');
  refusesWrites(view.bound(), 'x');
  refusesWrites(made.constructor, 'x');
  refusesWrites(Object.getPrototypeOf(new view.Made()), 'x');
  class Seen {}
  refusesWrites(unfinishedView(new Seen()).__proto__, 'x');
  assert.equal('x' in Made.prototype, false);
});

test('instances of frozen classes get no views', () => {
  const prototype = Object.freeze(Object.create(null, { f: { value: () => 1 } }));
  const closed = Object.create(prototype);
  const open = {};
  const view = unfinishedView({ closed: () => closed, open: () => open });
  assert.equal(view.closed(), closed);
  assert.notEqual(view.open(), open);
});
