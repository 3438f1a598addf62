// Views that can be read and called, and not written through.
import { isObject } from './attenuate.js';
import { codedTypeError } from './errors.js';

/** @type {WeakMap<object, object>} what is behind a view, of either kind */
const reals = new WeakMap();

/**
 * @param {unknown} value
 * @returns {unknown}
 */
const realOf = (value) => (isObject(value) ? (reals.get(value) ?? value) : value);

/**
 * @callback ReadOnly
 * @param {unknown} value
 * @returns {any} it, or a view of it that can't be written through
 */

/**
 * @param {object} options
 * @param {(value: unknown, key: PropertyKey) => boolean} options.isShown as it is, when it is found by that key
 * @param {string} options.refusal what is said to who writes
 * @returns {ReadOnly}
 */
const makeReadOnly = ({ isShown, refusal }) => {
  /** @type {WeakMap<object, object>} */
  const views = new WeakMap();
  const refuse = () => {
    throw codedTypeError('ERR_ACCESS_DENIED', refusal);
  };
  const shown = (/** @type {unknown} */ value, /** @type {PropertyKey} */ key) =>
    isShown(value, key) ? value : readOnly(value);

  /**
   * @param {object} real
   * @param {PropertyKey} key
   * @returns {PropertyDescriptor | undefined} that a proxy may tell of a property that its target has not
   */
  const shownDescriptor = (real, key) => {
    const property = Reflect.getOwnPropertyDescriptor(real, key);
    if (property === undefined) return undefined;
    const { enumerable = false } = property;
    const value = shown(Reflect.get(real, key), key);
    return { value, writable: true, enumerable, configurable: true };
  };

  /**
   * @param {object} real
   * @returns {ProxyHandler<object>}
   */
  const handlerOf = (real) => ({
    get: (_target, key) => {
      if (key === Symbol.hasInstance && typeof real === 'function')
        return Object.freeze((/** @type {unknown} */ value) => value instanceof real);
      return shown(Reflect.get(real, key), key);
    },
    has: (_target, key) => Reflect.has(real, key),
    getPrototypeOf: () => Reflect.getPrototypeOf(real),
    getOwnPropertyDescriptor: (target, key) => {
      const own = Reflect.getOwnPropertyDescriptor(target, key);
      return own?.configurable === false ? own : shownDescriptor(real, key);
    },
    ownKeys: (target) => [...new Set([...Reflect.ownKeys(real), ...Reflect.ownKeys(target)])],
    apply: (_target, receiver, args) =>
      Reflect.apply(/** @type {Function} */ (real), realOf(receiver), args),
    construct: (_target, args, newTarget) =>
      Reflect.construct(
        /** @type {Function} */ (real),
        args,
        /** @type {Function} */ (realOf(newTarget)),
      ),
    ...{ set: refuse, defineProperty: refuse, deleteProperty: refuse },
    ...{ setPrototypeOf: refuse, preventExtensions: refuse },
  });

  /** @type {ReadOnly} */
  const readOnly = (value) => {
    if (!isObject(value) || reals.has(value)) return value;
    const known = views.get(value);
    if (known !== undefined) return known;
    // A target of our own: what is fixed of the real thing would have to be shown as it is.
    const target = typeof value === 'function' ? function () {} : Array.isArray(value) ? [] : {};
    for (const key of Reflect.ownKeys(target)) Reflect.deleteProperty(target, key);
    const view = new Proxy(target, handlerOf(value));
    views.set(value, view);
    reals.set(view, value);
    return view;
  };
  return readOnly;
};

/**
 * What a package exports while it is being evaluated, as another package sees it that is required in a cycle. It can't
 * be locked yet, since its own package goes on filling it. Code, and what it hangs on, is seen through a view; data are
 * what they are, as they will be when all is finished.
 */
export const unfinishedView = makeReadOnly({
  isShown: (value, key) => typeof value !== 'function' && key !== 'prototype',
  refusal:
    'a package that requires this one in a cycle may read what it exports so far, and not change it',
});

/** What scripts of the page made: nothing is known of it, so nothing of it is changed for others. */
export const pageView = makeReadOnly({
  isShown: () => false,
  refusal: 'an object of the page is for all: a package may read and call it, and not change it',
});
