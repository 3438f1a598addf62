// Classes that wrap host classes with unchecked receivers: TextDecoder stores a native handle in a replaceable
// property, and methods of URLPattern (Node 24) crash for a receiver of another class.

import { makePrivate } from './private-state.js';

const { apply, construct } = Reflect;

/**
 * @param {Function} Host a class whose instances hold no other host objects
 * @returns {Function} a class with the same members, whose instances store a host instance in private state
 */
export const composedClass = (Host) => {
  /** @type {ReturnType<typeof makePrivate<object>>} */
  const { store, of: realOf } = makePrivate();
  const { [Host.name]: Own } = {
    [Host.name]: class {
      /** @param {unknown[]} args */
      constructor(...args) {
        store(this, construct(Host, args));
      }
    },
  };
  const { prototype } = /** @type {any} */ (Own);
  const members = Object.getOwnPropertyDescriptors(/** @type {any} */ (Host).prototype);
  for (const key of Reflect.ownKeys(members)) {
    const property = /** @type {PropertyDescriptor} */ (members[/** @type {any} */ (key)]);
    const isInternal = typeof key === 'symbol' && key !== Symbol.toStringTag;
    if (key === 'constructor' || isInternal) continue;
    Object.defineProperty(prototype, key, forwarded(property, realOf));
  }
  Object.defineProperty(Own, 'length', { value: Host.length });
  return /** @type {Function} */ (Own);
};

/**
 * @param {PropertyDescriptor} property
 * @param {(self: unknown) => object} realOf
 * @returns {PropertyDescriptor}
 */
const forwarded = ({ get, value, enumerable = false }, realOf) => {
  if (get !== undefined) {
    const { read } = {
      /** @this {unknown} */
      read() {
        return apply(get, realOf(this), []);
      },
    };
    Object.defineProperty(read, 'name', { value: get.name });
    return { get: read, enumerable, configurable: true };
  }
  if (typeof value !== 'function') return { value, configurable: true, enumerable };
  const { method } = {
    /**
     * @this {unknown}
     * @param {unknown[]} args
     */
    method(...args) {
      return apply(value, realOf(this), args);
    },
  };
  const { name, length } = value;
  Object.defineProperties(method, { name: { value: name }, length: { value: length } });
  return { value: method, writable: true, enumerable, configurable: true };
};
