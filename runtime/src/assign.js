// `Object.assign` sets what it copies, ECMA-262 20.1.2.1: what is inherited and can't be set needs a property of its own first.
import { ownProperty } from './descriptors.js';
import { showAsNative } from './run-time-text.js';

const { assign, defineProperty, getPrototypeOf, hasOwn, isExtensible } = Object;

/**
 * @param {ObjectConstructor} target whose `assign` is replaced, before it is hardened
 * @param {ReadonlySet<object>} prototypes that keep plain properties, which no object that inherits them can assign
 * @param {ReadonlyArray<PropertyKey>} keys of these
 */
export const letAssign = (target, prototypes, keys) => {
  /** @param {object} object */
  const inherits = (object) => {
    for (let next = getPrototypeOf(object); next !== null; next = getPrototypeOf(next))
      if (prototypes.has(next)) return true;
    return false;
  };
  /** @param {object} to @param {ReadonlyArray<unknown>} sources */
  const makeOwn = (to, sources) => {
    for (const key of keys) {
      const isCopied = sources.some(
        (from) => from != null && hasOwn(/** @type {object} */ (from), key),
      );
      if (!isCopied || !(key in to) || hasOwn(to, key) || !isExtensible(to)) continue;
      const value = Reflect.get(to, key);
      defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true });
    }
  };
  const own = {
    /**
     * @param {any} to
     * @param {any} from
     */
    assign(to, from) {
      const hasMore = arguments.length > 2;
      if (typeof to === 'object' && to !== null && inherits(to))
        makeOwn(to, hasMore ? [...arguments].slice(1) : [from]);
      return hasMore ? Reflect.apply(assign, target, arguments) : assign(to, from);
    },
  };
  showAsNative(own.assign, 'assign');
  defineProperty(target, 'assign', {
    .../** @type {object} */ (ownProperty(target, 'assign')),
    value: own.assign,
  });
};
