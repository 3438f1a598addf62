import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeEnvView } from '../../src/views/env-view.js';

/** @param {boolean} write */
const variables = (write) => ({ isVisible: () => true, isWritable: () => write });

/** @param {boolean} write */
const viewed = (write) => {
  /** @type {Record<string, string>} */
  const real = { A: 'a', B: 'b' };
  return { real, view: makeEnvView(() => real, variables(write)) };
};

test('variables are live', () => {
  const { real, view } = viewed(false);
  real['C'] = 'c';
  delete real['B'];
  assert.deepEqual([view['A'], view['B'], view['C']], ['a', undefined, 'c']);
  assert.deepEqual(['A' in view, 'B' in view, 'toString' in view], [true, false, true]);
  assert.deepEqual(Object.keys(view), ['A', 'C']);
  assert.deepEqual({ ...view }, { A: 'a', C: 'c' });
  assert.equal(typeof view['toString'], 'function');
  assert.deepEqual(Object.getOwnPropertyDescriptor(view, 'A'), {
    ...{ value: 'a', writable: true, enumerable: true, configurable: true },
  });
  assert.equal(Object.getOwnPropertyDescriptor(view, 'B'), undefined);
});

test('assignments and deletions stay in the package', () => {
  const { real, view } = viewed(false);
  const other = makeEnvView(() => real, variables(false));
  view['A'] = /** @type {any} */ (1);
  view['C'] = 'c';
  Object.defineProperty(view, 'D', { value: 'd' });
  delete view['B'];
  assert.deepEqual({ ...view }, { A: '1', C: 'c', D: 'd' });
  assert.deepEqual(['B' in view, view['B']], [false, undefined]);
  assert.deepEqual(Reflect.ownKeys(view), ['A', 'C', 'D']);
  assert.deepEqual(real, { A: 'a', B: 'b' });
  assert.deepEqual({ ...other }, { A: 'a', B: 'b' });
  view['B'] = 'again';
  assert.equal(view['B'], 'again');
});

test('with a write grant, assignments reach the process', () => {
  const { real, view } = viewed(true);
  view['A'] = /** @type {any} */ (1);
  Object.defineProperty(view, 'C', { value: 'c' });
  delete view['B'];
  assert.deepEqual(real, { A: '1', C: 'c' });
  assert.deepEqual({ ...view }, { A: '1', C: 'c' });
});

for (const write of [false, true])
  test(`symbols are no variables, and the view is always extensible: ${write}`, () => {
    const { real, view } = viewed(write);
    const symbol = Symbol('x');
    const any = /** @type {any} */ (view);
    assert.throws(() => {
      any[symbol] = 1;
    }, TypeError);
    assert.throws(() => Object.defineProperty(view, symbol, { value: 1 }), TypeError);
    assert.equal(any[symbol], undefined);
    assert.equal(delete any[symbol], true);
    assert.equal(symbol in view, false);
    assert.deepEqual(Reflect.ownKeys(view), ['A', 'B']);
    assert.throws(() => Object.freeze(view), TypeError);
    assert.throws(() => Object.setPrototypeOf(view, null), TypeError);
    assert.equal(Object.isExtensible(view), true);
    assert.deepEqual(real, { A: 'a', B: 'b' });
  });

test('variables that the grant leaves out are not there', () => {
  const real = { AWS_A: 'a', AWS_B: 'b', OTHER: 'c' };
  const isVisible = (/** @type {string} */ name) => name === 'AWS_A';
  const view = makeEnvView(() => real, { isVisible, isWritable: () => false });
  assert.deepEqual({ ...view }, { AWS_A: 'a' });
  assert.deepEqual([view['AWS_B'], 'OTHER' in view], [undefined, false]);
  view['OTHER'] = 'own';
  assert.deepEqual({ ...view }, { AWS_A: 'a', OTHER: 'own' });
  assert.equal(real.OTHER, 'c');
});
