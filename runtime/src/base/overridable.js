// The override mistake: a frozen data property of a prototype makes assignments to instances throw. An accessor does
// not.
import { ownProperty, standsFor } from './descriptors.js';

/**
 * The value is a constant of the getter's closure, which V8 can inline like a plain method.
 *
 * @param {object} object a prototype, or a class that other classes extend; it is frozen later
 * @param {PropertyKey} key
 * @param {unknown} value of the property
 * @param {{ copied: boolean }} options `copied`: objects such as Node's may have a copy of the accessor that they
 *   can't redefine; values assigned to them are stored separately
 * @returns {PropertyDescriptor}
 */
export const overridable = (object, key, value, { copied }) => {
  /** @type {WeakMap<object, unknown> | undefined} */
  let assigned;
  const { get } = copied
    ? {
        /** @this {any} */
        get() {
          return assigned !== undefined && assigned.has(this) ? assigned.get(this) : value;
        },
      }
    : {
        get() {
          return value;
        },
      };
  const { set } = {
    /**
     * @this {any}
     * @param {unknown} other
     */
    set(other) {
      if (this === object)
        throw new TypeError(`Cannot assign to read only property '${String(key)}'`);
      const own = copied ? ownProperty(this, key) : undefined;
      if (own?.configurable === false) {
        // Only reflection gets here with a frozen object, which packages share: a stored value would be a
        // communication channel. The assignment is ignored, as in sloppy code.
        if (own.set !== set || !Object.isExtensible(this)) return;
        assigned ??= new WeakMap();
        assigned.set(this, other);
        return;
      }
      const property = { value: other, writable: true, enumerable: true, configurable: true };
      Object.defineProperty(this, key, property);
    },
  };
  standsFor(get, value);
  return { get: Object.freeze(get), set: Object.freeze(set) };
};
