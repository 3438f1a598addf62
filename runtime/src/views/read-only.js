// Views that can be read and called, and not written through.
import { isObject } from '../base/objects.js';
import { ownProperty } from '../base/descriptors.js';
import { codedTypeError } from '../base/errors.js';

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
 * @param {() => boolean} [isOver] whether the thing may by now be dealt with as it is
 * @returns {any} it, or a view of it that can't be written through
 */

const never = () => false;

/** @type {ReadonlySet<PropertyKey>} what leads to the class of a thing */
const CLASS_KEYS = new Set(['prototype', '__proto__']);

/**
 * @param {object} object
 * @returns {boolean} whether somebody who has it could change the class that it is of
 */
const hasOpenClass = (object) => {
  for (let at = Reflect.getPrototypeOf(object); at !== null; at = Reflect.getPrototypeOf(at))
    if (Reflect.isExtensible(at)) return true;
  return false;
};

/**
 * @param {Function} real
 * @returns {(value: unknown) => boolean} what `instanceof` asks of a view of it, and of a class that extends the view
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
 * @returns {boolean} whether it inherits from that, or from a view of it
 */
const inheritsFrom = (value, prototype) => {
  let at = isObject(value) ? Reflect.getPrototypeOf(value) : null;
  while (at !== null && realOf(at) !== prototype) at = Reflect.getPrototypeOf(at);
  return at !== null;
};

/**
 * @param {object} options
 * @param {(value: unknown, key: PropertyKey) => boolean} options.isShown as it is, when it is found by that key
 * @param {boolean} options.hidesClasses instances are seen through views, whose own properties can be written, while their
 *   class can be changed
 * @param {string} options.refusal what is said to who writes
 * @returns {ReadOnly}
 */
const makeReadOnly = ({ isShown, hidesClasses, refusal }) => {
  /** @type {WeakMap<object, object>} */
  const views = new WeakMap();

  /**
   * @param {object} real
   * @param {() => boolean} isOver
   * @param {boolean} isInstance whose own properties are data
   * @returns {ProxyHandler<object>}
   */
  const handlerOf = (real, isOver, isInstance) => {
    const view = (/** @type {unknown} */ value) => readOnly(value, isOver);
    const returned = (/** @type {unknown} */ value) => {
      if (!hidesClasses || isOver() || !isObject(value)) return value;
      if (typeof value === 'function') return view(value); // it may be a class, bound
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
        const made = Reflect.construct(/** @type {Function} */ (real), args, Class);
        // A class that extends this one is another package's own, and inherits from what it was shown.
        return Class === real ? /** @type {object} */ (returned(made)) : made;
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
    // A target of our own: what is fixed of the real thing would have to be shown as it is.
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
 * What a package exports while it is being evaluated, as another package sees it that is required in a cycle. It can't
 * be locked yet, since its own package goes on filling it. Code, what it hangs on, and instances of classes are seen through
 * views; data are what they are, as they will be when all is finished.
 */
export const unfinishedView = makeReadOnly({
  isShown: (value, key) => typeof value !== 'function' && !CLASS_KEYS.has(key),
  hidesClasses: true,
  refusal:
    'a package that requires this one in a cycle may read what it exports so far, and not change it',
});

/** What scripts of the page made: nothing is known of it, so nothing of it is changed for others. */
export const pageView = makeReadOnly({
  isShown: () => false,
  hidesClasses: false,
  refusal: 'an object of the page is for all: a package may read and call it, and not change it',
});
