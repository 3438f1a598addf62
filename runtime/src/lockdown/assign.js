// `Object.assign` uses [[Set]] (ECMA-262 20.1.2.1): an inherited read-only property needs an own property first.
import { ownProperty } from '../base/descriptors.js';
import { showAsNative } from './dynamic-code.js';

const { assign, defineProperty, getPrototypeOf, hasOwn, isExtensible } = Object;

/**
 * @param {ObjectConstructor} target whose `assign` is replaced, before it is hardened
 * @param {ReadonlySet<object>} prototypes with read-only data properties, which inheriting objects can't assign
 * @param {ReadonlyArray<PropertyKey>} keys of these properties
 */
export const letAssign = (target, prototypes, keys) => {
  /**
   * @param {object} to
   * @param {PropertyKey} key
   * @returns {boolean} whether the object inherits such a property
   */
  const isReadOnly = (to, key) => {
    if (hasOwn(to, key) || !isExtensible(to)) return false;
    let next = getPrototypeOf(to);
    while (next !== null && !hasOwn(next, key)) next = getPrototypeOf(next);
    return next !== null && prototypes.has(next);
  };
  /**
   * @param {object} to
   * @param {ReadonlyArray<unknown>} sources
   * @returns {boolean} whether the object has a new property, so that another attempt may succeed
   */
  const makeOwn = (to, sources) => {
    let hasNew = false;
    for (const key of keys) {
      const isCopied = sources.some(
        (from) => from != null && ownProperty(/** @type {object} */ (from), key)?.enumerable,
      );
      if (!isCopied || !isReadOnly(to, key)) continue;
      const value = Reflect.get(to, key);
      defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true });
      hasNew = true;
    }
    return hasNew;
  };
  /**
   * @param {unknown} to
   * @param {ReadonlyArray<unknown>} sources
   */
  const canRetry = (to, sources) => {
    try {
      return typeof to === 'object' && to !== null && makeOwn(to, sources);
    } catch {
      return false; // a Proxy of the caller threw: the first error is reported
    }
  };
  const own = {
    /**
     * @param {any} to
     * @param {any} from
     */
    assign(to, from) {
      const hasMore = arguments.length > 2;
      try {
        return hasMore ? Reflect.apply(assign, target, arguments) : assign(to, from);
      } catch (error) {
        if (!canRetry(to, [...arguments].slice(1))) throw error;
        return Reflect.apply(assign, target, arguments);
      }
    },
  };
  showAsNative(own.assign, 'assign');
  defineProperty(target, 'assign', {
    .../** @type {object} */ (ownProperty(target, 'assign')),
    value: own.assign,
  });
};
