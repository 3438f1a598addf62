// `Object.assign` sets what it copies, ECMA-262 20.1.2.1: what is inherited and can't be set needs a property of its own first.
import { ownProperty } from '../base/descriptors.js';
import { showAsNative } from './dynamic-code.js';

const { assign, defineProperty, getPrototypeOf, hasOwn, isExtensible } = Object;

/**
 * @param {ObjectConstructor} target whose `assign` is replaced, before it is hardened
 * @param {ReadonlySet<object>} prototypes that keep plain properties, which no object that inherits them can assign
 * @param {ReadonlyArray<PropertyKey>} keys of these
 */
export const letAssign = (target, prototypes, keys) => {
  /**
   * @param {object} to
   * @param {PropertyKey} key
   * @returns {boolean} whether it is such a property that can't be assigned
   */
  const isKept = (to, key) => {
    if (hasOwn(to, key) || !isExtensible(to)) return false;
    let next = getPrototypeOf(to);
    while (next !== null && !hasOwn(next, key)) next = getPrototypeOf(next);
    return next !== null && prototypes.has(next);
  };
  /**
   * @param {object} to
   * @param {ReadonlyArray<unknown>} sources
   * @returns {boolean} whether it has a property more, so that what failed may work
   */
  const makeOwn = (to, sources) => {
    let isMade = false;
    for (const key of keys) {
      const isCopied = sources.some(
        (from) => from != null && ownProperty(/** @type {object} */ (from), key)?.enumerable,
      );
      if (!isCopied || !isKept(to, key)) continue;
      const value = Reflect.get(to, key);
      defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true });
      isMade = true;
    }
    return isMade;
  };
  /**
   * @param {unknown} to
   * @param {ReadonlyArray<unknown>} sources
   */
  const canMend = (to, sources) => {
    try {
      return typeof to === 'object' && to !== null && makeOwn(to, sources);
    } catch {
      return false; // a Proxy of whoever called: what failed first is told
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
        if (!canMend(to, [...arguments].slice(1))) throw error;
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
