// Read-only views: they can be read and called, but writes throw.
import { isObject } from '../base/objects.js';
import { ownProperty } from '../base/descriptors.js';
import { codedTypeError } from '../base/errors.js';

/** @type {WeakMap<object, object>} the real object by view, for both kinds of views */
const reals = new WeakMap();

/**
 * @param {unknown} value
 * @returns {unknown}
 */
const realOf = (value) => (isObject(value) ? (reals.get(value) ?? value) : value);

/**
 * @callback ReadOnly
 * @param {unknown} value
 * @param {() => boolean} [isOver] whether the restriction has ended, so that the real object can be used
 * @returns {any} the value, or a read-only view of it
 */

const never = () => false;

/** @type {ReadonlySet<PropertyKey>} keys that give access to the class of an object */
const CLASS_KEYS = new Set(['prototype', '__proto__']);

/**
 * @param {object} object
 * @returns {boolean} whether code that has the object could modify its class
 */
const hasOpenClass = (object) => {
  for (let at = Reflect.getPrototypeOf(object); at !== null; at = Reflect.getPrototypeOf(at))
    if (Reflect.isExtensible(at)) return true;
  return false;
};

/**
 * @param {Function} real
 * @returns {(value: unknown) => boolean} `Symbol.hasInstance` of a view of it, and of classes that extend the view
 */
const instanceTest = (real) => {
  const { test } = {
    /** @this {unknown} */
    test(/** @type {unknown} */ value) {
      if (realOf(this) !== real) return Reflect.apply(ordinaryTest, this, [value]);
      return realOf(value) instanceof real || inheritsFrom(value, real.prototype);
    },
  };
  return Object.freeze(test);
};

const ordinaryTest = Function.prototype[Symbol.hasInstance];

/**
 * @param {unknown} value
 * @param {object} prototype
 * @returns {boolean} whether the value inherits from the prototype or from a view of it
 */
const inheritsFrom = (value, prototype) => {
  let at = isObject(value) ? Reflect.getPrototypeOf(value) : null;
  while (at !== null && realOf(at) !== prototype) at = Reflect.getPrototypeOf(at);
  return at !== null;
};

/**
 * @param {object} options
 * @param {(value: unknown, key: PropertyKey) => boolean} options.isShown whether a value at that key is returned
 *   without a view
 * @param {boolean} options.hidesClasses instances get views with writable own properties while their class can be
 *   modified
 * @param {string} options.refusal error message for writes
 * @returns {ReadOnly}
 */
const makeReadOnly = ({ isShown, hidesClasses, refusal }) => {
  /** @type {WeakMap<object, object>} */
  const views = new WeakMap();

  /**
   * @param {object} real
   * @param {() => boolean} isOver
   * @param {boolean} isInstance its own properties are data and writable
   * @returns {ProxyHandler<object>}
   */
  const handlerOf = (real, isOver, isInstance) => {
    const view = (/** @type {unknown} */ value) => readOnly(value, isOver);
    const returned = (/** @type {unknown} */ value) => {
      if (!hidesClasses || isOver() || !isObject(value)) return value;
      if (typeof value === 'function') return view(value); // it may be a bound class
      return hasOpenClass(value) ? viewOf(value, isOver, true) : value;
    };
    const shown = (/** @type {unknown} */ value, /** @type {PropertyKey} */ key) => {
      if (isOver()) return value;
      return isShown(value, key) ? returned(value) : view(value);
    };
    /** @param {PropertyKey} key */
    const descriptor = (key) => {
      const property = ownProperty(real, key);
      if (property === undefined) return undefined;
      const { enumerable = false } = property;
      const value = shown(Reflect.get(real, key), key);
      return { value, writable: true, enumerable, configurable: true };
    };
    const mayWrite = () => {
      if (!isInstance && !isOver()) throw codedTypeError('ERR_ACCESS_DENIED', refusal);
    };
    return {
      get: (_target, key) => {
        if (key === Symbol.hasInstance && typeof real === 'function') return instanceTest(real);
        return shown(Reflect.get(real, key), key);
      },
      has: (_target, key) => Reflect.has(real, key),
      getPrototypeOf: () => {
        const prototype = Reflect.getPrototypeOf(real);
        const isOpen = prototype !== null && Reflect.isExtensible(prototype);
        return isOpen && !isOver() ? view(prototype) : prototype;
      },
      getOwnPropertyDescriptor: (target, key) => {
        const own = ownProperty(target, key);
        return own?.configurable === false ? own : descriptor(key);
      },
      ownKeys: (target) => [...new Set([...Reflect.ownKeys(real), ...Reflect.ownKeys(target)])],
      apply: (_target, receiver, args) =>
        returned(Reflect.apply(/** @type {Function} */ (real), realOf(receiver), args)),
      construct: (_target, args, newTarget) => {
        const Class = /** @type {Function} */ (realOf(newTarget));
        const instance = Reflect.construct(/** @type {Function} */ (real), args, Class);
        // A class that extends the view belongs to another package, and inherits from the view.
        return Class === real ? /** @type {object} */ (returned(instance)) : instance;
      },
      set: (_target, key, value) => {
        mayWrite();
        return Reflect.set(real, key, value);
      },
      defineProperty: (_target, key, property) => {
        mayWrite();
        return Reflect.defineProperty(real, key, property);
      },
      deleteProperty: (_target, key) => {
        mayWrite();
        return Reflect.deleteProperty(real, key);
      },
      setPrototypeOf: () => {
        throw codedTypeError('ERR_ACCESS_DENIED', refusal);
      },
      preventExtensions: () => {
        throw codedTypeError('ERR_ACCESS_DENIED', refusal);
      },
    };
  };

  /**
   * @param {object} value
   * @param {() => boolean} isOver
   * @param {boolean} isInstance
   */
  const viewOf = (value, isOver, isInstance) => {
    if (reals.has(value)) return value;
    const known = views.get(value);
    if (known !== undefined) return known;
    // An own target: proxy invariants would expose non-configurable properties of the real object without a view.
    const target = typeof value === 'function' ? function () {} : Array.isArray(value) ? [] : {};
    for (const key of Reflect.ownKeys(target)) Reflect.deleteProperty(target, key);
    const view = new Proxy(target, handlerOf(value, isOver, isInstance));
    views.set(value, view);
    reals.set(view, value);
    return view;
  };

  /** @type {ReadOnly} */
  const readOnly = (value, isOver = never) =>
    isObject(value) && !isOver() ? viewOf(value, isOver, false) : value;
  return readOnly;
};

/**
 * A view of the exports of a package that is still being evaluated, for another package in a cycle of requires. The
 * exports can't be locked yet, because the package is still adding to them. Code, the objects that hold it, and
 * instances of classes get views; data stay as they are, as after the evaluation.
 */
export const unfinishedView = makeReadOnly({
  isShown: (value, key) => typeof value !== 'function' && !CLASS_KEYS.has(key),
  hidesClasses: true,
  refusal:
    'a package that requires this one in a cycle can read its exports so far, but not change them',
});

/** Objects created by scripts of the page: their structure is unknown, so packages can't modify any part of them. */
export const pageView = makeReadOnly({
  isShown: () => false,
  hidesClasses: false,
  refusal: 'an object of the page is shared: a package can read and call it, but not change it',
});
